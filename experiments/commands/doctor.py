"""`symposion doctor`: which engines work on this machine, and what to do about the others."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from agents.engines.catalogue import WIND_TUNNEL, open_engine
from agents.engines.checkup import Finding, check_up, shadowed
from experiments.commands.console import BROKEN, clear_errors, errors, out
from personas.errors import SymposionError
from personas.model import Control, Request, Sampling, Spoken

DEFAULT_ENGINE = "embedded"
GREETING = Request(
    (Control("user"), Spoken("Moderator: Good evening. Who are you?\n"), Control("assistant")),
    sampling=Sampling(max_tokens=16, temperature=0),
)


def doctor(
    deep: Annotated[
        bool, typer.Option("--deep", help="Really open each engine, and let it answer.")
    ] = False,
    model: Annotated[
        Path, typer.Option(help="Folder of a local Hugging Face causal LM.", show_default=False)
    ] = WIND_TUNNEL,
    server: Annotated[
        list[str] | None, typer.Option(help="URL of a running server, repeatable.")
    ] = None,
) -> None:
    """Says which engines work here; fails unless the default one does."""
    with clear_errors():
        if trouble := shadowed():
            errors.print(f"error: {trouble}", style="red", markup=False)
        servers = tuple(server or ())
        findings = check_up(model, servers)
        if deep:
            findings = tuple(_try_out(found, model, servers) for found in findings)
        _print(findings)
        works = {found.engine for found in findings if found.works}
        if trouble or DEFAULT_ENGINE not in works:
            raise typer.Exit(BROKEN)


def _print(findings: tuple[Finding, ...]) -> None:
    table = Table("engine", "", "what was found", "what to do", box=None)
    for found in findings:
        mark = "[green]works[/]" if found.works else "[red]does not[/]"
        table.add_row(found.engine, mark, escape(found.detail), escape(found.remedy))
    out.print(table)


def _try_out(found: Finding, model: Path, servers: tuple[str, ...]) -> Finding:
    """The finding after one real answer; one that is bad already, or needs a server, stays."""
    if not found.works or (found.engine == "server" and not servers):
        return found
    errors.print(f"trying out {found.engine}", markup=False)
    began = time.monotonic()
    try:
        text = asyncio.run(_answer(found.engine, model, servers))
    except SymposionError as error:
        return replace(found, works=False, detail=str(error))
    return replace(found, detail=f"{found.detail}: {text!r} in {time.monotonic() - began:.0f} s")


async def _answer(engine: str, model: Path, servers: tuple[str, ...]) -> str:
    async with open_engine(engine, model, servers=servers) as voice:
        return (await voice.generate(GREETING)).text
