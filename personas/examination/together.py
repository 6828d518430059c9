"""Many tasks at once: results in the order of tasks, and the first failure ends the others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

OnProgress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""
T = TypeVar("T")
IN_FLIGHT = 64
"""Questions at once, unless asked otherwise: what a model can batch."""


def silent(task: str, done: int, total: int) -> None:
    """No progress."""


async def all_of(
    tasks: Sequence[Callable[[], Awaitable[T]]],
    name: str,
    on_progress: OnProgress = silent,
    width: int | None = None,
) -> list[T]:
    """Runs all tasks.

    Args:
        tasks: To be begun.
        name: What is being done, for progress.
        on_progress: Called after each.
        width: Most at once; None where they bound that among themselves.

    Returns:
        Results in the order of tasks.
    """
    done = 0
    gate = asyncio.Semaphore(width or max(1, len(tasks)))

    async def one(task: Callable[[], Awaitable[T]]) -> T:
        nonlocal done
        async with gate:
            result = await task()
        done += 1
        on_progress(name, done, len(tasks))
        return result

    running = [asyncio.ensure_future(one(task)) for task in tasks]
    try:
        return list(await asyncio.gather(*running))
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
