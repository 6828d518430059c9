"""Opinions asked out of band: a question, its wordings, and its options in both orders.

A survey never enters anybody's memory. It is scored from the log-probabilities of the option
letters as the very next token, so a model cannot evade it and nothing is parsed.
"""

from dataclasses import dataclass
from typing import Literal

from agents.memory import Utterance
from agents.prompt import MODERATOR
from personas.errors import InputError

LETTERS = "ABCDEFGHIJ"
OptionOrder = Literal["forward", "reverse"]
OPTION_ORDERS: tuple[OptionOrder, OptionOrder] = ("forward", "reverse")


def check_waves(every: int, waves: tuple[int, ...] | None) -> None:
    """Checks when a question is asked.

    Raises:
        InputError: The cadence is below 1, or the waves do not go up from 0.
    """
    if every < 1:
        raise InputError(f"every must be at least 1 unit of time, got {every}")
    if waves is not None and (not waves or list(waves) != sorted(set(waves))):
        raise InputError(f"waves must go up, such as (0, 3, 8), got {waves}")
    if waves is not None and waves[0] < 0:
        raise InputError(f"waves must be at least 0, got {waves[0]}")


def asked_at(every: int, waves: tuple[int, ...] | None, last: int) -> tuple[int, ...]:
    """The waves at which a question is asked: as listed, or before the talk and then regularly."""
    return tuple(range(0, last + 1, every)) if waves is None else waves


@dataclass(frozen=True, slots=True)
class Survey:
    """One question, asked privately of every agent on a cadence in virtual time."""

    question: str
    """Short name, such as ``bike lanes``; the reports use it."""
    wordings: tuple[str, ...]
    """Paraphrases, each with a place ``{options}``; one line."""
    options: tuple[str, ...]
    """Labels in their forward order, 2 to 10 of them."""
    values: tuple[float, ...]
    """Opinion that each option stands for, in [-1, 1]; none where the options have no order: the
    answer is then which of them, and no measure makes an opinion of it."""
    relabel: bool = True
    """Whether the reverse order deals the letters anew, so that a liking for a letter shows as
    well as one for a place in the list; False lets each option keep its letter."""
    every: int = 1
    """Asked before the talk and after every so many rounds, or other units of virtual time."""
    waves: tuple[int, ...] | None = None
    """Asked at these times instead: 0 is before the talk, 3 after three rounds or other units."""

    def __post_init__(self) -> None:
        if not self.wordings:
            raise InputError(f"survey {self.question!r} needs at least one wording")
        for wording in self.wordings:
            if "{options}" not in wording or len(wording.splitlines()) != 1:
                raise InputError(
                    f"wording must be one line with {{options}} in it, got {wording!r}"
                )
        if not 2 <= len(set(self.options)) == len(self.options) <= len(LETTERS):
            raise InputError(f"survey {self.question!r} needs 2 to 10 distinct options")
        given = len(self.values) in (0, len(self.options))
        if not given or not all(-1 <= v <= 1 for v in self.values):
            raise InputError(
                f"survey {self.question!r} needs a value in [-1, 1] for each of its "
                f"{len(self.options)} options, got {self.values}"
            )
        check_waves(self.every, self.waves)

    def asked_at(self, last: int) -> tuple[int, ...]:
        """The waves at which it is asked, up to the last one that there is."""
        return asked_at(self.every, self.waves, last)

    @property
    def letters(self) -> tuple[str, ...]:
        """What the model answers with."""
        return tuple(LETTERS[: len(self.options)])

    def shown(self, order: OptionOrder) -> tuple[str, ...]:
        """What the letters A, B, ... stand for in this order."""
        return self.options[::-1] if self.relabel and order == "reverse" else self.options

    def values_shown(self, order: OptionOrder) -> tuple[float, ...]:
        """The opinions that the letters A, B, ... stand for in this order."""
        return self.values[::-1] if self.relabel and order == "reverse" else self.values

    def line(self, wording: int, order: OptionOrder) -> Utterance:
        """The moderator's line that asks it."""
        pairs = list(zip(self.letters, self.shown(order), strict=True))
        listed = pairs[::-1] if order == "reverse" and not self.relabel else pairs
        text = " ".join(f"{letter}: {label}." for letter, label in listed)
        return Utterance(MODERATOR, self.wordings[wording].replace("{options}", text))
