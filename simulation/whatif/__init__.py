"""What if somebody had been someone else: the worth of one agent, from branches of a run."""
