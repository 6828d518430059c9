"""What raters made of personas: means with intervals, and how far the raters agree.

Answers of one talk depend on each other. So intervals are over talks where there are enough of
them; where there are not, they are over answers, which the table says: such an interval is about
these talks alone. Ratings of one answer by several raters are never taken for several answers.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from personas.errors import InputError
from simulation.analysis.agreement import LEVELS, krippendorff_alpha
from simulation.analysis.excess import LEAST_RUNS, RESAMPLES

GROUP = ("persona", "stage", "arm", "adapter", "base", "blind")
"""What is averaged apart: never different weights, and never blind with open ratings."""
UNIT = ("talk", "turn", "seat")
"""Names an answer, in the records of all raters who rated it."""
COLUMNS = ("record", "rater", *UNIT, *GROUP, "scale", "rating")
"""Of a frame of ratings: one rating a row; ``talk`` is the talk's own name, ``rating`` 1 to 5."""


@dataclass(frozen=True, slots=True)
class RatingInterval:
    """A bootstrap interval of a mean, or why there is none."""

    low: float | None
    high: float | None
    over: str
    """Over how many of what it was resampled, or plain words in its place."""


def mean_ratings(ratings: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The mean rating of each persona and arm on each scale.

    Args:
        ratings: Columns as in `COLUMNS`.
        rng: Draws the resamples.

    Returns:
        The columns of `GROUP`, ``scale``, ``mean``, ``low``, ``high`` (95 %, None without an
        interval), ``over``, ``ratings``, ``answers``, ``talks``, ``raters``; in the order in
        which groups and scales first appear.
    """
    rows = []
    for name, group in ratings.groupby([*GROUP, "scale"], sort=False, dropna=False):
        interval = interval_of_mean(group, rng)
        rows.append(
            {
                **dict(zip((*GROUP, "scale"), name, strict=True)),
                "mean": float(group["rating"].mean()),
                "low": interval.low,
                "high": interval.high,
                "over": interval.over,
                "ratings": len(group),
                "answers": group.groupby(list(UNIT)).ngroups,
                "talks": group["talk"].nunique(),
                "raters": group["rater"].nunique(),
            }
        )
    return pd.DataFrame(rows)


def interval_of_mean(
    group: pd.DataFrame, rng: np.random.Generator, *, confidence: float = 0.95
) -> RatingInterval:
    """Bias-corrected and accelerated bootstrap interval of the mean rating, over whole clusters.

    Source: Efron 1987, JASA 82, 171-185, as in `scipy.stats.bootstrap`; clusters are resampled
    whole, with all their ratings.

    Args:
        group: Ratings, with the columns of `UNIT` and ``rating``.
        rng: Draws the resamples.
        confidence: Level in (0, 1).
    """
    talks, answers = group["talk"].nunique(), group.groupby(list(UNIT)).ngroups
    if talks >= LEAST_RUNS:
        clusters, over = ["talk"], f"{talks} talks"
    elif answers >= LEAST_RUNS:
        few = "one talk" if talks == 1 else f"{talks} talks"
        clusters, over = list(UNIT), f"{answers} answers of {few}"
    else:
        return RatingInterval(None, None, f"fewer than {LEAST_RUNS} answers")
    if group["rating"].nunique() == 1:
        return RatingInterval(None, None, "all ratings alike")
    found = group.groupby(clusters)["rating"].agg(["sum", "count"])
    return _resampled(found["sum"].to_numpy(float), found["count"].to_numpy(float), over, rng,
                      confidence)  # fmt: skip


def _resampled(
    sums: NDArray[np.float64],
    counts: NDArray[np.float64],
    over: str,
    rng: np.random.Generator,
    confidence: float,
) -> RatingInterval:
    if np.ptp(sums / counts) == 0:
        return RatingInterval(None, None, f"the same mean in all {over}")
    found = stats.bootstrap(
        (sums, counts), _ratio, paired=True, vectorized=True, n_resamples=RESAMPLES,
        confidence_level=confidence, rng=rng,
    ).confidence_interval  # fmt: skip
    return RatingInterval(float(found.low), float(found.high), over)


def _ratio(
    sums: NDArray[np.float64], counts: NDArray[np.float64], axis: int = -1
) -> NDArray[np.float64]:
    """Mean over all ratings of the clusters drawn."""
    ratio: NDArray[np.float64] = sums.sum(axis=axis) / counts.sum(axis=axis)
    return ratio


def rater_agreement(ratings: pd.DataFrame) -> pd.DataFrame:
    """Krippendorff's alpha over all answers that at least two raters rated, by scale.

    Args:
        ratings: Columns as in `COLUMNS`.

    Returns:
        Columns ``scale``, ``level``, ``alpha`` (NaN where it is not defined), ``raters`` and
        ``answers`` (those that count), ``note`` (empty, or why there is no alpha).

    Raises:
        InputError: One rater rated an answer in two records.
    """
    rows = []
    for scale, group in ratings.groupby("scale", sort=False):
        _refuse_twice(group)
        table = group.pivot(index="rater", columns=list(UNIT), values="rating")
        shared = table.loc[:, table.notna().sum() >= 2].dropna(how="all")
        for level in LEVELS:
            alpha = krippendorff_alpha(shared.to_numpy(float), level)
            rows.append(
                {
                    "scale": scale, "level": level, "alpha": alpha,
                    "raters": shared.shape[0], "answers": shared.shape[1],
                    "note": _why_not(alpha, shared.shape[1], table.shape[0]),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _why_not(alpha: float, answers: int, raters: int) -> str:
    if not np.isnan(alpha):
        return ""
    if raters < 2:
        return "one rater"
    return "all ratings alike" if answers else "no answer has two raters"


def _refuse_twice(group: pd.DataFrame) -> None:
    twice = group[group.duplicated(["rater", *UNIT], keep=False)]
    if len(twice):
        rater, records = twice["rater"].iloc[0], sorted(set(twice["record"]))
        raise InputError(
            f"rater {rater!r} rated the same answer more than once ({', '.join(records)}): leave "
            "all but one out, or name the raters apart with --rater"
        )
