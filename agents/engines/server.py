"""vLLM servers behind the seam: one or many, on this machine or another."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeVar

import aiohttp

from agents.engines.connection import open_session
from agents.engines.endpoint import Endpoint, Sleep
from agents.engines.prompting import Prompting
from agents.engines.rendezvous import by_rendezvous
from agents.engines.serverspec import ServerSpec
from agents.engines.vllm_limits import check_options, check_temperature, whole_priority
from agents.engines.wire import (
    Unavailable,
    Words,
    read_logprobs,
    read_words,
    score_body,
    words_body,
)
from personas.adapter import Adapter
from personas.errors import EngineError, InputError
from personas.model import ModelIdentity, Reply, Request, Scores

T = TypeVar("T")


class ServerEngine:
    """Any vLLM servers that serve one base model; adapters are loaded when first used.

    Prompts go out as token ids, written here from the local copy of the model's tokenizer, so a
    server never parses what anybody said. An adapter has its own endpoint (rendezvous hashing)
    and moves to its second choice only while that is gone; the bare base goes to the least busy.

    Opened by ``async with``; `identity` and `context_tokens` are known from then on. The base is
    the content hash of the local folder: what the servers are declared to run.

    Args:
        folder: The model's folder; its weights are hashed and not loaded.
        urls: Servers, such as ``http://localhost:8000``.
        spec: Bounds.
        rng: Draws the waits before further attempts.
        sleep: Waits.

    Raises:
        InputError: The folder is not a complete model, or a URL is none, or there are none.
    """

    def __init__(
        self,
        folder: Path,
        urls: Sequence[str],
        spec: ServerSpec | None = None,
        rng: random.Random | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        if not urls:
            raise InputError("server must be given for the server engine: --server URL")
        self._prompting = Prompting.of(folder)
        self._stop_ids = sorted(self._prompting.stop_ids)
        self._rng, self._sleep = rng or random.Random(), sleep
        self._spec = spec or ServerSpec()
        endpoints = [Endpoint(url, self._prompting.base, self._spec, sleep) for url in urls]
        self._endpoints = {endpoint.url: endpoint for endpoint in endpoints}
        if len(self._endpoints) < len(endpoints):
            raise InputError(f"server must be given once each, got {', '.join(urls)}")
        self._orders: dict[str, list[Endpoint]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._identity: ModelIdentity | None = None

    @property
    def identity(self) -> ModelIdentity:
        """Who answers: the servers' vLLM, and the base that they are declared to run.

        Raises:
            EngineError: The engine is not open yet.
        """
        if self._identity is None:
            raise EngineError("the server engine is not open; use it inside `async with`")
        return self._identity

    @property
    def context_tokens(self) -> int:
        """Longest prompt plus reply that every endpoint can hold."""
        return min(endpoint.served.context_tokens for endpoint in self._endpoints.values())

    def count_tokens(self, text: str) -> int:
        """Number of tokens of one spoken segment, cached by text."""
        return len(self._prompting.renderer.encode(text))

    async def generate(self, request: Request) -> Reply:
        """Answers in words.

        Raises:
            EngineError: Prompt and reply exceed the context, the adapter is of another base or
                cannot be loaded, or no server gave an answer; the message names the endpoint.
            InputError: vLLM cannot sample as asked.
        """
        sampling = request.sampling
        check_temperature(sampling.temperature)
        tokens = self._prompting.tokens(request, sampling.max_tokens, self.context_tokens)
        body = words_body(tokens, sampling, request.seed, self._stop_ids)
        words = await self._ask(
            request, body, lambda payload: read_words(payload, len(tokens), sampling)
        )
        return self._reply(words, len(tokens))

    async def score(self, request: Request, options: Sequence[str]) -> Scores:
        """Log-probability of each option as the next token.

        Raises:
            EngineError: As for `generate`, or an option is not one token of its own, or there
                are more than vLLM scores at once.
        """
        ids = self._prompting.renderer.option_ids(options)
        check_options(len(ids))
        tokens = self._prompting.tokens(request, 1, self.context_tokens)
        logs = await self._ask(
            request,
            score_body(tokens, ids),
            lambda payload: read_logprobs(payload, len(tokens), ids),
        )
        return Scores(logs, len(tokens))

    def upcoming(self, adapter: Adapter | None, priority: float) -> None:
        """Tells the adapter's own endpoint, if that admits requests by adapter."""
        if adapter is not None and self._spec.slots:
            doorway = self._order(adapter)[0].doorway
            assert doorway  # all endpoints have one, or none
            doorway.upcoming(adapter, whole_priority(priority))

    def turn_away(self) -> None:
        """Cancels calls that wait to be admitted by adapter; what is at a server goes on."""
        for endpoint in self._endpoints.values():
            if endpoint.doorway:
                endpoint.doorway.turn_away()

    async def aclose(self) -> None:
        """Unloads the adapters that were loaded from here, and drops the connections."""
        session, self._session = self._session, None
        try:
            for endpoint in self._endpoints.values():
                await endpoint.close()
        finally:
            if session is not None:
                await session.close()

    async def __aenter__(self) -> "ServerEngine":
        """Greets the servers.

        Raises:
            EngineError: One cannot be reached or serves something else, or two run different
                versions of vLLM.
        """
        self._session = open_session(self._spec)
        try:
            for endpoint in self._endpoints.values():
                await self._persist(partial(endpoint.open, self._session))
            self._identity = self._agree()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Closes it."""
        await self.aclose()

    def _agree(self) -> ModelIdentity:
        """One identity for all endpoints: a reply must not depend on who gave it."""
        versions = {url: each.served.version for url, each in self._endpoints.items()}
        if len(set(versions.values())) > 1:
            listed = ", ".join(f"{url} runs {version}" for url, version in versions.items())
            raise EngineError(f"servers must run one version of vLLM: {listed}")
        version = f"vllm {next(iter(versions.values()))}"
        return ModelIdentity("server", version, self._prompting.base, self._spec.dtype)

    async def _ask(
        self, request: Request, body: dict[str, object], read: Callable[[object], T]
    ) -> T:
        """The answer of the right endpoint, after as many attempts as it takes and is allowed."""
        rank = whole_priority(request.priority)

        async def attempt() -> T:
            endpoint = await self._reachable(request.adapter)
            return await endpoint.complete(request.adapter, body, rank, read)

        return await self._persist(attempt)

    async def _persist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Tries again what may pass."""
        for failed in count(1):
            try:
                return await attempt()
            except Unavailable as failure:
                if failed > self._spec.retries:
                    raise EngineError(
                        f"{failure}; gave up after {failed} attempts: see the server's log, and "
                        "run the same command again"
                    ) from failure
                await self._sleep(self._spec.wait(failed, failure.retry_after, self._rng))
        raise AssertionError("count does not end")

    async def _reachable(self, adapter: Adapter | None) -> Endpoint:
        """The first endpoint in order that is up; waits for one if there is none.

        Raises:
            EngineError: None was there again in time.
        """
        while True:
            order = self._order(adapter)
            for endpoint in order:
                if endpoint.up.is_set():
                    return endpoint
            waits = [asyncio.ensure_future(endpoint.up.wait()) for endpoint in order]
            try:
                there, _ = await asyncio.wait(
                    waits, timeout=self._spec.patience, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                for wait in waits:
                    wait.cancel()
            if not there:
                raise EngineError(
                    f"{order[0].lost_because}; waited {self._spec.patience:g} s: start the "
                    "server again and run the same command, which goes on from there"
                )

    def _order(self, adapter: Adapter | None) -> list[Endpoint]:
        """Endpoints, the one that should answer first."""
        if adapter is None:
            return sorted(self._endpoints.values(), key=lambda endpoint: endpoint.busy)
        key = adapter.fingerprint
        if key not in self._orders:
            self._orders[key] = [
                self._endpoints[url] for url in by_rendezvous(key, list(self._endpoints))
            ]
        return self._orders[key]

    def _reply(self, words: Words, prompt_tokens: int) -> Reply:
        """A reply without the token that ended it; cut where its line ends, if that ends it."""
        renderer = self._prompting.renderer
        said = list(renderer.encode(words.text) if words.ids is None else words.ids)
        if words.finish == "stop" and said and said[-1] in self._prompting.stop_ids:
            said.pop()
        finish = words.finish
        if renderer.is_over(said):
            finish = "stop"
            said = said[: next(n for n in count(1) if renderer.is_over(said[:n]))]
        return Reply(renderer.decode(said), finish, prompt_tokens, len(said))
