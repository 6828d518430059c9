"""The small model: the town, its grammar, the reader that recovers the truth, the training."""
