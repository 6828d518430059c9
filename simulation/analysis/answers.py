"""Answers of other kinds: points divided among items, and words that somebody must read."""

from collections.abc import Callable, Sequence

import pandas as pd

from personas.errors import InputError
from simulation.analysis.annotation import Stance, StanceReader
from simulation.analysis.frames import INTERVIEW_COLUMNS, require_columns
from simulation.analysis.shares import ANSWER
from simulation.questions import POINTS

SILENT = "no stance was stated"
"""Reason of an answer that says nothing on its subject."""
READ_COLUMNS = (*ANSWER, "time", "opinion", "degenerate", "reason", "answers")


def allocations(opinions: pd.DataFrame, question: str) -> pd.DataFrame:
    """Points of an allocation, from how much each item was said to deserve.

    The rating of an item, from -1 to 1, counts as the part (rating + 1) / 2 of a full one; an
    item's points are its part of the sum over items, times 100.

    Args:
        opinions: From `simulation.analysis.opinion.opinions`.
        question: The allocation's, as in `simulation.questions.Allocation`.

    Returns:
        Columns ``arm``, ``question``, ``agent``, ``wave``, ``item``, ``points`` in [0, 100] and
        ``reason``: why there are none (then NaN for all items), empty otherwise.

    Raises:
        InputError: The question was not asked.
    """
    prefix = f"{question}: "
    rated = opinions[opinions["question"].str.startswith(prefix)]
    if rated.empty:
        raise InputError(f"no allocation {question!r} was asked: items are asked as {prefix!r}...")
    rated = rated.assign(item=rated["question"].str.removeprefix(prefix), question=question)
    weight = ((rated["opinion"] + 1) / 2).mask(rated["degenerate"])
    answer = [rated[name] for name in ANSWER]
    total = weight.groupby(answer).transform("sum")
    missing = weight.isna().groupby(answer).transform("any")
    points = (POINTS * weight / total).mask(missing | (total <= 0))
    reason = pd.Series("", index=rated.index).mask(total <= 0, "nothing was given to any item")
    reason = reason.mask(missing, "an item has no usable rating")
    found = rated.assign(points=points, reason=reason)
    return found[[*ANSWER, "item", "points", "reason"]].reset_index(drop=True)


def read_interviews(
    interviews: pd.DataFrame,
    reader: StanceReader,
    subject: Callable[[str], str] = lambda question: question,
) -> pd.DataFrame:
    """Opinions that a reader finds in free answers, in the form of those read off option letters.

    An answer that states nothing on its subject is degenerate, and says so: silence is data, not a
    middle opinion. So is one of which the reader could not tell, for the reason that it gave. Of
    several stances in one answer the last counts; paraphrases are averaged.

    Args:
        interviews: As in `RunFrames`.
        reader: Finds stances in a text: the town's grammar, a judge model, a table of codes.
        subject: What a question's stances are on; by default they are called like the question.

    Returns:
        `READ_COLUMNS`, one row per arm, question, agent and wave: ``opinion`` in [-1, 1] (NaN if
        none was stated), ``degenerate``, ``reason``, and ``answers``, how many stated one.

    Raises:
        InputError: A column is missing, or the reader gave a value outside [-1, 1].
    """
    require_columns("interviews", interviews, INTERVIEW_COLUMNS)
    read = [
        _stated(reader.stances(str(text)), subject(str(question)))
        for question, text in zip(interviews["question"], interviews["text"], strict=True)
    ]
    told = interviews.assign(
        stated=pd.Series([one.value for one in read], index=interviews.index, dtype=float),
        why=pd.Series([one.reason for one in read], index=interviews.index, dtype=object),
    )
    found = told.groupby(ANSWER, as_index=False).agg(
        time=("time", "first"),
        opinion=("stated", "mean"),
        answers=("stated", "count"),
        why=("why", lambda reasons: "; ".join(dict.fromkeys(reasons))),
    )
    found["degenerate"] = found["answers"] == 0
    found["reason"] = found["why"].where(found["degenerate"], "")
    return found[list(READ_COLUMNS)]


def _stated(stances: Sequence[Stance], about: str) -> Stance:
    """The last stance on a subject; NaN, and why, if there is none."""
    own = [one for one in stances if one.subject == about]
    last = own[-1] if own else Stance(about, float("nan"), SILENT)
    if abs(last.value) > 1:
        raise InputError(f"stance must lie in [-1, 1], the reader gave {last.value}")
    return last
