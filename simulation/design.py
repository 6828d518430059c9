"""Designs: which combinations of levels are run, enumerated before the first of them.

A factor is an argument of a scenario, or a choice such as the voice, and has levels. Every design
here is balanced: each level of a factor occurs equally often, and so does each pair of levels of
two factors. Effects can then be told apart; in a fraction, up to its resolution.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import comb, log2

from personas.errors import InputError, nearest

Level = str | int | float | bool | None
Cell = dict[str, Level]
"""A level for each factor."""

MOST_FRACTIONS_TRIED = 100_000  # choices of generators; all fractions of up to 9 factors have fewer
ROMAN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


@dataclass(frozen=True, slots=True)
class Range:
    """A factor whose levels are drawn, from `low` to `high`, both included."""

    low: int | float
    high: int | float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise InputError(f"a range must go up, got {self.low}..{self.high}")

    def at(self, share: float) -> int | float:
        """The value at a share in [0, 1) of the way; a whole number if both ends are."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return self.low + int(share * (self.high - self.low + 1))
        return self.low + share * (self.high - self.low)


Factors = Mapping[str, Sequence[Level] | Range]


@dataclass(frozen=True, slots=True)
class Design:
    """What is run, and what can be told from it."""

    kind: str
    """In words, such as ``full factorial`` or ``half of a 2^5 factorial, resolution V``."""
    cells: tuple[Cell, ...]
    generators: tuple[str, ...] = ()
    """Of a fraction, such as ``order = graph * rounds``: the product of the levels, low as -1."""
    aliases: tuple[str, ...] = ()
    """Effects of one and two factors that a fraction cannot tell apart, such as
    ``order = graph * rounds``; effects of three factors and more are left out."""


def full_factorial(factors: Mapping[str, Sequence[Level]]) -> Design:
    """Every combination of levels; the last factor changes fastest.

    Raises:
        InputError: A factor has no level, or one twice.
    """
    for name, levels in factors.items():
        if not levels or len(set(map(repr, levels))) < len(levels):
            raise InputError(f"levels of {name} must be one or more, all different, got {levels}")
    cells = tuple(dict(zip(factors, chosen, strict=True)) for chosen in product(*factors.values()))
    return Design("full factorial", cells)


def latin_hypercube(ranges: Mapping[str, Range], points: int, seed: int) -> Design:
    """Points that are spread evenly along every range: one in each of `points` equal parts.

    McKay, Beckman & Conover 1979, Technometrics 21:239, as in `scipy.stats.qmc`.

    Raises:
        InputError: There is no range, or fewer than 2 points.
    """
    from scipy.stats import qmc  # takes a second: only who draws points waits for it

    if points < 2 or not ranges:
        raise InputError(
            f"a Latin hypercube needs 2 points or more and a range such as rounds=2..10, "
            f"got {points} and {len(ranges)} ranges"
        )
    shares = qmc.LatinHypercube(len(ranges), rng=seed).random(points)
    cells: tuple[Cell, ...] = tuple(
        {name: one.at(float(share)) for (name, one), share in zip(ranges.items(), row, strict=True)}
        for row in shares
    )
    return Design(f"Latin hypercube of {points} points", cells)


def fractional_factorial(
    factors: Mapping[str, Sequence[Level]], fraction: int, generators: Sequence[str] = ()
) -> Design:
    """One part of all combinations of two-level factors, chosen so that most can be told apart.

    Box & Hunter 1961, Technometrics 3:311. The last factors are products of the first ones.
    Without `generators` those of the highest resolution are taken, and among these those with the
    fewest short words (minimum aberration: Fries & Hunter 1980, Technometrics 22:601).

    Args:
        factors: Two levels each.
        fraction: 2, 4, 8, ...: a half, a quarter, an eighth of all combinations.
        generators: Such as ``order = graph * rounds``, one for each halving.

    Raises:
        InputError: A factor has other than two levels, or the fraction mixes up single factors.
    """
    names = list(factors)
    for name, levels in factors.items():
        if len(set(map(repr, levels))) != 2 or len(levels) != 2:
            raise InputError(f"a fraction needs two levels of each factor, got {name}={levels}")
    halvings = round(log2(fraction)) if fraction > 1 else 0
    if halvings < 1 or 2**halvings != fraction or halvings > len(names) - 2:
        raise InputError(
            f"fraction must be 2, 4, 8, ... of factors that leave at least 2 free, got {fraction} "
            f"for {len(names)} factors"
        )
    added = _read(generators, names, halvings) if generators else _best(len(names), halvings)
    words = _defining_words(added)
    resolution = min(map(int.bit_count, words))
    if resolution < 3:
        raise InputError(f"generators {', '.join(generators)} mix up single factors: take others")
    return Design(
        f"1/{fraction} of a 2^{len(names)} factorial, resolution {ROMAN[resolution]}",
        tuple(_fraction_cells(factors, added)),
        tuple(f"{names[bit]} = {_product(mask, names)}" for bit, mask in added.items()),
        tuple(_aliases(words, names)),
    )


def crossed(one: Design, other: Design) -> Design:
    """Every cell of one design with every cell of the other."""
    cells = tuple({**a, **b} for a in one.cells for b in other.cells)
    return Design(f"{one.kind} x {other.kind}", cells)


def _read(generators: Sequence[str], names: Sequence[str], halvings: int) -> dict[int, int]:
    """The added factors, and of which factors each is the product, as bits."""
    if len(generators) != halvings:
        raise InputError(
            f"this fraction needs {halvings} generators, got {len(generators)}: {generators}"
        )
    read: dict[int, int] = {}
    for generator in generators:
        name, equals, rest = (part.strip() for part in generator.partition("="))
        factors = [part.strip() for part in rest.split("*")]
        for one in (name, *factors):
            if not equals or one not in names:
                raise InputError(
                    f"generator must be like 'c = a * b', got {generator!r}: {nearest(one, names)}"
                )
        read[names.index(name)] = sum({1 << names.index(one) for one in factors})
    made = sum(1 << bit for bit in read)
    if len(read) < halvings or any(mask & made for mask in read.values()):
        raise InputError(f"a factor is made once, of factors that are not made: {generators}")
    return read


def _best(count: int, halvings: int) -> dict[int, int]:
    free = count - halvings
    masks = sorted((m for m in range(1 << free) if m.bit_count() > 1), key=lambda m: -m.bit_count())
    if comb(len(masks), halvings) > MOST_FRACTIONS_TRIED:
        raise InputError(f"{count} factors have too many fractions to try: give the generators")
    if len(masks) < halvings:
        raise InputError(f"{count} factors cannot be halved {halvings} times: take a larger part")

    def shortness(chosen: Sequence[int]) -> list[int]:
        lengths = [word.bit_count() for word in _defining_words(_added(free, chosen))]
        return [lengths.count(length) for length in range(count + 1)]

    return _added(free, min(combinations(masks, halvings), key=shortness))


def _added(free: int, masks: Sequence[int]) -> dict[int, int]:
    return {free + place: mask for place, mask in enumerate(masks)}


def _defining_words(added: Mapping[int, int]) -> list[int]:
    """Products of factors that are the same in all cells: all products of the generators'."""
    words = [0]
    for bit, mask in added.items():
        words += [word ^ mask ^ (1 << bit) for word in words]
    return words[1:]


def _fraction_cells(
    factors: Mapping[str, Sequence[Level]], added: Mapping[int, int]
) -> Iterator[Cell]:
    names = list(factors)
    free = [bit for bit in range(len(names)) if bit not in added]
    for signs in product((0, 1), repeat=len(free)):
        high = sum(sign << bit for sign, bit in zip(signs, free, strict=True))
        for bit, mask in added.items():
            # The product of signs is +1 where an even number of them is -1, that is, low.
            low = (mask & ~high).bit_count()
            high |= (1 - low % 2) << bit
        yield {name: factors[name][high >> bit & 1] for bit, name in enumerate(names)}


def _aliases(words: Sequence[int], names: Sequence[str]) -> Iterator[str]:
    bits = [1 << bit for bit in range(len(names))]
    effects = [*bits, *(a | b for a, b in combinations(bits, 2))]
    told: set[int] = set()
    for effect in effects:
        same = [effect ^ word for word in words if (effect ^ word) in effects]
        if same and effect not in told:
            yield " = ".join(_product(one, names) for one in (effect, *sorted(same)))
        told |= {effect, *same}


def _product(mask: int, names: Sequence[str]) -> str:
    return " * ".join(name for bit, name in enumerate(names) if mask >> bit & 1)
