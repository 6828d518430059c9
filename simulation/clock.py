"""SimPy's clock with two additions: exact moments, and moments that come first."""

from collections.abc import Generator
from heapq import heappush

import simpy
from simpy.events import NORMAL, URGENT

Process = Generator[simpy.Event, None, None]
"""What runs in virtual time: yields the events that it waits for."""


class Clock(simpy.Environment):
    """Virtual time."""

    def until(self, time: float, *, first: bool = False) -> simpy.Event:
        """The moment `time` itself, now or later.

        SimPy knows only delays, and the floating-point sum of the present and a delay may miss
        the moment that was meant by its last bit: 1.1 + (5.3 - 1.1) is not 5.3, and no other
        delay is better. So the event enters SimPy's queue as SimPy would enter it, at its time.

        Args:
            time: Virtual time.
            first: Whether it comes before whatever else happens at that moment.
        """
        event = self.event()
        event._ok, event._value = True, None
        priority = URGENT if first else NORMAL
        heappush(self._queue, (max(time, self.now), priority, next(self._eid), event))
        return event
