"""Power: how many seeds does it take to find an effect of a given size?"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from personas.errors import InputError
from simulation.analysis.excess import LEAST_RUNS
from simulation.analysis.inference import sign_flip_p, single_p
from simulation.analysis.reach import ALPHA

Draw = Callable[[np.random.Generator, tuple[int, int]], NDArray[np.float64]]
"""Draws differences of pairs without an effect, (experiments, pairs), mean 0 and deviation 1."""

Test = Callable[[NDArray[np.float64], np.random.Generator], NDArray[np.float64]]
"""P-values of differences, an experiment a row."""

EXPERIMENTS = 2_000
"""Simulated experiments a point: a power of 0.8 is then known within 0.02."""
CHUNK = 100
"""Experiments that are tested at once: with drawn flips, some 10 MB."""
POWER_COLUMNS = ("effect", "pairs", "alpha", "power", "low", "high")


def power_curve(
    effects: Sequence[float],
    pairs: Sequence[int],
    rng: np.random.Generator,
    *,
    tests: int = 1,
    alpha: float = ALPHA,
    experiments: int = EXPERIMENTS,
    draw: Draw | None = None,
) -> pd.DataFrame:
    """Power of the paired test by simulation, for effects in deviations and numbers of seeds.

    Args:
        effects: Mean difference over the standard deviation of differences between pairs (Cohen's
            d_z; 1988, Statistical Power Analysis, ch. 2); 0 gives the rate of false alarms.
        pairs: Numbers of seeds.
        rng: Draws experiments and flips.
        tests: Size of the declared family; 1 takes `inference.single_p`. Above 1, power is that of
            the only effect among many, whose exact p must be at most alpha / tests, which is the
            least that Benjamini and Hochberg give.
        alpha: Level, in (0, 1).
        experiments: Simulated experiments a point.
        draw: Differences without an effect; None draws from the normal distribution.

    Returns:
        `POWER_COLUMNS`, one row an effect and number of pairs: ``power`` is the share of
        experiments that find the effect, ``low`` and ``high`` its 95 % interval (Clopper &
        Pearson 1934). Below six pairs nothing is tested and power is 0.

    Raises:
        InputError: A number of pairs or tests is below 1, experiments are, or alpha lies outside
            (0, 1).
    """
    for name, values in (("pairs", pairs), ("tests", [tests]), ("experiments", [experiments])):
        if min(values, default=1) < 1:
            raise InputError(f"{name} must be at least 1, got {min(values)}")
    if not 0 < alpha < 1:
        raise InputError(f"alpha must lie in (0, 1), got {alpha}")
    chance = draw or _normal
    rows = []
    for count in pairs:
        plain = chance(rng, (experiments, count))
        for effect in effects:
            p_values = single_p if tests == 1 else sign_flip_p
            find = partial(_found, p_values=p_values, rng=rng, level=alpha / tests)
            found = find(plain + effect) if count >= LEAST_RUNS else 0
            interval = stats.binomtest(found, experiments).proportion_ci()
            row = (effect, count, alpha, found / experiments, interval.low, interval.high)
            rows.append(dict(zip(POWER_COLUMNS, row, strict=True)))
    return pd.DataFrame(rows, columns=list(POWER_COLUMNS))


def _found(
    differences: NDArray[np.float64], p_values: Test, rng: np.random.Generator, level: float
) -> int:
    parts = np.array_split(differences, max(1, len(differences) // CHUNK))
    return int(sum((p_values(part, rng) <= level).sum() for part in parts))


def _normal(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    return rng.standard_normal(shape)
