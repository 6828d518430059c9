"""`symposion report RUN…`: one page for one run, or for several side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.console import clear_errors, out


def report(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs; two or more are compared.")],
    to: Annotated[
        Path | None, typer.Option("--out", help="Folder of the report; the first run's by default.")
    ] = None,
) -> None:
    """Writes a self-contained HTML page, and its figures as PNG beside it."""
    with clear_errors():
        make_report(runs, to or (runs[0] if len(runs) == 1 else Path("runs") / joint_name(runs)))


def make_report(runs: Sequence[Path], folder: Path) -> Path:
    """Reads the runs and writes report.html into a folder."""
    from simulation.reading import read_run
    from simulation.report import write_report

    page = write_report([read_run(run) for run in runs], folder / "report.html")
    out.print(f"report: {page}", markup=False)
    return page


def joint_name(runs: Sequence[Path]) -> str:
    """Name of the folder for a page about several runs."""
    return "compare-" + "-".join(run.name.rpartition("-")[2] for run in runs)
