"""What a test over so many seeds can find at all: told before a study is run, and on its page."""

import numpy as np

from personas.errors import InputError
from simulation.analysis.excess import EXACT_UP_TO, LEAST_RUNS, RESAMPLES

ALPHA = 0.05
"""Level of a test."""
SEEDS = 8
"""Runs of a cell unless asked otherwise: from here on the paired test has the false alarms that its
level says (LOG.md), and one effect on one of the six measures of a report outlives correction."""


def smallest_p(pairs: int) -> float:
    """The smallest exact two-sided p that flips of signs can reach: 2 / 2^pairs, at most 1."""
    return 1 / (1 + RESAMPLES) if pairs > EXACT_UP_TO else min(1.0, 2.0 ** (1 - pairs))


def least_pairs(tests: int, alpha: float = ALPHA) -> int:
    """Pairs with which even one effect among many tests can be found after correction.

    Benjamini and Hochberg multiply the smallest of m p-values by m, so n pairs must reach
    2 / 2^n <= alpha / m.

    Args:
        tests: Size of the declared family.
        alpha: Level.

    Raises:
        InputError: `tests` is below 1 or `alpha` outside (0, 1).
    """
    if tests < 1:
        raise InputError(f"tests must be at least 1, got {tests}")
    if not 0 < alpha < 1:
        raise InputError(f"alpha must lie in (0, 1), got {alpha}")
    return int(np.ceil(1 + np.log2(tests / alpha)))


def too_few(seeds: int, tests: int) -> str:
    """What so many seeds cannot do, in words; empty where they can find one effect.

    Args:
        seeds: Pairs of each contrast.
        tests: Contrasts that are corrected together; 0 if nothing is tested.
    """
    reached = smallest_p(seeds)
    exact = f"no p below {reached:.2g}, even if all differ in one direction"
    named = f"{seeds} {'seed is' if seeds == 1 else 'seeds are'}"
    if seeds < LEAST_RUNS:
        cannot = f"{named} too few for an interval (at least {LEAST_RUNS})"
        return f"{cannot} and for a test: {exact}"
    if reached * tests <= ALPHA:
        return ""
    corrected = f"{min(1.0, reached * tests):.2g} when {tests} contrasts are corrected together"
    return (
        f"{named} too few for one effect among {tests} contrasts to be found at {ALPHA}: {exact}, "
        f"which is {corrected}; {least_pairs(tests)} seeds would do"
    )
