"""The page of a study: what the factors do, over pairs of runs of one seed."""
