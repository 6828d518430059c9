"""`symposion resume`, `replay` and `branch`: a run taken up from its record."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from pathlib import Path
from string import ascii_letters
from typing import Annotated

import typer

from experiments.commands.choices import Choices
from experiments.commands.console import BROKEN, clear_errors, errors, out
from experiments.commands.run import rebuild
from experiments.commands.session import AcceptChanges, MaxHours, MaxTokens, Session
from experiments.commands.sweep import resume_study
from personas.errors import InputError
from simulation.budget import Budget
from simulation.record import open_for_reading
from simulation.refit import as_recorded, require_adapters
from simulation.run import read_manifest_of
from simulation.studyplan import FILE as STUDY_FILE

Run = Annotated[Path, typer.Argument(help="Folder of the run.")]
RunOrStudy = Annotated[Path, typer.Argument(help="Folder of the run, or of a study.")]
Servers = Annotated[
    list[str] | None,
    typer.Option(help="Where the servers are now, if not where they were.", metavar="URL"),
]


def resume(
    run: RunOrStudy,
    server: Servers = None,
    report: Annotated[bool, typer.Option(help="Write the report when the run is done.")] = True,
    max_tokens: MaxTokens = None,
    max_hours: MaxHours = None,
    accept_changes: AcceptChanges = False,
) -> None:
    """Goes on with a run or a study that was interrupted: all that it takes is in its folder."""
    with clear_errors(resume="The same command goes on from there."):
        budget = Budget(max_tokens, max_hours)
        if (run / STUDY_FILE).exists():
            resume_study(run, server, budget, accept_changes)
        else:
            manifest = read_manifest_of(run)
            _session(run, manifest, server, budget, accept_changes).carry_out(run)
        if report:
            from experiments.commands.report import make_report

            make_report([run], run)


def replay(run: Run) -> None:
    """Runs it again without any model, every reply from the record, and compares."""
    from simulation.replay import replay as play

    with clear_errors():
        manifest = read_manifest_of(run)
        scenario, _ = rebuild(manifest)
        scenario = as_recorded(_choices(manifest, None).dressed(scenario), run)
        found = asyncio.run(play(scenario, run))
        what = f"{found.turns} turns and {found.answers} answers replayed without a model"
        if found.differences:
            errors.print(
                f"error: {what}, not identical: {'; '.join(found.differences)}",
                style="red",
                markup=False,
            )
            raise typer.Exit(BROKEN)
        rest = (
            ""
            if found.finished
            else "; the run had not finished, and was replayed as far as it goes"
        )
        out.print(f"identical: {what}, {found.rows} rows as recorded{rest}", markup=False)


def branch(
    run: Run,
    swap: Annotated[
        list[str] | None,
        typer.Option(
            help='What is different: "3 rosa=keiko@early", from virtual time 3 on. Repeatable.',
            metavar="'[TIME] NAME=PERSONA'",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="Virtual time of every --swap, instead of one in front of each; the first letters "
            "of its unit may follow, as in 3h where a run counts in hours.",
            metavar="TIME",
        ),
    ] = None,
    cast: Annotated[
        list[str] | None,
        typer.Option(help="What is different from the start on.", metavar="NAME=PERSONA"),
    ] = None,
    out_: Annotated[Path | None, typer.Option("--out", help="Folder of the new run.")] = None,
    server: Servers = None,
    report: Annotated[bool, typer.Option(help="Lay both runs side by side.")] = True,
    max_tokens: MaxTokens = None,
    max_hours: MaxHours = None,
    accept_changes: AcceptChanges = False,
) -> None:
    """What if somebody had been someone else? Computes only what that changes."""
    with clear_errors(resume="The same command goes on from there."):
        if not swap and not cast:
            raise InputError("branch needs --swap 'TIME NAME=PERSONA' or --cast NAME=PERSONA")
        manifest = read_manifest_of(run)
        swaps = _dated(swap or [], at, str(manifest.get("unit", "rounds")))
        budget = Budget(max_tokens, max_hours)
        session = _session(run, manifest, server, budget, accept_changes, swaps, cast or [])
        folder = replace(session, parent=run).carry_out(out_)
        _tell_shares(folder)
        if report:
            from experiments.commands.report import make_report

            make_report([run, folder], folder)


def _dated(swaps: list[str], at: str | None, unit: str) -> list[str]:
    """Every swap with its time in front.

    Raises:
        InputError: `at` is no time in that unit, or a swap has a time of its own beside it.
    """
    if at is None:
        return swaps
    number = at.strip().rstrip(ascii_letters)
    suffix = at.strip()[len(number) :]
    if not _is_time(number) or not unit.startswith(suffix):
        raise InputError(
            f"at must be a virtual time in {unit}, such as 3 or 3{unit[0]}, got {at!r}"
        )
    for entry in swaps:
        if " " in entry.partition("=")[0].strip():
            raise InputError(f"swap {entry!r} names a time already: leave it or --at out")
    return [f"{number} {entry}" for entry in swaps]


def _is_time(word: str) -> bool:
    try:
        return isfinite(float(word))
    except ValueError:
        return False


def _session(
    run: Path,
    manifest: Mapping[str, object],
    servers: list[str] | None,
    budget: Budget,
    accept_changes: bool,
    swap: list[str] | None = None,
    cast: list[str] | None = None,
) -> Session:
    """The sitting that a record was made in, with what is different now."""
    choices = _choices(manifest, servers)
    scenario, origin = rebuild(manifest)
    seats = {entry.partition("=")[0] for entry in cast or ()}
    kept = tuple(entry for entry in choices.cast if entry.partition("=")[0] not in seats)
    before = as_recorded(replace(choices, cast=kept).dressed(scenario), run)
    dressed = Choices(cast=tuple(cast or ()), swap=tuple(swap or ())).dressed(before)
    require_adapters(dressed)
    choices = replace(choices, swap=(*choices.swap, *(swap or ())), cast=(*kept, *(cast or ())))
    told = manifest.get("branch")
    parent = Path(str(told["parent"])) if isinstance(told, dict) else None
    if parent is not None and not parent.is_dir():
        errors.print(f"{parent} is gone: what it knew is computed again", markup=False)
        parent = None
    return Session(dressed, choices, origin, budget, accept_changes, parent)


def _choices(manifest: Mapping[str, object], servers: list[str] | None) -> Choices:
    told = manifest.get("choices")
    choices = Choices.of_json(told if isinstance(told, dict) else {})
    return replace(choices, servers=tuple(servers)) if servers else choices


def _tell_shares(folder: Path) -> None:
    database = open_for_reading(folder)
    try:
        taken, every = database.execute("SELECT sum(inherited), count(*) FROM calls").fetchone()
    finally:
        database.close()
    out.print(f"{every - (taken or 0)} calls computed, {taken or 0} taken from the parent run")
