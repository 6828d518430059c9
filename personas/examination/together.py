"""Many tasks at once: results in the order of tasks, and the first failure ends the others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

OnProgress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""
T = TypeVar("T")


async def all_of(
    tasks: Sequence[Callable[[], Awaitable[T]]], name: str, on_progress: OnProgress
) -> list[T]:
    """Runs all tasks; they bound among themselves how many run at once.

    Args:
        tasks: To be begun.
        name: What is being done, for progress.
        on_progress: Called after each.

    Returns:
        Results in the order of tasks.
    """
    done = 0

    async def one(task: Callable[[], Awaitable[T]]) -> T:
        nonlocal done
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
