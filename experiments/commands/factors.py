"""Factors of a study from the words of the command line."""

from collections.abc import Callable, Sequence
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

from personas.errors import InputError, nearest
from simulation.design import Level, Range
from simulation.studyplan import CHOICES

_TRUTHS = {"true": True, "false": False}


def read_factors(
    scenario: Callable[..., object], words: Sequence[str]
) -> dict[str, Sequence[Level] | Range]:
    """``graph=ring,complete`` or ``rounds=2..10`` by the name of the factor.

    Args:
        scenario: Its annotations say of which type a level is.
        words: One for each factor.

    Raises:
        InputError: A word cannot be read, or names no argument of the scenario.
    """
    hints = get_type_hints(scenario)
    hints.pop("return", None)
    factors: dict[str, Sequence[Level] | Range] = {}
    for word in words:
        name, equals, listed = (part.strip() for part in word.partition("="))
        if not equals or not listed:
            raise InputError(f"vary must be NAME=LEVEL,LEVEL, got {word!r}")
        if name in factors:
            raise InputError(f"vary names {name!r} twice: put all levels behind one")
        if name == "seed" or (name not in hints and name not in CHOICES):
            known = [*(key for key in hints if key != "seed"), *CHOICES]
            raise InputError(f"vary names {name!r}, which cannot be varied: {nearest(name, known)}")
        kinds = _kinds(str if name in CHOICES else hints[name])
        low, dots, high = listed.partition("..")
        if dots and not kinds.isdisjoint((int, float)):
            factors[name] = Range(_number(name, low, kinds), _number(name, high, kinds))
        else:
            factors[name] = tuple(_level(name, one.strip(), kinds) for one in listed.split(","))
    return factors


def read_fraction(word: str) -> int:
    """``1/4`` as 4.

    Raises:
        InputError: It is no such part.
    """
    one, slash, part = word.partition("/")
    if not (slash and one.strip() == "1" and part.strip().isdigit() and int(part) > 1):
        raise InputError(f"fraction must be 1/2, 1/4, ..., got {word!r}")
    return int(part)


def _kinds(hint: object) -> set[object]:
    """The plain types of an annotation."""
    if get_origin(hint) in (Union, UnionType):
        return set().union(*(_kinds(one) for one in get_args(hint)))
    if get_origin(hint) is Literal:
        return {type(one) for one in get_args(hint)}
    return {hint}


def _level(name: str, word: str, kinds: set[object]) -> Level:
    if NoneType in kinds and word == "none":
        return None
    if bool in kinds and word.lower() in _TRUTHS:
        return _TRUTHS[word.lower()]
    if not kinds.isdisjoint((int, float)):
        return _number(name, word, kinds)
    if bool in kinds:
        raise InputError(f"levels of {name} must be true or false, got {word!r}")
    return word


def _number(name: str, word: str, kinds: set[object]) -> int | float:
    whole = float not in kinds
    try:
        return int(word) if whole else float(word)
    except ValueError:
        what = "whole numbers" if whole else "numbers"
        raise InputError(f"levels of {name} must be {what}, got {word!r}") from None
