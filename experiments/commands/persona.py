"""`symposion persona …`: who there is, and how data and adapters come from raw text."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from agents.engines.catalogue import WIND_TUNNEL
from experiments.commands.console import clear_errors, out
from experiments.commands.persona_data import data, new
from experiments.commands.persona_exam import card, examine
from experiments.commands.persona_ratings import ratings
from personas.persona import find_persona, library, load_persona

if TYPE_CHECKING:
    from personas.tuning import TuningStep

app = typer.Typer(
    help="Lists personas, writes their data, trains and examines them.", no_args_is_help=True
)
app.command()(new)
app.command()(data)
app.command()(examine)
app.command()(card)
app.command()(ratings)

Names = Annotated[
    list[str],
    typer.Argument(help="Names in the library, or folders; with @STAGE for one stage alone."),
]


@app.command(name="list")
def list_() -> None:
    """Shows the personas that ship, their stages and adapters."""
    table = Table("name", "person", "stages", "domains", "adapters", box=None)
    with clear_errors():
        for name in library():
            persona = load_persona(find_persona(name))
            stages = ", ".join(f"{s.name} {s.years[0]}-{s.years[1]}" for s in persona.stages)
            marks = [s.adapter.fingerprint[:8] if s.adapter else "none yet" for s in persona.stages]
            table.add_row(name, persona.name, stages, ", ".join(persona.domains), ", ".join(marks))
    out.print(table)


@app.command()
def train(
    names: Names,
    model: Annotated[
        Path, typer.Option(help="Folder of the base model.", show_default=False)
    ] = WIND_TUNNEL,
    seed: Annotated[int, typer.Option(help="Of the material's order and the weights.")] = 0,
) -> None:
    """Trains an adapter for every stage of each persona and makes it the current one."""
    with clear_errors(resume="Adapters that were finished are in place; train the rest again."):
        wanted = [_folder_and_stages(name) for name in names]
        from personas.tuning import TuningRecipe, single_stages, tune
        from personas.windtunnel.life import read_person

        for folder, stages in wanted:
            for person in single_stages(read_person(folder)):
                stage = person.chapters[0].name
                if stage not in stages:
                    continue
                with Progress(console=out) as bar:
                    show = _step_shower(bar, f"{folder.name}@{stage}")
                    place = folder / stage / "adapters"
                    adapter = tune(person, model, place, TuningRecipe(seed), on_step=show)
                out.print(f"{folder.name}@{stage}: {_figures(adapter)}", markup=False)


def _folder_and_stages(word: str) -> tuple[Path, tuple[str, ...]]:
    """What ``PERSONA`` or ``PERSONA@STAGE`` asks to be trained."""
    name, _, stage = word.partition("@")
    folder = find_persona(name)
    persona = load_persona(folder)
    chosen = (persona.stage(stage),) if stage else persona.stages
    return folder, tuple(one.name for one in chosen)


def _step_shower(bar: Progress, name: str) -> "Callable[[TuningStep], None]":
    task = bar.add_task(name, total=None)

    def show(step: "TuningStep") -> None:
        words = f"{name}  loss {step.loss:.3f}" if step.step < step.steps else f"{name}  probing"
        bar.update(task, total=step.steps, completed=step.step, description=words)

    return show


def _figures(adapter: Path) -> str:
    """The adapter and what its card says that it can do."""
    card = json.loads((adapter / "card.json").read_text(encoding="utf-8"))
    shares = [f"{name} {figure['share']:.2f}" for name, figure in card["probes"].items()]
    return f"{adapter} ({card['seconds']:.0f} s)\n  {', '.join(shares)}"
