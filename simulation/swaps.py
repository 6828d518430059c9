"""Swapping in time: from a virtual time on, a seat wears another persona."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from agents.agent import Agent
from personas.adapter import Adapter
from personas.errors import InputError, nearest


@dataclass(frozen=True, slots=True)
class Swap:
    """One change of persona.

    Turns and surveys due at `time` or later are voiced by the new persona, earlier ones by the
    one before. The seat keeps its label and its memory: the new persona finds what the old one
    said and heard. Casting ``base`` takes the persona off, as a control.

    The adapter is the one that is current when the `Agent` is made, that is, when the run is
    started; or, with `newest`, when the time comes (see `simulation.newest`). A run's record is
    bound to the adapters it was made with: they are never mixed with later ones.
    """

    time: float
    """Virtual time, above 0; where turns come in rounds, round r begins at time r."""
    seat: str
    """Key of the agent whose persona changes."""
    cast: Agent
    """Who is worn from then on; its key and label do not matter."""
    newest: bool = False
    """Whether the persona's adapter is looked up when the time comes: trained while the run goes
    on, it is taken up then. For a seat's own persona too."""

    def __post_init__(self) -> None:
        if not (isfinite(self.time) and self.time > 0):
            raise InputError(
                f"swap time must be above 0, got {self.time}; cast the seat to begin with it"
            )
        if self.newest and (self.cast.persona is None or self.cast.voice != "lora"):
            raise InputError(
                f"swap of {self.seat!r} to the newest adapter needs a persona in the weights, got "
                f"{self.cast.key!r} by voice {self.cast.voice}"
            )


@dataclass(frozen=True, slots=True)
class Worn:
    """What a seat wears from a time on."""

    seat: str
    since: float
    """Virtual time; 0 is the start."""
    agent: Agent
    newest: bool = False
    """Whether the agent's adapter is still to be looked up, when this time comes."""


class Wardrobe:
    """Who is worn in every seat at every time.

    Args:
        agents: As they are seated at the start.
        swaps: In any order.

    Raises:
        InputError: A swap names nobody in the room, or a seat changes twice at one time.
    """

    def __init__(self, agents: Sequence[Agent], swaps: Sequence[Swap]) -> None:
        self._first = {agent.key: agent for agent in agents}
        self._swapped: dict[str, list[Worn]] = {}
        """Of those few seats whose persona changes: everything worn, in order of time."""
        for swap in sorted(swaps, key=lambda swap: swap.time):
            if swap.seat not in self._first:
                raise InputError(
                    f"swap names {swap.seat!r}, who is not in the room: "
                    f"{nearest(swap.seat, self._first)}"
                )
            first = Worn(swap.seat, 0.0, self._first[swap.seat])
            worn = self._swapped.setdefault(swap.seat, [first])
            if swap.time == worn[-1].since:
                raise InputError(f"swap of {swap.seat!r} at {swap.time:g} is given twice: keep one")
            agent = worn[-1].agent.wearing(swap.cast)
            worn.append(Worn(swap.seat, swap.time, agent, swap.newest))

    @property
    def is_open(self) -> bool:
        """Whether some adapter is still to be looked up when its time comes."""
        return any(one.newest for worn in self._swapped.values() for one in worn)

    def at(self, seat: str, time: float) -> Agent:
        """Who is worn in a seat at a virtual time."""
        return self.worn(seat, time).agent if seat in self._swapped else self._first[seat]

    def worn(self, seat: str, time: float) -> Worn:
        """What is worn in a seat at a virtual time, and since when."""
        worn = self._swapped.get(seat)
        if worn is None:
            return Worn(seat, 0.0, self._first[seat])
        return worn[bisect_right(worn, time, key=lambda one: one.since) - 1]

    def settle(self, worn: Worn, adapter: Adapter) -> Agent:
        """Fits what was still to be looked up with an adapter, from its time on."""
        agent = worn.agent.fitted(adapter)
        place = self._swapped[worn.seat].index(worn)
        self._swapped[worn.seat][place] = replace(worn, agent=agent, newest=False)
        return agent

    def changed(self, change: Callable[[Agent], Agent]) -> "Wardrobe":
        """Another wardrobe in which everything is changed, and nothing still to be looked up."""
        other = Wardrobe((), ())
        other._first = {seat: change(agent) for seat, agent in self._first.items()}
        for seat, worn in self._swapped.items():
            other._swapped[seat] = [replace(w, agent=change(w.agent), newest=False) for w in worn]
        return other

    def __iter__(self) -> Iterator[Worn]:
        """Everything ever worn: seat by seat, in order of time."""
        for seat, agent in self._first.items():
            yield from self._swapped.get(seat) or [Worn(seat, 0.0, agent)]
