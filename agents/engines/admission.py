"""More adapters than slots: which request goes to the engine next, so that loads are few.

An engine that keeps a few adapters at hand (`slots`) and is asked for many loses its time with
loading them, and with batches that it cannot fill, if it takes requests in the order of their due
times alone. `Admission` is the policy, without any clock or event loop;
`agents.engines.admitted.AdmittedModel` puts it before any engine.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import inf

from personas.errors import InputError

BASE = ""
"""Name of no adapter: the bare base model needs no slot."""

Order = tuple[float, int]
"""Place among the waiting: (virtual time at which the reply is due, number of arrival)."""

MAX_OVERTAKES = 2048
"""Most requests due later that may go before an earlier one, unless said otherwise."""


@dataclass(slots=True, eq=False)
class Ticket:
    """A request at the door."""

    adapter: str
    """Fingerprint; `BASE` for none."""
    order: Order
    passed: int
    """What its adapter's count of overtakings was on arrival."""
    waiting: bool = True

    def __lt__(self, other: "Ticket") -> bool:
        """Who is due earlier."""
        return self.order < other.order


@dataclass(slots=True)
class _Queue:
    """One adapter: its waiting requests, and how things stand with it."""

    heap: list[Ticket] = field(default_factory=list)
    """Waiting, earliest due first; may hold some that left."""
    arrivals: deque[Ticket] = field(default_factory=deque)
    """The same in order of arrival."""
    passed: int = 0
    """Requests admitted, ever, before an earlier one of this adapter that was waiting."""
    in_flight: int = 0
    hints: list[float] = field(default_factory=list)
    """Heap of the priorities of announced requests."""
    used: int = 0
    """When a request of it was last admitted, in admissions."""

    def head(self) -> Ticket | None:
        """The earliest due."""
        while self.heap and not self.heap[0].waiting:
            heappop(self.heap)
        return self.heap[0] if self.heap else None

    def overtaken(self) -> int:
        """An upper bound on how often any request in it has been overtaken."""
        while self.arrivals and not self.arrivals[0].waiting:
            self.arrivals.popleft()
        return self.passed - self.arrivals[0].passed if self.arrivals else 0


class Admission:
    """Chooses among waiting requests.

    Of those whose adapter is at hand, or could be loaded in the place of one that nobody waits
    for, the earliest due goes first. So a request with an adapter at hand may overtake one
    without, but none is ever overtaken more than `max_overtakes` times: then nobody due later
    is admitted until it has gone.

    At most `slots` adapters are ever in flight together, so an engine with that many slots never
    has to take one away from a running request.

    Args:
        slots: Adapters that the engine keeps at hand.
        max_overtakes: Most requests due later that may be admitted while an earlier one waits.
        in_flight: Most requests at the engine at once.

    Raises:
        InputError: A number is out of range.
    """

    def __init__(
        self, slots: int, max_overtakes: int = MAX_OVERTAKES, in_flight: int = 256
    ) -> None:
        for name, value, least in (
            ("slots", slots, 1),
            ("max_overtakes", max_overtakes, 0),
            ("in_flight", in_flight, 1),
        ):
            if value < least:
                raise InputError(f"{name} must be at least {least}, got {value}")
        self.slots, self._max_overtakes, self._bound = slots, max_overtakes, in_flight
        self._queues: dict[str, _Queue] = {BASE: _Queue()}
        self._arrivals = count()
        self.resident: set[str] = set()
        """Adapters at hand, as far as can be told from what was admitted; at most `slots`."""
        self.in_flight = 0
        self.admitted = 0
        self.loads = 0
        """Times that an adapter came into a slot."""

    def arrive(self, adapter: str, priority: float) -> Ticket:
        """A request comes to the door."""
        queue = self._queue(adapter)
        if queue.hints and queue.hints[0] <= priority:  # announced, or an older hint gone stale
            heappop(queue.hints)
        ticket = Ticket(adapter, (priority, next(self._arrivals)), queue.passed)
        heappush(queue.heap, ticket)
        queue.arrivals.append(ticket)
        return ticket

    def upcoming(self, adapter: str, priority: float) -> None:
        """A request is announced: its adapter is given up later than others."""
        heappush(self._queue(adapter).hints, priority)

    def withdraw(self, ticket: Ticket) -> None:
        """A waiting request gives up."""
        ticket.waiting = False

    def done(self, ticket: Ticket) -> None:
        """An admitted request has left the engine, with or without an answer."""
        self._queues[ticket.adapter].in_flight -= 1
        self.in_flight -= 1

    def next(self) -> Ticket | None:
        """Admits one request; None if none may go now."""
        if self.in_flight >= self._bound:
            return None
        heads = [(head, name) for name, q in self._queues.items() if (head := q.head())]
        patience = min(
            (h for h, name in heads if self._queues[name].overtaken() >= self._max_overtakes),
            default=None,
        )
        closing = self._closing([name for _, name in heads])
        victim = self._victim(closing)
        open_ = [
            head
            for head, name in heads
            if (name == BASE or name in self.resident or victim is not None)
            and (patience is None or head.order <= patience.order)
            and (name != closing or head is patience)
        ]
        if not open_:
            return None
        chosen = min(open_)
        if chosen.adapter != BASE and chosen.adapter not in self.resident:
            self._load(chosen.adapter, victim)
        self._admit(chosen, heads)
        return chosen

    def _queue(self, adapter: str) -> _Queue:
        return self._queues.setdefault(adapter, _Queue())

    def _closing(self, waiting: Sequence[str]) -> str | None:
        """The adapter that takes no more requests, so that its slot is free before others starve.

        None unless a request has used up half of its patience and no slot is to be had without.
        """
        outside = [self._queues[name] for name in waiting if name not in {*self.resident, BASE}]
        half = min(self._max_overtakes // 2 + 1, self._max_overtakes)
        worst = max((queue.overtaken() for queue in outside), default=-1)
        if worst < half or self._victim(None) is not None:
            return None
        return min(self.resident, key=lambda name: (self._queues[name].in_flight, name))

    def _victim(self, closing: str | None) -> str | None:
        """Who gives up a slot: `BASE` if one is free, else the idle adapter needed last."""
        if len(self.resident) < self.slots:
            return BASE
        idle = [
            (self._needed(name), -self._queues[name].used, name)
            for name in self.resident
            if not self._queues[name].in_flight
            and (name == closing or not self._queues[name].head())
        ]
        return max(idle)[2] if idle else None

    def _needed(self, adapter: str) -> float:
        """When an adapter is needed next, as far as it is known."""
        queue = self._queues[adapter]
        head = queue.head()
        return min(head.order[0] if head else inf, queue.hints[0] if queue.hints else inf)

    def _load(self, adapter: str, victim: str | None) -> None:
        self.resident.discard(victim or BASE)
        self.resident.add(adapter)
        self.loads += 1

    def _admit(self, chosen: Ticket, heads: Sequence[tuple[Ticket, str]]) -> None:
        for head, name in heads:
            if head < chosen:
                self._queues[name].passed += 1
        queue = self._queues[chosen.adapter]
        chosen.waiting = False
        heappop(queue.heap)
        queue.in_flight += 1
        self.in_flight += 1
        self.admitted += 1
        queue.used = self.admitted
