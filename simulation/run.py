"""Runs a scenario: all its arms in one event loop over one engine, into one record."""

import asyncio
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from math import inf
from pathlib import Path
from time import perf_counter

from personas.errors import InputError
from personas.model import Model, ModelIdentity
from simulation.desk import Desk, Progress
from simulation.record import Record
from simulation.room import Room
from simulation.scenario import Scenario, fingerprint

PACKAGES = ("symposion", "torch", "transformers", "peft", "simpy", "networkx", "numpy", "pandas")


async def simulate(
    scenario: Scenario,
    model: Model,
    folder: Path,
    *,
    command: str = "",
    observe: Callable[[Progress], None] = lambda _: None,
    in_flight: int = 256,
    run_ahead: int = 20_000,
) -> Progress:
    """Runs a scenario to its end, or goes on with a run that was interrupted.

    The transcript equals that of serial execution whatever the engine's latencies: `in_flight`
    and `run_ahead` change how long it takes, and nothing else.

    Args:
        scenario: What is to happen.
        model: Who voices the agents.
        folder: The run's folder; if it holds a record of this scenario, the record answers
            what it knows.
        command: What the user typed, for the report.
        observe: Called after every kept promise.
        in_flight: Most requests at the engine at once.
        run_ahead: Most promises made and not yet kept: bounds memory.

    Raises:
        InputError: The scenario does not fit the model, or the folder holds another run.
        EngineError: The model failed; run again to continue.
    """
    began = perf_counter()
    _check_bases(scenario, model.identity)
    record = Record(folder, _manifest(scenario, model.identity, command))
    try:
        desk = Desk(scenario, model, record, observe, in_flight)
        try:
            await _drive([Room(scenario, arm, desk.post) for arm in scenario.arms], desk, run_ahead)
        finally:
            await desk.leave()
        if "finished" not in record.manifest():
            record.note(finished=_now(), seconds=perf_counter() - began)
        return desk.progress
    finally:
        record.close()


async def _drive(rooms: list[Room], desk: Desk, run_ahead: int) -> None:
    """Lets virtual time run ahead of the texts, up to the bound."""
    while True:
        while desk.open < run_ahead:
            room = min(rooms, key=lambda room: room.clock.peek())
            if room.clock.peek() == inf:
                break
            room.clock.step()
        if desk.open == 0:
            return
        await desk.some_kept()


def run(scenario: Scenario, model: Model, folder: Path) -> Progress:
    """`simulate` for scripts and notebooks without an event loop of their own."""
    return asyncio.run(simulate(scenario, model, folder))


def run_name(scenario: Scenario, model: Model) -> str:
    """Name of a run's folder: the same scenario on the same model has the same name."""
    return f"{scenario.name}-{fingerprint(scenario.describe(model.identity))[:8]}"


def _check_bases(scenario: Scenario, identity: ModelIdentity) -> None:
    """Refuses adapters that were trained on another base model than the one that runs."""
    for agent in scenario.agents:
        adapter = agent.adapter
        if adapter and identity.base and adapter.base != identity.base:
            raise InputError(
                f"adapter of agent {agent.key!r} ({adapter.folder}) was trained on base "
                f"{adapter.base[:12]}, but the model is {identity.base[:12]}: train it again with "
                "`symposion persona train`, or give the --model it was trained on"
            )


def _manifest(scenario: Scenario, identity: ModelIdentity, command: str) -> dict[str, object]:
    description = scenario.describe(identity)
    described = description["agents"]
    assert isinstance(described, list)
    pairs = {(tie.speaker, tie.listener) for tie in scenario.ties}
    directed = any(pair[::-1] not in pairs for pair in pairs)
    return {
        "fingerprint": fingerprint(description),
        "description": description,
        "scenario": scenario.name,
        "title": scenario.title,
        "topic": scenario.topic,
        "seed": scenario.seed,
        "command": command,
        "agents": [agent | {"kind": agent["voice"]} for agent in described],
        "ties": [
            [tie.speaker, tie.listener, tie.weight]
            for tie in scenario.ties
            if directed or tie.speaker < tie.listener
        ],
        "directed": directed,
        "arms": list(scenario.arms),
        "waves": scenario.waves,
        "model": asdict(identity),
        "packages": _packages(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {sys.version.split()[0]}",
        "started": _now(),
    }


def _packages() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # an optional package that this installation lacks
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
