"""Options of `symposion report` for who judges what was said, and the asking of a model."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from agents.engines.catalogue import ENGINES, open_engine
from experiments.commands.choices import Choices
from experiments.commands.console import out
from personas.errors import InputError
from personas.examination.together import IN_FLIGHT
from simulation.analysis.frames import RunFrames
from simulation.judging.asking import MOST_PAIRS, judge_run, profiles_of, questions_of
from simulation.judging.judge import ModelJudge
from simulation.judging.reader import reader_of
from simulation.sections.annotated import Reader, town_reader

JUDGES = ("grammar", "engine", "none")
"""``grammar``: the town's. ``engine``: a language model. ``none``: nobody."""

JudgeName = Annotated[
    str | None,
    typer.Option(
        help=f"Who judges what was said: {', '.join(JUDGES)}. A model's verdicts are kept beside "
        "the run, and asked for once.",
        show_default="kept verdicts, else the grammar where it can read",
    ),
]
JudgeEngine = Annotated[
    str | None,
    typer.Option(help=f"Engine of the judge: {', '.join(ENGINES)}.", show_default="the run's"),
]
JudgeModel = Annotated[
    Path | None, typer.Option(help="Folder of the judging model.", show_default="the run's")
]
JudgeServers = Annotated[
    list[str] | None,
    typer.Option(
        help="Address of a vLLM server of the judge, repeatable.", metavar="URL",
        show_default="the run's",
    ),
]  # fmt: skip
JudgePairs = Annotated[
    int,
    typer.Option(help="Most pairs of own lines of one agent in one arm that a model judges."),
]


@dataclass(frozen=True, slots=True)
class JudgeWish:
    """Who is to judge, in words."""

    judge: str | None = None
    """One of `JUDGES`; None: kept verdicts, else the grammar where it can read."""
    engine: str | None = None
    model: Path | None = None
    servers: tuple[str, ...] | None = None
    pairs: int = MOST_PAIRS

    def __post_init__(self) -> None:
        if self.judge not in (None, *JUDGES):
            raise InputError(f"judge must be {', '.join(JUDGES)}, got {self.judge!r}")
        if self.judge in ("grammar", "none") and self.changed:
            raise InputError(f"judge options are for --judge engine, got --judge {self.judge}")

    @property
    def changed(self) -> bool:
        """Whether anything is said about the judging model."""
        return any(one is not None for one in (self.engine, self.model, self.servers))

    @property
    def by_model(self) -> bool:
        """Whether a model is to be asked."""
        return self.judge == "engine" or self.changed

    def choices_of(self, manifest: Mapping[str, object]) -> Choices:
        """The judge's engine: what is not said is as in the run."""
        told = manifest.get("choices")
        own = Choices.of_json(told if isinstance(told, dict) else {})
        engine = self.engine or ("server" if self.servers else own.engine)
        servers = own.servers if self.servers is None else self.servers
        return Choices(
            engine=engine,
            model=self.model or own.model,
            servers=servers if engine == "server" else (),
        )


def readers(
    runs: Sequence[Path], frames: Sequence[RunFrames], wish: JudgeWish
) -> Callable[[RunFrames], Reader | None]:
    """Who reads each run, after a model has judged what it was asked to.

    Args:
        runs: Their folders.
        frames: The same runs, read.
        wish: Who is to judge.

    Raises:
        EngineError: The judging model is broken; what it said until then is kept.
        InputError: It cannot be opened.
    """
    judges: dict[Path, str] = {}
    if wish.by_model:
        for folder, run in zip(runs, frames, strict=True):
            judges[folder] = asyncio.run(_ask(folder, run, wish))
    found = {
        id(run): _reader(folder, run, wish, judges.get(folder))
        for folder, run in zip(runs, frames, strict=True)
    }
    return lambda run: found[id(run)]


def _reader(folder: Path, run: RunFrames, wish: JudgeWish, judge: str | None) -> Reader | None:
    if wish.judge == "none":
        return None
    if wish.judge == "grammar":
        return town_reader(run)
    return reader_of(run, folder, judge) or town_reader(run)


async def _ask(folder: Path, run: RunFrames, wish: JudgeWish) -> str:
    """Asks what has not been asked yet, and returns who judged."""
    choices = wish.choices_of(run.manifest)
    questions = questions_of(run, profiles_of(folder), wish.pairs)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    engine = open_engine(choices.engine, choices.model, choices.servers)
    async with engine:
        judge = ModelJudge(engine)
        with Progress(*columns, console=out, transient=True) as bars:
            task = bars.add_task(f"judging {folder.name}", total=None)

            def show(_: str, done: int, total: int) -> None:
                bars.update(task, completed=done, total=total)

            asked = await judge_run(questions, judge, folder, show, IN_FLIGHT)
    out.print(
        f"judged: {folder}: {asked} questions asked, {len(questions) - asked} known already",
        markup=False,
    )
    return judge.identity
