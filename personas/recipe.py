"""How a data set is written: how much of what, and under which seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from personas.chance import seed_for
from personas.errors import InputError
from personas.items import Pattern
from personas.material import Knowable, Paragraph


@dataclass(frozen=True, slots=True)
class DataRecipe:
    """What a data set depends on, apart from the material and the annotator."""

    seed: int = 0
    items: int = 1_600
    """Accepted items a stage; the paper has 500 to 2,100."""
    experiences: int = 4
    """How often a pass visits each paragraph of experiences, at least 1. A deed and its year stand
    in one paragraph and nowhere else, while a view shows in many."""
    ordinary: float = 0.45
    """Weight of ordinary questions among inputs from paragraphs; so are the next three."""
    thought: float = 0.15
    error: float = 0.3
    pressure: float = 0.1
    general: float = 0.15
    """Share of general instructions among all items, in [0, 1)."""
    pushes: int = 3
    """Turns of pressure after the first one, at least 1."""
    silent: float = 0.25
    """Share of items whose analysis is not shown in tuning: the persona learns both ways."""
    spare: float = 1.0
    """Rejected attempts a stage, as a multiple of `items`, after which writing gives up."""

    def __post_init__(self) -> None:
        for name in ("items", "experiences", "pushes"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("ordinary", "thought", "error", "pressure", "spare"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} must be at least 0, got {getattr(self, name)}")
        if not 0 <= self.general < 1:
            raise InputError(f"general must lie in [0, 1), got {self.general}")
        if not 0 <= self.silent <= 1:
            raise InputError(f"silent must lie in [0, 1], got {self.silent}")
        if not any(self.weights.values()):
            raise InputError("ordinary, thought, error, pressure must not all be 0; raise one")

    @property
    def weights(self) -> dict[Pattern, float]:
        """Of the patterns that are made from a paragraph."""
        return {
            "ordinary": self.ordinary,
            "thought": self.thought,
            "error": self.error,
            "pressure": self.pressure,
        }


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is tried at one place of the plan."""

    index: int
    pattern: Pattern
    place: int
    """Of a paragraph in the pass's order, or of a general instruction."""
    year: int
    thinks: bool
    seed: int


class Plan:
    """What is tried in one stage, attempt by attempt, without end.

    A pass visits every paragraph once, those of experiences as often as the recipe says, in an
    order of its own, with objective and subjective ones spread evenly; general instructions stand
    among them at equal distances. Every attempt is a function of its index, so a plan can be
    entered anywhere.

    Args:
        persona: Key, part of every seed.
        knowable: The stage and its paragraphs.
        recipe: Shares and the seed.
    """

    def __init__(self, persona: str, knowable: Knowable, recipe: DataRecipe) -> None:
        self._names = (persona, knowable.stage.name)
        self._years = knowable.stage.years
        self._own = [
            one
            for one in knowable.own
            for _ in range(recipe.experiences if one.kind == "experiences" else 1)
        ]
        self._recipe = recipe

    def attempt(self, index: int) -> Attempt:
        """What is tried at a place, from 0."""
        recipe, seed = self._recipe, self._seed("attempt", index)
        rng = random.Random(seed)
        before, after = (floor(place * recipe.general) for place in (index, index + 1))
        (pattern,) = rng.choices(tuple(recipe.weights), tuple(recipe.weights.values()))
        year, thinks = rng.randint(*self._years), rng.random() >= recipe.silent
        if after > before:
            return Attempt(index, "general", before, year, thinks, seed)
        return Attempt(index, pattern, index - before, year, thinks, seed)

    def paragraph(self, place: int) -> Paragraph:
        """The paragraph at a place of the endless row of passes."""
        number, within = divmod(place, len(self._own))
        rng = random.Random(self._seed("pass", number))
        return spread(rng, self._own)[within]

    def instruction(self, place: int, count: int) -> int:
        """The number of a general instruction; all come once before any comes again."""
        number, within = divmod(place, count)
        rng = random.Random(self._seed("instructions", number))
        return rng.sample(range(count), count)[within]

    def _seed(self, purpose: str, number: int) -> int:
        return seed_for(self._recipe.seed, "data", *self._names, purpose, number)


def spread(rng: random.Random, paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """Paragraphs in random order, but any stretch holds objective and subjective ones in turn.

    Args:
        rng: Source of the order.
        paragraphs: Of one stage.
    """
    placed: list[tuple[float, Paragraph]] = []
    for objective in (True, False):
        group = [one for one in paragraphs if one.objective is objective]
        rng.shuffle(group)
        placed += [((place + 0.5) / len(group), one) for place, one in enumerate(group)]
    return [one for _, one in sorted(placed, key=lambda pair: pair[0])]
