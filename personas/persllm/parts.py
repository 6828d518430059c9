"""The parts of the method that can be left out, to see what each of them is worth."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from personas.errors import InputError, nearest
from personas.items import Item, Pattern, Preference

RESISTANCE: tuple[Pattern, ...] = ("error", "pressure")
"""Patterns that teach not to be led: what the method calls anti-induction."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What of the data is read."""

    thoughts: bool = True
    """Whether an item that shows its thought is read with it (chain of thought)."""
    resistance: bool = True
    """Whether false claims and pressure are read, as conversations and in pairs."""
    general: bool = True
    """Whether conversations about nobody are read."""


ABLATIONS = {"cot": "thoughts", "anti-induction": "resistance", "general": "general"}
"""What the method's ablations are called, and the part that each leaves out."""


def without(parts: Parts, names: Iterable[str]) -> Parts:
    """The parts without those that some ablations leave out.

    Raises:
        InputError: There is no ablation of a name.
    """
    for name in names:
        if name not in ABLATIONS:
            raise InputError(f"unknown ablation {name!r}: {nearest(name, ABLATIONS)}")
        parts = replace(parts, **{ABLATIONS[name]: False})
    return parts


def items_of(items: Iterable[Item], parts: Parts) -> list[Item]:
    """The items that are read, with or without their thoughts."""
    kept = []
    for item in items:
        pattern = item.origin.pattern
        resists, general = pattern in RESISTANCE, pattern == "general"
        if (resists and not parts.resistance) or (general and not parts.general):
            continue
        kept.append(item if parts.thoughts else replace(item, thinks=False))
    return kept


def pairs_of(pairs: Iterable[Preference], items: Iterable[Item]) -> list[Preference]:
    """The pairs whose better answer is that of an item which is read."""
    names = {item.name for item in items}
    return [pair for pair in pairs if pair.item in names]
