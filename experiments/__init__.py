"""The questions: one scenario file each, and the command `symposion`."""
