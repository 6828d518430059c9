"""One arm of a scenario in virtual time: seats, inboxes, and the promises that turns make.

A turn at time t hears what was delivered strictly before t, and a delivery takes a positive
time. So when the turns of time t are given out, all that they can hear has been promised already,
whatever the order in which SimPy resumes processes. The turns of one moment are collected first
and then taken in the total order.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from operator import itemgetter

import simpy

from agents.memory import Utterance
from agents.prompt import MODERATOR
from simulation.arms import ARMS
from simulation.chair import Chair, Hearing
from simulation.chance import uniform
from simulation.clock import Clock, Process
from simulation.graph import Tie
from simulation.promise import Answer, Choice, Delivery, Promise, Speech, Statement, delivery
from simulation.questions import Interview
from simulation.scenario import Scenario
from simulation.seat import Seat
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

_Turn = tuple[str, int, str, int, str | None, Chair, Speech | None]
"""One turn to be given at this moment: its agent, the rank of the policy that gives it, and the
speaker and counter of what it replies to, which make up the total order; then to whom it goes,
the policy's chair and the message it replies to."""

_place: Callable[[_Turn], tuple[str, int, str, int]] = itemgetter(0, 1, 2, 3)
"""In the total order."""


class Room:
    """Turns virtual time into promises.

    Args:
        scenario: What is to happen.
        arm: ``talk`` or the name of a control.
        post: Receives every promise, in an order that keeps causes before effects.
    """

    def __init__(self, scenario: Scenario, arm: str, post: Callable[[Promise], None]) -> None:
        self.scenario, self.arm = scenario, arm
        self._differs = ARMS[arm]
        self.clock = Clock()
        self.agents = tuple(agent.key for agent in scenario.agents)
        self._post = post
        absent = absent_at_first(scenario.timeline)
        self.seats = {a.key: Seat(a.label, a.key not in absent) for a in scenario.agents}
        for tie in scenario.ties:
            self.seats[tie.speaker].listeners[tie.listener] = tie
        self._plain = all(map(_is_plain, scenario.ties))
        """Whether all ties are alike."""
        self._turns: list[_Turn] = []
        """Of this moment, in no order until they are taken."""
        self._in_order = True
        self._taken_at = self._latest = -inf
        """When the latest turn was taken, and when the latest message arrives."""
        self._orderly = self._plain
        """Whether all messages so far were sent in the order in which they are heard: that of their
        arrival, and of what arrives together, the total order of turns."""
        self._asked: deque[tuple[str, Survey | Interview, int]] = deque()
        self._standing_still = 0
        self.hearings: list[Hearing] = []
        self.clock.process(self._intervene(in_order(scenario.timeline)))
        if self._differs.speaks:
            for rank, chair in enumerate(self._chairs()):
                self.clock.process(scenario.policies[rank].run(chair))
        questions: list[Survey | Interview] = [*scenario.surveys, *scenario.interviews]
        for question in questions:
            self.clock.process(self._survey(question))

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

    def give(self, turns: Iterable[_Turn]) -> None:
        """Notes turns of this moment; taken in the total order, however many policies give them."""
        self._turns += turns
        self._in_order = False
        if self._taken_at == self.clock.now:  # after others who should have come later
            self._orderly = False

    def _take_turns(self, most: int) -> None:
        """Takes turns until somebody who hears one wants to do something at this very moment."""
        if not self._in_order:
            self._turns.sort(key=_place, reverse=True)
            self._in_order = True
        self._taken_at = self.clock.now
        for _ in range(min(most, len(self._turns))):
            agent, _, _, _, to, chair, cause = self._turns.pop()
            if self.seats[agent].present:
                self._speak(agent, to, chair.hearing, cause.depth + 1 if cause else 0)
                if self.hearings and self.clock.peek() == self.clock.now:
                    return

    def choose(self, agent: str, asked: str, options: tuple[str, ...]) -> Choice:
        """Asks an agent in private what a policy needs to know."""
        seat = self.seats[agent]
        heard = seat.just_heard(self.clock.now, self.scenario.attention, in_order=self._orderly)
        choice = Choice(
            self.arm, agent, self.clock.now, seat.choices, seat.memory, len(seat.memory),
            heard, Utterance(MODERATOR, asked), options,
        )  # fmt: skip
        seat.choices += 1
        self._promise(choice, _and_last(seat, heard))
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

    def _chairs(self) -> list[Chair]:
        kinds = [type(policy).__name__.lower() for policy in self.scenario.policies]
        return [
            Chair(self, rank, f"{kind} {kinds[:rank].count(kind)}")
            for rank, kind in enumerate(kinds)
        ]

    def _promise(self, promise: Promise, causes: Iterable[Speech]) -> None:
        """Posts a promise, due after the agent's last turn and all that it has heard since."""
        promise.wait_for(causes)
        self._post(promise)

    def _speak(self, agent: str, to: str | None, hearing: float, depth: int) -> None:
        seat = self.seats[agent]
        now = self.clock.now
        heard = seat.arrivals(now, self.scenario.attention, in_order=self._orderly)
        noticed = [delivery.speech for delivery in heard if delivery.noticed]
        seat.memory += noticed
        speech = Speech(
            self.arm, agent, now, seat.speeches, seat.memory, len(seat.memory),
            seat.label, heard, len(noticed), depth,
        )  # fmt: skip
        speech.wait_for(_and_last(seat, noticed))
        seat.last = speech
        seat.memory.append(speech)
        seat.speeches += 1
        seat.arrived.clear()
        ties = seat.listeners
        if to is not None:
            ties = {to: ties[to]} if to in ties else {}
        self._send(speech, hearing, ties)
        self._post(speech)

    def _send(self, speech: Speech, hearing: float, ties: Mapping[str, Tie]) -> None:
        usual = self._message(speech, speech.time + hearing)
        seats, hears, plain = self.seats, self._differs.hears, self._plain
        if not self.hearings:  # nobody answers, as it mostly is
            for key in ties if hears else ():
                listener = seats[key]
                if listener.present:
                    listener.inbox.append(usual if plain else self._along(ties[key], usual))
            return
        for key, tie in ties.items():
            listener = seats[key]
            if listener.present:
                message = self._along(tie, usual)
                if hears:
                    listener.inbox.append(message)
                self._tell(speech, key, message)  # who would have answered speaks all the same

    def _message(self, speech: Speech, due: float) -> Delivery:
        if due < self._latest:
            self._orderly = False
        self._latest = due
        return delivery(speech, due)

    def _tell(self, speech: Speech, listener: str, message: Delivery) -> None:
        for consider in self.hearings:
            consider(speech, listener, message)

    def _along(self, tie: Tie, usual: Delivery) -> Delivery:
        """A delivery along a tie that may have a delay of its own, or let some go unnoticed."""
        if _is_plain(tie):
            return usual
        speech = usual.speech
        due = usual.due if tie.delay is None else speech.time + tie.delay
        names = ("notice", tie.listener, tie.speaker, speech.counter)
        noticed = tie.weight >= 1 or uniform(self.scenario.seed, *names) < tie.weight
        return delivery(speech, due, noticed)

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
                    self._plain = self._plain and _is_plain(one.tie)
                    self._orderly = self._orderly and self._plain
                case RemoveTie():
                    del self.seats[one.speaker].listeners[one.listener]

    def _deliver(self, post: Post, number: int) -> None:
        """Puts a message from outside into inboxes; nobody speaks in the silent arm."""
        if not self._differs.speaks:
            return
        speech = Speech(self.arm, OUTSIDE, post.time, number, [], 0, post.author, ())
        speech.text = post.text if self._differs.about == "topic" else post.unrelated
        speech.kept = True
        message = self._message(speech, post.time)
        for key in post.to or self.agents:
            if self.seats[key].present:
                self.seats[key].inbox.append(message)
                self._tell(speech, key, message)

    def _survey(self, question: Survey | Interview) -> Process:
        for wave in question.asked_at(self.scenario.waves_of_time):
            yield self.clock.until(self.scenario.rest(wave))
            self._asked.extend((agent, question, wave) for agent in self.agents)

    def _ask(self, agent: str, question: Survey | Interview, wave: int) -> None:
        """Asks in private: reads the seat's state and leaves it as it was."""
        seat = self.seats[agent]
        if not seat.present:
            return
        heard = seat.just_heard(self.clock.now, self.scenario.attention, in_order=self._orderly)
        opened = wave > 0 and self._differs.speaks
        for wording in range(len(question.wordings)):
            for order in OPTION_ORDERS if isinstance(question, Survey) else OPTION_ORDERS[:1]:
                place = (self.arm, agent, self.clock.now, seat.answers, seat.memory)
                before = (*place, len(seat.memory), heard)
                promise = (
                    Answer(*before, question, wave, wording, order, opened)
                    if isinstance(question, Survey)
                    else Statement(*before, question, wave, wording, opened)
                )
                seat.answers += 1
                self._promise(promise, _and_last(seat, heard))


def _is_plain(tie: Tie) -> bool:
    """Whether the policy alone says when a message arrives, and it is always noticed."""
    return tie.delay is None and tie.weight >= 1


def _and_last(seat: Seat, heard: Sequence[Speech]) -> Sequence[Speech]:
    """What must be said before the agent's next words: what it heard, and its own last turn."""
    return heard if seat.last is None else [seat.last, *heard]
