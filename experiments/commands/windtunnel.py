"""`symposion windtunnel …`: the small model is rebuilt and examined by one command each."""

from typing import Annotated

import typer

from experiments.commands.console import clear_errors

app = typer.Typer(help="Trains and examines the small model that ships.", no_args_is_help=True)

RESUME = "The same command goes on from the last checkpoint."


@app.command()
def train(
    minutes: Annotated[float, typer.Option(help="Minutes of training proper.")] = 34.0,
    seed: Annotated[int, typer.Option(help="Of weights and corpus.")] = 0,
    threads: Annotated[int, typer.Option(help="Processor threads.")] = 1,
) -> None:
    """Trains the base model on the grammar's corpus; resumes by itself."""
    from personas.windtunnel.training import main

    with clear_errors(resume=RESUME):
        main(["--minutes", str(minutes), "--seed", str(seed), "--threads", str(threads)])


@app.command()
def probe(
    people: Annotated[int, typer.Option(help="Strangers to ask.")] = 40,
    threads: Annotated[int, typer.Option(help="Processor threads.")] = 2,
) -> None:
    """Prints how well the base answers for people that it has never met, as JSON."""
    from personas.windtunnel.probe import main

    with clear_errors():
        main(["--people", str(people), "--threads", str(threads)])
