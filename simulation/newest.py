"""Adapters taken up while a run goes on: looked up once, when their time comes, then recorded.

A persona may be trained again while a run goes on; the new adapter has a name and a folder of its
own. A swap with `newest` takes it up: the first request of the seat that is due at the swap's time
or later looks which adapter is current. That depends on the clock on the wall, so it is treated
like a reply: committed before anything is asked under it, and never looked up again, neither by
the other arms nor by a resumed run, a replay or a branch.
"""

from collections.abc import Mapping
from typing import Protocol

from agents.agent import Agent
from agents.fitting import check_adapters
from personas.adapter import Adapter
from personas.persona import current_adapter
from simulation.recordfile import Taken
from simulation.swaps import Wardrobe, Worn


class Takings(Protocol):
    """Where it is recorded which adapter a seat took up."""

    @property
    def taken(self) -> Mapping[Taken, Adapter]:
        """What has been taken up so far."""
        ...

    def take(self, what: Taken, adapter: Adapter) -> None:
        """Makes durable that it is this adapter.

        Raises:
            RecordError: The disk refuses, or a replay does not know it.
        """
        ...


class Unwritten:
    """Takings of a run that is not recorded."""

    def __init__(self) -> None:
        self.taken: dict[Taken, Adapter] = {}

    def take(self, what: Taken, adapter: Adapter) -> None:
        """Remembers it as long as the run lasts."""
        self.taken[what] = adapter


class Newest:
    """Who is worn in every seat, once its time has come.

    Args:
        wardrobe: Is settled here, entry by entry.
        takings: Of this run.
        base: Identity of the model that runs.
    """

    def __init__(self, wardrobe: Wardrobe, takings: Takings, base: str) -> None:
        self._wardrobe, self._takings, self._base = wardrobe, takings, base
        self._is_open = wardrobe.is_open

    def at(self, seat: str, time: float) -> Agent:
        """Who is worn in a seat; to be asked when a request is about to go out.

        Raises:
            InputError: The adapter that is current now cannot be worn.
        """
        if not self._is_open:
            return self._wardrobe.at(seat, time)
        worn = self._wardrobe.worn(seat, time)
        return self._settle(worn) if worn.newest else worn.agent

    def _settle(self, worn: Worn) -> Agent:
        persona, stage = worn.agent.persona, worn.agent.stage
        assert persona is not None  # Swap has seen to both
        assert stage is not None
        what = (worn.seat, worn.since, persona.key, stage.name)
        adapter = self._takings.taken.get(what)
        if adapter is None:
            adapter = current_adapter(persona, stage)
            check_adapters([worn.agent.fitted(adapter)], self._base)
            self._takings.take(what, adapter)
        return self._wardrobe.settle(worn, adapter)
