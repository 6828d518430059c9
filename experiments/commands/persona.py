"""`symposion persona …`: who there is, and how an adapter comes from raw text."""

from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from experiments.commands.console import clear_errors, out
from personas.persona import find_persona, library, load_persona

app = typer.Typer(help="Lists personas and trains their adapters.", no_args_is_help=True)

Names = Annotated[
    list[str], typer.Argument(help="Names in the library, or folders with a persona.toml.")
]


@app.command(name="list")
def list_() -> None:
    """Shows the personas that ship, their stages and adapters."""
    table = Table("name", "person", "stages", "domains", "adapter", box=None)
    with clear_errors():
        for name in library():
            persona = load_persona(find_persona(name))
            stages = ", ".join(f"{s.name} {s.years[0]}-{s.years[1]}" for s in persona.stages)
            mark = persona.adapter.fingerprint[:12] if persona.adapter else "none yet"
            table.add_row(name, persona.name, stages, ", ".join(persona.domains), mark)
    out.print(table)


@app.command()
def train(
    names: Names,
    seed: Annotated[int, typer.Option(help="Of the material's order and the weights.")] = 0,
    threads: Annotated[int, typer.Option(help="Processor threads.")] = 2,
) -> None:
    """Trains an adapter from each persona's raw text and makes it the current one."""
    with clear_errors(resume="Adapters that were finished are in place; train the rest again."):
        for folder in [find_persona(name) for name in names]:
            from personas.tuning import TuningRecipe, TuningStep, train_persona

            with Progress(console=out) as bar:
                task = bar.add_task(folder.name, total=None)

                def show(step: TuningStep, bar: Progress = bar, task: int = task) -> None:
                    words = f"{folder.name}  loss {step.loss:.3f}"  # noqa: B023, called at once
                    bar.update(task, total=step.steps, completed=step.step, description=words)  # type: ignore[arg-type]

                adapter = train_persona(folder, TuningRecipe(seed=seed), show, threads)
            out.print(f"{folder.name}: {adapter}", markup=False)
