"""Many tasks at once, taken in order: what is kept never depends on who was ready first."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

Outcome = TypeVar("Outcome")


async def take_in_order(
    attempt: Callable[[int], Awaitable[Outcome]],
    keep: Callable[[Outcome], bool],
    first: int,
    wanted: int,
    width: int,
) -> None:
    """Runs attempt after attempt until enough of them are kept.

    At most `width` run at once, and never more than are still wanted, so nothing is thrown away.
    Outcomes are handed over in the order of their numbers.

    Args:
        attempt: Does the one with a number.
        keep: Takes an outcome and says whether it counts; an exception ends it all.
        first: Number of the first attempt.
        wanted: How many must count.
        width: Most at once, at least 1.
    """
    flying: deque[asyncio.Future[Outcome]] = deque()
    number = first
    try:
        while wanted > 0:
            while len(flying) < min(width, wanted):
                flying.append(asyncio.ensure_future(attempt(number)))
                number += 1
            wanted -= keep(await flying[0])
            flying.popleft()
    finally:
        for future in flying:
            future.cancel()
        await asyncio.gather(*flying, return_exceptions=True)
