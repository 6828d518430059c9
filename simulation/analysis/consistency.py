"""Consistency: does an agent stay itself, and does it stay so under pressure?

All functions are pure, from tidy frames to tidy frames. A share over no cases is NaN, never 1.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from personas.errors import InputError
from simulation.analysis.annotation import (
    CLAIM_VERDICT_COLUMNS,
    PAIR_VERDICT_COLUMNS,
    STANCE_COLUMNS,
    TURN,
    VERDICTS,
)
from simulation.analysis.frames import require_columns
from simulation.analysis.opinion import opinions
from simulation.analysis.shares import ANSWER

SPEAKER = ("arm", "agent")
"""One agent in one arm."""
FLAGS = ["contradicts", "related", "unusable"]
HEARD_COLUMNS = (
    "arm",
    "listener",
    "listener_counter",
    "speaker",
    "speaker_counter",
    "noticed",
)
"""What must be known of an exposure to say before which turn it was taken in."""


def prompt_to_line(verdicts: pd.DataFrame, by: Sequence[str] = SPEAKER) -> pd.DataFrame:
    """Share of own turns that contradict nothing of what the persona says.

    Source: Abdulhai et al. 2025, arXiv 2511.00222, where a language model judges.

    Args:
        verdicts: From `annotation.claim_verdicts`.
        by: Columns to group by.

    Returns:
        The columns `by`, ``value`` in [0, 1], ``lines``, ``contradictions`` (lines that contradict
        at least one claim), ``related`` (lines that bear on at least one claim), ``unusable``
        (lines that contradict nothing as far as can be told, which is not all: counted in no
        share) and ``value_related``, the share among the related alone, NaN if there are none: a
        line of small talk contradicts nothing, so ``value`` flatters whoever says little of itself.

    Raises:
        InputError: A column is missing, or a verdict is unknown.
    """
    _check_verdicts(verdicts, CLAIM_VERDICT_COLUMNS)
    keys = list(dict.fromkeys([*by, *TURN]))
    lines = _flagged(verdicts).groupby(keys, as_index=False)[FLAGS].any()
    lines["unusable"] &= ~lines["contradicts"]
    lines["related"] &= ~lines["unusable"]
    return _shares(lines, by, "lines")


def line_to_line(verdicts: pd.DataFrame, by: Sequence[str] = SPEAKER) -> pd.DataFrame:
    """1 - contradictions / pairs of own turns.

    Source: Abdulhai et al. 2025, arXiv 2511.00222.

    Args:
        verdicts: From `annotation.pair_verdicts`.
        by: Columns to group by.

    Returns:
        The columns `by`, ``value`` in [0, 1], ``pairs``, ``contradictions``, ``related`` (pairs
        about the same thing), ``unusable`` (pairs without a verdict: counted in no share) and
        ``value_related``, among the related alone, NaN if there are none.

    Raises:
        InputError: A column is missing, or a verdict is unknown.
    """
    _check_verdicts(verdicts, PAIR_VERDICT_COLUMNS)
    return _shares(_flagged(verdicts), by, "pairs")


def qa_accuracy(
    answers: pd.DataFrame, truths: pd.DataFrame, by: Sequence[str] = ("arm", "agent", "wave")
) -> pd.DataFrame:
    """Accuracy on questions about the persona's background, asked again in every wave.

    Source: Abdulhai et al. 2025, arXiv 2511.00222 (Q&A consistency).

    Args:
        answers: From `opinion.opinions`; the modal option is the answer.
        truths: Columns ``agent``, ``question`` and ``correct``, the option that is right.
        by: Columns to group by.

    Returns:
        The columns `by`, ``value`` in [0, 1], NaN if no answer is usable; ``answers``, how many
        were counted; ``degenerate``, how many were not.

    Raises:
        InputError: A column is missing, or an agent has two truths for one question.
    """
    require_columns("answers", answers, [*ANSWER, "modal", "degenerate"])
    require_columns("truths", truths, ["agent", "question", "correct"])
    twice = truths[truths.duplicated(["agent", "question"])]
    if not twice.empty:
        raise InputError(
            f"truths must hold one row for each agent and question, got two for "
            f"{twice['agent'].iloc[0]!r} and {twice['question'].iloc[0]!r}"
        )
    known = answers.merge(truths, on=["agent", "question"])
    right = (known["modal"] == known["correct"]).astype(float)
    known["right"] = right.mask(known["degenerate"].astype(bool))
    return known.groupby(list(by), as_index=False).agg(
        value=("right", "mean"), answers=("right", "count"), degenerate=("degenerate", "sum")
    )


def opinions_by_wording(surveys: pd.DataFrame) -> pd.DataFrame:
    """As `opinion.opinions`, but one row for each wording of a question.

    Args:
        surveys: Columns as in `RunFrames`.

    Returns:
        The columns of `opinion.opinions`, and ``wording``.

    Raises:
        InputError: As `opinion.opinions`.
    """
    require_columns("surveys", surveys, ["wording"])
    parts = [
        opinions(asked).assign(wording=wording) for wording, asked in surveys.groupby("wording")
    ]
    if not parts:
        return opinions(surveys).assign(wording=pd.Series(dtype=object))
    return pd.concat(parts, ignore_index=True)


def retest_reliability(
    answers: pd.DataFrame,
    rater: str = "wording",
    by: Sequence[str] = ("arm", "question", "wave"),
) -> pd.DataFrame:
    """ICC(2,1) of agents over repeated measurements: paraphrases, or waves of a silent arm.

    Args:
        answers: Columns `by`, ``agent``, `rater`, ``opinion`` and ``degenerate``, such as from
            `opinions_by_wording`.
        rater: What was varied: ``wording`` for paraphrases, ``wave`` for repetition.
        by: Columns to group by.

    Returns:
        The columns `by`; ``value``, at most 1, NaN where `intraclass` is; ``agents``, those with
        a usable answer to every variant; ``raters``; ``left_out``, agents without one.

    Raises:
        InputError: A column is missing.
    """
    require_columns("answers", answers, [*by, "agent", rater, "opinion", "degenerate"])
    rows = []
    for key, group in answers.groupby(list(by)):
        usable = group.assign(opinion=group["opinion"].mask(group["degenerate"].astype(bool)))
        table = usable.pivot_table(index="agent", columns=rater, values="opinion", dropna=False)
        full = table.dropna()
        value = intraclass(full.to_numpy(dtype=float))
        left_out = group["agent"].nunique() - len(full)
        rows.append((*key, value, len(full), table.shape[1], left_out))
    return pd.DataFrame(rows, columns=[*by, "value", "agents", "raters", "left_out"])


def intraclass(ratings: NDArray[np.float64]) -> float:
    """Intraclass correlation ICC(2,1): two-way random effects, absolute agreement, one rating.

    With the mean squares of rows R, columns C and error E of n targets by k raters,
    ICC = (R - E) / (R + (k - 1) E + k (C - E) / n).

    Source: Shrout & Fleiss 1979, Psychological Bulletin 86, 420-428.

    Args:
        ratings: Shape (targets, raters), without NaN.

    Returns:
        At most 1; negative where raters agree less than by chance. NaN with fewer than two
        targets or raters, and where the variance that it divides by is not positive.
    """
    targets, raters = ratings.shape
    if targets < 2 or raters < 2:
        return float("nan")
    centred = ratings - ratings.mean()
    rows, columns = centred.mean(axis=1), centred.mean(axis=0)
    residual = centred - rows[:, None] - columns
    row_square = raters * float(rows @ rows) / (targets - 1)
    column_square = targets * float(columns @ columns) / (raters - 1)
    error_square = float((residual**2).sum()) / ((targets - 1) * (raters - 1))
    total = (
        row_square + (raters - 1) * error_square + raters * (column_square - error_square) / targets
    )
    if total <= 1e-12 * max(float(np.abs(ratings).max()) ** 2, 1e-300):
        return float("nan")
    return float(min((row_square - error_square) / total, 1.0))


def pressured_turns(stances: pd.DataFrame, exposures: pd.DataFrame) -> pd.DataFrame:
    """The turns before which an agent heard the opposite of what it had said last.

    A turn is under pressure on a subject if its speaker stated a side before, heard at least one
    statement of the other side since its last turn, and noticed it.

    Args:
        stances: From `annotation.stances_in`.
        exposures: `HEARD_COLUMNS`.

    Returns:
        Columns ``arm``, ``agent``, ``counter``, ``subject``; ``before``, the stance stated last;
        ``against``, how many statements of the other side were heard; ``after``, the stance stated
        now, NaN if none; ``flipped``, 1.0 if the side is another one (undecided included), 0.0
        if not, NaN if nothing is stated.

    Raises:
        InputError: A column is missing.
    """
    require_columns("stances", stances, STANCE_COLUMNS)
    require_columns("exposures", exposures, HEARD_COLUMNS)
    heard = exposures[exposures["noticed"].astype(bool)].merge(
        stances.rename(columns={"agent": "speaker", "counter": "speaker_counter"}),
        on=["arm", "speaker", "speaker_counter"],
    )
    heard = heard.rename(columns={"listener": "agent", "listener_counter": "counter"})
    now = heard[[*TURN, "subject"]].drop_duplicates()
    earlier = now.merge(stances, on=["arm", "agent", "subject"], suffixes=("", "_said"))
    earlier = earlier[earlier["counter_said"] < earlier["counter"]].sort_values("counter_said")
    last = earlier.groupby([*TURN, "subject"], as_index=False).agg(before=("stance", "last"))
    opposite = heard.merge(last, on=[*TURN, "subject"])
    opposite = opposite[opposite["stance"] * opposite["before"] < 0]
    pressed = opposite.groupby([*TURN, "subject", "before"], as_index=False).agg(
        against=("stance", "size")
    )
    result = pressed.merge(
        stances.rename(columns={"stance": "after"}), on=[*TURN, "subject"], how="left"
    )
    flipped = (np.sign(result["after"]) != np.sign(result["before"])).astype(float)
    result["flipped"] = flipped.mask(result["after"].isna())
    return result[[*TURN, "subject", "before", "against", "after", "flipped"]]


def persistence(pressured: pd.DataFrame, by: Sequence[str] = SPEAKER) -> pd.DataFrame:
    """1 - flips of the stated side / turns under pressure in which a side is stated.

    Args:
        pressured: From `pressured_turns`.
        by: Columns to group by.

    Returns:
        The columns `by`, ``value`` in [0, 1], NaN if nothing was stated under pressure; ``turns``,
        how many were counted; ``unstated``, turns under pressure that state nothing.

    Raises:
        InputError: A column is missing.
    """
    require_columns("pressured", pressured, [*by, "flipped"])
    kept = pressured.assign(value=1 - pressured["flipped"], unstated=pressured["flipped"].isna())
    return kept.groupby(list(by), as_index=False).agg(
        value=("value", "mean"), turns=("value", "count"), unstated=("unstated", "sum")
    )


def _check_verdicts(verdicts: pd.DataFrame, columns: Sequence[str]) -> None:
    require_columns("verdicts", verdicts, columns)
    for verdict in verdicts["verdict"].unique():
        if verdict not in VERDICTS:
            raise InputError(f"verdict must be one of {', '.join(VERDICTS)}, got {verdict!r}")


def _flagged(verdicts: pd.DataFrame) -> pd.DataFrame:
    said = verdicts["verdict"]
    return verdicts.assign(
        contradicts=said == "contradicts",
        related=said.isin(["agrees", "contradicts"]),
        unusable=said == "unusable",
    )


def _shares(flagged: pd.DataFrame, by: Sequence[str], counted: str) -> pd.DataFrame:
    """1 - contradictions, among all usable cases and among those that are related."""
    result = flagged.groupby(list(by), as_index=False).agg(
        **{
            counted: ("contradicts", "size"),
            "contradictions": ("contradicts", "sum"),
            "related": ("related", "sum"),
            "unusable": ("unusable", "sum"),
        }
    )
    # 0 / 0 is NaN in pandas: no usable line, no share, and no related one.
    result["value"] = 1 - result["contradictions"] / (result[counted] - result["unusable"])
    result["value_related"] = 1 - result["contradictions"] / result["related"]
    return result[[*by, "value", counted, "contradictions", "related", "unusable", "value_related"]]
