"""Hartigan's dip: how far a sample is from the nearest distribution with one hump.

Our own lines, because the package ``diptest`` is under the GPL and this project is not.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from personas.errors import InputError

Values = NDArray[np.float64]

DRAWS = 1_999
"""Uniform samples that a p-value is read from."""


def dip_statistic(values: ArrayLike) -> float:
    """The largest distance to the unimodal distribution function that is nearest, in [1/2n, 1/4].

    The function sought is convex up to a mode and concave behind it. Between the greatest convex
    minorant of the steps from below and the least concave majorant from above, the interval
    that holds the mode is narrowed until it no longer matters.

    Source: Hartigan & Hartigan 1985, Annals of Statistics 13, 70-84.

    Args:
        values: Finite numbers in any order; ties are allowed.

    Returns:
        The dip; NaN without values.

    Raises:
        InputError: A value is not finite.
    """
    held = np.asarray(values, dtype=float).ravel()
    if not np.isfinite(held).all():
        raise InputError(f"values of a dip must be finite, got {held[~np.isfinite(held)][0]}")
    if not held.size:
        return math.nan
    places, counts = np.unique(held, return_counts=True)
    reached = np.cumsum(counts).astype(float)
    return _deviation(places, reached - counts, reached) / (2 * held.size)


def dip_p_value(values: ArrayLike, rng: np.random.Generator, *, draws: int = DRAWS) -> float:
    """Chance that a uniform sample of the same size has as large a dip, in (0, 1].

    The uniform is the least favourable of the distributions with one hump. The sample counts
    as one of the draws (Phipson & Smyth 2010), so the result is at least 1 / (draws + 1). Few
    people give little power: twelve in two equal camps only just tell themselves apart.

    Source: Hartigan & Hartigan 1985.

    Args:
        values: As in `dip_statistic`.
        rng: Draws the uniform samples.
        draws: At least 1.

    Raises:
        InputError: A value is not finite, or `draws` is below 1.
    """
    if draws < 1:
        raise InputError(f"draws must be at least 1, got {draws}")
    observed = dip_statistic(values)
    if math.isnan(observed):
        return math.nan
    n = np.asarray(values).size
    null = np.array([dip_statistic(rng.random(n)) for _ in range(draws)])
    return float((1 + np.sum(null >= observed - 1e-12)) / (draws + 1))


def _deviation(places: Values, below: Values, reached: Values) -> float:
    """Twice the dip in units of one person: the steps go from `below` to `reached` at `places`."""
    low, high, deviation = 0, len(places) - 1, 1.0
    while True:
        inside = slice(low, high + 1)
        minorant = low + _hull(places[inside], below[inside])
        majorant = low + _hull(places[inside], -reached[inside])
        under = np.interp(places[inside], places[minorant], below[minorant])
        over = np.interp(places[inside], places[majorant], reached[majorant])
        apart = over - under
        # Widest at a bend, never in between, where rounding alone could make it so.
        bends = np.union1d(minorant, majorant)
        widest = int(bends[np.argmax(apart[bends - low])])
        if apart.max() <= deviation + 1e-12:
            return deviation
        left = int(minorant[minorant <= widest].max())
        right = int(majorant[majorant >= widest].min())
        # At the mode itself the function may jump, so both ends are left out.
        rising = (reached[inside] - under)[: left - low]
        falling = (over - below[inside])[right - low + 1 :]
        deviation = float(max([deviation, *rising, *falling]))
        if (left, right) == (low, high):
            return deviation
        low, high = left, right


def _hull(places: Values, heights: Values) -> NDArray[np.int64]:
    """Indices of the points at which the greatest convex minorant bends, both ends included."""
    kept: list[int] = []
    for here in range(len(places)):
        while len(kept) >= 2:
            first, second = kept[-2:]
            run, rise = places[second] - places[first], heights[second] - heights[first]
            if (heights[here] - heights[second]) * run > rise * (places[here] - places[second]):
                break
            kept.pop()
        kept.append(here)
    return np.array(kept)
