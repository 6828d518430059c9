"""Instruments: pure functions from tidy frames to tidy frames, one file a family."""
