"""Polarisation: how far a population has come apart, by several indices that do not agree.

Every function takes what `opinions` returns and counts usable answers only. The indices measure
different things (Bramson et al. 2017, Philosophy of Science 84, 115-159): *variance* and *mean
distance* grow with any spread, *bimodality* and *dip* ask for two humps wherever these stand,
*Esteban-Ray* asks for few, large and distant groups.
"""

import math
from collections.abc import Callable, Hashable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from personas.errors import InputError
from simulation.analysis.dip import dip_statistic
from simulation.analysis.opinion import SURVEY, usable

Values = NDArray[np.float64]

ALPHA = 1.3
"""Sensitivity of the Esteban-Ray index to the size of groups, in (0, 1.6]."""
LARGEST_ALPHA = 1.6
"""Above it Esteban and Ray's axioms do not hold."""
BINS = 5
"""Groups of equal width into which [-1, 1] is cut for the Esteban-Ray index."""

TWO_CAMPS_ABOVE = 5 / 9
"""Bimodality coefficient of a uniform distribution; above it two humps are likely."""


def polarisation(opinions: pd.DataFrame) -> pd.DataFrame:
    """All indices of this file for each survey of a population.

    Returns:
        Columns of `SURVEY`, ``measure`` (a key of `INDICES`), ``value`` (NaN where the index is
        not defined) and ``agents``, how many were counted.
    """
    rows = [
        {**key, "measure": measure, "value": index(held), "agents": len(held)}
        for key, held in _surveys(opinions)
        for measure, index in INDICES.items()
    ]
    return pd.DataFrame(rows, columns=[*SURVEY, "measure", "value", "agents"])


def variance(held: Values) -> float:
    """Variance over the population (divisor n), in [0, 1]: 1 if half stand at each pole."""
    return float(np.var(held)) if len(held) else math.nan


def mean_distance(held: Values) -> float:
    """Mean distance between two different people, in [0, 2]; NaN for fewer than two.

    Gini's mean difference, sum over pairs of abs(y_i - y_j) / (n (n - 1) / 2). Source: Gini
    1912; "dispersion" in Bramson et al. 2017.
    """
    n = len(held)
    if n < 2:
        return math.nan
    # The gap behind the k-th in rising order lies between k (n - k) pairs. Gaps are never negative,
    # so neither is their sum, whatever the rounding.
    below = np.arange(1, n)
    return float(below * (n - below) @ np.diff(np.sort(held)) / (n * (n - 1) / 2))


def bimodality(held: Values) -> float:
    """Bimodality coefficient, (skewness^2 + 1) / (kurtosis + correction for n).

    With g the sample skewness and k the sample excess kurtosis, both unbiased:
    (g^2 + 1) / (k + 3 (n - 1)^2 / ((n - 2) (n - 3))). A uniform distribution tends to 5/9, a
    normal one to 1/3, two equal points to 1. Skewness raises it too: read it beside the dip.

    Source: Pfister, Schwarz, Janczyk, Dale & Freeman 2013, Frontiers in Psychology 4, 700.

    Returns:
        A number in (0, 1]; NaN for fewer than four people or where all stand alike. Small
        samples read low: four people in two equal camps have 2/15, many have 1.
    """
    n = len(held)
    if n < 4 or np.ptp(held) < 1e-9:
        return math.nan
    skewness = float(stats.skew(held, bias=False))
    excess = float(stats.kurtosis(held, bias=False))
    correction = 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))
    return float((skewness**2 + 1) / (excess + correction))


def esteban_ray(held: Values, *, alpha: float = ALPHA, bins: int = BINS) -> float:
    """Esteban and Ray's polarisation of groups, scaled to [0, 1].

    People are grouped into `bins` intervals of equal width over [-1, 1]; with pi_i the share of
    group i and y_i its mean opinion, P = sum_ij pi_i^(1 + alpha) pi_j abs(y_i - y_j), here times
    2^alpha, so that two equal groups at the poles have 1. It depends on the grouping: with too
    many intervals everybody is a group.

    Source: Esteban & Ray 1994, Econometrica 62, 819-851.

    Args:
        held: Opinions in [-1, 1].
        alpha: In (0, 1.6]; the larger, the more it asks for large groups.
        bins: Odd and at least 3, so that the undecided are a group of their own.

    Raises:
        InputError: `alpha` or `bins` is out of range.
    """
    if not 0 < alpha <= LARGEST_ALPHA:
        raise InputError(f"alpha must lie in (0, {LARGEST_ALPHA}], got {alpha}")
    if bins < 3 or bins % 2 == 0:
        raise InputError(f"bins must be odd and at least 3, got {bins}")
    if not len(held):
        return math.nan
    # Counted outwards from the middle, a border goes outwards on both sides alike.
    steps = np.floor(np.round(np.abs(held) * bins / 2, 9) + 0.5)
    groups = np.sign(held) * np.minimum(steps, bins // 2)
    members = pd.Series(held).groupby(groups)
    means, shares = members.mean().to_numpy(), members.size().to_numpy() / len(held)
    distances = np.abs(means[:, None] - means[None, :])
    return float(2.0**alpha * (shares ** (1 + alpha) @ distances @ shares))


def camps(opinions: pd.DataFrame) -> pd.DataFrame:
    """The best division of each population into two camps: two means in one dimension, exactly.

    Of all ways to cut the sorted opinions in two, the one with the largest variance between the
    camps. Any population can be cut: ``explained`` tends to 3/4 for a uniform distribution and
    to 2/pi = 0.64 for a normal one, and only two camps come near 1.

    Source: Fisher 1958, Journal of the American Statistical Association 53, 789-798 (exact
    grouping); size parity and distance as in Bramson et al. 2017.

    Returns:
        Columns of `SURVEY`; ``low`` and ``high``, the camps' means in [-1, 1]; ``apart`` =
        high - low in [0, 2]; ``smaller``, share of the smaller camp in (0, 0.5]; ``explained``,
        share of the variance that lies between the camps, in [0, 1]; ``agents``. NaN where
        there are not two different opinions. Of equally good cuts the more even one counts.
    """
    names = ["low", "high", "apart", "smaller", "explained"]
    rows = [
        {**key, **dict(zip(names, _two_means(held), strict=True)), "agents": len(held)}
        for key, held in _surveys(opinions)
    ]
    return pd.DataFrame(rows, columns=[*SURVEY, *names, "agents"])


def population_shift(opinions: pd.DataFrame) -> pd.DataFrame:
    """How far the population as a whole has moved since before the talk, whoever moved.

    The 1-Wasserstein distance between the opinions at a wave and at wave 0: the least mean
    distance by which people would have to be moved to turn one into the other. Never more than
    the mean absolute drift of the same people.

    Source: Santurkar et al. 2023, arXiv 2303.17548, who compare distributions of answers by it;
    computed by `scipy.stats.wasserstein_distance`.

    Returns:
        Columns of `SURVEY`, ``value`` in [0, 2] (NaN without usable answers at wave 0) and
        ``agents``, how many were counted at that wave.
    """
    rows = []
    for (arm, question), group in usable(opinions).groupby(["arm", "question"]):
        start = group.loc[group["wave"] == 0, "opinion"]
        for wave, held in group.groupby("wave")["opinion"]:
            value = float(stats.wasserstein_distance(start, held)) if len(start) else math.nan
            rows.append((arm, question, wave, value, len(held)))
    return pd.DataFrame(rows, columns=[*SURVEY, "value", "agents"])


def _two_means(held: Values) -> tuple[float, float, float, float, float]:
    """Mean of the lower and of the upper camp, distance, smaller share, variance explained."""
    n, ordered = len(held), np.sort(held)
    if n < 2 or np.ptp(ordered) < 1e-9:
        return (math.nan,) * 5
    sizes = np.arange(1, n)
    lower = np.cumsum(ordered)[:-1] / sizes
    upper = (ordered.sum() - np.cumsum(ordered)[:-1]) / (n - sizes)
    smaller = np.minimum(sizes, n - sizes) / n
    between = sizes * (n - sizes) / n**2 * (upper - lower) ** 2
    # Rounded, so that mirrored opinions are cut at the mirrored place.
    best = max(range(n - 1), key=lambda cut: (round(between[cut], 12), smaller[cut]))
    explained = min(1.0, between[best] / float(np.var(ordered)))
    low, high = float(lower[best]), float(upper[best])
    return low, high, high - low, float(smaller[best]), float(explained)


def _surveys(opinions: pd.DataFrame) -> Iterator[tuple[dict[Hashable, object], Values]]:
    """Each survey's key by column, and the usable opinions in it."""
    for key, group in usable(opinions).groupby(SURVEY):
        yield dict(zip(SURVEY, key, strict=True)), group["opinion"].to_numpy(float)


INDICES: dict[str, Callable[[Values], float]] = {
    "variance": variance,
    "mean distance": mean_distance,
    "bimodality": bimodality,
    "dip": dip_statistic,
    "Esteban-Ray": esteban_ray,
}
"""Each a function from opinions in [-1, 1] to a number that is larger, the further apart."""
