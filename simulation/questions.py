"""Kinds of question: each a few words from which its surveys are made.

All are asked out of band, in both option orders and every wording, on a cadence or at given waves::

    surveys=asked(
        Likert("bike lanes", ("Main Street needs bike lanes.",)),
        OneOf("paper", ("Which paper do you read? {options}",), ("the Mail", "the Post", "none")),
        Allocation("budget", ("How much should {item} get? {options}",), ("parks", "roads")),
    )

How a question in free words is asked: `Interview`.
"""

from dataclasses import dataclass
from typing import Protocol

from agents.memory import Utterance
from agents.prompt import MODERATOR
from personas.errors import InputError
from simulation.survey import Survey, asked_at, check_waves

AGREEMENT = ("strongly agree", "agree", "neither", "disagree", "strongly disagree")
"""Five points of Likert 1932, Archives of Psychology 140."""
HOW_MUCH = ("all of it", "most of it", "some of it", "a little of it", "nothing")
"""How much of something an item should get."""
POINTS = 100
"""Points of an allocation."""


class Question(Protocol):
    """A kind of question."""

    @property
    def surveys(self) -> tuple[Survey, ...]:
        """What is asked."""
        ...


def asked(*questions: Question | Survey) -> tuple[Survey, ...]:
    """The surveys of all questions, for `Scenario.surveys`."""
    every: list[Survey] = []
    for one in questions:
        every += [one] if isinstance(one, Survey) else one.surveys
    return tuple(every)


@dataclass(frozen=True, slots=True)
class Likert:
    """How far somebody agrees with a statement, from 1 to -1 in equal steps."""

    question: str
    """Short name."""
    statements: tuple[str, ...]
    """The statement, and paraphrases of it."""
    scale: tuple[str, ...] = AGREEMENT
    """From full agreement to full disagreement, 2 to 10 points."""
    asking: str = 'How far do you agree? "{statement}" {options} Answer with one letter.'
    every: int = 1
    waves: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if "{statement}" not in self.asking:
            raise InputError(f"asking must have a place {{statement}}, got {self.asking!r}")
        _ = self.surveys

    @property
    def surveys(self) -> tuple[Survey, ...]:
        """One."""
        wordings = tuple(self.asking.replace("{statement}", one) for one in self.statements)
        values = equal_steps(len(self.scale))
        plain = Survey(self.question, wordings, self.scale, values, True, self.every, self.waves)
        return (plain,)


@dataclass(frozen=True, slots=True)
class OneOf:
    """Which of several options that have no order."""

    question: str
    """Short name."""
    wordings: tuple[str, ...]
    """Paraphrases, each with a place ``{options}``."""
    options: tuple[str, ...]
    """2 to 10."""
    every: int = 1
    waves: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        _ = self.surveys

    @property
    def surveys(self) -> tuple[Survey, ...]:
        """One, whose options have no values."""
        return (
            Survey(self.question, self.wordings, self.options, (), True, self.every, self.waves),
        )


@dataclass(frozen=True, slots=True)
class Allocation:
    """Points given to several items, each rated by itself on one scale.

    Why not read the points off the probabilities of a choice among the items: these tell how sure
    the model is of its favourite, while somebody who is sure may well divide evenly; and what a
    model puts on options is not the distribution that it would describe (Meister, Guestrin &
    Hashimoto 2025, NAACL, 24-49). Why not ask for numbers: they would have to be written, parsed,
    and sum to 100. An item that is rated by itself has no place in a list of items, either. The
    price: people who rate are not made to trade one item for another, and tell them apart less.

    `simulation.analysis.answers.allocations` makes points of the ratings.
    """

    question: str
    """Short name; the survey of an item is called ``question: item``."""
    wordings: tuple[str, ...]
    """Paraphrases, each with the places ``{item}`` and ``{options}``."""
    items: tuple[str, ...]
    """At least 2."""
    scale: tuple[str, ...] = HOW_MUCH
    """From all to nothing, 2 to 10 points in equal steps."""
    every: int = 1
    waves: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if not 2 <= len(set(self.items)) == len(self.items):
            raise InputError(f"items of {self.question!r} must be 2 or more, all different")
        for wording in self.wordings:
            if "{item}" not in wording:
                raise InputError(f"wording must have a place {{item}}, got {wording!r}")
        _ = self.surveys

    @property
    def surveys(self) -> tuple[Survey, ...]:
        """One for each item."""
        return tuple(
            Survey(
                item_question(self.question, item),
                tuple(wording.replace("{item}", item) for wording in self.wordings),
                self.scale, equal_steps(len(self.scale)), True, self.every, self.waves,
            )
            for item in self.items
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Interview:
    """A question answered in free words, out of band: the answer is recorded and heard by nobody.

    What the words mean, somebody must read (`simulation.analysis.answers.read_interviews`). An
    alternative to option letters where a model evades them, at the price of a reader.
    """

    question: str
    """Short name."""
    wordings: tuple[str, ...]
    """Paraphrases, one line each."""
    tokens: int = 64
    """Longest answer."""
    every: int = 1
    waves: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if not self.wordings or any(len(one.splitlines()) != 1 for one in self.wordings):
            raise InputError(f"interview {self.question!r} needs wordings of one line each")
        if self.tokens < 1:
            raise InputError(f"interview tokens must be at least 1, got {self.tokens}")
        check_waves(self.every, self.waves)

    def asked_at(self, last: int) -> tuple[int, ...]:
        """The waves at which it is asked, up to the last one that there is."""
        return asked_at(self.every, self.waves, last)

    def line(self, wording: int) -> Utterance:
        """The moderator's line that asks it."""
        return Utterance(MODERATOR, self.wordings[wording])

    def describe(self) -> list[object]:
        """All that it is, as JSON-ready data."""
        return [self.question, self.wordings, self.tokens, self.every, self.waves]


def item_question(question: str, item: str) -> str:
    """What the survey of one item of an allocation is called."""
    return f"{question}: {item}"


def equal_steps(points: int) -> tuple[float, ...]:
    """Values from 1 to -1 for a scale of so many points."""
    return tuple(1 - 2 * place / max(1, points - 1) for place in range(points))
