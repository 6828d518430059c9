"""Pairs of a better and a worse answer: what makes one worth learning from, and how much.

A pair teaches what differs between its answers, whatever that is. So all that must not be learnt
is kept equal: a worse answer that is shorter, names somebody else or gives a year away would teach
just that.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import eq

from personas.embedding import Embedder
from personas.errors import InputError
from personas.items import Negative, Preference, Route
from personas.wordbudget import count_words

FULL_STRENGTH_ITEMS = 2_400
"""Training items from which on preference tuning runs at full strength; see `strength`."""

Objection = str
"""Why a pair is not taken, in two or three words; empty where nothing speaks against it."""
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class PairRules:
    """What a pair must keep to."""

    seed: int = 0
    alike_from: float = 0.6
    """Least similarity of two questions whose answers are paired: below, they have nothing to do
    with each other."""
    alike_to: float = 0.95
    """Similarity from which on two questions count as the same one."""
    answers_to: float = 0.9
    """Similarity of answers from which on there is nothing to learn from their difference."""
    shortest: float = 0.5
    """Least ratio of the lengths of chosen and rejected, in words; its inverse is the most."""
    mined: int = 1
    """Most mined pairs an item."""
    again: int = 2
    """Most pairs an item whose question is answered again."""

    def __post_init__(self) -> None:
        if not 0 <= self.alike_from < self.alike_to <= 1:
            raise InputError(
                f"alike_from must lie below alike_to, both in [0, 1], got {self.alike_from} and "
                f"{self.alike_to}"
            )
        if not 0 < self.shortest <= 1:
            raise InputError(f"shortest must lie in (0, 1], got {self.shortest}")
        for name in ("mined", "again"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} must be at least 0, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Judge:
    """Says what speaks against a pair."""

    rules: PairRules
    embedder: Embedder
    strangers: frozenset[str]
    """Words of other people's names; see `name_words`."""
    same: Callable[[str, str], bool] = eq
    """Whether two answers say the same, as far as anybody can tell: an answer that is right as
    well must not be the worse one."""

    def objection(self, prompt: Sequence[str], chosen: str, rejected: str) -> Objection:
        """The first thing that speaks against a pair, or nothing.

        Args:
            prompt: Everything that was said before.
            chosen: The better answer.
            rejected: The worse one.
        """
        return next(self._objections("\n".join(prompt), chosen, rejected), "")

    def _objections(self, told: str, chosen: str, rejected: str) -> Iterator[Objection]:
        """All of them, the cheapest to find first."""
        ratio = count_words(chosen) / max(1, count_words(rejected))
        if chosen == rejected or self.same(chosen, rejected):
            yield "says the same"
        if not self.rules.shortest <= ratio <= 1 / self.rules.shortest:
            yield "length ratio"
        if self._names(rejected) - self._names(told):
            yield "name leak"
        if _years(rejected) - _years(told) - _years(chosen):
            yield "time leak"
        if self._alike(chosen, rejected):
            yield "answers alike"

    def _names(self, text: str) -> frozenset[str]:
        return self.strangers.intersection(_WORD.findall(text))

    def _alike(self, one: str, other: str) -> bool:
        places = self.embedder.embed(one), self.embedder.embed(other)
        return float(places[0] @ places[1]) >= self.rules.answers_to


@dataclass(frozen=True, slots=True)
class Dropped:
    """A pair that was not taken."""

    item: str
    negative: Negative
    route: Route
    reason: str
    """An objection, or why there was no answer."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many pairs of one kind there are."""

    negative: Negative
    route: Route
    pairs: int
    dropped: int
    reasons: tuple[str, ...]
    """Why they were dropped, the most frequent reason first, each with its count."""


def mix(pairs: Iterable[Preference], dropped: Iterable[Dropped]) -> tuple[Share, ...]:
    """What pairs a data set is made of, and what it lost, by kind and route."""
    taken = Counter((pair.negative, pair.route) for pair in pairs)
    lost: dict[tuple[Negative, Route], Counter[str]] = {}
    for one in dropped:
        reason = one.reason.partition(":")[0]
        lost.setdefault((one.negative, one.route), Counter())[reason] += 1
    return tuple(
        Share(
            *kind,
            taken[kind],
            lost.get(kind, Counter()).total(),
            tuple(f"{why} {count}" for why, count in lost.get(kind, Counter()).most_common()),
        )
        for kind in sorted({*taken, *lost})
    )


def strength(items: int, full: int = FULL_STRENGTH_ITEMS) -> float:
    """How much preference tuning a persona's data can bear.

    In the method's paper preference tuning hurt the persona with by far the least data (781
    training items; BLEU between two answers of hers fell from 1.63 to 1.20), while those from
    about 2,400 items on gained or hardly changed. Few items are few ways of saying a thing, and
    their pairs are soon fitted by saying nothing of the kind. So below `full` items the strength
    falls in proportion: it scales how many pairs are used.

    Args:
        items: Training items of the persona, all stages.
        full: From how many on nothing is held back, at least 1.

    Returns:
        In [0, 1]; 781 items give 0.33.
    """
    if full < 1:
        raise InputError(f"full must be at least 1, got {full}")
    return min(1.0, max(0, items) / full)


def name_words(names: Iterable[str], own: str) -> frozenset[str]:
    """Words of other people's names that are not part of one's own.

    As they are written: "Will" and "May" are names, "will" and "may" are not.
    """
    words = {word for name in names for word in _WORD.findall(name)}
    return frozenset(words.difference(_WORD.findall(own)))


def _years(text: str) -> set[str]:
    return set(_YEAR.findall(text))
