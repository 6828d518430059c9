"""The adapters that a vLLM in this process has been given."""

import asyncio
from typing import TYPE_CHECKING

from agents.engines.vllm_setup import VllmSetup
from personas.adapter import Adapter, check_fits, fingerprint_of
from personas.errors import EngineError, InputError

if TYPE_CHECKING:
    from vllm.lora.request import LoRARequest
    from vllm.v1.engine.async_llm import AsyncLLM


class VllmAdapters:
    """Loads each adapter once, at its first request or when one is announced.

    It is loaded on its own and not with the request: a file that vLLM cannot use would otherwise
    take its whole process down.

    Args:
        llm: Running already.
        setup: What it was told.
    """

    def __init__(self, llm: "AsyncLLM", setup: VllmSetup) -> None:
        self._llm, self._setup = llm, setup
        self.loaded: dict[str, LoRARequest] = {}
        """By fingerprint."""
        self._announced: dict[str, asyncio.Task[LoRARequest | None]] = {}
        self._loading = asyncio.Lock()

    def announce(self, adapter: Adapter | None) -> None:
        """Begins to load an adapter that will be worn; a failure is left to whoever wears it."""
        if adapter is None or {adapter.fingerprint} & (self.loaded.keys() | self._announced.keys()):
            return
        task = self._announced[adapter.fingerprint] = asyncio.ensure_future(self.worn(adapter))
        # Who wears it tries again, and hears the failure then: here nobody waits for it.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def worn(self, adapter: Adapter | None) -> "LoRARequest | None":
        """The adapter as vLLM knows it; None for the bare base.

        Raises:
            EngineError: It cannot be served here.
        """
        if adapter is None:
            return None
        if adapter.fingerprint not in self.loaded:
            async with self._loading:
                if adapter.fingerprint not in self.loaded:
                    self.loaded[adapter.fingerprint] = await self._load(adapter)
        return self.loaded[adapter.fingerprint]

    async def aclose(self) -> None:
        """Gives up what is being loaded and nobody waits for."""
        for task in self._announced.values():
            task.cancel()
        await asyncio.gather(*self._announced.values(), return_exceptions=True)

    async def _load(self, adapter: Adapter) -> "LoRARequest":
        """Gives vLLM one more adapter.

        Raises:
            EngineError: It cannot be served here.
        """
        from vllm.lora.request import LoRARequest

        self._check(adapter)
        number = len(self.loaded) + 1
        worn = LoRARequest(adapter.fingerprint, number, str(adapter.folder.resolve()))
        try:
            loaded = await self._llm.add_lora(worn)
        except Exception as error:
            raise EngineError(f"cannot load adapter {adapter.folder}: {words(error)}") from error
        if not loaded:
            raise EngineError(f"vLLM refused adapter {adapter.folder}; its log says why")
        return worn

    def _check(self, adapter: Adapter) -> None:
        """Refuses what vLLM would die of, or fill into a slot that it does not fit."""
        setup = self._setup
        if not setup.max_loras or adapter.rank > setup.max_lora_rank:
            most = setup.max_lora_rank if setup.max_loras else 0
            raise EngineError(
                f"adapter {adapter.folder} has rank {adapter.rank}, this engine was opened for "
                f"ranks up to {most}; open it for the whole cast"
            )
        try:
            unchanged = fingerprint_of(adapter.folder) == adapter.fingerprint
            if not adapter.base:  # vLLM fills a slot with whatever fits into it
                check_fits(adapter, setup.folder)
        except InputError as error:
            raise EngineError(f"cannot load adapter {adapter.folder}: {error}") from error
        if not unchanged:
            raise EngineError(
                f"adapter {adapter.folder} has changed since it was checked; start again"
            )


def words(error: Exception) -> str:
    """What went wrong, in a line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
