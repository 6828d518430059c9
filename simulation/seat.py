"""Where one agent is in the talk: what is on its way to it, what has arrived, what it remembers."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from operator import attrgetter

from simulation.graph import Tie
from simulation.promise import Delivery, Speech

_due: Callable[[Delivery], float] = attrgetter("due")


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

    def arrivals(
        self, now: float, attention: int | None, *, in_order: bool = False
    ) -> tuple[Delivery, ...]:
        """What has arrived strictly before `now` and since the agent's last turn.

        Args:
            now: Virtual time.
            attention: Most messages that are noticed, the latest ones; None: all.
            in_order: Whether they are known to arrive in the order in which they were sent.
        """
        if inbox := self.inbox:
            if not in_order:
                inbox.sort(key=_place)
            count = len(inbox) if inbox[-1].due < now else bisect_left(inbox, now, key=_due)
            self.arrived += inbox[:count]
            del inbox[:count]
        if attention is None:
            return tuple(self.arrived)
        noticed = [delivery for delivery in self.arrived if delivery.noticed]
        kept = set(map(id, noticed[max(0, len(noticed) - attention) :]))
        return tuple(one if id(one) in kept else _missed(one) for one in self.arrived)

    def just_heard(
        self, now: float, attention: int | None, *, in_order: bool = False
    ) -> tuple[Speech, ...]:
        """What the agent took in since its last turn; leaves its memory as it was."""
        arrivals = self.arrivals(now, attention, in_order=in_order)
        return tuple(delivery.speech for delivery in arrivals if delivery.noticed)


def _place(delivery: Delivery) -> tuple[float, float, str, int]:
    """In the order of hearing: what arrives together is heard in the order in which it was said."""
    speech = delivery.speech
    return delivery.due, speech.time, speech.agent, speech.counter


def _missed(delivery: Delivery) -> Delivery:
    return replace(delivery, noticed=False)
