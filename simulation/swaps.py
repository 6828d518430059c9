"""Swapping in time: from a virtual time on, a seat wears another persona."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from agents.agent import Agent
from personas.errors import InputError, nearest


@dataclass(frozen=True, slots=True)
class Swap:
    """One change of persona.

    Turns and surveys due at `time` or later are voiced by the new persona, earlier ones by the
    one before. The seat keeps its label and its memory: the new persona finds what the old one
    said and heard. Casting ``base`` takes the persona off, as a control.

    The adapter is the one that is current when the `Agent` is made, that is, when the run is
    started or started again; swapping a seat to its own persona therefore takes up an adapter
    that was trained since the seat's was read. A run's record is bound to the adapters it was
    made with: going on with it after one of them has changed is refused, never mixed.
    """

    time: float
    """Virtual time, above 0; where turns come in rounds, round r begins at time r."""
    seat: str
    """Key of the agent whose persona changes."""
    cast: Agent
    """Who is worn from then on; its key and label do not matter."""

    def __post_init__(self) -> None:
        if not (isfinite(self.time) and self.time > 0):
            raise InputError(
                f"swap time must be above 0, got {self.time}; cast the seat to begin with it"
            )


@dataclass(frozen=True, slots=True)
class Worn:
    """What a seat wears from a time on."""

    seat: str
    since: float
    """Virtual time; 0 is the start."""
    agent: Agent


class Wardrobe:
    """Who is worn in every seat at every time.

    Args:
        agents: As they are seated at the start.
        swaps: In any order.

    Raises:
        InputError: A swap names nobody in the room, or a seat changes twice at one time.
    """

    def __init__(self, agents: Sequence[Agent], swaps: Sequence[Swap]) -> None:
        self._worn = {agent.key: [Worn(agent.key, 0.0, agent)] for agent in agents}
        for swap in sorted(swaps, key=lambda swap: swap.time):
            if swap.seat not in self._worn:
                raise InputError(
                    f"swap names {swap.seat!r}, who is not in the room: "
                    f"{nearest(swap.seat, self._worn)}"
                )
            before = self._worn[swap.seat][-1]
            if swap.time == before.since:
                raise InputError(f"swap of {swap.seat!r} at {swap.time:g} is given twice: keep one")
            worn = Worn(swap.seat, swap.time, before.agent.wearing(swap.cast))
            self._worn[swap.seat].append(worn)

    def at(self, seat: str, time: float) -> Agent:
        """Who is worn in a seat at a virtual time."""
        worn = self._worn[seat]
        if len(worn) == 1:
            return worn[0].agent
        return worn[bisect_right(worn, time, key=lambda one: one.since) - 1].agent

    def __iter__(self) -> Iterator[Worn]:
        """Everything ever worn: seat by seat, in order of time."""
        return (one for worn in self._worn.values() for one in worn)
