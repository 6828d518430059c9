"""What was said, as data: one row for each idea, stance and contradiction found in a text.

Whoever finds them is passed in: the grammar of the wind tunnel (`simulation.analysis.town`), a
model, a table of human codes. The measures read the frames alone, so a frame from anywhere else
will do if it has the columns.
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isnan
from typing import Literal, Protocol, get_args

import pandas as pd

from personas.errors import InputError
from simulation.analysis.frames import TURN_COLUMNS, require_columns

TURN = ["arm", "agent", "counter"]
"""What identifies one turn."""
IDEA_COLUMNS = (*TURN, "idea", "category", "concepts", "domains", "text")
STANCE_COLUMNS = (*TURN, "subject", "stance")
CLAIM_VERDICT_COLUMNS = (*TURN, "claim", "verdict")
PAIR_VERDICT_COLUMNS = ("arm", "agent", "earlier", "later", "verdict")

Verdict = Literal["agrees", "contradicts", "unrelated", "unusable"]
"""``unusable``: a judge came to none, which is data; shares leave it out and count it."""
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")


@dataclass(frozen=True, slots=True)
class Idea:
    """A proposal of something to do, found in a text."""

    key: str
    """The same for the same idea in other words."""
    category: str
    """What ideas of one kind share."""
    text: str
    """The words that tell it."""
    concepts: tuple[str, ...] = ()
    """What it borrows from fields of expertise."""
    domains: tuple[str, ...] = ()
    """The fields that the concepts are from, aligned with `concepts`."""


@dataclass(frozen=True, slots=True)
class Stance:
    """A position stated in a text."""

    subject: str
    """On what."""
    value: float
    """From -1, strongly against, to 1, strongly for; NaN if the reader could not tell."""
    reason: str = ""
    """Why it could not."""


class IdeaReader(Protocol):
    """Finds ideas in a text."""

    def ideas(self, text: str) -> Sequence[Idea]:
        """All ideas of a text, in order; the same idea twice if it is told twice."""
        ...


class StanceReader(Protocol):
    """Finds positions in a text."""

    def stances(self, text: str) -> Sequence[Stance]:
        """All positions stated in a text, in order."""
        ...


class Judge(Protocol):
    """Says whether somebody who said the one thing can say the other."""

    def judge(self, claim: str, line: str) -> Verdict:
        """Whether a line agrees with a claim, contradicts it, or has nothing to do with it."""
        ...


class SentenceIdeas:
    """Takes each sentence for an idea, for free text; `similarity.merge_ideas` joins those alike.

    Args:
        least_words: Shorter sentences ("I agree.") are none.
    """

    def __init__(self, least_words: int = 4) -> None:
        if least_words < 1:
            raise InputError(f"least_words must be at least 1, got {least_words}")
        self._least_words = least_words

    def ideas(self, text: str) -> Sequence[Idea]:
        """The sentences that are long enough, each a kind of its own."""
        told = [(sentence, words(sentence)) for sentence in sentences(text)]
        return [
            Idea(key := " ".join(said), key, sentence)
            for sentence, said in told
            if len(said) >= self._least_words
        ]


def words(text: str) -> list[str]:
    """The words of a text in small letters; hyphens and apostrophes inside belong to a word."""
    return _WORD.findall(text.casefold())


def sentences(text: str) -> list[str]:
    """The sentences of a text; they end with ``.``, ``?`` or ``!`` before a space."""
    return [sentence for sentence in _SENTENCE_END.split(text.strip()) if sentence]


def in_order(turns: pd.DataFrame) -> pd.DataFrame:
    """Turns in the order in which they were said: by time, then by agent and counter.

    Raises:
        InputError: A column is missing.
    """
    require_columns("turns", turns, TURN_COLUMNS)
    return turns.sort_values(["arm", "time", "agent", "counter"], ignore_index=True)


def ideas_in(turns: pd.DataFrame, reader: IdeaReader) -> pd.DataFrame:
    """The ideas of all turns.

    Args:
        turns: Columns as in `RunFrames`.
        reader: Finds them.

    Returns:
        `IDEA_COLUMNS`, one row a telling, in the order in which they were told.

    Raises:
        InputError: A column is missing.
    """
    rows = [
        (*_turn(row), found.key, found.category, found.concepts, found.domains, found.text)
        for row in in_order(turns).to_dict("records")
        for found in reader.ideas(str(row["text"]))
    ]
    return pd.DataFrame(rows, columns=list(IDEA_COLUMNS))


def stances_in(turns: pd.DataFrame, reader: StanceReader) -> pd.DataFrame:
    """The positions stated in all turns; of several on one subject in one turn, the last.

    Args:
        turns: Columns as in `RunFrames`.
        reader: Finds them.

    Returns:
        `STANCE_COLUMNS`, with ``stance`` in [-1, 1], in the order in which they were stated; those
        that the reader could not tell are left out.

    Raises:
        InputError: A column is missing, or the reader gave a value outside [-1, 1].
    """
    rows = [
        (*_turn(row), found.subject, found.value)
        for row in in_order(turns).to_dict("records")
        for found in reader.stances(str(row["text"]))
        if not isnan(found.value)
    ]
    frame = pd.DataFrame(rows, columns=list(STANCE_COLUMNS)).astype({"stance": float})
    outside = frame.loc[~frame["stance"].between(-1, 1), "stance"]
    if not outside.empty:
        raise InputError(f"stance must lie in [-1, 1], the reader gave {outside.iloc[0]}")
    return frame.drop_duplicates([*TURN, "subject"], keep="last", ignore_index=True)


def claim_verdicts(turns: pd.DataFrame, claims: pd.DataFrame, judge: Judge) -> pd.DataFrame:
    """Every turn of an agent against every claim that its persona makes.

    Args:
        turns: Columns as in `RunFrames`. After a swap a seat has another persona: pass the turns
            of one persona at a time.
        claims: Columns ``agent`` and ``claim``, one row a sentence of the persona.
        judge: Compares the two.

    Returns:
        `CLAIM_VERDICT_COLUMNS`. Agents without claims have no rows.

    Raises:
        InputError: A column is missing.
    """
    require_columns("claims", claims, ["agent", "claim"])
    paired = in_order(turns).merge(claims[["agent", "claim"]], on="agent")
    paired["verdict"] = [
        judge.judge(str(claim), str(line))
        for claim, line in zip(paired["claim"], paired["text"], strict=True)
    ]
    return paired[list(CLAIM_VERDICT_COLUMNS)]


def pair_verdicts(turns: pd.DataFrame, judge: Judge) -> pd.DataFrame:
    """Every two turns of the same agent in the same arm against each other.

    Args:
        turns: Columns as in `RunFrames`.
        judge: Is given the earlier line as the claim.

    Returns:
        `PAIR_VERDICT_COLUMNS`; ``earlier`` and ``later`` are counters. n turns make n(n-1)/2 rows.

    Raises:
        InputError: A column is missing.
    """
    rows = [
        (arm, agent, earlier, later, judge.judge(str(claim), str(line)))
        for (arm, agent), own in in_order(turns).groupby(["arm", "agent"])
        for (earlier, claim), (later, line) in combinations(
            zip(own["counter"], own["text"], strict=True), 2
        )
    ]
    return pd.DataFrame(rows, columns=list(PAIR_VERDICT_COLUMNS))


def _turn(row: Mapping[Hashable, object]) -> tuple[object, ...]:
    return tuple(row[name] for name in TURN)
