"""`symposion persona new` and `symposion persona data`: from nothing, or raw text, to data."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from operator import eq
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TimeElapsedColumn
from rich.progress import Progress as Bars

from agents.embedding import EMBEDDERS, open_embedder
from agents.engines.catalogue import ENGINES, WIND_TUNNEL, open_engine
from experiments.commands.console import clear_errors, out
from personas.annotator import Annotator
from personas.chance import seed_for
from personas.datafolder import MIX, DataSet, Ingredients, read_neighbour, write_data
from personas.dataset import IN_FLIGHT, OnProgress, Progress, Review
from personas.embedding import CachedEmbedder, Embedder
from personas.engine_annotator import EngineAnnotator
from personas.errors import InputError
from personas.instructions import Instruction, load_instructions
from personas.items import Item
from personas.material import load_material
from personas.newcomer import write_empty, write_newcomer
from personas.persona import find_persona, library
from personas.preferences import PairRules
from personas.recipe import DataRecipe
from personas.windtunnel.annotator import GrammarAnnotator, same_said, town_instructions
from personas.windtunnel.life import read_person
from personas.wordbudget import Budgets

TOWN_INSTRUCTIONS = 600
"""General instructions that the grammar writes, where no file of others is given."""


def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make; its name is the persona's key.")],
    seed: Annotated[int, typer.Option(help="Of everything that is invented.")] = 0,
    name: Annotated[
        str | None, typer.Option(help="First and last name.", show_default="invented")
    ] = None,
    empty: Annotated[
        bool, typer.Option("--empty", help="Invent nobody: write a folder to be filled.")
    ] = False,
    stage: Annotated[
        list[str] | None,
        typer.Option(help="With --empty: a stage of the life, repeatable.", show_default="now"),
    ] = None,
) -> None:
    """Makes a persona's folder: an invented townsperson, or an empty one with instructions."""
    with clear_errors():
        if empty:
            write_empty(folder, name or folder.name.capitalize(), stage or ["now"])
            out.print(f"{folder}: fill it as README.md there says", markup=False)
            return
        if stage:
            raise InputError("stage is for empty folders, got one without --empty; add --empty")
        person = write_newcomer(folder, seed, name)
        for chapter in person.chapters:
            years = f"{chapter.years[0]}-{chapter.years[1]}"
            told = f"{chapter.age}, {chapter.job}, {chapter.home}"
            out.print(f"{person.name}, {chapter.name} {years}: {told}", markup=False)
        out.print(f"next: symposion persona data {folder}", markup=False)


def data(
    persona: Annotated[str, typer.Argument(help="Name in the library, or a folder.")],
    annotator: Annotated[
        str, typer.Option(help="Who writes: grammar (the town's, knows the truth) or engine.")
    ] = "grammar",
    engine: Annotated[str, typer.Option(help=f"One of {', '.join(ENGINES)}.")] = "embedded",
    model: Annotated[
        Path, typer.Option(help="Folder of the writing model.", show_default=False)
    ] = WIND_TUNNEL,
    server: Annotated[
        list[str] | None, typer.Option(help="With --engine server: its address, repeatable.")
    ] = None,
    items: Annotated[int, typer.Option(help="Accepted items a stage.")] = DataRecipe().items,
    seed: Annotated[int, typer.Option(help="Of all choices.")] = 0,
    other: Annotated[
        list[str] | None,
        typer.Option(
            help="A persona who answers the same questions, repeatable. "
            "Default: with the grammar all others of the library, with an engine none.",
            show_default=False,
        ),
    ] = None,
    neighbour: Annotated[
        list[Path] | None,
        typer.Option(help="Another persona's data folder to mine worse answers from, repeatable."),
    ] = None,
    general: Annotated[
        Path | None,
        typer.Option(
            help="JSONL of general instructions with prompt and reference.",
            show_default="the town's with the grammar, none with an engine",
        ),
    ] = None,
    embedder: Annotated[str, typer.Option(help=f"One of {', '.join(EMBEDDERS)}.")] = "words",
    calibrate: Annotated[
        bool,
        typer.Option("--calibrate", help="Show drafts and take wishes until one is approved."),
    ] = False,
    width: Annotated[int, typer.Option(help="Most attempts at once.", min=1)] = IN_FLIGHT,
    to: Annotated[
        Path | None,
        typer.Option("--out", help="Folder of the data set.", show_default="runs/data-<persona>"),
    ] = None,
) -> None:
    """Writes the data that a persona is trained and examined on; the same call goes on."""
    with clear_errors(resume="The same command goes on."):
        wish = _Wish(
            persona, annotator, engine, model, tuple(server or ()), DataRecipe(seed, items),
            None if other is None else tuple(other), tuple(neighbour or ()), general, embedder,
        )  # fmt: skip
        folder = to or Path("runs") / f"data-{wish.folder.name}"
        written = asyncio.run(_write(wish, folder, calibrate, width))
        out.print(
            f"{folder}: {len(written.train)} to train, {len(written.test)} to examine, "
            f"{len(written.preferences)} pairs (mix: {folder / MIX})",
            markup=False,
        )


@dataclass(frozen=True, slots=True)
class _Wish:
    """Who is to be written about, how, and by whom."""

    persona: str
    annotator: str
    engine: str
    model: Path
    servers: tuple[str, ...]
    recipe: DataRecipe
    other: tuple[str, ...] | None
    neighbours: tuple[Path, ...]
    general: Path | None
    embedder: str

    def __post_init__(self) -> None:
        if self.annotator not in ("grammar", "engine"):
            raise InputError(f"annotator must be grammar or engine, got {self.annotator!r}")
        if self.annotator == "grammar" and self.servers:
            raise InputError("server is for an engine, got --annotator grammar; say engine there")

    @property
    def by_grammar(self) -> bool:
        """Whether the town's grammar writes."""
        return self.annotator == "grammar"

    @property
    def folder(self) -> Path:
        """Of the persona."""
        return find_persona(self.persona).resolve()

    @property
    def others(self) -> tuple[Path, ...]:
        """Folders of those who answer the same questions."""
        named = self.other
        if named is None:
            named = library() if self.by_grammar else ()
        folders = (find_persona(one).resolve() for one in named)
        return tuple(one for one in folders if one.name != self.folder.name)

    @property
    def instructions(self) -> tuple[Instruction, ...]:
        """General ones: the user's, or those of the town."""
        if self.general is not None:
            return load_instructions(self.general)
        if not self.by_grammar:
            return ()
        rng = random.Random(seed_for(self.recipe.seed, "general instructions"))
        return town_instructions(rng, TOWN_INSTRUCTIONS)


async def _write(wish: _Wish, folder: Path, calibrate: bool, width: int) -> DataSet:
    """Opens what is needed, and writes."""
    vectors = CachedEmbedder(open_embedder(wish.embedder), wish.embedder, folder / "cache")
    async with AsyncExitStack() as stack:
        made_from = await _ingredients(wish, vectors, stack)
        recipe = wish.recipe
        if not made_from.instructions:
            recipe = replace(recipe, general=0.0)
            out.print("no general instructions: give some with --general to have them answered")
        bars = stack.enter_context(_bars())
        stack.callback(vectors.save)
        return await write_data(
            made_from, recipe, PairRules(recipe.seed), folder, width=width,
            on_progress=_shower(bars), review=_reviewer(bars) if calibrate else None,
        )  # fmt: skip


async def _ingredients(wish: _Wish, vectors: Embedder, stack: AsyncExitStack) -> Ingredients:
    """All that the data is made from; an engine stays open as long as the stack."""
    neighbours = tuple(map(read_neighbour, wish.neighbours))
    annotator: Annotator
    same: Callable[[str, str], bool] = eq
    if wish.by_grammar:
        budgets, same = Budgets(), same_said
        people = {one.name: read_person(one) for one in (wish.folder, *wish.others)}
        annotator = GrammarAnnotator(people)
    else:
        speaker = open_engine(wish.engine, wish.model, wish.servers)
        await stack.enter_async_context(speaker)
        budgets = Budgets.for_window(speaker.context_tokens)
        annotator = EngineAnnotator(speaker)
    others = tuple(load_material(one, budgets) for one in wish.others)
    return Ingredients(
        load_material(wish.folder, budgets), annotator, vectors, wish.embedder, others,
        neighbours, wish.instructions, budgets, same,
    )  # fmt: skip


def _bars() -> Bars:
    """One bar a task, with what was rejected."""
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), "{task.fields[note]}")
    return Bars(*columns, TimeElapsedColumn(), console=out)


def _shower(bars: Bars) -> OnProgress:
    """Shows each stage as a bar of its own."""
    shown: dict[str, TaskID] = {}

    def show(step: Progress) -> None:
        if step.task not in shown:
            shown[step.task] = bars.add_task(step.task, total=step.wanted, note="")
        note = f"{step.rejected} rejected" if step.rejected else ""
        bars.update(shown[step.task], completed=step.done, note=note)

    return show


def _reviewer(bars: Bars) -> Review:
    """Shows a draft on the terminal and takes a wish, or "ok"."""

    async def review(draft: Item) -> str:
        bars.stop()
        for turn in draft.turns:
            out.print(f"\n> {turn.user}\n{turn.analysis}\n{turn.response}", markup=False)
        said = await asyncio.to_thread(typer.prompt, "ok, or what should be different from now on")
        bars.start()
        return "" if str(said).strip().casefold() == "ok" else str(said)

    return review
