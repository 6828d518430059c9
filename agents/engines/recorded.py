"""Any engine, answered from a record first: this one wrapper is resume, replay and branching."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence

from personas.errors import EngineError
from personas.model import Model, ModelIdentity, Reply, Request, Scores, request_key


class RecordedEngine:
    """Answers what the record knows, and asks the engine for the rest.

    A request that is already on its way is not asked a second time: both callers get the one
    reply. Where the replies come from and where new ones go is the business of the floor above.

    Args:
        engine: Who answers what is not recorded.
        replies: Recorded replies by `request_key`; read at every call, so it may grow.
    """

    def __init__(self, engine: Model, replies: Mapping[str, Reply | Scores]) -> None:
        self._engine, self._replies = engine, replies
        self._on_their_way: dict[str, asyncio.Task[Reply | Scores]] = {}
        self.answered = 0
        """Calls answered from the record so far."""

    @property
    def identity(self) -> ModelIdentity:
        """The wrapped engine's."""
        return self._engine.identity

    @property
    def context_tokens(self) -> int:
        """The wrapped engine's."""
        return self._engine.context_tokens

    def count_tokens(self, text: str) -> int:
        """The wrapped engine's."""
        return self._engine.count_tokens(text)

    async def generate(self, request: Request) -> Reply:
        """The recorded reply, or a new one."""
        key = request_key(self.identity, request)
        answer = await self._answer(key, lambda: self._engine.generate(request))
        if not isinstance(answer, Reply):
            raise EngineError(f"record holds scores under the key of a reply: {key}")
        return answer

    async def score(self, request: Request, options: Sequence[str]) -> Scores:
        """The recorded scores, or new ones."""
        key = request_key(self.identity, request, options)
        answer = await self._answer(key, lambda: self._engine.score(request, options))
        if not isinstance(answer, Scores):
            raise EngineError(f"record holds a reply under the key of scores: {key}")
        return answer

    async def _answer(
        self, key: str, ask: Callable[[], Coroutine[None, None, Reply | Scores]]
    ) -> Reply | Scores:
        known = self._replies.get(key)
        if known is not None:
            self.answered += 1
            return known
        task = self._on_their_way.get(key)
        if task is None:
            task = asyncio.ensure_future(ask())
            self._on_their_way[key] = task
            task.add_done_callback(lambda _: self._on_their_way.pop(key, None))
        # Shielded: one caller who gives up must not cancel the other's reply.
        return await asyncio.shield(task)


def recorded(engine: Model, replies: Mapping[str, Reply | Scores]) -> RecordedEngine:
    """Wraps an engine with replies that are already known."""
    return RecordedEngine(engine, replies)
