"""Where two runs part: the first turn, and the first private answer, that is not the same."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulation.analysis.frames import RunFrames

TURN = ["arm", "agent", "counter"]
ANSWER = ["arm", "agent", "question", "wave", "wording", "order"]
ROUNDING = 1e-4
"""Natural logarithms of probability. An engine that has other rows in a batch, or another part of a
prompt in its cache, adds in another order: the same answer differed by up to 6e-6 between a run and
one that was killed and resumed (float32)."""


@dataclass(frozen=True)
class Parting:
    """What two runs have in common in one arm, and where that ends."""

    arm: str
    what: str
    """``turns`` or ``answers``."""
    same: int
    """How many are the same in both."""
    different: int
    """How many are not, those that only one run has included."""
    time: float | None = None
    """Virtual time of the first that differs; None if none does."""
    agent: str | None = None
    """Whose it is: of several at that time, the first in the order of keys."""
    texts: tuple[str | None, str | None] = (None, None)
    """What is said there in the one and in the other; None where it is not said, or no turn."""


def partings(one: RunFrames, other: RunFrames) -> list[Parting]:
    """For each arm of either run, where turns and where answers begin to differ.

    A turn is the same if its agent says the same words for the same time at the same moment; an
    answer if all its log-probabilities are the same within `ROUNDING`.

    Args:
        one: A run.
        other: Another one.

    Returns:
        Turns and answers of each arm that has any, in the order of the arms.
    """
    arms = list(dict.fromkeys([*one.facts.arms, *other.facts.arms]))
    turns = _joined(one.turns, other.turns, TURN, "text")
    answers = _joined(one.surveys, other.surveys, ANSWER, "logprobs")
    found = []
    for arm in arms:
        for what, joined in (("turns", turns), ("answers", answers)):
            rows = joined[joined["arm"] == arm]
            if len(rows):
                found.append(_parting(arm, what, rows))
    return found


def _joined(
    one: pd.DataFrame, other: pd.DataFrame, keys: Sequence[str], content: str
) -> pd.DataFrame:
    """Both sides of every turn or answer, and whether they are the same."""
    columns = [*keys, "time", content]
    both = one[columns].merge(
        other[columns], on=list(keys), how="outer", suffixes=("_one", "_other"), indicator=True
    )
    pairs = zip(both[f"{content}_one"], both[f"{content}_other"], strict=True)
    alike = pd.Series([_alike(*pair) for pair in pairs], index=both.index, dtype=bool)
    both["same"] = alike & (both["time_one"] == both["time_other"]) & (both["_merge"] == "both")
    both["time"] = both[["time_one", "time_other"]].min(axis=1)
    return both


def _alike(one: object, other: object) -> bool:
    """Whether two texts, or the log-probabilities of two answers, are the same."""
    if isinstance(one, Sequence) and isinstance(other, Sequence) and not isinstance(one, str):
        return len(one) == len(other) and bool(np.allclose(one, other, rtol=0, atol=ROUNDING))
    return bool(one == other)


def _parting(arm: str, what: str, rows: pd.DataFrame) -> Parting:
    same = int(rows["same"].sum())
    unlike = rows[~rows["same"]].sort_values(["time", "agent"])
    if unlike.empty:
        return Parting(arm, what, same, 0)
    first = unlike.to_dict("records")[0]
    texts = (_text(first, "one"), _text(first, "other")) if what == "turns" else (None, None)
    time, agent = float(first["time"]), str(first["agent"])
    return Parting(arm, what, same, len(unlike), time, agent, texts)


def _text(row: dict[Hashable, object], side: str) -> str | None:
    text = row[f"text_{side}"]
    return text if isinstance(text, str) else None
