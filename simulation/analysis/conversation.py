"""Conversation: who speaks how much, and who answers whom."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from personas.errors import InputError
from simulation.analysis.annotation import TURN, words
from simulation.analysis.frames import TURN_COLUMNS, require_columns

ARRIVAL_COLUMNS = (
    "arm",
    "listener",
    "listener_counter",
    "speaker",
    "speaker_counter",
    "time",
    "noticed",
)
"""What must be known of an exposure to say which turn answers which."""


def speaking(turns: pd.DataFrame, agents: Sequence[str]) -> pd.DataFrame:
    """How much each agent says.

    Args:
        turns: Columns as in `RunFrames`.
        agents: Everybody present; who never speaks is counted, with 0.

    Returns:
        Columns ``arm``, ``agent``, ``turns``, ``words``, and ``share``, the agent's part of all
        words of the arm, in [0, 1] (NaN if nobody said a word).

    Raises:
        InputError: A column is missing, or somebody speaks who is not among `agents`.
    """
    require_columns("turns", turns, TURN_COLUMNS)
    strangers = sorted(set(turns["agent"]) - set(agents))
    if strangers:
        raise InputError(f"agents must name everybody who speaks, {strangers[0]!r} is missing")
    said = turns.assign(words=[len(words(str(text))) for text in turns["text"]])
    counts = said.groupby(["arm", "agent"]).agg(turns=("words", "size"), words=("words", "sum"))
    everybody = pd.MultiIndex.from_product(
        [sorted(set(turns["arm"])), list(agents)], names=["arm", "agent"]
    )
    result = counts.reindex(everybody, fill_value=0).reset_index()
    total = result.groupby("arm")["words"].transform("sum")
    return result.assign(share=result["words"] / total.where(total > 0))


def inequality(speaking: pd.DataFrame, column: str = "words") -> pd.DataFrame:
    """Gini coefficient of what the agents say.

    Args:
        speaking: From `speaking`.
        column: ``words`` or ``turns``.

    Returns:
        Columns ``arm``, ``value`` in [0, (n - 1) / n], ``agents`` (n).

    Raises:
        InputError: A column is missing.
    """
    require_columns("speaking", speaking, ["arm", column])
    return speaking.groupby("arm", as_index=False).agg(
        value=(column, lambda amounts: gini(amounts.tolist())), agents=(column, "size")
    )


def gini(amounts: Sequence[float]) -> float:
    """Half the mean absolute difference of any two amounts, over their mean.

    Source: Gini 1912, as in Sen 1973, On Economic Inequality; divisor n squared: the agents are
    the population, not a sample.

    Args:
        amounts: At least 0 each.

    Returns:
        0 if all have the same, (n - 1) / n if one has everything; NaN if nobody has anything.

    Raises:
        InputError: An amount is negative.
    """
    held = np.sort(np.asarray(amounts, dtype=float))
    if len(held) and held[0] < 0:
        raise InputError(f"amounts must be at least 0, got {held[0]}")
    if held.sum() == 0:
        return float("nan")
    count = len(held)
    ranks = 2 * np.arange(1, count + 1) - count - 1
    return max(float(ranks @ held / (count * held.sum())), 0.0)


def replies(turns: pd.DataFrame, exposures: pd.DataFrame) -> pd.DataFrame:
    """Which turn answers which: the last message noticed before it, since the speaker's own last.

    Of several that arrived at the same moment, as in rounds, each is answered in equal part.

    Args:
        turns: Columns as in `RunFrames`.
        exposures: `ARRIVAL_COLUMNS`. Posts from outside are nobody's turn and are left out.

    Returns:
        Columns ``arm``, ``agent``, ``counter`` of the answer, ``to``, ``to_counter`` of what it
        answers, and ``weight`` in (0, 1]; the weights of one answer add up to 1. Turns before
        which nothing was noticed answer nobody.

    Raises:
        InputError: A column is missing.
    """
    require_columns("turns", turns, TURN_COLUMNS)
    require_columns("exposures", exposures, ARRIVAL_COLUMNS)
    noticed = exposures[exposures["noticed"].astype(bool)].rename(
        columns={"listener": "agent", "listener_counter": "counter"}
        | {"speaker": "to", "speaker_counter": "to_counter"}
    )
    said = turns[TURN].rename(columns={"agent": "to", "counter": "to_counter"})
    heard = noticed.merge(said, on=["arm", "to", "to_counter"]).merge(turns[TURN], on=TURN)
    last = heard[heard["time"] == heard.groupby(TURN)["time"].transform("max")]
    last = last.drop_duplicates([*TURN, "to", "to_counter"])
    result = last.assign(weight=1 / last.groupby(TURN)["to"].transform("size"))
    columns = [*TURN, "to", "to_counter", "weight"]
    return result[columns].sort_values(columns[:-1], ignore_index=True)


def reply_texts(replies: pd.DataFrame, turns: pd.DataFrame) -> pd.DataFrame:
    """What was heard, and what was replied, side by side.

    Args:
        replies: From `replies`.
        turns: Columns as in `RunFrames`.

    Returns:
        The columns of `replies`, ``heard`` and ``reply``, both texts.

    Raises:
        InputError: A column is missing.
    """
    require_columns("replies", replies, [*TURN, "to", "to_counter", "weight"])
    require_columns("turns", turns, [*TURN, "text"])
    said = turns[[*TURN, "text"]]
    heard = said.rename(columns={"agent": "to", "counter": "to_counter", "text": "heard"})
    paired = replies.merge(heard, on=["arm", "to", "to_counter"])
    return paired.merge(said.rename(columns={"text": "reply"}), on=TURN)


def reply_counts(replies: pd.DataFrame) -> pd.DataFrame:
    """How often each agent answers each other one.

    Args:
        replies: From `replies`.

    Returns:
        Columns ``arm``, ``agent``, ``to``, and ``value``, a number of turns, in parts where a
        turn answers several.

    Raises:
        InputError: A column is missing.
    """
    require_columns("replies", replies, ["arm", "agent", "to", "weight"])
    return replies.groupby(["arm", "agent", "to"], as_index=False).agg(value=("weight", "sum"))


def reciprocity(counts: pd.DataFrame) -> pd.DataFrame:
    """Share of replies that are returned: sum of min(w_ij, w_ji) over sum of w_ij.

    Source: Squartini et al. 2013, Scientific Reports 3, 2729 (weighted reciprocity).

    Args:
        counts: From `reply_counts`.

    Returns:
        Columns ``arm``, ``value`` in [0, 1], and ``replies``, the sum of w_ij.

    Raises:
        InputError: A column is missing.
    """
    require_columns("counts", counts, ["arm", "agent", "to", "value"])
    back = counts.rename(columns={"agent": "to", "to": "agent", "value": "back"})
    both = counts.merge(back, on=["arm", "agent", "to"], how="left")
    both["returned"] = both[["value", "back"]].min(axis=1).where(both["back"].notna(), 0.0)
    sums = both.groupby("arm", as_index=False).agg(
        returned=("returned", "sum"), replies=("value", "sum")
    )
    return sums.assign(value=sums["returned"] / sums["replies"])[["arm", "value", "replies"]]
