"""The state of somebody in a talk, and the law of persuasion that moves it.

The law: at each turn of its own, a speaker looks at the last reason it has heard since its turn
before that was new to it (neither heard nor said earlier in this talk). With a probability equal
to its openness its stance moves one notch to that reason's side, if there is a notch left.

A speaker without a persona is agreeable: its openness is 0.8, its opinions are mild, and before
its first turn it joins whoever spoke last.
"""

import random
from dataclasses import dataclass, field

from personas.windtunnel.fields import FIELD_OF_CONCEPT, find_field
from personas.windtunnel.people import Chapter, Townsperson
from personas.windtunnel.speech import Meaning
from personas.windtunnel.town import Proposal, Reason, clamp, sign

AGREEABLE = 0.8
"""Openness of a speaker without a persona."""
MILD = 1
"""Largest stance, either way, of a speaker without a persona."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A line somebody else said, with the truth behind it."""

    first: str
    """First name of who spoke."""
    stance: int
    """Where that speaker stood."""
    meaning: Meaning


@dataclass(slots=True)
class Mind:
    """One participant of a talk: who it is, where it stands now, what it has heard."""

    person: Townsperson
    chapter: Chapter | None
    """None is a speaker without a persona, who has nothing but a name."""
    stances: dict[str, int] = field(default_factory=dict)
    """Where it stands now, by proposal key."""
    known: set[Reason] = field(default_factory=set)
    """Reasons heard or said in this talk."""
    said: set[Reason] = field(default_factory=set)
    """Reasons it has argued with itself."""
    concepts: set[str] = field(default_factory=set)
    """Concepts heard or said in this talk."""
    fresh: tuple[Reason, str] | None = None
    """The last new reason since its last turn, and who gave it."""
    last: Heard | None = None
    """The last line heard since its last turn."""

    @property
    def openness(self) -> float:
        """Probability of moving towards a new reason, in [0, 1]."""
        return self.chapter.susceptibility if self.chapter else AGREEABLE

    def stance(self, rng: random.Random, proposal: Proposal) -> int:
        """Where it stands now; a speaker without a persona makes its mind up when first asked."""
        if proposal.key not in self.stances:
            self.stances[proposal.key] = self._first_stance(rng, proposal)
        return self.stances[proposal.key]

    def _first_stance(self, rng: random.Random, proposal: Proposal) -> int:
        if self.chapter:
            return self.chapter.stances[proposal.key]
        if self.last and sign(self.last.stance):
            return sign(self.last.stance) * MILD
        return rng.choice((-MILD, 0, 0, MILD))

    def hear(self, heard: Heard) -> None:
        """Takes in a line of somebody else."""
        for reason in heard.meaning.reasons:
            if reason not in self.known:
                self.fresh = (reason, heard.first)
                self.known.add(reason)
        self.concepts.update(heard.meaning.concepts)
        self.last = heard

    def settle(self, rng: random.Random, proposal: Proposal) -> bool:
        """Applies the law at a turn of its own.

        Returns:
            Whether the stance has moved.
        """
        before = self.stance(rng, proposal)
        if self.fresh is None or self.fresh[0].proposal != proposal.key:
            return False
        limit = 2 if self.chapter else MILD
        after = clamp(before + self.fresh[0].side, limit)
        if after == before or rng.random() >= self.openness:
            return False
        self.stances[proposal.key] = after
        return True

    def spoke(self, meaning: Meaning) -> None:
        """Remembers its own reasons and concepts, and starts listening anew."""
        self.known.update(meaning.reasons)
        self.concepts.update(meaning.concepts)
        self.said.update(meaning.reasons)
        self.fresh = None
        self.last = None

    def pick_reason(self, rng: random.Random, proposal: Proposal, side: int) -> Reason:
        """A reason for one side, a favourite if one is left, else one that is new to the talk."""
        favourites = self.chapter.favourites.get((proposal.key, side), ()) if self.chapter else ()
        every = proposal.reasons(side)
        liked = [reason for reason in every if reason.text in favourites]
        for choice, spent in ((liked, self.said), (every, self.known), (every, self.said)):
            left = [reason for reason in choice if reason not in spent]
            if left:
                return rng.choice(left)
        return rng.choice(every)

    def pick_concepts(self, rng: random.Random, count: int) -> list[str]:
        """Different concepts of its own field, those new to the talk first; none without a persona.

        Args:
            rng: Source of the choice.
            count: How many.
        """
        if self.chapter is None:
            return []
        own = find_field(self.chapter.field).concepts
        # The sort is stable: within what is new, and within the rest, the order is random.
        return sorted(rng.sample(own, len(own)), key=self.concepts.__contains__)[:count]

    def foreign_concept(self) -> str | None:
        """The concept of another field that was just named: the last one in the last line heard."""
        if self.chapter is None or self.last is None:
            return None
        named = self.last.meaning.concepts
        foreign = [one for one in named if FIELD_OF_CONCEPT[one] != self.chapter.field]
        return foreign[-1] if foreign else None
