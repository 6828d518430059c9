"""A policy's view of the room: what it may know and what it may do."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import simpy

from simulation.chance import uniform
from simulation.promise import Choice, Delivery, Promise, Speech

if TYPE_CHECKING:
    from simulation.room import Room

Hearing = Callable[[Speech, str, Delivery], None]
"""Told of every message sent: the speech, its listener's key, the delivery."""


class Chair:
    """Where one of the scenario's policies sits."""

    def __init__(self, room: "Room", rank: int, purpose: str) -> None:
        self._room, self._rank, self._purpose = room, rank, purpose
        self.clock, self.agents = room.clock, room.agents
        self.hearing = room.scenario.policies[rank].hearing(len(room.agents))
        """Virtual time that a message takes along a tie that does not say."""

    def speak(self, agent: str, *, to: str | None = None, reply_to: Speech | None = None) -> None:
        """Gives an agent a turn at this moment, if it is there.

        Args:
            agent: Key.
            to: Who alone hears it; None: everybody who hears the agent.
            reply_to: What is answered.
        """
        cause = (reply_to.agent, reply_to.counter) if reply_to else ("", 0)
        self._room.give([(agent, self._rank, *cause, to, self, reply_to)])

    def speak_together(self, agents: Iterable[str]) -> None:
        """Gives each of many agents a turn at this moment, if it is there."""
        rank = self._rank
        self._room.give([(agent, rank, "", 0, None, self, None) for agent in agents])

    def draw(self, *names: str | int) -> float:
        """A number in [0, 1) for one purpose of this policy."""
        return uniform(self._room.scenario.seed, self._purpose, *names)

    def ask(self, agent: str, asked: str, options: tuple[str, ...]) -> Choice:
        """Asks an agent in private, out of its own memory, to choose a letter."""
        return self._room.choose(agent, asked, options)

    def kept(self, promise: Promise) -> simpy.Event:
        """To be yielded: virtual time stands still until the promise is kept."""
        return self._room.kept(promise)

    def present(self, agent: str) -> bool:
        """Whether an agent is there."""
        return self._room.seats[agent].present

    def partners(self, agent: str) -> list[str]:
        """Who is there, hears the agent and is heard by it."""
        seats = self._room.seats
        return [
            key for key in seats[agent].listeners
            if key != agent and seats[key].present and agent in seats[key].listeners
        ]  # fmt: skip

    def label(self, agent: str) -> str:
        """Under which the others know an agent."""
        return self._room.seats[agent].label

    def when_sent(self, hearing: Hearing) -> None:
        """Has a function called for every message that is sent, once for each listener."""
        self._room.hearings.append(hearing)
