"""Admission before an engine: who is asked next, so that adapters at hand stay useful.

By hand, for an engine with 8 slots, with what `simulate` needs to leave a choice::

    engine = AdmittedModel(engine, slots=8, in_flight=256)
    await simulate(scenario, engine, folder, in_flight=4096)

`admitted` decides whether that is worth it. An engine without slots (`embedded`) needs none of it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from math import ceil
from typing import Protocol, runtime_checkable

from agents.engines.admission import BASE, MAX_OVERTAKES, Admission, Ticket
from personas.adapter import Adapter
from personas.errors import InputError
from personas.model import Model, ModelIdentity, Reply, Request, Scores


@runtime_checkable
class Foresight(Protocol):
    """A model that likes to know early which adapters will be needed."""

    def upcoming(self, adapter: Adapter | None, priority: float) -> None:
        """One request with this adapter and this priority will come, once its turn is due."""
        ...


@runtime_checkable
class Doorkeeper(Protocol):
    """A model before which requests may wait."""

    def turn_away(self) -> None:
        """Whatever has not gone to an engine yet shall not go: its callers are cancelled."""
        ...


@runtime_checkable
class Slotted(Protocol):
    """A model that serves few adapters at a time."""

    @property
    def slots(self) -> int:
        """Different adapters in one batch; 0 where it serves none."""
        ...

    @property
    def gains_by_admission(self) -> bool:
        """Whether it was measured to be faster with admission than in its own order."""
        ...


class Doorway:
    """Where requests wait until `Admission` lets them go to an engine.

    Args:
        slots: Adapters that the engine keeps at hand, such as vLLM's ``max_loras``.
        max_overtakes: See `Admission`.
        in_flight: Most requests at the engine at once.

    Raises:
        InputError: A number is out of range.
    """

    def __init__(
        self, slots: int, max_overtakes: int = MAX_OVERTAKES, in_flight: int = 256
    ) -> None:
        self.admission = Admission(slots, max_overtakes, in_flight)
        """The policy, for its counts."""
        self._doors: dict[Ticket, asyncio.Future[None]] = {}

    def upcoming(self, adapter: Adapter | None, priority: float) -> None:
        """See `Foresight`."""
        if adapter is not None:
            self.admission.upcoming(adapter.fingerprint, priority)

    def turn_away(self) -> None:
        """See `Doorkeeper`; whoever comes later is admitted as ever."""
        for ticket, door in self._doors.items():
            if ticket.waiting:
                door.cancel()

    @asynccontextmanager
    async def entered(self, adapter: Adapter | None, priority: float) -> AsyncIterator[None]:
        """Waits until a request may go to the engine; its place is free again at the end.

        Raises:
            asyncio.CancelledError: It was turned away.
        """
        ticket = self.admission.arrive(adapter.fingerprint if adapter else BASE, priority)
        loop = asyncio.get_running_loop()
        door = self._doors[ticket] = loop.create_future()
        # Whoever else asks in this step of the loop is at the door before anyone is chosen.
        loop.call_soon(self._open)
        try:
            await door
            yield
        finally:
            self._leave(ticket)

    def _leave(self, ticket: Ticket) -> None:
        del self._doors[ticket]
        if ticket.waiting:
            self.admission.withdraw(ticket)
        else:
            self.admission.done(ticket)
        self._open()

    def _open(self) -> None:
        while (ticket := self.admission.next()) is not None:
            door = self._doors[ticket]
            if not door.done():  # else cancelled just now: it leaves by itself
                door.set_result(None)


class AdmittedModel:
    """Any engine with slots for adapters, asked in the order that `Admission` chooses.

    What is answered does not change, for no reply depends on the order of asking.

    Args:
        engine: Who answers.
        slots: Adapters that the engine keeps at hand, such as vLLM's ``max_loras``.
        max_overtakes: See `Admission`.
        in_flight: Most requests at the engine at once.
    """

    def __init__(
        self,
        engine: Model,
        slots: int,
        max_overtakes: int = MAX_OVERTAKES,
        in_flight: int = 256,
    ) -> None:
        self._engine = engine
        self._doorway = Doorway(slots, max_overtakes, in_flight)

    @property
    def admission(self) -> Admission:
        """The policy, for its counts."""
        return self._doorway.admission

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

    def upcoming(self, adapter: Adapter | None, priority: float) -> None:
        """See `Foresight`; the engine is told, too."""
        self._doorway.upcoming(adapter, priority)
        if isinstance(self._engine, Foresight):
            self._engine.upcoming(adapter, priority)

    def turn_away(self) -> None:
        """See `Doorkeeper`."""
        self._doorway.turn_away()

    async def generate(self, request: Request) -> Reply:
        """The engine's reply, once the request is admitted.

        Raises:
            asyncio.CancelledError: It was turned away.
        """
        async with self._doorway.entered(request.adapter, request.priority):
            return await self._engine.generate(request)

    async def score(self, request: Request, options: Sequence[str]) -> Scores:
        """The engine's scores, once the request is admitted.

        Raises:
            asyncio.CancelledError: It was turned away.
        """
        async with self._doorway.entered(request.adapter, request.priority):
            return await self._engine.score(request, options)


def admitted(
    engine: Model, adapters: int, in_flight: int, wanted: bool | None = None
) -> AdmittedModel | None:
    """The engine behind admission, where that is wanted and there is anything to choose.

    Args:
        engine: Who answers.
        adapters: Different ones that will be worn.
        in_flight: Most requests at the engine at once.
        wanted: None leaves it to what was measured: on where the engine `gains_by_admission`.

    Returns:
        None where every adapter has a slot, or admission is off: ask the engine itself.

    Raises:
        InputError: It is asked for and the engine has no slots.
    """
    if wanted is False:
        return None
    if not isinstance(engine, Slotted):
        if wanted:
            raise InputError(
                "admission is for an engine with slots for adapters (vllm), "
                f"got {engine.identity.engine!r}: leave it out"
            )
        return None
    slots, gains = engine.slots, engine.gains_by_admission
    if not 0 < slots < adapters or not (wanted or gains):
        return None
    return AdmittedModel(engine, slots, in_flight=in_flight)


def handed_over(adapters: int, slots: int, in_flight: int) -> int:
    """Requests that a simulation must hand over at once for admission to have a choice.

    As many for all adapters as the engine may hold for those in its slots: of evenly spread
    requests, those at hand then fill the engine.

    Args:
        adapters: Different ones that are worn, at least 1.
        slots: Adapters at hand, at least 1.
        in_flight: Most requests at the engine at once.
    """
    return in_flight * max(1, ceil(adapters / slots))
