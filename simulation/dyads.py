"""Talk in pairs: each agent is busy with one partner at a time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personas.errors import InputError
from simulation.clock import Process
from simulation.turntaking import exponential, positive

if TYPE_CHECKING:
    from simulation.chair import Chair


@dataclass(frozen=True, slots=True)
class Dyads:
    """People meet in pairs along ties, exchange a few messages in private, and part.

    An agent who is free looks for company at random moments of its own, and draws a partner among
    those who are free and hear it as it hears them. What is said in a meeting goes to the partner
    alone.
    """

    rate: float
    """How often a free agent looks for company in a unit of virtual time, above 0."""
    until: float
    """Virtual time after which no meeting begins; those under way come to their end."""
    exchanges: int = 2
    """Messages of each of the two in one meeting, at least 1."""
    gap: float = 0.05
    """Virtual time from one message to the next, above 0."""

    def __post_init__(self) -> None:
        positive("rate", self.rate)
        positive("until", self.until)
        positive("gap", self.gap)
        if self.exchanges < 1:
            raise InputError(f"exchanges must be at least 1, got {self.exchanges}")

    def run(self, chair: "Chair") -> Process:
        """Starts everybody's own process."""
        busy: set[str] = set()
        for agent in chair.agents:
            chair.clock.process(self._look_for_company(chair, agent, busy))
        yield from ()

    def _look_for_company(self, chair: "Chair", agent: str, busy: set[str]) -> Process:
        number = 0
        while True:
            wait = exponential(chair.draw("wait", agent, number), 1 / self.rate)
            if chair.clock.now + wait >= self.until:
                return
            yield chair.clock.timeout(wait)
            free = [other for other in chair.partners(agent) if other not in busy]
            if free and agent not in busy and chair.present(agent):
                partner = max(free, key=lambda other: chair.draw("whom", agent, other, number))
                busy |= {agent, partner}
                yield from self._meet(chair, agent, partner)
                busy -= {agent, partner}
            number += 1

    def _meet(self, chair: "Chair", one: str, other: str) -> Process:
        for _ in range(self.exchanges):
            for speaker, listener in ((one, other), (other, one)):
                if not (chair.present(one) and chair.present(other)):
                    return
                chair.speak(speaker, to=listener)
                yield chair.clock.timeout(self.gap)

    def end(self) -> float:
        """When the last meeting is over at the latest."""
        return self.until + 2 * self.exchanges * self.gap

    def hearing(self, agents: int) -> float:
        """Half the time between two messages."""
        return self.gap / 2

    def rest(self, wave: int, agents: int) -> float:
        """Every full unit of time."""
        return float(wave)

    def turns(self, agents: int) -> float:
        """As many as if nobody were ever refused for lack of company."""
        length = 2 * self.exchanges * self.gap
        meetings = self.until / (1 / (self.rate * agents) + length / max(1, agents // 2))
        return 2 * self.exchanges * meetings
