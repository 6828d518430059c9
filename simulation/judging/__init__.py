"""A language model as the reader of a talk; its verdicts are kept beside the run."""
