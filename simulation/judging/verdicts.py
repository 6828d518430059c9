"""What a judge is asked about a talk, what it said, and the file beside a run that keeps it.

A report that is made again finds every verdict there and asks nothing twice; a judge that came to
none is a verdict too, with the reason why.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from personas.jsonlines import read_records
from simulation.analysis.annotation import VERDICTS

FILE = "verdicts.jsonl"
"""In a run's folder."""

Kind = Literal["persona", "lines", "stance"]
"""``persona``: a line against what the persona says of itself. ``lines``: a line against an earlier
one. ``stance``: the view on a subject that a line states."""
KINDS: tuple[Kind, ...] = get_args(Kind)

UNUSABLE = "unusable"
"""The judge came to no verdict."""
NO_VIEW = "none"
"""Nothing is stated on the subject."""
STANCES: Mapping[str, float] = {
    "strongly for": 1.0,
    "mildly for": 0.5,
    "undecided": 0.0,
    "mildly against": -0.5,
    "strongly against": -1.0,
}
"""Views by their names, on the scale of opinions."""
FITTING = tuple(verdict for verdict in VERDICTS if verdict != UNUSABLE)

Key = tuple[Kind, str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be judged."""

    kind: Kind
    about: str
    """What the persona says of itself, the earlier line, or the subject."""
    text: str
    """The line."""
    who: str = ""
    """Of ``persona``: whose account, as `persona_key` names it."""
    asked: str = ""
    """Of ``stance``: what the line answers, in an interview."""

    @property
    def key(self) -> Key:
        """What makes two questions the same."""
        return (self.kind, self.about, self.text)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge said to a question."""

    judge: str
    """Who, as provenance."""
    question: Question
    verdict: str
    """One of `FITTING`; of ``stance``, one of `STANCES` or `NO_VIEW`; or `UNUSABLE`."""
    reason: str
    """The judge's own words; of an unusable one, why."""


def persona_key(persona: str, stage: str) -> str:
    """How a persona is named in a file of verdicts: ``rosa@late``."""
    return f"{persona}@{stage}"


def kept(folder: Path, judge: str | None = None) -> list[Verdict]:
    """The verdicts beside a run, of one judge.

    Args:
        folder: The run's.
        judge: Whose; the one that was asked last if left out.

    Raises:
        InputError: The file is damaged.
    """
    path = folder / FILE
    every = list(read_records(path, Verdict)) if path.is_file() else []
    if not every:
        return []
    whose = every[-1].judge if judge is None else judge
    return [one for one in every if one.judge == whose]


def by_key(verdicts: Iterable[Verdict]) -> dict[Key, Verdict]:
    """Verdicts by what they were asked."""
    return {one.question.key: one for one in verdicts}
