"""A run taken up again after its personas were trained once more: dressed as its record says."""

from dataclasses import replace
from pathlib import Path

from agents.agent import Agent
from personas.adapter import Adapter, load_adapter
from personas.errors import InputError
from simulation.recordfile import (
    Taken,
    open_for_reading,
    read_adapters,
    read_manifest,
    taken_of,
    worn_in,
)
from simulation.scenario import Scenario


def as_recorded(scenario: Scenario, folder: Path) -> Scenario:
    """The scenario with the adapters that a record names, where personas have newer ones by now.

    Only weights are put back, never another persona, stage or voice: those are what tells one
    scenario from another. Adapters that are taken up when their time comes stand in the record by
    themselves (`simulation.newest`).

    Args:
        scenario: As it would be made today.
        folder: Of the run, which is only read.

    Raises:
        InputError: There is no record.
    """
    worn = _recorded(folder)

    def put_back(agent: Agent, seat: str, since: float) -> Agent:
        adapter = worn.get((seat, since, *_who(agent)))
        return agent.fitted(adapter) if adapter else agent

    return replace(
        scenario,
        agents=tuple(put_back(agent, agent.key, 0.0) for agent in scenario.agents),
        swaps=tuple(
            swap if swap.newest else replace(swap, cast=put_back(swap.cast, swap.seat, swap.time))
            for swap in scenario.swaps
        ),
    )


def require_adapters(scenario: Scenario) -> None:
    """Sees to it that every persona's adapter is still there, and still what it was.

    Raises:
        InputError: Naming the adapter that is gone or has changed.
    """
    for worn in scenario.wardrobe:
        adapter = worn.agent.adapter
        if adapter is None or worn.agent.persona is None:
            continue
        try:
            found = load_adapter(adapter.folder, None).fingerprint
        except InputError as error:
            raise InputError(f"an adapter that the run was made with is gone: {error}") from None
        if found != adapter.fingerprint:
            raise InputError(
                f"{adapter.folder} holds another adapter than the run was made with "
                f"({found[:12]}, not {adapter.fingerprint[:12]}): put it back"
            )


def _recorded(folder: Path) -> dict[Taken, Adapter]:
    """Adapters of personas, as a record tells them; not those taken up later."""
    database = open_for_reading(folder)
    try:
        adapters, manifest = read_adapters(database), read_manifest(database)
    finally:
        database.close()
    return {
        taken_of(entry): adapters[str(entry["adapter"])]
        for entry in worn_in(manifest)
        if entry["persona"] and entry["adapter"] in adapters and not entry.get("newest")
    }


def _who(agent: Agent) -> tuple[str, str]:
    """Persona and stage, if that is worn in the weights; empty for anything else."""
    if agent.persona is None or agent.stage is None or agent.voice != "lora":
        return ("", "")
    return (agent.persona.key, agent.stage.name)
