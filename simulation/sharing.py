"""One engine for many runs: a gate that lets the earliest run's requests through first.

Each run sees the engine through a view of its own, and hands over as much as it likes; the gate
bounds what is at the engine, and what may be written, for all of them together. No reply depends on
the order of asking, so runs stay what they would be alone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count

from agents.engines.admitted import Doorkeeper, Foresight
from agents.engines.recorded import AtOnce
from personas.adapter import Adapter
from personas.model import Model, ModelIdentity, Reply, Request, Scores
from simulation.budget import Budget, Purse

_Waiting = tuple[int, float, int, int, "asyncio.Future[None]"]
"""Place of the run, when it is due there, order of arrival, tokens at most, and its door."""

SCORES_SHARE = 4
"""Scores may hold one in so many places at the engine. Nobody waits for a score, so engines answer
them when nothing else is due: without a bound the scores of many runs would hold all places, and
the engine would speak with a few rows at a time while replies wait outside (LOG.md)."""


class Gate:
    """Where requests of all runs wait for their turn.

    Args:
        engine: Who answers.
        in_flight: Most requests at the engine at once.
        budget: For all runs together; of the hours somebody else takes care.
        spent: Called with the reason when the budget lets nothing more through.
    """

    def __init__(
        self, engine: Model, in_flight: int, budget: Budget, spent: Callable[[str], None]
    ) -> None:
        self.engine, self._bound, self._spent = engine, in_flight, spent
        self._purse = Purse(budget)
        self._replies: list[_Waiting] = []
        self._scores: list[_Waiting] = []
        self._most_scores = max(1, in_flight // SCORES_SHARE)
        self._scores_there = 0
        self._arrivals = count()
        self.at_engine = 0
        """Requests that are there now."""

    @property
    def replies_asked(self) -> int:
        """Replies that runs wait for, at the engine or before the gate."""
        return len(self._replies) + self.at_engine - self._scores_there

    def view(self, place: int) -> "SharedModel":
        """The engine for one run; those of lower place go first."""
        return SharedModel(self, place)

    @asynccontextmanager
    async def passed(self, place: int, request: Request, tokens: int) -> AsyncIterator[None]:
        """Waits until a request may go to the engine; its place is free again at the end.

        Args:
            place: Of the run.
            request: What is asked.
            tokens: That it may cost; 0 for a score.

        Raises:
            asyncio.CancelledError: It was turned away.
        """
        loop = asyncio.get_running_loop()
        door: asyncio.Future[None] = loop.create_future()
        waiting = self._replies if tokens else self._scores
        heappush(waiting, (place, request.priority, next(self._arrivals), tokens, door))
        loop.call_soon(self._open)  # after whoever else asks in this step of the loop
        try:
            await door
            yield
        finally:
            if not door.cancelled():  # else it never passed
                self.at_engine -= 1
                self._scores_there -= not tokens
                self._purse.release(tokens)
            self._open()

    def turn_away(self, place: int) -> None:
        """Sends away what a run has waiting."""
        for waiting in (*self._replies, *self._scores):
            if waiting[0] == place:
                waiting[4].cancel()
        if isinstance(self.engine, Doorkeeper):  # runs are stopped together
            self.engine.turn_away()

    def spend(self, reply: Reply | Scores) -> None:
        """Counts what was written."""
        self._purse.spend(reply)

    def affords(self, tokens: int) -> bool:
        """Whether a request may go out now."""
        return not self._purse.short_of(tokens)

    def _open(self) -> None:
        """Lets in whom there is room for: the earliest run first, and its replies first."""
        while self.at_engine < self._bound and (waiting := self._next()):
            *_, tokens, door = waiting[0]
            if not door.done():
                if short := self._purse.short_of(tokens):
                    if not self._purse.reserved:  # else what is in flight may cost less
                        self._spent(short)
                    return
                self._purse.reserve(tokens)
                self._scores_there += not tokens
                self.at_engine += 1
                door.set_result(None)
            heappop(waiting)

    def _next(self) -> list[_Waiting]:
        """The queue whose first may go in next; an empty one if nobody may."""
        if not self._scores or self._scores_there >= self._most_scores:
            return self._replies
        if not self._replies or self._scores[0][0] < self._replies[0][0]:
            return self._scores
        return self._replies


class SharedModel:
    """An engine as one of many runs sees it; a `Model`, `AtOnce`, `Foresight` and `Doorkeeper`."""

    def __init__(self, gate: Gate, place: int) -> None:
        self._gate, self._place = gate, place

    @property
    def identity(self) -> ModelIdentity:
        """The engine's."""
        return self._gate.engine.identity

    @property
    def context_tokens(self) -> int:
        """The engine's."""
        return self._gate.engine.context_tokens

    def count_tokens(self, text: str) -> int:
        """The engine's."""
        return self._gate.engine.count_tokens(text)

    def upcoming(self, adapter: Adapter | None, priority: float) -> None:
        """See `Foresight`."""
        if isinstance(self._gate.engine, Foresight):
            self._gate.engine.upcoming(adapter, priority)

    def turn_away(self) -> None:
        """See `Doorkeeper`."""
        self._gate.turn_away(self._place)

    def at_once(
        self, request: Request, options: Sequence[str] | None = None
    ) -> Reply | Scores | None:
        """See `AtOnce`; what the budget may not afford is asked for at the gate."""
        engine, tokens = self._gate.engine, _most(request, options)
        if not isinstance(engine, AtOnce) or not self._gate.affords(tokens):
            return None
        reply = engine.at_once(request, options)
        if reply is not None:
            self._gate.spend(reply)
        return reply

    async def generate(self, request: Request) -> Reply:
        """The engine's reply, once the request has passed the gate.

        Raises:
            asyncio.CancelledError: It was turned away.
        """
        async with self._gate.passed(self._place, request, _most(request, None)):
            reply = await self._gate.engine.generate(request)
            self._gate.spend(reply)
            return reply

    async def score(self, request: Request, options: Sequence[str]) -> Scores:
        """The engine's scores, once the request has passed the gate.

        Raises:
            asyncio.CancelledError: It was turned away.
        """
        async with self._gate.passed(self._place, request, 0):
            return await self._gate.engine.score(request, options)


def _most(request: Request, options: Sequence[str] | None) -> int:
    """Tokens that a request may cost."""
    return request.sampling.max_tokens if options is None else 0
