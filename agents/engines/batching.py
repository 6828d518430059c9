"""Who is asked next: many callers await, one thread computes."""

import heapq
import threading

import torch

from agents.engines.job import Job
from agents.engines.speaker import Speaker
from personas.errors import EngineError, SymposionError


class Batcher:
    """The thread that computes, and the queue before it.

    Replies join the batch as soon as it has room, earliest due first. Scores are computed one
    at a time; they wait for replies that are due earlier, since a reply holds up the simulation
    and a score does not.
    """

    def __init__(self, speaker: Speaker, max_batch: int, threads: int | None) -> None:
        self._speaker, self._max_batch, self._threads = speaker, max_batch, threads
        self._replies: list[tuple[float, int, Job]] = []
        self._scores: list[tuple[float, int, Job]] = []
        self._arrivals = 0
        self._closed = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="embedded engine", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queues a job.

        Raises:
            EngineError: The engine is closed.
        """
        with self._news:
            if self._closed:
                raise EngineError("the embedded engine is closed; open a new one")
            queue = self._replies if job.options is None else self._scores
            heapq.heappush(queue, (job.request.priority, self._arrivals, job))
            self._arrivals += 1
            self._news.notify()

    def close(self) -> None:
        """Stops after the current step; whoever still waits gets an `EngineError`."""
        with self._news:
            self._closed = True
            self._news.notify()
        self._thread.join()

    def _work(self) -> None:
        if self._threads is not None:
            torch.set_num_threads(self._threads)
        with torch.inference_mode():
            while (jobs := self._next()) is not None:
                for job in jobs:
                    self._start(job)
                if self._speaker.rows:
                    self._step()
        waiting = [job for _, _, job in (*self._replies, *self._scores)]
        for job in (*waiting, *self._speaker.rows):
            job.resolve(EngineError("the embedded engine was closed before it answered"))

    def _next(self) -> list[Job] | None:
        """Jobs to start now, maybe none while a batch is speaking; None when closed."""
        with self._news:
            rows = self._speaker.rows
            self._news.wait_for(lambda: self._closed or rows or self._replies or self._scores)
            if self._closed:
                return None
            due = [row.request.priority for row in rows]
            jobs: list[Job] = []
            while self._replies and len(rows) + len(jobs) < self._max_batch:
                priority, _, job = heapq.heappop(self._replies)
                due.append(priority)
                jobs.append(job)
            if self._scores and (not due or self._scores[0][0] < min(due)):
                jobs.append(heapq.heappop(self._scores)[-1])
            return jobs

    def _start(self, job: Job) -> None:
        if job.answer.cancelled():
            return
        try:
            self._speaker.start(job)
        except Exception as error:  # noqa: BLE001 - it belongs to the caller, not to this thread
            job.resolve(_as_engine_error(error))

    def _step(self) -> None:
        rows = list(self._speaker.rows)
        try:
            self._speaker.step()
        except Exception as error:  # noqa: BLE001 - it belongs to the callers, not to this thread
            self._speaker.clear()
            for job in rows:
                job.resolve(_as_engine_error(error))


def _as_engine_error(error: Exception) -> EngineError:
    """The same failure in the words of the seam."""
    if isinstance(error, EngineError):
        return error
    if isinstance(error, SymposionError):
        return EngineError(str(error))
    failure = EngineError(f"the embedded engine failed: {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure
