"""Agreement between raters: Krippendorff's alpha.

Our own lines, because the package ``krippendorff`` is under the GPL and this project is not.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from personas.errors import InputError, nearest

Level = Literal["interval", "ordinal"]
LEVELS: tuple[Level, ...] = ("interval", "ordinal")


def krippendorff_alpha(ratings: ArrayLike, level: Level = "interval") -> float:
    """1 for perfect agreement, 0 for what chance would give, below 0 for systematic disagreement.

    Any number of raters, any number of missing ratings; a unit that fewer than two raters rated
    does not count.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability; 2019, Content Analysis,
    4th ed., chapter 12.

    Args:
        ratings: Numbers, raters x units, NaN where a rater has not rated a unit.
        level: ``interval`` weighs a disagreement by the squared difference of the values,
            ``ordinal`` by how many ratings lie between them.

    Returns:
        Alpha, at most 1; NaN where it is not defined: no unit has two ratings, or all ratings
        that can be compared are the same.

    Raises:
        InputError: The table is not two-dimensional, or no such level.
    """
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2:
        raise InputError(f"ratings must be raters x units, got {table.ndim} dimensions")
    if level not in LEVELS:
        raise InputError(f"unknown level {level!r}: {nearest(level, LEVELS)}")
    values = np.unique(table[~np.isnan(table)])
    counts = np.array([(table == value).sum(axis=0) for value in values]).T  # units x values
    counts = counts[counts.sum(axis=1) >= 2] if counts.size else np.zeros((0, 0))
    observed = _coincidences(counts)
    totals = observed.sum(axis=0)
    apart = _distances(values, totals, level)
    expected = (np.outer(totals, totals) * apart).sum()
    if expected == 0:
        return float("nan")
    return float(1 - (totals.sum() - 1) * (observed * apart).sum() / expected)


def _coincidences(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often two values were given to one unit, over all ordered pairs of its ratings.

    Args:
        counts: units x values; how many raters gave the unit that value, at least two in all.
    """
    pairs = np.zeros((counts.shape[1], counts.shape[1]))
    for unit in counts:
        pairs += (np.outer(unit, unit) - np.diag(unit)) / (unit.sum() - 1)
    return pairs


def _distances(
    values: NDArray[np.float64], totals: NDArray[np.float64], level: Level
) -> NDArray[np.float64]:
    """Squared difference between every two values."""
    if level == "interval":
        return np.subtract.outer(values, values) ** 2
    # Of two ranks: all ratings between their middles. A rank's middle is half of its own ratings.
    middles = np.cumsum(totals) - totals / 2
    return np.subtract.outer(middles, middles) ** 2
