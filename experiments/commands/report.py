"""`symposion report RUN…`: one page for one run, for several side by side, or for a study."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.console import clear_errors, out
from experiments.commands.judging import (
    JudgeEngine,
    JudgeModel,
    JudgeName,
    JudgePairs,
    JudgeServers,
    JudgeWish,
    readers,
)
from personas.errors import InputError
from simulation.judging.asking import MOST_PAIRS


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Folders of runs, of which two or more are compared; or of a study."),
    ],
    to: Annotated[
        Path | None, typer.Option("--out", help="Folder of the report; the first run's by default.")
    ] = None,
    human: Annotated[
        Path | None,
        typer.Option(
            help="CSV of human answers (question, option, share), set beside the agents'."
        ),
    ] = None,
    judge: JudgeName = None,
    judge_engine: JudgeEngine = None,
    judge_model: JudgeModel = None,
    judge_server: JudgeServers = None,
    judge_pairs: JudgePairs = MOST_PAIRS,
) -> None:
    """Writes a self-contained HTML page, and its figures as PNG and SVG beside it."""
    with clear_errors(resume="The same command goes on."):
        folder = to or (runs[0] if len(runs) == 1 else Path("runs") / joint_name(runs))
        servers = tuple(judge_server) if judge_server else None
        wish = JudgeWish(judge, judge_engine, judge_model, servers, judge_pairs)
        make_report(runs, folder, human, wish)


def make_report(
    runs: Sequence[Path],
    folder: Path,
    human: Path | None = None,
    wish: JudgeWish | None = None,
) -> Path:
    """Reads runs, or a study, and writes report.html into a folder.

    Args:
        runs: Their folders, or that of one study.
        folder: Of the page.
        human: A table of human answers, for runs.
        wish: Who judges what was said, in runs.

    Raises:
        InputError: There is nothing to report, a study stands among runs, or the table of human
            answers cannot be read or does not fit.
        EngineError: The judging model is broken.
    """
    from simulation.studyplan import FILE

    studies = [run for run in runs if (run / FILE).is_file()]
    if studies and len(runs) > 1:
        raise InputError(f"{studies[0]} is a study: report it alone, or name runs inside of it")
    if studies and human:
        raise InputError(f"human answers are set beside runs: name runs inside of {studies[0]}")
    if studies and wish and (wish.judge or wish.by_model):
        raise InputError(f"a judge reads runs: name runs inside of {studies[0]}")
    page = folder / "report.html"
    if studies:
        page = _study_page(studies[0], page)
    else:
        page = _runs_page(runs, page, human, wish or JudgeWish())
    out.print(f"report: {page}", markup=False)
    return page


def joint_name(runs: Sequence[Path]) -> str:
    """Name of the folder for a page about several runs."""
    return "compare-" + "-".join(run.name.rpartition("-")[2] for run in runs)


def _runs_page(runs: Sequence[Path], page: Path, human: Path | None, wish: JudgeWish) -> Path:
    from simulation.analysis.human import read_human_shares
    from simulation.reading import read_run
    from simulation.report import write_report
    from simulation.whatif.worth import read_worth

    table = read_human_shares(human) if human else None
    frames = [read_run(run) for run in runs]
    ranking = read_worth(runs[0]) if len(runs) == 1 else None
    return write_report(frames, page, readers(runs, frames, wish), table, ranking)


def _study_page(study: Path, page: Path) -> Path:
    from simulation.study import load_study
    from simulation.studyreport import write_study_report

    return write_study_report(load_study(study), page)
