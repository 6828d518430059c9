"""Any engine, answered from a record first: this one wrapper is resume, replay and branching."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Protocol, runtime_checkable

from personas.errors import EngineError
from personas.model import Model, ModelIdentity, Reply, Request, Scores, request_key


class TokenCounts(Protocol):
    """Token counts that are known already, and a place for new ones."""

    def of(self, text: str, count: Callable[[str], int]) -> int:
        """Tokens of a text; one that is not known is counted and remembered."""
        ...


@runtime_checkable
class AtOnce(Protocol):
    """A model that need not always be waited for."""

    def at_once(
        self, request: Request, options: Sequence[str] | None = None
    ) -> Reply | Scores | None:
        """The reply if it can be had without waiting; None if it must be asked for."""
        ...


class RecordedEngine:
    """Answers what the record knows, and asks the engine for the rest.

    A request that is already on its way is not asked a second time: both callers get the one
    reply. Where the replies come from and where new ones go is the business of the floor above.

    Args:
        engine: Who answers what is not recorded.
        replies: Recorded replies by `request_key`; read at every call, so it may grow.
        counts: Recorded token counts.
        identity: Under whose name replies are recorded; the engine's own by default.
    """

    def __init__(
        self,
        engine: Model,
        replies: Mapping[str, Reply | Scores],
        counts: TokenCounts | None = None,
        identity: ModelIdentity | None = None,
    ) -> None:
        self._engine, self._replies = engine, replies
        self.at_once = engine.at_once if isinstance(engine, AtOnce) else _never_at_once
        """The engine's answer, if it can be had without waiting (`AtOnce`)."""
        self.count_tokens = engine.count_tokens if counts is None else _counting(engine, counts)
        """The recorded count of a text, or the wrapped engine's."""
        self._on_their_way: dict[str, asyncio.Future[Reply | Scores] | None] = {}
        """Requests at the engine by key, each with what its twins wait for, if it has any."""
        self.identity = identity or engine.identity
        """Under whose name replies are recorded."""
        self.answered = 0
        """Calls answered from the record so far."""

    @property
    def context_tokens(self) -> int:
        """The wrapped engine's."""
        return self._engine.context_tokens

    async def generate(self, request: Request) -> Reply:
        """The recorded reply, or a new one."""
        key = request_key(self.identity, request)
        answer = self.recorded(key) or await self.ask(key, request)
        if not isinstance(answer, Reply):
            raise EngineError(f"record holds scores under the key of a reply: {key}")
        return answer

    async def score(self, request: Request, options: Sequence[str]) -> Scores:
        """The recorded scores, or new ones."""
        key = request_key(self.identity, request, options)
        answer = self.recorded(key) or await self.ask(key, request, options)
        if not isinstance(answer, Scores):
            raise EngineError(f"record holds a reply under the key of scores: {key}")
        return answer

    def recorded(self, key: str) -> Reply | Scores | None:
        """What the record knows under a key; None if it knows nothing."""
        known = self._replies.get(key)
        if known is not None:
            self.answered += 1
        return known

    async def ask(
        self, key: str, request: Request, options: Sequence[str] | None = None
    ) -> Reply | Scores:
        """Asks the engine, or waits for the answer to the same request.

        Whoever asked first carries the call, without a task of its own: one who gives up takes it
        back, and whoever still waits for the answer asks anew.

        Args:
            key: The request's, by `request_key`.
            request: What to ask.
            options: What to score; None asks for words.
        """
        while key in self._on_their_way:
            asked = self._on_their_way[key]
            if asked is None:
                asked = self._on_their_way[key] = asyncio.get_running_loop().create_future()
            await asyncio.wait({asked})
            if not asked.cancelled():
                return asked.result()
        self._on_their_way[key] = None
        try:
            reply = await self._put(request, options)
            if answer := self._on_their_way[key]:
                answer.set_result(reply)
            return reply
        except Exception as error:
            if answer := self._on_their_way[key]:
                answer.set_exception(error)
                answer.exception()  # heard by whoever waits; by nobody, if they gave up
            raise
        finally:
            if answer := self._on_their_way.pop(key):
                answer.cancel()  # changes nothing where it is done

    def _put(
        self, request: Request, options: Sequence[str] | None
    ) -> Coroutine[None, None, Reply | Scores]:
        if options is None:
            return self._engine.generate(request)
        return self._engine.score(request, options)


def _never_at_once(_: Request, __: Sequence[str] | None = None) -> Reply | Scores | None:
    """For an engine that must always be waited for."""
    return None


def _counting(engine: Model, counts: TokenCounts) -> Callable[[str], int]:
    def count(text: str) -> int:
        return counts.of(text, engine.count_tokens)

    return count


def recorded(engine: Model, replies: Mapping[str, Reply | Scores]) -> RecordedEngine:
    """Wraps an engine with replies that are already known."""
    return RecordedEngine(engine, replies)
