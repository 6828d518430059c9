"""Contrasts of arms, paired by seed: differences, intervals, tests, corrected for their number.

The run is the unit. Every function of a design reads a long frame **measures**, one row a run and
measure, with `MEASURE_COLUMNS` and a column of strings for each factor. Arms share seeds, so runs
of one seed depend on each other: differences are taken within a seed, and the seed is what is
resampled and flipped.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from personas.errors import InputError, nearest
from simulation.analysis.excess import (
    EXACT_UP_TO,
    LEAST_RUNS,
    RESAMPLES,
    Interval,
    interval_over_runs,
)
from simulation.analysis.frames import require_columns
from simulation.analysis.reach import ALPHA, least_pairs, smallest_p

MEASURE_COLUMNS = ("run", "seed", "measure", "value")
"""What a frame of measures holds beside its factors: ``run`` (text or number), ``seed``,
``measure`` (text) and ``value`` (a number; NaN where not defined)."""
MID_FROM = 7
"""Pairs from which mid-p is taken. At 5 % it finds a difference in 3 to 6 of 100 null experiments;
with six pairs it could find one in 6.2, and the exact p is taken, which finds it in 3.1 at most."""

ROUNDING = 1e-12
"""Sums of differences up to this size are rounding: 0.1 + 0.2 - 0.3 in every pair is no finding."""

CONTRAST_COLUMNS = (
    "measure",
    "level",
    "baseline",
    "pairs",
    "difference",
    "low",
    "high",
    "p_value",
    "p_adjusted",
    "words",
)


def paired_contrasts(
    measures: pd.DataFrame,
    factor: str,
    baseline: str,
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Each level of a factor minus its baseline, by measure, over pairs of runs of one seed.

    Differences are taken between runs that share the seed and the levels of all other factors,
    and averaged within the seed, so that there is one number a seed. The interval is that of
    `interval_over_runs`; the test flips the signs of whole seeds (Fisher 1935, The Design of
    Experiments, ch. III), all flips up to 13 pairs, 9,999 draws beyond. Alone, a test is judged by
    mid-p (`single_p`). The family for Benjamini and Hochberg (1995, JRSS B 57, 289-300) is every
    test in the returned frame: hand over the measures that were declared, and no others. Their
    guarantee needs exact p-values, and those are what they get; a family of one is not corrected.

    Args:
        measures: `MEASURE_COLUMNS` and the factors; every further column counts as a factor.
        factor: The column whose levels are compared.
        baseline: The level that is subtracted.
        rng: Draws resamples and, with many pairs, flips.
        confidence: Of the interval, in (0, 1).

    Returns:
        `CONTRAST_COLUMNS`, one row a measure and level, in the order in which they first appear:

        - ``pairs``: seeds with a difference;
        - ``difference``: mean over them, in the measure's unit, NaN without any;
        - ``low``, ``high``: interval, NaN with fewer than six pairs or where all are alike;
        - ``p_value``: two-sided, of the test alone, NaN with fewer than six pairs;
        - ``p_adjusted``: over the family, from exact p-values, so it may exceed what ``p_value``
          suggests;
        - ``words``: what a report prints: the interval and the test, or why there is none.

    Raises:
        InputError: A column or the baseline is missing, or two runs share seed and levels.
    """
    require_columns("measures", measures, [*MEASURE_COLUMNS, factor])
    check_level(measures, factor, baseline)
    rows = [
        _contrast(values, rng, confidence)
        | {"measure": measure, "level": level, "baseline": baseline}
        for (measure, level), values in paired_differences(measures, factor, baseline).items()
    ]
    table = pd.DataFrame(rows, columns=[*CONTRAST_COLUMNS, "interval", "exact"])
    tests = int(table["p_value"].notna().sum())
    table["p_adjusted"] = adjusted(table["exact"]) if tests > 1 else table["p_value"]
    table["words"] = [
        _in_words(pairs, cast(Interval, interval), p, p_adjusted, tests)
        for pairs, interval, p, p_adjusted in zip(
            table["pairs"], table["interval"], table["p_value"], table["p_adjusted"], strict=True
        )
    ]
    return table[list(CONTRAST_COLUMNS)]


def paired_differences(
    measures: pd.DataFrame, factor: str, baseline: str
) -> dict[tuple[str, str], NDArray[np.float64]]:
    """One difference a seed, level minus baseline, by (measure, level).

    Args:
        measures: As in `paired_contrasts`.
        factor: The column whose levels are compared.
        baseline: The level that is subtracted.

    Returns:
        Arrays of the seeds' differences, in the order of seeds; pairs with a NaN are left out.

    Raises:
        InputError: Two runs share seed, levels and measure.
    """
    others = other_factors(measures, factor)
    place = ["measure", "seed", *others]
    refuse_replicates(measures, [factor, *others])
    wide = measures.pivot(index=place, columns=factor, values="value")
    found = {}
    for measure in dict.fromkeys(measures["measure"]):
        for level in dict.fromkeys(measures[factor]):
            if level != baseline:
                both = wide.loc[[measure]]
                gap = (both[level] - both[baseline]).dropna()
                by_seed = gap.groupby(level="seed").mean()
                found[str(measure), str(level)] = by_seed.to_numpy(dtype=float)
    return found


def sign_flip_p(
    differences: NDArray[np.float64], rng: np.random.Generator, *, mid: bool = False
) -> NDArray[np.float64]:
    """Two-sided p-values that the mean difference is 0, by flips of signs.

    Exact if differences are symmetric about 0 under the null, as they are where the two arms of a
    pair could be exchanged. Up to `EXACT_UP_TO` pairs it is the share of all 2^n flips whose mean
    is at least as far from 0; beyond, (1 + those among `RESAMPLES` drawn) / (1 + `RESAMPLES`)
    (Phipson & Smyth 2010, SAGMB 9, 39). As `scipy.stats.permutation_test`, for many experiments at
    once. Measures with few values tie often, and the exact p is then too large; mid-p counts flips
    that tie with what was seen by half (Lancaster 1961, JASA 56, 223-234).

    Args:
        differences: (n,) or (experiments, n), finite.
        rng: Draws flips beyond `EXACT_UP_TO` pairs.
        mid: Whether ties count by half.

    Returns:
        () or (experiments,), in (0, 1].
    """
    pairs = differences.shape[-1]
    exact = pairs <= EXACT_UP_TO
    signs = _all_flips(pairs) if exact else rng.choice((-1.0, 1.0), (pairs, RESAMPLES))
    sizes = np.abs(differences @ signs)
    seen = np.abs(differences.sum(axis=-1, keepdims=True))
    # Sums of the same shares in another order differ in their last bits; a tie must stay one.
    slack = 1e-9 * np.abs(differences).sum(axis=-1, keepdims=True) + ROUNDING
    far = np.asarray((sizes >= seen - slack).sum(axis=-1), dtype=float)
    ties = far - (sizes > seen + slack).sum(axis=-1)
    total = signs.shape[1]
    if not exact:  # what was seen is one flip of its own
        far, ties, total = far + 1, ties + 1, total + 1
    p_values = (far - ties / 2 if mid else far) / total
    return np.asarray(np.where((seen <= slack)[..., 0], 1.0, p_values))


def single_p(differences: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """The p-value of a test that stands alone: mid-p from seven pairs on, the exact one below.

    Args:
        differences: (n,) or (experiments, n), finite.
        rng: Draws flips where they are too many to try all.
    """
    return sign_flip_p(differences, rng, mid=differences.shape[-1] >= MID_FROM)


def adjusted(p_values: "pd.Series[float]") -> "pd.Series[float]":
    """Benjamini and Hochberg's p over one family; NaN stay NaN and do not count."""
    known = p_values.notna()
    result = pd.Series(np.nan, index=p_values.index, dtype=float)
    if known.any():
        result[known] = stats.false_discovery_control(p_values[known].to_numpy(dtype=float))
    return result


def other_factors(measures: pd.DataFrame, *named: str) -> list[str]:
    """The columns of a frame of measures that are factors, but for those named."""
    return [column for column in measures.columns if column not in {*MEASURE_COLUMNS, *named}]


def check_level(measures: pd.DataFrame, factor: str, level: str) -> None:
    """Checks that a factor has a level.

    Raises:
        InputError: It has not; the message names the nearest one.
    """
    known = [str(one) for one in dict.fromkeys(measures[factor])]
    if level not in known:
        raise InputError(f"{factor} has no level {level!r}: {nearest(level, known)}")


def refuse_replicates(measures: pd.DataFrame, factors: Sequence[str]) -> None:
    """Checks that no two runs share their seed and all levels: they would be one run.

    Raises:
        InputError: Names two such runs.
    """
    place = ["measure", "seed", *factors]
    twice = measures[measures.duplicated(place, keep=False)]
    if not twice.empty:
        first = twice[(twice[place] == twice[place].iloc[0]).all(axis=1)]
        runs = " and ".join(repr(run) for run in first["run"].head(2))
        raise InputError(
            f"runs {runs} share seed {first['seed'].iloc[0]} and all levels: "
            "leave one out, or name the factor in which they differ"
        )


def _contrast(
    values: NDArray[np.float64], rng: np.random.Generator, confidence: float
) -> dict[str, object]:
    interval = interval_over_runs(values.tolist(), rng, confidence=confidence)
    tested = len(values) >= LEAST_RUNS
    return {
        "pairs": len(values),
        "difference": float(values.mean()) if len(values) else np.nan,
        "low": np.nan if interval.low is None else interval.low,
        "high": np.nan if interval.high is None else interval.high,
        "p_value": float(single_p(values, rng)) if tested else np.nan,
        "exact": float(sign_flip_p(values, rng)) if tested else np.nan,
        "interval": interval,
    }


def _in_words(pairs: int, interval: Interval, p: float, p_adjusted: float, tests: int) -> str:
    """Interval and test of one contrast, or why there is none."""
    if pairs == 0:
        return "no seed has both: no difference"
    if pairs < LEAST_RUNS:
        return (
            f"{pairs} {'pair' if pairs == 1 else 'pairs'}: too few for an interval or a test (at "
            f"least {LEAST_RUNS}); p could not be below {smallest_p(pairs):.2g}"
        )
    level = "" if interval.low is None else f"{interval.words.split(' over ')[0]}; "
    family = f", over {tests} tests {p_adjusted:.2g}" if tests > 1 else ""
    words = f"{level}p = {p:.2g}{family}; {pairs} pairs"
    if interval.low is None:
        words = f"all {pairs} pairs alike: no interval; p = {p:.2g}{family}"
    if pairs < MID_FROM:
        words += f", and nothing is found unless all {pairs} differ in one direction"
    if smallest_p(pairs) * tests > ALPHA:
        words += f", too few to find one effect among {tests} tests ({least_pairs(tests)} would do)"
    return words


def _all_flips(pairs: int) -> NDArray[np.float64]:
    """All 2^n flips of n signs, (n, 2^n)."""
    bits = np.arange(2**pairs) >> np.arange(pairs)[:, None] & 1
    return np.asarray(1.0 - 2.0 * bits)
