"""One arm of a scenario in virtual time: seats, inboxes, and the promises that turns make.

A turn at time t hears what was delivered strictly before t, and a delivery takes a positive
time. So when the turns of time t are given out, all that they can hear has been promised already,
whatever the order in which SimPy resumes processes. The turns of one moment are collected first
and then taken in the total order.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import inf

import simpy

from agents.memory import Utterance
from agents.prompt import MODERATOR
from simulation.chance import uniform
from simulation.clock import Clock, Process
from simulation.graph import Tie
from simulation.promise import Answer, Choice, Delivery, Promise, Speech
from simulation.scenario import Scenario
from simulation.survey import OPTION_ORDERS, Survey
from simulation.timeline import (
    OUTSIDE,
    AddTie,
    Intervention,
    Join,
    Leave,
    Post,
    RemoveTie,
    absent_at_first,
    in_order,
)

Hearing = Callable[[Speech, str, Delivery], None]
"""Told of every message sent: the speech, its listener's key, the delivery."""

_Turn = tuple[str, int, str, int, str | None, "Chair", Speech | None]
"""One turn to be given at this moment: its agent, the rank of the policy that gives it, and the
speaker and counter of what it replies to, which make up the total order; then to whom it goes,
the policy's chair and the message it replies to."""


@dataclass(slots=True)
class _Seat:
    """Where one agent is in the talk."""

    label: str
    present: bool
    listeners: dict[str, Tie] = field(default_factory=dict)
    """By key."""
    inbox: list[Delivery] = field(default_factory=list)
    """Still under way. Unsorted, although nearly in order: whoever is spoken to rarely looks."""
    arrived: list[Delivery] = field(default_factory=list)
    """Delivered since the agent's own last turn."""
    memory: list[Speech] = field(default_factory=list)
    """Everything taken in or said up to the last turn."""
    last: Speech | None = None
    """The agent's own last turn: once it is kept, so is everything before it in memory."""
    speeches: int = 0
    choices: int = 0
    answers: int = 0


class Room:
    """Turns virtual time into promises.

    Args:
        scenario: What is to happen.
        arm: ``talk`` or the name of a control.
        post: Receives every promise, in an order that keeps causes before effects.
    """

    def __init__(self, scenario: Scenario, arm: str, post: Callable[[Promise], None]) -> None:
        self.scenario, self.arm = scenario, arm
        self.clock = Clock()
        self.agents = tuple(agent.key for agent in scenario.agents)
        self._post = post
        absent = absent_at_first(scenario.timeline)
        self.seats = {a.key: _Seat(a.label, a.key not in absent) for a in scenario.agents}
        for tie in scenario.ties:
            self.seats[tie.speaker].listeners[tie.listener] = tie
        self._turns: list[_Turn] = []
        """Of this moment, in no order until they are taken."""
        self._asked: deque[tuple[str, Survey, int]] = deque()
        self._standing_still = 0
        self.hearings: list[Hearing] = []
        self.clock.process(self._intervene(in_order(scenario.timeline)))
        if arm != "silent":
            for rank, chair in enumerate(self._chairs()):
                self.clock.process(scenario.policies[rank].run(chair))
        for survey in scenario.surveys:
            self.clock.process(self._survey(survey))

    @property
    def next_time(self) -> float:
        """When something happens next; infinite at the end, and while time stands still."""
        if self._standing_still:
            return self.clock.now if self.clock.peek() == self.clock.now else inf
        if self._turns or self._asked:
            return float(self.clock.now)
        return float(self.clock.peek())

    def advance(self, most: int = 1) -> None:
        """Does one thing: an event of SimPy, then turns, then surveys of the same moment.

        Args:
            most: How many of the turns to take in one go.
        """
        if not (self._turns or self._asked) or self.clock.peek() == self.clock.now:
            self.clock.step()
        elif self._turns:
            self._take_turns(most)
        else:
            self._ask(*self._asked.popleft())

    def give(self, turn: _Turn) -> None:
        """Notes a turn of this moment; taken in the total order, however many policies give it."""
        self._turns.append(turn)

    def _take_turns(self, most: int) -> None:
        """Takes turns until somebody who hears one wants to do something at this very moment."""
        self._turns.sort(key=_place, reverse=True)  # a second time costs next to nothing
        for _ in range(min(most, len(self._turns))):
            agent, _, _, _, to, chair, cause = self._turns.pop()
            if self.seats[agent].present:
                self._speak(agent, to, chair.hearing, cause.depth + 1 if cause else 0)
                if self.hearings and self.clock.peek() == self.clock.now:
                    return

    def choose(self, agent: str, asked: str, options: tuple[str, ...]) -> Choice:
        """Asks an agent in private what a policy needs to know."""
        seat, heard = self.seats[agent], self._just_heard(agent)
        choice = Choice(
            self.arm, agent, self.clock.now, seat.choices, seat.memory, len(seat.memory),
            heard, Utterance(MODERATOR, asked), options,
        )  # fmt: skip
        seat.choices += 1
        self._promise(choice, seat.last, heard)
        return choice

    def kept(self, promise: Promise) -> simpy.Event:
        """Happens, at this very moment, when the promise is kept; until then time stands still."""
        event = self.clock.event()
        if promise.kept:
            return event.succeed()

        def go_on() -> None:
            self._standing_still -= 1
            event.succeed()

        self._standing_still += 1
        promise.when_kept = go_on
        return event

    def _chairs(self) -> list["Chair"]:
        kinds = [type(policy).__name__.lower() for policy in self.scenario.policies]
        return [
            Chair(self, rank, f"{kind} {kinds[:rank].count(kind)}")
            for rank, kind in enumerate(kinds)
        ]

    def _promise(self, promise: Promise, last: Speech | None, heard: Iterable[Speech]) -> None:
        """Posts a promise, due after the agent's last turn and all that it has heard since."""
        if last is not None:
            promise.wait_for((last,))
        promise.wait_for(heard)
        self._post(promise)

    def _speak(self, agent: str, to: str | None, hearing: float, depth: int) -> None:
        seat = self.seats[agent]
        heard = self._arrivals(seat)
        noticed = [delivery.speech for delivery in heard if delivery.noticed]
        seat.memory += noticed
        speech = Speech(
            self.arm, agent, self.clock.now, seat.speeches, seat.memory, len(seat.memory),
            seat.label, heard, depth,
        )  # fmt: skip
        before, seat.last = seat.last, speech
        seat.memory.append(speech)
        seat.speeches += 1
        seat.arrived.clear()
        ties = seat.listeners
        self._send(
            speech, hearing, ties.values() if to is None else [ties[to]] if to in ties else []
        )
        self._promise(speech, before, noticed)

    def _send(self, speech: Speech, hearing: float, ties: Iterable[Tie]) -> None:
        usual = Delivery(speech.time + hearing, speech.moment, speech)
        for tie in ties:
            listener = self.seats[tie.listener]
            if not listener.present:
                continue
            plain = tie.delay is None and tie.weight >= 1
            delivery = usual if plain else self._along(tie, usual)
            listener.inbox.append(delivery)
            for consider in self.hearings:
                consider(speech, tie.listener, delivery)

    def _along(self, tie: Tie, usual: Delivery) -> Delivery:
        """A delivery along a tie with a delay of its own, or along which not all is noticed."""
        speech = usual.speech
        due = usual.due if tie.delay is None else speech.time + tie.delay
        names = ("notice", tie.listener, tie.speaker, speech.counter)
        noticed = tie.weight >= 1 or uniform(self.scenario.seed, *names) < tie.weight
        return Delivery(due, speech.moment, speech, noticed)

    def _arrivals(self, seat: _Seat) -> tuple[Delivery, ...]:
        """What has arrived since the agent's last turn, with its attention limit applied."""
        inbox, now = seat.inbox, self.clock.now
        inbox.sort()
        if inbox and inbox[0].due < now:
            arrived = bisect_left(inbox, (now,))
            seat.arrived += inbox[:arrived]
            del inbox[:arrived]
        limit = self.scenario.attention
        if limit is None:
            return tuple(seat.arrived)
        noticed = [delivery for delivery in seat.arrived if delivery.noticed]
        kept = set(map(id, noticed[max(0, len(noticed) - limit) :]))
        return tuple(d if id(d) in kept else d._replace(noticed=False) for d in seat.arrived)

    def _just_heard(self, agent: str) -> tuple[Speech, ...]:
        """What the agent took in since its last turn; leaves its memory as it was."""
        arrivals = self._arrivals(self.seats[agent])
        return tuple(delivery.speech for delivery in arrivals if delivery.noticed)

    def _intervene(self, timeline: Sequence[Intervention]) -> Process:
        posts = 0
        for one in timeline:
            yield self.clock.until(one.time, first=True)
            match one:
                case Post():
                    self._deliver(one, posts)
                    posts += 1
                case Join() | Leave():
                    self.seats[one.agent].present = isinstance(one, Join)
                case AddTie():
                    self.seats[one.tie.speaker].listeners[one.tie.listener] = one.tie
                case RemoveTie():
                    del self.seats[one.speaker].listeners[one.listener]

    def _deliver(self, post: Post, number: int) -> None:
        """Puts a message from outside into inboxes; nobody speaks in the silent arm."""
        if self.arm == "silent":
            return
        speech = Speech(self.arm, OUTSIDE, post.time, number, [], 0, post.author, ())
        speech.text = post.unrelated if self.arm == "scrambled" else post.text
        speech.kept = True
        delivery = Delivery(post.time, speech.moment, speech)
        for key in post.to or self.agents:
            if self.seats[key].present:
                self.seats[key].inbox.append(delivery)
                for consider in self.hearings:
                    consider(speech, key, delivery)

    def _survey(self, survey: Survey) -> Process:
        for wave in range(0, self.scenario.waves_of_time + 1, survey.every):
            yield self.clock.until(self.scenario.rest(wave))
            self._asked.extend((agent, survey, wave) for agent in self.agents)

    def _ask(self, agent: str, survey: Survey, wave: int) -> None:
        """Asks in private: reads the seat's state and leaves it as it was."""
        seat = self.seats[agent]
        if not seat.present:
            return
        heard = self._just_heard(agent)
        opened = wave > 0 and self.arm != "silent"
        for wording in range(len(survey.wordings)):
            for order in OPTION_ORDERS:
                answer = Answer(
                    self.arm, agent, self.clock.now, seat.answers, seat.memory, len(seat.memory),
                    heard, survey, wave, wording, order, opened,
                )  # fmt: skip
                seat.answers += 1
                self._promise(answer, seat.last, heard)


def _place(turn: _Turn) -> tuple[str, int, str, int]:
    """In the total order."""
    return turn[:4]


class Chair:
    """A policy's view of the room: what it may know and what it may do."""

    def __init__(self, room: Room, rank: int, purpose: str) -> None:
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
        self._room.give((agent, self._rank, *cause, to, self, reply_to))

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
