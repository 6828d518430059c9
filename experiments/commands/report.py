"""`symposion report RUN…`: one page for one run, for several side by side, or for a study."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.console import clear_errors, out
from personas.errors import InputError


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Folders of runs, of which two or more are compared; or of a study."),
    ],
    to: Annotated[
        Path | None, typer.Option("--out", help="Folder of the report; the first run's by default.")
    ] = None,
) -> None:
    """Writes a self-contained HTML page, and its figures as PNG and SVG beside it."""
    with clear_errors():
        make_report(runs, to or (runs[0] if len(runs) == 1 else Path("runs") / joint_name(runs)))


def make_report(runs: Sequence[Path], folder: Path) -> Path:
    """Reads runs, or a study, and writes report.html into a folder.

    Raises:
        InputError: There is nothing to report, or a study stands among runs.
    """
    from simulation.studyplan import FILE

    studies = [run for run in runs if (run / FILE).is_file()]
    if studies and len(runs) > 1:
        raise InputError(f"{studies[0]} is a study: report it alone, or name runs inside of it")
    page = (_study_page if studies else _runs_page)(runs, folder / "report.html")
    out.print(f"report: {page}", markup=False)
    return page


def joint_name(runs: Sequence[Path]) -> str:
    """Name of the folder for a page about several runs."""
    return "compare-" + "-".join(run.name.rpartition("-")[2] for run in runs)


def _runs_page(runs: Sequence[Path], page: Path) -> Path:
    from simulation.reading import read_run
    from simulation.report import write_report

    return write_report([read_run(run) for run in runs], page)


def _study_page(studies: Sequence[Path], page: Path) -> Path:
    from simulation.study import load_study
    from simulation.studyreport import write_study_report

    return write_study_report(load_study(studies[0]), page)
