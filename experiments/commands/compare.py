"""`symposion compare A B…`: how runs differ, where they begin to, and where everybody ended."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.console import clear_errors, out
from experiments.commands.report import joint_name, make_report


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of two or more runs.")],
    to: Annotated[
        Path | None, typer.Option("--out", help="Folder of the page that shows them side by side.")
    ] = None,
    page: Annotated[bool, typer.Option(help="Whether to write that page.")] = True,
) -> None:
    """Says how runs differ from the first and where they begin to; writes them on one page."""
    from personas.errors import InputError

    with clear_errors():
        if len(runs) < 2:
            raise InputError(f"compare needs at least two runs, got {len(runs)}")
        _tell(runs)
        if page:
            make_report(runs, to or Path("runs") / joint_name(runs))


def _tell(runs: Sequence[Path]) -> None:
    from simulation import comparison
    from simulation.page import read
    from simulation.reading import read_run

    readings = read([read_run(run) for run in runs])
    for reading, folder in zip(readings, runs, strict=True):
        out.print(f"{reading.name}: {folder}", markup=False)
    for line in [
        *comparison.contrast_lines(readings),
        *comparison.branch_lines(readings),
        *comparison.parting_lines(readings),
        *comparison.outcome_lines(readings),
    ]:
        out.print(line, markup=False)
