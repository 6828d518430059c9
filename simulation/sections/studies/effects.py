"""Effects of a study's factors, from its long frame of measures: contrasts, trends, level means.

The run is the unit and the seed is the pair: every number is first averaged within a seed.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from personas.errors import InputError
from simulation.analysis.excess import LEAST_RUNS, MEASURES, interval_over_runs
from simulation.analysis.inference import adjusted, paired_contrasts, sign_flip_p
from simulation.analysis.variance import ANOVA_COLUMNS, anova

EXCESS = "excess: "
"""Before the name of a measure: the talk less the noise floor of the same run."""
MOST_LEVELS = 6
"""Levels of numbers up to which a factor is compared level by level; beyond, by its slope."""
CONTRASTS = ("factor", "measure", "level", "baseline", "pairs", "difference", "low", "high",
             "p_value", "p_adjusted", "words")  # fmt: skip
TRENDS = ("factor", "measure", "seeds", "slope", "low", "high", "p_value", "words")


def declared(measures: pd.DataFrame) -> pd.DataFrame:
    """The family that a study is about: the population measures, over their floor if there is one.

    Args:
        measures: From `study.measures`.

    Returns:
        Its rows of those measures, under their plain names, in the order of `excess.MEASURES`;
        measures that are nowhere defined are left out.
    """
    over = measures["measure"].str.startswith(EXCESS)
    chosen = measures[over] if measures.loc[over, "value"].notna().any() else measures
    named = chosen.assign(measure=chosen["measure"].str.removeprefix(EXCESS))
    defined = named.groupby("measure")["value"].transform("count") > 0
    kept = named[defined & named["measure"].isin(MEASURES)]
    rank = kept["measure"].map({name: place for place, name in enumerate(MEASURES)})
    return kept.iloc[rank.argsort(kind="stable")].reset_index(drop=True)


def is_ranged(levels: Sequence[str]) -> bool:
    """Whether a factor's levels are so many numbers that only their slope can be told."""
    return len(levels) > MOST_LEVELS and all(map(_is_number, levels))


def contrasts(
    measures: pd.DataFrame, factors: Mapping[str, Sequence[str]], rng: np.random.Generator
) -> pd.DataFrame:
    """Every level of every factor against the factor's first, by `inference.paired_contrasts`.

    Args:
        measures: From `declared`.
        factors: Levels by factor; those with one level, or a range of numbers, are left out.
        rng: Draws resamples and flips.

    Returns:
        `CONTRASTS`; ``p_adjusted`` is Benjamini and Hochberg's over all rows together.
    """
    parts = [pd.DataFrame(columns=list(CONTRASTS))]
    for factor, levels in factors.items():
        present = [level for level in levels if level in set(measures[factor])]
        if len(present) > 1 and not is_ranged(levels):
            found = paired_contrasts(measures, factor, present[0], rng)
            parts.append(found.assign(factor=factor)[list(CONTRASTS)])
    filled = [part for part in parts if len(part)]
    table = pd.concat(filled, ignore_index=True) if filled else parts[0]
    return table.assign(p_adjusted=adjusted(table["p_value"].astype(float)))


def trends(
    measures: pd.DataFrame, factors: Mapping[str, Sequence[str]], rng: np.random.Generator
) -> pd.DataFrame:
    """How much each measure changes with one unit of a factor whose levels are a range of numbers.

    The slope is that of least squares within each seed; the test flips the signs of seeds.

    Args:
        measures: From `declared`.
        factors: Levels by factor; only ranges of numbers count.
        rng: Draws resamples and flips.

    Returns:
        `TRENDS`; the interval and ``p_value`` are NaN with fewer than six seeds.
    """
    rows = []
    for factor in (name for name, levels in factors.items() if is_ranged(levels)):
        for measure, group in measures.groupby("measure", sort=False):
            known = group.dropna(subset=["value"])
            slopes = np.array([_slope(own, factor) for _, own in known.groupby("seed")])
            slopes = slopes[np.isfinite(slopes)]
            interval = interval_over_runs(slopes.tolist(), rng)
            tested = len(slopes) >= LEAST_RUNS
            p_value = float(sign_flip_p(slopes, rng)) if tested else np.nan
            low = np.nan if interval.low is None else interval.low
            high = np.nan if interval.high is None else interval.high
            mean = float(slopes.mean()) if len(slopes) else np.nan
            words = interval.words
            rows.append((factor, measure, len(slopes), mean, low, high, p_value, words))
    return pd.DataFrame(rows, columns=list(TRENDS))


def level_means(measures: pd.DataFrame, factor: str, rng: np.random.Generator) -> pd.DataFrame:
    """Mean of each measure at each level, over seeds.

    Args:
        measures: From `declared`.
        factor: A column of it.
        rng: Draws the resamples.

    Returns:
        Columns ``measure``, ``level``, ``value``, ``low``, ``high`` (NaN with fewer than six
        seeds), in the order of levels in the frame.
    """
    cells = ["measure", factor, "seed"]
    by_seed = measures.groupby(cells, sort=False, as_index=False).agg(value=("value", "mean"))
    rows = []
    for (measure, level), group in by_seed.groupby(["measure", factor], sort=False):
        known = group["value"].dropna()
        interval = interval_over_runs(known.tolist(), rng)
        low = np.nan if interval.low is None else interval.low
        high = np.nan if interval.high is None else interval.high
        rows.append((measure, level, float(known.mean()) if len(known) else np.nan, low, high))
    return pd.DataFrame(rows, columns=["measure", "level", "value", "low", "high"])


def variance(
    measures: pd.DataFrame, factors: Mapping[str, Sequence[str]]
) -> tuple[pd.DataFrame, str]:
    """Analysis of variance over the factors that are no ranges.

    Returns:
        `variance.ANOVA_COLUMNS`, empty where the design allows none; and what must be said: which
        interactions were left out, or why there is no analysis.
    """
    named = [
        factor
        for factor, levels in factors.items()
        if measures[factor].nunique() > 1 and not is_ranged(levels)
    ]
    if not named:
        return pd.DataFrame(columns=list(ANOVA_COLUMNS)), "no factor has two levels to compare"
    try:
        return anova(measures, named), ""
    except InputError as error:
        refused = str(error)
    try:
        return anova(measures, named, order=1), f"Main effects only: {refused}."
    except InputError as error:
        return pd.DataFrame(columns=list(ANOVA_COLUMNS)), str(error)


def _slope(own: pd.DataFrame, factor: str) -> float:
    x = own[factor].to_numpy(dtype=float)
    centred = x - x.mean() if len(x) else x
    square = float(centred @ centred)
    return float(centred @ own["value"].to_numpy(dtype=float)) / square if square > 0 else np.nan


def _is_number(level: str) -> bool:
    try:
        float(level)
    except ValueError:
        return False
    return True
