"""`symposion persona examine` and `symposion persona card`: what a persona is worth, in figures."""

import asyncio
import shlex
import sys
from contextlib import AsyncExitStack
from math import isnan
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from agents.engines.catalogue import ENGINES, WIND_TUNNEL
from experiments.commands.console import clear_errors, out
from experiments.commands.exam_arms import BASELINES, ArmWish
from experiments.commands.exam_room import REPLIES, ExamRoom, ExamWish
from personas.examination.answers import EVERY_STAGE
from personas.examination.exam import prepare
from personas.examination.examine import examine as carry_out
from personas.examination.results import frame, write_results
from personas.examination.spec import ExamSpec
from personas.examination.together import IN_FLIGHT, OnProgress

MEASURE_WIDTH, ARM_WIDTH = 36, 21
"""Columns of the terminal for a table with intervals."""

Examined = Annotated[
    str, typer.Argument(help="Name in the library, or a folder; with @STAGE for one stage alone.")
]
ExamFolder = Annotated[
    Path | None,
    typer.Option("--out", help="Folder of the examination.", show_default="runs/exam-<persona>"),
]


def examine(
    persona: Examined,
    adapter: Annotated[
        list[str] | None,
        typer.Option(
            help="An arm in the weights, repeatable: sft=FOLDER, with @STAGE (sft@early=FOLDER) "
            "where the folder does not lie in its stage.",
            metavar="ARM=FOLDER",
            show_default="the adapters in use",
        ),
    ] = None,
    arm: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Other arms, repeatable: {', '.join(BASELINES)}, or none.",
            show_default="all; the annotator with the grammar alone",
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Its data set.", show_default="runs/data-<persona>")
    ] = None,
    other: Annotated[
        list[str] | None,
        typer.Option(
            help="Another persona to be told apart from, repeatable.",
            show_default="the library's",
        ),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(
            help="Who judges: grammar (the town's) or engine.",
            show_default="as the data was written",
        ),
    ] = None,
    engine: Annotated[str, typer.Option(help=f"One of {', '.join(ENGINES)}.")] = "embedded",
    model: Annotated[
        Path, typer.Option(help="Folder of the base model.", show_default=False)
    ] = WIND_TUNNEL,
    server: Annotated[
        list[str] | None, typer.Option(help="With --engine server: its address, repeatable.")
    ] = None,
    judge_engine: Annotated[
        str | None, typer.Option(help="With --judge engine.", show_default="as --engine")
    ] = None,
    judge_model: Annotated[
        Path | None, typer.Option(help="Folder of the judging model.", show_default="as --model")
    ] = None,
    judge_server: Annotated[
        list[str] | None, typer.Option(help="Its address, repeatable.", show_default="as --server")
    ] = None,
    scale: Annotated[
        list[Path] | None,
        typer.Option(help="A personality scale as CSV (trait,key,text), repeatable."),
    ] = None,
    general: Annotated[
        Path | None,
        typer.Option(
            help="JSONL of general instructions with prompt and reference.",
            show_default="the town's with the grammar, else the data's",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="How often every answer is drawn.", min=1)] = 1,
    temperature: Annotated[float, typer.Option(help="Of the answers.")] = 0.7,
    width: Annotated[int, typer.Option(help="Most questions at once.", min=1)] = IN_FLIGHT,
    to: ExamFolder = None,
) -> None:
    """Examines a persona, arms side by side; the same call goes on where it was interrupted."""
    with clear_errors(resume="The same command goes on."):
        name, _, stage = persona.partition("@")
        wish = ExamWish(
            name, stage or None, ArmWish(tuple(adapter or ()), _given(arm)), data,
            _given(other), judge, (engine, model, tuple(server or ())),
            (judge_engine, judge_model, _given(judge_server)),
            tuple(scale or ()), general,
            ExamSpec(seeds=tuple(range(seeds)), temperature=temperature),
        )  # fmt: skip
        folder = to or exam_folder(persona)
        figures = asyncio.run(_examine(wish, folder, width))
        out.print(_table(figures))
        out.print(f"{folder}: figures.csv, differences.csv, answers.jsonl", markup=False)
        again = [persona, *(["--out", str(folder)] if to else [])]
        out.print(f"next: symposion persona card {shlex.join(again)}", markup=False)


def card(persona: Examined, to: ExamFolder = None) -> None:
    """Makes the report card of an examination: card.json and a page, card.html."""
    from personas.examination.page import write_card  # draws: other commands need not wait for it

    with clear_errors():
        folder = to or exam_folder(persona)
        for path in write_card(folder):
            out.print(str(path), markup=False)


def _given(words: list[str] | None) -> tuple[str, ...] | None:
    """Words, or None where there are none: a default is worked out later."""
    return tuple(words) if words else None


def exam_folder(persona: str) -> Path:
    """Where the examination of a persona, or of one stage of it, lies unless asked otherwise."""
    name, _, stage = persona.partition("@")
    key = Path(name).resolve().name
    return Path("runs") / f"exam-{key}{'-' if stage else ''}{stage}"


async def _examine(wish: ExamWish, folder: Path, width: int) -> pd.DataFrame:
    """Opens what is needed, examines, writes; gives the figures."""
    async with AsyncExitStack() as stack:
        room = await ExamRoom.open(wish, folder / REPLIES, stack)
        for line in room.notes:
            out.print(line, markup=False)
        bars = stack.enter_context(_bars())
        show = _shower(bars)
        exam = await prepare(
            room.sources, room.examiner.annotating, room.examiner.judge, room.writer, wish.spec,
            width=width, on_progress=show,
        )  # fmt: skip
        results = await carry_out(
            exam, room.arms, room.model, room.examiner, wish.spec, width=width, on_progress=show
        )
    told = room.told() | {"command": shlex.join(["symposion", *sys.argv[1:]])}
    write_results(folder, results, told)
    return frame(results.figures)


def _bars() -> Bars:
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn())
    return Bars(*columns, TimeElapsedColumn(), console=out)


def _shower(bars: Bars) -> OnProgress:
    """Shows each task as a bar of its own."""
    shown: dict[str, TaskID] = {}

    def show(task: str, done: int, total: int) -> None:
        if task not in shown:
            shown[task] = bars.add_task(task, total=total)
        bars.update(shown[task], completed=done, total=total)

    return show


def _table(figures: pd.DataFrame) -> Table:
    """Figures over all stages, an arm a column; intervals where the terminal is wide enough."""
    stages = list(dict.fromkeys(figures["stage"]))
    where = EVERY_STAGE if EVERY_STAGE in stages else stages[0]
    rows = figures[figures["stage"] == where]
    arms = list(dict.fromkeys(rows["arm"]))
    wide = out.width >= MEASURE_WIDTH + ARM_WIDTH * len(arms)
    table = Table("measure", *arms, box=None)
    for measure in dict.fromkeys(rows["measure"]):
        here = rows[rows["measure"] == measure].set_index("arm")
        table.add_row(measure, *(_cell(here, arm, wide) for arm in arms))
    return table


def _cell(rows: pd.DataFrame, arm: str, wide: bool) -> str:
    if arm not in rows.index:
        return ""
    value, low, high = (rows[name].astype(float)[arm] for name in ("value", "low", "high"))
    bare = isnan(low) or not wide
    return f"{value:.2f}" if bare else f"{value:.2f} \\[{low:.2f}, {high:.2f}]"
