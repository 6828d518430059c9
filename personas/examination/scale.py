"""Personality scales: statements about oneself from a CSV file, and how they are put.

The answer is read off the log-probabilities of a few options, and each statement is put twice,
with the options listed in both orders, so that a liking for a place in the list cancels.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from personas.errors import InputError

BIG_FIVE = Path(__file__).parent / "big_five.csv"
"""Our own items on the five factors, in our own words; `personas.windtunnel.traits` cites them."""
COLUMNS = ("trait", "key", "text")
ORDERS = ("forward", "reverse")
RESERVED = "general"
"""Name under which questions of general ability are kept beside scales."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence in the first person that is true of people with much of a trait, or little."""

    trait: str
    key: int
    """1: agreeing means much of the trait; -1 (reverse-keyed): little."""
    text: str
    """With its full stop."""

    def __post_init__(self) -> None:
        if self.key not in (1, -1):
            raise InputError(f"key of {self.text!r} must be 1 or -1, got {self.key}")
        if not self.trait.strip() or not self.text.strip():
            raise InputError(f"trait and text of a statement must not be empty, got {self!r}")


@dataclass(frozen=True, slots=True)
class Scale:
    """Statements under one name."""

    name: str
    statements: tuple[Statement, ...]

    @property
    def traits(self) -> tuple[str, ...]:
        """In the order of the file."""
        return tuple(dict.fromkeys(one.trait for one in self.statements))


@dataclass(frozen=True, slots=True)
class RatingForm:
    """How a statement is put and what its options are worth."""

    forward: str
    """The question, with ``{statement}`` where the statement goes, without its full stop."""
    reverse: str
    """The same with the options listed the other way round."""
    options: tuple[str, ...]
    """Each must be one token where an answer begins."""
    values: tuple[float, ...]
    """What each option is worth in the forward order, from 1 (very true) to -1 (not at all)."""
    relabelled: bool
    """Whether labels are dealt anew in reverse: then the first option listed keeps its label."""

    def __post_init__(self) -> None:
        for name in ORDERS:
            if "{statement}" not in getattr(self, name):
                raise InputError(f"{name} must hold {{statement}}, got {getattr(self, name)!r}")
        if len(self.options) != len(self.values) or len(self.options) < 2:
            raise InputError(f"options need a value each, got {self.options} and {self.values}")

    def question(self, statement: Statement, order: str) -> str:
        """The words that a statement is put in."""
        wording = self.forward if order == "forward" else self.reverse
        return wording.format(statement=statement.text.rstrip("."))

    def worth(self, order: str) -> tuple[float, ...]:
        """What each option is worth in an order."""
        turned = order == "reverse" and self.relabelled
        return tuple(reversed(self.values)) if turned else self.values


_LABELS = ("fits me fully", "fits me rather well", "is half true", "hardly fits me", "is not me")
_TASK = 'Which fits you best? "{statement}" '
LETTERS = RatingForm(
    forward=_TASK
    + " ".join(f"{letter}: {label}." for letter, label in zip("ABCDE", _LABELS, strict=True))
    + " Reply with one letter.",
    reverse=_TASK
    + " ".join(f"{letter}: {label}." for letter, label in zip("ABCDE", _LABELS[::-1], strict=True))
    + " Reply with one letter.",
    options=("A", "B", "C", "D", "E"),
    values=(1.0, 0.5, 0.0, -0.5, -1.0),
    relabelled=True,
)
"""For any language model: letters, dealt anew in the reverse order."""


def load_scale(path: Path) -> Scale:
    """A scale from a CSV file with the columns ``trait``, ``key`` (1 or -1) and ``text``.

    Raises:
        InputError: The file is missing or damaged; names the line and the remedy.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as CSV: {error}; save it as UTF-8") from None
    if not rows or tuple(rows[0]) != COLUMNS:
        found = ",".join(rows[0]) if rows else "nothing"
        raise InputError(f"{path}: first line must be {','.join(COLUMNS)}, got {found}")
    statements = tuple(
        _statement(row, f"{path}, line {number}") for number, row in enumerate(rows[1:], 2) if row
    )
    if path.stem == RESERVED:
        raise InputError(f"{path}: {RESERVED!r} cannot be the name of a scale; rename the file")
    if not statements:
        raise InputError(f"{path} holds no statement; write one a line: trait,key,text")
    return Scale(path.stem.replace("_", " "), statements)


def _statement(row: Sequence[str], where: str) -> Statement:
    if len(row) != len(COLUMNS):
        raise InputError(f"{where}: must hold trait, key and text, got {len(row)} columns; quote "
                         "a text with commas")  # fmt: skip
    trait, key, text = (part.strip() for part in row)
    if key.lstrip("+") not in ("1", "-1"):
        raise InputError(f"{where}: key must be 1 or -1, got {key!r}")
    try:
        return Statement(trait, int(key), text)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
