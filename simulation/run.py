"""Runs a scenario: all its arms in one event loop over one engine, into one record."""

import asyncio
import gc
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import inf
from pathlib import Path
from time import perf_counter

from agents import eventloop
from agents.fitting import check_adapters
from personas.errors import InputError
from personas.model import Model, ModelIdentity
from simulation.budget import Budget
from simulation.desk import AT_A_TIME, BATCH, Desk
from simulation.origin import (
    Origin,
    adapter_rows,
    changed_adapters,
    changes,
    manifest_of,
    now,
)
from simulation.progress import Progress
from simulation.record import Record, open_for_reading
from simulation.recordfile import read_manifest
from simulation.room import Room
from simulation.scenario import Scenario, fingerprint

BREATH = 0.005  # seconds of work after which the event loop hears signals and sockets again

OBJECTS_BETWEEN_COLLECTIONS = 500_000


async def simulate(
    scenario: Scenario,
    model: Model,
    folder: Path,
    *,
    origin: Origin = Origin(),
    observe: Callable[[Progress], None] = lambda _: None,
    in_flight: int = 256,
    run_ahead: int = 20_000,
    budget: Budget = Budget(),
    accept_changes: bool = False,
    parent: Path | None = None,
    begun: Callable[[Desk], None] = lambda _: None,
) -> Progress:
    """Runs a scenario to its end, or goes on with a run that was interrupted.

    The transcript equals that of serial execution whatever the engine's latencies: `in_flight`
    and `run_ahead` change how long it takes, and nothing else.

    Args:
        scenario: What is to happen.
        model: Who voices the agents.
        folder: The run's folder; if it holds a record of this scenario, the record answers
            what it knows.
        origin: How the scenario was asked for, for resuming and for the report.
        observe: Called after every commit.
        in_flight: Most requests at the engine at once.
        run_ahead: Most promises made and not yet kept: bounds memory.
        budget: When to stop cleanly before the end.
        accept_changes: Go on although source, packages or model changed since the record.
        parent: Folder of the run that this one branches from: its record answers too, so that
            only what truly differs is computed.
        begun: Handed the desk, whose `stop` ends the run cleanly.

    Returns:
        How far it got; `stopped` says why, if that is not the end.

    Raises:
        InputError: The scenario does not fit the model, or the folder holds another run.
        EngineError: The model failed; run again to continue.
        RecordError: The record is damaged, in use, or cannot be written.
    """
    began = perf_counter()
    with rare_collections():
        record = _open(scenario, model, folder, origin, parent, accept_changes)
    try:
        if parent is not None:
            record.inherit(parent)
        identity = _identity(record.told("model")) or model.identity
        desk = Desk(scenario, model, record, observe, in_flight, identity, budget)
        begun(desk)
        try:
            await drive([Room(scenario, arm, desk.post) for arm in scenario.arms], desk, run_ahead)
        finally:
            await desk.leave()
        if not desk.progress.stopped and record.told("finished") is None:
            record.note(finished=now(), seconds=perf_counter() - began)
        return desk.progress
    finally:
        record.close()


def _open(
    scenario: Scenario,
    model: Model,
    folder: Path,
    origin: Origin,
    parent: Path | None,
    accept_changes: bool,
) -> Record:
    """The run's record, new or gone on with."""
    check_adapters((worn.agent for worn in scenario.wardrobe), model.identity.base)
    manifest = manifest_of(scenario, model, origin)
    if parent is not None:
        manifest |= _branched(parent, manifest, accept_changes)
    return Record(folder, manifest, adapter_rows(scenario), accept_changes=accept_changes)


async def drive(rooms: list[Room], desk: Desk, run_ahead: int = 20_000) -> None:
    """Lets virtual time run ahead of the texts, up to the bound, until all is kept.

    Returns early, with promises open, once a stopped desk has kept what was in flight.
    """
    with rare_collections():
        await _drive(rooms, desk, run_ahead)


@contextmanager
def rare_collections() -> Iterator[None]:
    """Looks for unreachable cycles less often: a run makes none, and holds very many objects."""
    usual = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *usual[1:])
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            # What is left goes to the oldest generation, else all of it would be looked at now.
            gc.freeze()
            gc.unfreeze()
        gc.set_threshold(*usual)


async def _drive(rooms: list[Room], desk: Desk, run_ahead: int) -> None:
    breath = perf_counter() + BREATH
    while True:
        went_on = _look_ahead(rooms, desk, run_ahead)
        if desk.open == 0 and not went_on:
            if all(room.next_time == inf for room in rooms):
                desk.progress.stopped = ""  # what was in flight was all that was left
            return
        if desk.progress.stopped and desk.idle:
            return
        if desk.settle() or went_on:
            if perf_counter() > breath:
                await asyncio.sleep(0)
                breath = perf_counter() + BREATH
        elif desk.exhausted:
            return
        else:
            await desk.some_reply()


def _look_ahead(rooms: list[Room], desk: Desk, run_ahead: int) -> bool:
    """Lets virtual time go on, but no longer than the engine should wait for its next request.

    Returns:
        False if time cannot go on now.
    """
    went_on = False
    most = AT_A_TIME if desk.waits else BATCH
    until = perf_counter() + BREATH
    while desk.open < run_ahead and not desk.has_enough and not desk.progress.stopped:
        room = rooms[0] if len(rooms) == 1 else min(rooms, key=lambda room: room.next_time)
        if room.next_time == inf or (went_on and perf_counter() > until):
            break
        room.advance(min(run_ahead - desk.open, most))
        went_on = True
    return went_on


def run(scenario: Scenario, model: Model, folder: Path) -> Progress:
    """`simulate` for scripts and notebooks without an event loop of their own."""
    return eventloop.run(simulate(scenario, model, folder))


def run_name(scenario: Scenario, model: Model) -> str:
    """Name of a run's folder: the same scenario on the same model has the same name."""
    return f"{scenario.name}-{fingerprint(scenario.describe(model.identity))[:8]}"


def recorded_identity(manifest: dict[str, object]) -> ModelIdentity | None:
    """The model that a record was made with; None if its manifest does not tell."""
    return _identity(manifest.get("model"))


def _identity(told: object) -> ModelIdentity | None:
    return ModelIdentity(**told) if isinstance(told, dict) else None


def _branched(
    parent: Path, manifest: Mapping[str, object], accept_changes: bool
) -> dict[str, object]:
    """What a branch's manifest says about the run that it branches from.

    Raises:
        InputError: Something else than the cast has changed since, and that is not accepted.
    """
    recorded = read_manifest_of(parent)
    changed = [*changes(recorded, manifest), *changed_adapters(recorded, manifest)]
    if changed and not accept_changes:
        raise InputError(
            f"since {parent} was recorded something changed besides the swap "
            f"({'; '.join(changed)}): put it back, or branch all the same with --accept-changes"
        )
    return {
        "branch": {
            "parent": str(parent.resolve()),
            "fingerprint": recorded.get("fingerprint"),
            "time": branch_time(recorded, manifest),
            "accepted": changed,
        }
    }


def branch_time(recorded: Mapping[str, object], wanted: Mapping[str, object]) -> float:
    """Virtual time from which on two runs may differ: where their seats first do; else 0."""
    return min((since for _, since in _wardrobe(recorded) ^ _wardrobe(wanted)), default=0.0)


def _wardrobe(manifest: Mapping[str, object]) -> set[tuple[str, float]]:
    """Everything worn, as comparable text, and since when."""
    worn = manifest.get("wardrobe", [])
    assert isinstance(worn, list)
    return {(json.dumps(_before_taking(one), sort_keys=True), one["since"]) for one in worn}


def _before_taking(worn: Mapping[str, object]) -> dict[str, object]:
    """What stood in the wardrobe before an adapter was taken up: a branch takes up the same."""
    return {**worn, "adapter": None} if worn.get("newest") else dict(worn)


def read_manifest_of(folder: Path) -> dict[str, object]:
    """The manifest of a run.

    Raises:
        InputError: There is no record in the folder, or it cannot be read.
    """
    database = open_for_reading(folder)
    try:
        return read_manifest(database)
    finally:
        database.close()
