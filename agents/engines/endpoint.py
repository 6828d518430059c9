"""One vLLM server: single attempts over HTTP, its adapters, and whether it is there."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

import aiohttp

from agents.engines.admitted import Doorway
from agents.engines.connection import Answer, Connection
from agents.engines.serverspec import ServerSpec
from agents.engines.wire import Nonsense, Served, Unavailable, read_served, trial_body
from personas.adapter import Adapter
from personas.errors import EngineError, InputError
from personas.identity import base_identity

GREETING_SECONDS = 10.0  # a server that is well answers at once, whatever it computes
CLOSING_SECONDS = 5.0
WATCH_SECONDS = 0.5  # between two looks at a server that is gone

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


class Endpoint:
    """A server that answers, is lost, and is there again.

    Each method makes one attempt; who calls decides on another. A lost server is looked for by
    one watcher, however many requests wait for `up`.

    Args:
        url: Such as ``http://localhost:8000``.
        base: Content hash of the local model that it is declared to serve.
        spec: Bounds.
        sleep: Waits between two looks at a lost server.
    """

    def __init__(self, url: str, base: str, spec: ServerSpec, sleep: Sleep) -> None:
        self._connection = Connection(url, spec.timeout)
        self.up = asyncio.Event()
        """Set while requests may be sent, if only to hear that they never may again."""
        self.busy = 0
        """Requests here, those waiting for their turn included."""
        self.lost_because = ""
        self._base, self._spec, self._sleep = base, spec, sleep
        self.doorway = spec.slots and Doorway(spec.slots, in_flight=spec.max_in_flight)
        """Where requests wait to be admitted by adapter, where the server's slots are known."""
        self._places = asyncio.Semaphore(spec.max_in_flight)
        self._takes_priorities = bool(spec.priorities)
        self._served: Served | None = None
        self._refusal: EngineError | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._loaded: OrderedDict[str, None] = OrderedDict()
        self._ours: set[str] = set()
        self._worn: Counter[str] = Counter()
        self._moving = asyncio.Lock()

    @property
    def url(self) -> str:
        """Its address."""
        return self._connection.url

    @property
    def served(self) -> Served:
        """What it serves.

        Raises:
            EngineError: It has not been greeted.
        """
        if self._served is None:
            raise EngineError("the server engine is not open; use it inside `async with`")
        return self._served

    async def open(self, session: aiohttp.ClientSession) -> None:
        """Greets the server.

        Raises:
            Unavailable: It is not there yet.
            EngineError: It is no vLLM server, or serves something else.
        """
        self._connection.session, self._refusal = session, None
        self._take(await self._greet())

    async def close(self) -> None:
        """Unloads what was loaded from here, as far as the server is still there."""
        if self._watcher:
            self._watcher.cancel()
        there = self.up.is_set() and self._refusal is None and self._served is not None
        self._refusal = EngineError("the server engine is closed; open a new one")
        try:
            with suppress(Unavailable):  # a server that is gone holds no adapter either
                for name in [name for name in self._loaded if there and name in self._ours]:
                    await self._unload(name, CLOSING_SECONDS)
        finally:
            self._connection.session = self._served = None
            self.up.set()  # who waits shall hear that it is closed

    async def complete(
        self,
        adapter: Adapter | None,
        body: dict[str, object],
        rank: int,
        read: Callable[[object], T],
    ) -> T:
        """One completion, the adapter loaded before if it has to be.

        Args:
            adapter: Whose weights; None is the bare base.
            body: See `agents.engines.wire`; the name of the model is put in here.
            rank: Lower goes first, at a server that takes priorities.
            read: Makes the result of the answer.

        Raises:
            Unavailable: This attempt failed, another may not.
            EngineError: The server refuses, or answers nonsense.
        """
        if self._takes_priorities:
            body = {**body, "priority": rank}
        name = adapter.fingerprint if adapter else ""
        self.busy += 1
        self._worn[name] += 1
        try:
            async with self._place(adapter, rank):
                answer = await self._attempt(adapter, body)
            return self._connection.read(answer, read)
        except Unavailable as failure:
            if failure.lost:
                self._lose(str(failure))
            raise
        finally:
            self.busy -= 1
            self._worn[name] -= 1

    def _place(self, adapter: Adapter | None, rank: int) -> AbstractAsyncContextManager[None]:
        """One of so many places at the server, given in turn or to adapters at hand."""
        return self.doorway.entered(adapter, rank) if self.doorway else self._places

    async def _attempt(self, adapter: Adapter | None, body: dict[str, object]) -> Answer:
        if self._refusal:
            raise self._refusal
        name = self.served.name
        if adapter:
            name = adapter.fingerprint
            await self._wear(adapter)
        answer = await self._connection.call("/v1/completions", {"model": name, **body})
        if answer.status == 404 and adapter:  # the server was started again meanwhile
            self._loaded.pop(name, None)
            await self._wear(adapter)
            answer = await self._connection.call("/v1/completions", {"model": name, **body})
        return answer

    async def _wear(self, adapter: Adapter) -> None:
        """Makes sure that an adapter is loaded; concurrent callers load it once."""
        name = adapter.fingerprint
        if name not in self._loaded:
            async with self._moving:
                if name not in self._loaded:
                    await self._load(adapter)
                    await self._make_room()
        if name in self._loaded:  # the server may be lost again, and the list with it
            self._loaded.move_to_end(name)

    async def _load(self, adapter: Adapter) -> None:
        name, folder = adapter.fingerprint, adapter.folder.resolve()
        known = name in self._ours
        self._ours.add(name)  # even if the answer is lost, the server may have loaded it
        answer = await self._connection.call(
            "/v1/load_lora_adapter", {"lora_name": name, "lora_path": str(folder)}
        )
        if answer.status == 400 and b"already" in answer.raw:
            if not known:  # another client's
                self._ours.discard(name)
        else:
            self._connection.require_ok(
                answer,
                f"the server must see the folder {folder}, and run with --enable-lora, "
                f"--max-lora-rank of at least {adapter.rank} and "
                "VLLM_ALLOW_RUNTIME_LORA_UPDATING=True",
            )
        self._loaded[name] = None

    async def _make_room(self) -> None:
        """Unloads our adapters that have been idle longest, down to `resident`."""
        ours = [name for name in self._loaded if name in self._ours]
        idle = [name for name in ours if not self._worn[name]]
        for name in idle[: max(0, len(ours) - self._spec.resident)]:
            if not self._worn[name] and self._loaded.pop(name, "gone") is None:
                await self._unload(name, self._spec.timeout)

    async def _unload(self, name: str, seconds: float) -> None:
        answer = await self._connection.call(
            "/v1/unload_lora_adapter", {"lora_name": name}, seconds
        )
        self._ours.discard(name)
        if answer.status != 404:  # which says that it is unloaded already
            self._connection.require_ok(answer, "see the server's log")

    def _lose(self, because: str) -> None:
        """Keeps further requests back until the watcher has found the server again."""
        if self.up.is_set() and self._connection.session:
            self.up.clear()
            self.lost_because = because
            self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            try:
                self._take(await self._greet())
            except Unavailable as failure:
                self.lost_because = str(failure)
                await self._sleep(WATCH_SECONDS)
            except EngineError as error:  # it is there, and no longer what it was
                self._refusal = error
                self.up.set()
                return
            else:
                return

    async def _greet(self) -> Served:
        """Asks what is served, and whether that is what it should be."""
        version, models = [
            self._connection.read(
                await self._connection.call(path, None, GREETING_SECONDS), lambda payload: payload
            )
            for path in ("/version", "/v1/models")
        ]
        try:
            served = read_served(version, models)
        except Nonsense as nonsense:
            raise self._connection.nonsense(nonsense) from nonsense
        self._check_context(served)
        await self._check_base(served)
        if self._spec.priorities is None:
            self._takes_priorities = await self._try_priority(served)
        if self._served and served.version != self._served.version:
            raise EngineError(
                f"{self.url} came back as vLLM {served.version}, it was {self._served.version}; "
                "one record holds one version: start that one again"
            )
        return served

    async def _try_priority(self, served: Served) -> bool:
        """Whether a request with a priority is answered, and not refused as a wrong one."""
        answer = await self._connection.call(
            "/v1/completions", trial_body(served.name), self._spec.timeout
        )
        if answer.status == HTTPStatus.BAD_REQUEST:
            return False
        self._connection.require_ok(answer, "see the server's log")
        return True

    def _take(self, served: Served) -> None:
        self._served = served
        self._loaded = OrderedDict.fromkeys(sorted(served.adapters))
        self.up.set()

    def _check_context(self, served: Served) -> None:
        needed = self._served.context_tokens if self._served else self._spec.context
        if needed and served.context_tokens < needed:
            raise EngineError(
                f"{self.url} serves contexts of {served.context_tokens} tokens, {needed} are "
                f"needed; start it with --max-model-len {needed}"
            )

    async def _check_base(self, served: Served) -> None:
        """Compares bases where that can be done: by a name that is a hash, or on this machine."""
        found = served.name if _is_hash(served.name) else ""
        root = Path(served.root)
        if not found and root.is_absolute():
            with suppress(InputError):  # a path of another machine, which has no model on this one
                found = await asyncio.to_thread(base_identity, root)
        if found and found != self._base:
            raise EngineError(
                f"{self.url} serves base {found[:12]}, --model is {self._base[:12]}; "
                "give the folder that the server was started with"
            )


def _is_hash(name: str) -> bool:
    return len(name) == 32 and set(name) <= set("0123456789abcdef")
