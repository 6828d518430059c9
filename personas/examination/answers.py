"""The records of an examination: what was answered, how options were weighed, what it counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from personas.examination.judge import Topic
from personas.items import RESPONSE

Part = Literal[
    "test", "again", "other stage", "other persona", "time", "retest", "general", "out of character"
]
"""Which part of the examination. ``test``: held-out items. ``again``: the same questions, drawn a
second time. ``other stage`` and ``other persona``: the same questions to somebody else. ``time``:
point-in-time questions. ``retest``: facts asked in the middle of a talk. ``general``: instructions
about nobody, put to the persona. ``out of character``: the same, under a system text that names
nobody of the examination, so that weights alone differ."""

EVERY_STAGE = "all"
"""Stands for all stages together."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge says of an answer."""

    about: str
    """One of `personas.examination.judge.Mark`, or ``persona`` or ``stage`` recognised."""
    value: float


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer in words."""

    part: Part
    arm: str
    stage: str
    """The stage that is examined."""
    speaker: str
    """Who was asked: ``rosa/late``."""
    seed: int
    question: str
    """Name of the item."""
    kind: str
    """Its pattern, or the kind of point in time."""
    topic: Topic
    turn: int
    """From 0."""
    about: str
    """In a retest, the item whose fact was asked again."""
    user: str
    reference: str
    text: str
    verdicts: tuple[Verdict, ...] = ()

    def verdict(self, about: str) -> float | None:
        """What the judge says of one thing; None if nothing."""
        return next((one.value for one in self.verdicts if one.about == about), None)


@dataclass(frozen=True, slots=True)
class Weighed:
    """How a model weighs the options of one question."""

    arm: str
    stage: str
    scale: str
    """Name of the scale, or ``general``."""
    trait: str
    question: str
    key: int
    """Of a statement; 1 elsewhere."""
    order: str
    """Of a statement's options; of a general question ``general`` or ``out of character``."""
    values: tuple[float, ...]
    """What each option is worth; of a question with one right option 1 for that one, else 0."""
    logprobs: tuple[float, ...]
    """Natural, not renormalised, one an option."""


@dataclass(frozen=True, slots=True)
class Point:
    """What one item contributes to one figure of one arm and stage."""

    measure: str
    arm: str
    stage: str
    item: str
    seed: int
    value: float


def spoken(text: str) -> str:
    """An answer without the thought before it, where it shows one."""
    return text.rpartition(RESPONSE)[2].strip()


def of_part(answers: Iterable[Answer], *parts: Part) -> list[Answer]:
    """The answers of some parts."""
    return [one for one in answers if one.part in parts]


def point(answer: Answer, measure: str, value: float, item: str = "") -> Point:
    """What an answer contributes to a figure."""
    return Point(
        measure, answer.arm, answer.stage, item or answer.question, answer.seed, float(value)
    )
