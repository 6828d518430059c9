"""Who speaks when: policies, each a short SimPy process over a room.

Virtual time is counted in rounds. When a turn starts never depends on a text, so the clock can
run ahead while texts are still being written.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import simpy

from personas.errors import InputError, nearest

if TYPE_CHECKING:
    from simulation.room import Room

Process = Generator[simpy.Event, None, None]
Order = Literal["simultaneous", "sequential"]
ORDERS: tuple[str, ...] = ("simultaneous", "sequential")


@dataclass(frozen=True, slots=True)
class Rounds:
    """Everybody speaks once a round: at the same moment, or one after the other."""

    count: int
    """Number of rounds, at least 1."""
    order: Order = "simultaneous"
    """Sequential speakers hear those before them in the same round; simultaneous ones do not."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InputError(f"rounds must be at least 1, got {self.count}")
        if self.order not in ORDERS:
            raise InputError(f"unknown order {self.order!r}: {nearest(self.order, ORDERS)}")

    def slots(self, agents: int) -> int:
        """Moments of speech in one round."""
        return agents if self.order == "sequential" else 1

    def delay(self, agents: int) -> float:
        """Time that a message takes by default: half the time between two moments of speech."""
        return 0.5 / self.slots(agents)

    def rest(self, wave: int, agents: int) -> float:
        """Moment after round `wave` when all has been heard; 0 is before the talk."""
        return wave + 1 - 0.25 / self.slots(agents)

    def run(self, room: "Room") -> Process:
        """Gives out the turns: round r begins at virtual time r."""
        slots = self.slots(len(room.agents))
        for number in range(1, self.count + 1):
            for slot in range(slots):
                yield room.clock.timeout(number + slot / slots - room.clock.now)
                for agent in room.agents if slots == 1 else room.agents[slot : slot + 1]:
                    room.speak(agent)
