"""The command `symposion`: run experiments, report on them, look after personas."""

import sys
from importlib.metadata import PackageNotFoundError, distribution

import typer

from experiments.commands import (
    again,
    chat,
    compare,
    doctor,
    export,
    persona,
    report,
    serve,
    windtunnel,
)
from experiments.commands.run import Experiments
from experiments.commands.sweep import Studies

app = typer.Typer(
    name="symposion",
    help="Puts personified language models in a room together and measures what happens.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
run = typer.Typer(
    cls=Experiments,
    help="Runs an experiment: one of those below, or a scenario file by its path.",
    no_args_is_help=True,
)
app.add_typer(run, name="run")
sweep = typer.Typer(
    cls=Studies,
    help="Runs a study: an experiment with all that is varied, under several seeds.",
    no_args_is_help=True,
)
app.add_typer(sweep, name="sweep")
app.command()(again.resume)
app.command()(again.replay)
app.command()(again.branch)
app.command()(chat.chat)
app.command()(export.export)
app.command()(report.report)
app.command()(compare.compare)
app.command()(serve.serve)
app.command()(doctor.doctor)
app.add_typer(persona.app, name="persona")
app.add_typer(windtunnel.app, name="windtunnel")


@run.callback()
def _run() -> None:
    """A group needs one, although it has nothing to do."""


@sweep.callback()
def _sweep() -> None:
    """Likewise."""


def main() -> None:
    """Entry point."""
    try:
        distribution("openai-agents")
    except PackageNotFoundError:
        app()
    else:
        sys.exit(
            "error: openai-agents is installed here and takes the package name `agents`: "
            "install symposion in a virtual environment of its own"
        )


if __name__ == "__main__":
    main()
