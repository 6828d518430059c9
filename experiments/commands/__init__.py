"""The verbs of the command `symposion`; the questions themselves are the files one floor up."""
