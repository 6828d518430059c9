"""`symposion windtunnel …`: the small model is rebuilt and examined by one command each."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agents.engines.catalogue import WIND_TUNNEL
from experiments.commands.console import clear_errors, errors, out
from personas.errors import InputError
from personas.persona import library

if TYPE_CHECKING:
    from personas.windtunnel.probe_table import Findings
    from personas.windtunnel.probe_verdicts import Share

app = typer.Typer(help="Trains and examines the small model that ships.", no_args_is_help=True)

TABLE_WIDTH = 132  # characters
RESUME = "The same command goes on from the last checkpoint."


@app.command()
def train(
    tokens: Annotated[int, typer.Option(help="How many to read.")] = 17_000_000,
    seed: Annotated[int, typer.Option(help="Of weights and corpus.")] = 0,
    threads: Annotated[int, typer.Option(help="Processor threads.")] = 1,
) -> None:
    """Trains the base model on the grammar's corpus; resumes by itself, and draws its progress."""
    from personas.windtunnel.training import main

    with clear_errors(resume=RESUME):
        main(["--tokens", str(tokens), "--seed", str(seed), "--threads", str(threads)])


@app.command()
def probe(
    base: Annotated[
        Path, typer.Option(help="Folder of the base model.", show_default=False)
    ] = WIND_TUNNEL,
    personas: Annotated[
        str, typer.Option(help="Whose adapters: names separated by commas, all or none.")
    ] = "all",
    people: Annotated[int | None, typer.Option(help="Strangers to ask; 100, quick 8.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few strangers, one persona.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Writes every figure there.")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Writes figures and margins into the base's card.json.")
    ] = False,
    threads: Annotated[int, typer.Option(help="Processor threads.")] = 1,
) -> None:
    """Examines the base with people that it has never met, and each persona's adapters."""
    with clear_errors():
        if record and (quick or people is not None):
            raise InputError("record must measure in full, got --quick or --people; leave it out")
        from personas.windtunnel import probe_table
        from personas.windtunnel.probe import use_threads

        use_threads(threads)
        scope = probe_table.QUICK if quick else probe_table.Scope()
        if people is not None:
            scope = replace(scope, people=people)
        findings = probe_table.examine(base, _chosen(personas, quick), scope, _say_step)
        command = shlex.join(["symposion", *sys.argv[1:]])
        if json_file:
            probe_table.write_json(json_file, findings.as_json(command))
        if record:
            probe_table.record(base, findings, command)
        _print_findings(findings)


def _chosen(words: str, quick: bool) -> tuple[str, ...]:
    """Names of personas: ``all`` of the library (a quick look takes one), ``none``, or a list."""
    if words == "none":
        return ()
    if words == "all":
        return library()[:1] if quick else library()
    return tuple(word.strip() for word in words.split(","))


def _say_step(words: str) -> None:
    errors.print(f"probing: {words}", markup=False)


def _print_findings(findings: "Findings") -> None:
    """The table, and what its marks mean."""
    from personas.windtunnel.probe_table import ADAPTERS, BASE, MAJORITY, NGRAM, ROWS

    table = Table(box=None)
    for heading in ("", BASE, "target", ADAPTERS, "target", MAJORITY, NGRAM):
        table.add_column(heading, no_wrap=True)
    for row in ROWS:
        found = {name: shares.get(row.figure) for name, shares in findings.columns.items()}
        table.add_row(
            row.label,
            *_cells(found.get(BASE), row.base),
            *_cells(found.get(ADAPTERS), row.adapter),
            *(f"{share.share:.2f}" if share else "" for share in map(found.get, (MAJORITY, NGRAM))),
        )
    # Where the terminal is narrow, whole lines that run over read better than cells of three words.
    Console(highlight=False, width=max(out.width, TABLE_WIDTH)).print(table)
    out.print("share [95 % Wilson interval] number of answers; ✓: the target is met", markup=False)


def _cells(share: "Share | None", target: float | None) -> tuple[str, str]:
    """A share with its interval and a mark where the target is met, and the target."""
    goal = "" if target is None else f"{target:.2f}"
    if share is None:
        return "", goal
    met = " ✓" if target is not None and share.share >= target else ""
    words = f"{share.share:.2f} [{share.low:.2f}, {share.high:.2f}] {share.n}{met}"
    return escape(words), goal
