"""Who speaks when: policies, each a short process in virtual time.

Several may run in one scenario. A policy sees the room through a `Chair` of its own. When a turn
starts never depends on a text, so the clock can run ahead while texts are still being written;
the exception is a floor given by what was said (`simulation.floor`), for which it stands still.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite, log
from typing import TYPE_CHECKING, Literal, Protocol

from personas.errors import InputError, nearest
from simulation.clock import Process

if TYPE_CHECKING:
    from simulation.chair import Chair
    from simulation.promise import Delivery, Speech

Order = Literal["simultaneous", "sequential", "random"]
ORDERS: tuple[str, ...] = ("simultaneous", "sequential", "random")


class Policy(Protocol):
    """A way of taking turns; a frozen dataclass, whose fields enter the run's description."""

    def run(self, chair: "Chair") -> Process:
        """Gives out turns."""
        ...

    def end(self) -> float:
        """Virtual time at which it stops giving turns."""
        ...

    def hearing(self, agents: int) -> float:
        """Virtual time that a message takes, above 0, along a tie that does not say."""
        ...

    def rest(self, wave: int, agents: int) -> float:
        """When survey wave `wave` is asked, counted in units of time; 0 is before the talk."""
        ...

    def turns(self, agents: int) -> float:
        """How many turns are expected of that many agents."""
        ...


@dataclass(frozen=True, slots=True)
class Rounds:
    """Everybody speaks once a round: at the same moment, or one after the other.

    Round r begins at virtual time r.
    """

    count: int
    """Number of rounds, at least 1."""
    order: Order = "simultaneous"
    """Sequential speakers, in the order of seats or in a random order drawn for every round, hear
    those before them in the same round; simultaneous ones do not."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InputError(f"rounds must be at least 1, got {self.count}")
        if self.order not in ORDERS:
            raise InputError(f"unknown order {self.order!r}: {nearest(self.order, ORDERS)}")

    def run(self, chair: "Chair") -> Process:
        """Gives everybody a turn in every round."""
        slots = self._slots(len(chair.agents))
        for number in range(1, self.count + 1):
            if self.order == "simultaneous":
                yield chair.clock.until(float(number))
                chair.speak_together(chair.agents)
                continue
            order: Sequence[str] = chair.agents
            if self.order == "random":
                order = sorted(order, key=lambda agent: chair.draw(agent, number))
            for place, agent in enumerate(order):
                yield chair.clock.until(number + place / slots)
                chair.speak(agent)

    def end(self) -> float:
        """The last round's number."""
        return self.count

    def hearing(self, agents: int) -> float:
        """Half the time between two moments of speech."""
        return 0.5 / self._slots(agents)

    def rest(self, wave: int, agents: int) -> float:
        """After round `wave`, when all has been heard."""
        return wave + 1 - 0.25 / self._slots(agents)

    def turns(self, agents: int) -> float:
        """One for each agent and round."""
        return self.count * agents

    def _slots(self, agents: int) -> int:
        """Moments of speech in one round."""
        return 1 if self.order == "simultaneous" else agents


@dataclass(frozen=True, slots=True)
class Poisson:
    """Everybody speaks at random moments of their own: activations of a Poisson process."""

    rate: float
    """Turns of one agent in a unit of virtual time, above 0."""
    until: float
    """Virtual time at which it ends, above 0."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Who differs: rate by key of the agent; 0 is silent."""
    message_time: float = 0.01
    """Virtual time that a message takes along a tie that does not say."""

    def __post_init__(self) -> None:
        positive("rate", self.rate)
        positive("until", self.until)
        positive("message_time", self.message_time)
        for key, rate in self.rates.items():
            if not (isfinite(rate) and rate >= 0):
                raise InputError(f"rate of {key!r} must be at least 0 and finite, got {rate}")

    def run(self, chair: "Chair") -> Process:
        """Starts everybody's own process."""
        for agent in chair.agents:
            if rate := self.rates.get(agent, self.rate):
                chair.clock.process(self._speak_now_and_then(chair, agent, rate))
        yield from ()

    def _speak_now_and_then(self, chair: "Chair", agent: str, rate: float) -> Process:
        number = 0
        while True:
            wait = exponential(chair.draw(agent, number), 1 / rate)
            if chair.clock.now + wait >= self.until:
                return
            yield chair.clock.timeout(wait)
            chair.speak(agent)
            number += 1

    def end(self) -> float:
        """`until`."""
        return self.until

    def hearing(self, agents: int) -> float:
        """`message_time`."""
        return self.message_time

    def rest(self, wave: int, agents: int) -> float:
        """Every full unit of time."""
        return float(wave)

    def turns(self, agents: int) -> float:
        """Rate times time, summed over agents."""
        differing = sum(self.rates.values()) - len(self.rates) * self.rate
        return self.until * (self.rate * agents + differing)


@dataclass(frozen=True, slots=True)
class Replies:
    """Whoever notices a message may answer it, after a while.

    Which messages are answered, and when, is drawn from the run's seed and never depends on what
    they say. Answers can be answered in turn.
    """

    chance: float
    """Probability in [0, 1] that one listener answers one message."""
    wait: float
    """Mean time from hearing to answering, above 0."""
    until: float
    """Virtual time from which on nobody answers any more."""
    spread: Literal["exponential", "none"] = "exponential"
    """Distribution of the wait."""
    depth: int = 3
    """Longest chain of answers to one message, at least 1."""
    message_time: float = 0.01
    """Virtual time that an answer takes along a tie that does not say."""

    def __post_init__(self) -> None:
        if not 0 <= self.chance <= 1:
            raise InputError(f"chance must lie in [0, 1], got {self.chance}")
        positive("wait", self.wait)
        positive("until", self.until)
        positive("message_time", self.message_time)
        if self.spread not in ("exponential", "none"):
            raise InputError(f"spread must be 'exponential' or 'none', got {self.spread!r}")
        if self.depth < 1:
            raise InputError(f"depth must be at least 1, got {self.depth}")

    def run(self, chair: "Chair") -> Process:
        """Listens to everything that is said."""

        def consider(speech: "Speech", listener: str, delivery: "Delivery") -> None:
            about = (listener, speech.agent, speech.counter)
            if not delivery.noticed or speech.depth >= self.depth:
                return
            time = delivery.due + self._wait(chair.draw("wait", *about))
            if chair.draw("whether", *about) < self.chance and time < self.until:
                chair.clock.process(_answer(chair, speech, listener, time))

        chair.when_sent(consider)
        yield from ()

    def _wait(self, draw: float) -> float:
        return self.wait if self.spread == "none" else exponential(draw, self.wait)

    def end(self) -> float:
        """`until`."""
        return self.until

    def hearing(self, agents: int) -> float:
        """`message_time`."""
        return self.message_time

    def rest(self, wave: int, agents: int) -> float:
        """Every full unit of time."""
        return float(wave)

    def turns(self, agents: int) -> float:
        """Depends on who hears whom: none are counted on (`simulation.rehearsal` counts them)."""
        return 0.0


def _answer(chair: "Chair", speech: "Speech", listener: str, time: float) -> Process:
    yield chair.clock.until(time)
    chair.speak(listener, reply_to=speech)


def exponential(draw: float, mean: float) -> float:
    """An exponential waiting time, above 0, from a uniform draw in [0, 1)."""
    return -log(1 - draw) * mean or mean * 2**-53


def positive(name: str, value: float) -> None:
    """Checks a quantity of virtual time.

    Raises:
        InputError: It is not above 0, or not finite.
    """
    if not 0 < value < inf:
        raise InputError(f"{name} must be above 0 and finite, got {value}")
