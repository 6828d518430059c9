"""One arm of a scenario in virtual time: seats, inboxes, and the promises that turns make.

A turn at time t hears what was delivered strictly before t, and a delivery takes a positive
time. So when SimPy gives out the turns of time t, all that they can hear has been promised
already, whatever the order in which it resumes processes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush

import simpy

from simulation.chance import uniform
from simulation.graph import Tie
from simulation.promise import Answer, Delivery, Moment, Promise, Speech
from simulation.scenario import Scenario
from simulation.survey import OPTION_ORDERS, Survey
from simulation.turntaking import Process


@dataclass(slots=True)
class _Seat:
    """Where one agent is in the talk."""

    listeners: list[Tie]
    inbox: list[tuple[float, Moment, Delivery]] = field(default_factory=list)
    """Heap of deliveries still under way."""
    arrived: list[Delivery] = field(default_factory=list)
    """Delivered since the agent's own last turn."""
    memory: list[Speech] = field(default_factory=list)
    """Everything taken in or said up to the last turn."""
    last: Speech | None = None
    """The agent's own last turn: once it is kept, so is everything before it in memory."""
    speeches: int = 0
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
        self.clock = simpy.Environment()
        self.agents = tuple(agent.key for agent in scenario.agents)
        self._post = post
        self._seats = {key: _Seat([]) for key in self.agents}
        for tie in scenario.ties:
            self._seats[tie.speaker].listeners.append(tie)
        if arm != "silent":
            self.clock.process(scenario.turns.run(self))
        for survey in scenario.surveys:
            self.clock.process(self._survey(survey))

    def speak(self, agent: str) -> None:
        """Gives an agent a turn at this moment."""
        seat, now = self._seats[agent], self.clock.now
        heard = self._arrivals(seat)
        seat.memory += [delivery.speech for delivery in heard if delivery.noticed]
        speech = Speech(self.arm, agent, now, seat.speeches, tuple(seat.memory), heard)
        for cause in (seat.last, *(delivery.speech for delivery in heard if delivery.noticed)):
            speech.wait_for(cause)
        seat.memory.append(speech)
        seat.last = speech
        seat.speeches += 1
        seat.arrived.clear()
        for tie in seat.listeners:
            self._send(speech, tie)
        self._post(speech)

    def _send(self, speech: Speech, tie: Tie) -> None:
        wait = self.scenario.turns.delay(len(self.agents)) if tie.delay is None else tie.delay
        names = ("notice", tie.listener, tie.speaker, speech.counter)
        noticed = tie.weight >= 1 or uniform(self.scenario.seed, *names) < tie.weight
        delivery = Delivery(speech.time + wait, speech, noticed)
        heappush(self._seats[tie.listener].inbox, (*delivery.order, delivery))

    def _arrivals(self, seat: _Seat) -> tuple[Delivery, ...]:
        """What has arrived since the agent's last turn, with its attention limit applied."""
        while seat.inbox and seat.inbox[0][0] < self.clock.now:
            seat.arrived.append(heappop(seat.inbox)[2])
        limit = self.scenario.attention
        if limit is None:
            return tuple(seat.arrived)
        noticed = [delivery for delivery in seat.arrived if delivery.noticed]
        kept = set(map(id, noticed[max(0, len(noticed) - limit) :]))
        return tuple(
            d if id(d) in kept else Delivery(d.due, d.speech, noticed=False) for d in seat.arrived
        )

    def _survey(self, survey: Survey) -> Process:
        turns, agents = self.scenario.turns, len(self.agents)
        for wave in range(0, turns.count + 1, survey.every):
            yield self.clock.timeout(turns.rest(wave, agents) - self.clock.now)
            for agent in self.agents:
                self._ask(agent, survey, wave)

    def _ask(self, agent: str, survey: Survey, wave: int) -> None:
        """Asks in private: reads the seat's state and leaves it as it was."""
        seat = self._seats[agent]
        heard = [delivery.speech for delivery in self._arrivals(seat) if delivery.noticed]
        opened = wave > 0 and self.arm != "silent"
        remembered = (*seat.memory, *heard)
        for wording in range(len(survey.wordings)):
            for order in OPTION_ORDERS:
                answer = Answer(
                    self.arm, agent, self.clock.now, seat.answers, remembered,
                    survey, wave, wording, order, opened,
                )  # fmt: skip
                seat.answers += 1
                for cause in (seat.last, *heard):
                    answer.wait_for(cause)
                self._post(answer)
