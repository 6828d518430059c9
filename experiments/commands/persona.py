"""`symposion persona …`: who there is, and how data and adapters come from raw text."""

import typer
from rich.table import Table

from experiments.commands.console import clear_errors, out
from experiments.commands.persona_data import data, new
from experiments.commands.persona_exam import card, examine
from experiments.commands.persona_rank import rank
from experiments.commands.persona_ratings import ratings
from experiments.commands.persona_study import ablate, build, table
from experiments.commands.persona_train import train
from personas.persona import find_persona, library, load_persona

app = typer.Typer(
    help="Lists personas, writes their data, trains and examines them.", no_args_is_help=True
)
app.command()(new)
app.command()(data)
app.command()(train)
app.command()(examine)
app.command()(card)
app.command()(build)
app.command()(ablate)
app.command()(table)
app.command()(rank)
app.command()(ratings)


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
