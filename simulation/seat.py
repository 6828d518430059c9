"""Where one agent is in the talk: what is on its way to it, what has arrived, what it remembers."""

from bisect import bisect_left
from dataclasses import dataclass, field

from simulation.graph import Tie
from simulation.promise import Delivery, Speech


@dataclass(slots=True)
class Seat:
    """An agent's state in one arm."""

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

    def arrivals(self, now: float, attention: int | None) -> tuple[Delivery, ...]:
        """What has arrived strictly before `now` and since the agent's last turn.

        Args:
            now: Virtual time.
            attention: Most messages that are noticed, the latest ones; None: all.
        """
        if inbox := self.inbox:
            inbox.sort()
            count = len(inbox) if inbox[-1].due < now else bisect_left(inbox, (now,))
            self.arrived += inbox[:count]
            del inbox[:count]
        if attention is None:
            return tuple(self.arrived)
        noticed = [delivery for delivery in self.arrived if delivery.noticed]
        kept = set(map(id, noticed[max(0, len(noticed) - attention) :]))
        return tuple(d if id(d) in kept else d._replace(noticed=False) for d in self.arrived)

    def just_heard(self, now: float, attention: int | None) -> tuple[Speech, ...]:
        """What the agent took in since its last turn; leaves its memory as it was."""
        arrivals = self.arrivals(now, attention)
        return tuple(delivery.speech for delivery in arrivals if delivery.noticed)
