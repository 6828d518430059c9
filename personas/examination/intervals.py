"""From points to figures: means with 95 % intervals over items, and differences between arms.

The item is the unit: values under several seeds are averaged first, item by item. Intervals are
percentile bootstraps over items (Efron and Tibshirani 1993). Where every item has the same value
there is nothing to resample: a share of 0 or 1 then gets the Wilson interval (Wilson 1927),
anything else none. Differences between arms are taken on the items that both were asked.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personas.chance import seed_for
from personas.examination.accuracy import BLEU, ROUGE
from personas.examination.answers import EVERY_STAGE, Point
from personas.examination.capability import CHANGE, LOSS
from personas.examination.distinction import GAP, INTER, INTRA, RATIO, STAGE
from personas.examination.judge import TOPICS

RESAMPLES = 2_000
CONFIDENCE = 0.95
FEWEST = 3
"""Items below which no interval is given."""
PERPLEXITY = "general perplexity"
NO_SHARES = frozenset(
    {INTRA, STAGE, INTER, GAP, LOSS, CHANGE, BLEU, ROUGE, *(f"{one} accuracy" for one in TOPICS)}
)
"""Measures that are no shares."""

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one arm."""

    arm: str
    stage: str
    """A stage, or ``all``."""
    measure: str
    value: float
    low: float
    """Ends of the interval; nan where there is none."""
    high: float
    items: int
    seeds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One arm minus another on the same items."""

    arm: str
    against: str
    stage: str
    measure: str
    value: float
    low: float
    high: float
    items: int


def figures(points: Iterable[Point]) -> list[Figure]:
    """A figure for each arm, stage and measure, for all stages together, and the ratio D.

    Args:
        points: Of all measures.

    Returns:
        In the order in which arms, stages and measures first come up.
    """
    columns = _columns(points)
    found = [
        _figure(key, one.values, one.seeds, interval(one.values, _seed(*key), is_share(key[2])))
        for key, one in columns.items()
    ]
    return [*found, *_ratios(columns), *_perplexities(found)]


def differences(points: Iterable[Point], pairs: Iterable[tuple[str, str]]) -> Iterator[Difference]:
    """Each measure of one arm minus another.

    Args:
        points: Of all measures.
        pairs: Names of arm and of the arm that it is compared with.
    """
    columns = _columns(points)
    for arm, against in pairs:
        for (name, stage, measure), own in columns.items():
            other = columns.get((against, stage, measure))
            if name != arm or other is None:
                continue
            both = [item for item in own.by_item if item in other.by_item]
            gaps = np.array([own.by_item[item] - other.by_item[item] for item in both])
            if len(gaps):
                low, high = interval(gaps, _seed(arm, against, stage, measure), share=False)
                yield Difference(
                    arm, against, stage, measure, float(gaps.mean()), low, high, len(gaps)
                )


def is_share(measure: str) -> bool:
    """Whether a measure is a share in [0, 1], rather than a grade, a BLEU or a change."""
    return measure not in NO_SHARES


def interval(values: Column, seed: int, share: bool) -> tuple[float, float]:
    """95 % interval of the mean of independent values.

    Args:
        values: One an item.
        seed: Of the resampling.
        share: Whether values are 1 where something is so and 0 where not, or means of such.

    Returns:
        Lower and upper end; nan for fewer than `FEWEST` items, or where nothing can be said.
    """
    if len(values) < FEWEST:
        return math.nan, math.nan
    if np.ptp(values) == 0:
        counts = share and values[0] in (0.0, 1.0)
        return _wilson(values) if counts else (math.nan, math.nan)
    return _bootstrap((values,), _mean, seed)


def ratio_interval(top: Column, bottom: Column, seed: int) -> tuple[float, float]:
    """95 % interval of the ratio of two means over the same items, resampled together."""
    if len(top) < FEWEST or (np.ptp(top) == 0 and np.ptp(bottom) == 0):
        return math.nan, math.nan
    return _bootstrap((top, bottom), _ratio, seed)


@dataclass(frozen=True)
class _Column:
    """One measure of one arm and stage: a value an item, averaged over seeds."""

    by_item: dict[str, float]
    seeds: tuple[int, ...]

    @property
    def values(self) -> Column:
        return np.array(list(self.by_item.values()))


_Key = tuple[str, str, str]


def _columns(points: Iterable[Point]) -> dict[_Key, _Column]:
    """Values by arm, stage and measure; with several stages, all of them together as well."""
    points = list(points)
    stages = {one.stage for one in points}
    found: defaultdict[_Key, defaultdict[str, list[Point]]] = defaultdict(lambda: defaultdict(list))
    for one in points:
        item = f"{one.stage} {one.item}"
        found[one.arm, one.stage, one.measure][item].append(one)
        if len(stages) > 1:
            found[one.arm, EVERY_STAGE, one.measure][item].append(one)
    return {
        key: _Column(
            {item: sum(one.value for one in some) / len(some) for item, some in items.items()},
            tuple(sorted({one.seed for some in items.values() for one in some})),
        )
        for key, items in found.items()
    }


def _figure(key: _Key, values: Column, seeds: tuple[int, ...], ends: tuple[float, float]) -> Figure:
    return Figure(*key, float(values.mean()), *ends, len(values), seeds)


def _ratios(columns: dict[_Key, _Column]) -> Iterator[Figure]:
    """D: mean Intra over mean Inter, on the questions that have both."""
    for (arm, stage, measure), intra in columns.items():
        inter = columns.get((arm, stage, INTER))
        if measure != INTRA or inter is None:
            continue
        both = [item for item in intra.by_item if item in inter.by_item]
        top = np.array([intra.by_item[item] for item in both])
        bottom = np.array([inter.by_item[item] for item in both])
        if not both or not bottom.mean() > 0:
            continue
        ends = ratio_interval(top, bottom, _seed(arm, stage, RATIO))
        yield Figure(
            arm, stage, RATIO, float(top.mean() / bottom.mean()), *ends, len(both), intra.seeds
        )


def _perplexities(found: Sequence[Figure]) -> Iterator[Figure]:
    """Log-loss as perplexity: a growing function, so the ends of the interval carry over."""
    for one in found:
        if one.measure == LOSS:
            value, low, high = (math.exp(end) for end in (one.value, one.low, one.high))
            yield Figure(one.arm, one.stage, PERPLEXITY, value, low, high, one.items, one.seeds)


def _wilson(values: Column) -> tuple[float, float]:
    from scipy import stats  # takes a second: the command's start should not

    right = round(float(values.sum()))
    ends = stats.binomtest(right, len(values)).proportion_ci(CONFIDENCE, method="wilson")
    return float(ends.low), float(ends.high)


def _bootstrap(
    columns: tuple[Column, ...], statistic: Callable[..., Column], seed: int
) -> tuple[float, float]:
    from scipy import stats  # takes a second: the command's start should not

    ends = stats.bootstrap(
        columns,
        statistic,
        paired=len(columns) > 1,
        vectorized=True,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(ends.low), float(ends.high)


def _mean(values: Column, axis: int = -1) -> Column:
    held: Column = values.mean(axis=axis)
    return held


def _ratio(top: Column, bottom: Column, axis: int = -1) -> Column:
    with np.errstate(divide="ignore"):
        held: Column = top.mean(axis=axis) / bottom.mean(axis=axis)
    return held


def _seed(*names: str) -> int:
    """By name, so that one more figure changes no other's interval."""
    return seed_for(0, "interval", *names)
