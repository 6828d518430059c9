"""An event loop in which what follows from an answer goes out before the next answer is looked at.

Answers of one round come together. asyncio takes all sockets that have something one step further
before it does anything else: the last answer has then been read before the first is finished, and
the next round's requests go out together too, after the work of all. Taken up a few at a time, the
answers are spread as their processing was, which from then on hides behind the waiting.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import TypeVar

AT_A_TIME = 8  # sockets

T = TypeVar("T")


class FewAtATime(selectors.DefaultSelector):
    """The system's selector, which tells of a few sockets at a time; the others stay ready."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As the standard library's, at most `AT_A_TIME` long."""
        return super().select(timeout)[:AT_A_TIME]


def new_event_loop() -> asyncio.AbstractEventLoop:
    """For `asyncio.Runner`."""
    return asyncio.SelectorEventLoop(FewAtATime())


def run(main: Coroutine[object, object, T]) -> T:
    """`asyncio.run` in such a loop."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)
