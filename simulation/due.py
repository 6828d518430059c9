"""What is due, earliest first: a queue for every virtual time, since many promises share one."""

from collections import deque
from heapq import heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")


class DueQueue(Generic[T]):
    """Gives what has the lowest priority; of that, what came first."""

    def __init__(self) -> None:
        self._queues: dict[float, deque[T]] = {}
        self._priorities: list[float] = []
        """A heap of the keys."""

    def push(self, priority: float, item: T) -> None:
        """Puts an item behind all of its priority."""
        queue = self._queues.get(priority)
        if queue is None:
            queue = self._queues[priority] = deque()
            heappush(self._priorities, priority)
        queue.append(item)

    def first(self) -> T:
        """What is due first; it stays.

        Raises:
            IndexError: Nothing is due.
        """
        return self._queues[self._priorities[0]][0]

    def pop(self) -> T:
        """Takes what is due first.

        Raises:
            IndexError: Nothing is due.
        """
        queue = self._queues[self._priorities[0]]
        item = queue.popleft()
        if not queue:
            del self._queues[heappop(self._priorities)]
        return item

    def __bool__(self) -> bool:
        """Whether anything is due."""
        return bool(self._priorities)
