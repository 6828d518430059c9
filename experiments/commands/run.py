"""`symposion run EXPERIMENT`: every scenario file becomes a command of its own."""

import asyncio
import importlib
import importlib.util
import inspect
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from agents.agent import Agent, seat
from agents.engines.catalogue import ENGINES, WIND_TUNNEL, open_engine
from experiments.commands.console import clear_errors, out, run_progress
from personas.errors import InputError, nearest
from simulation.record import FILE
from simulation.run import run_name, simulate
from simulation.scenario import Scenario, recast

if TYPE_CHECKING:
    from typer._click.core import Command, Context

QUESTIONS = Path(__file__).parents[1]
"""Where the scenario files lie."""


class Experiments(TyperGroup):
    """The scenario files beside this package, and any other by its path."""

    def list_commands(self, ctx: "Context") -> list[str]:
        """Names of the shipped experiments."""
        return list(experiment_names())

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command":
        """The command made from a scenario file."""
        with clear_errors():
            return command_of(load_experiment(cmd_name))


def experiment_names() -> tuple[str, ...]:
    """Names of the shipped experiments."""
    return tuple(sorted(p.stem for p in QUESTIONS.glob("*.py") if not p.stem.startswith("_")))


def load_experiment(name: str) -> ModuleType:
    """Imports a scenario file, by its name here or by path.

    Raises:
        InputError: There is none.
    """
    if name in experiment_names():
        return importlib.import_module(f"experiments.{name}")
    path = Path(name)
    if path.suffix != ".py" or not path.is_file():
        known = nearest(name, experiment_names())
        raise InputError(f"unknown experiment {name!r} (no such .py file either): {known}")
    if path.resolve().parent == QUESTIONS and path.stem in experiment_names():
        return importlib.import_module(f"experiments.{path.stem}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def command_of(module: ModuleType) -> "Command":
    """A command whose options are the scenario function's arguments and the common ones."""
    name = module.__name__.rpartition(".")[2]
    build = getattr(module, "scenario", None)
    if build is None:
        raise InputError(f"{module.__file__} must define a function `scenario` that returns one")
    own = inspect.signature(build).parameters
    common = inspect.signature(run_experiment).parameters

    def command(**arguments: Any) -> None:  # typer hands over what the signatures below ask for
        with clear_errors(resume="The same command goes on from there."):
            scenario = build(**{key: arguments.pop(key) for key in own})
            run_experiment(scenario, **arguments)

    shared = [parameter for key, parameter in common.items() if key != "scenario"]
    command.__signature__ = inspect.Signature([*own.values(), *shared])  # type: ignore[attr-defined]
    command.__annotations__ = {**build.__annotations__, **run_experiment.__annotations__}
    command.__doc__ = module.__doc__
    app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
    app.command(name, help=module.__doc__)(command)
    return get_command(app)


def run_experiment(
    scenario: Scenario,
    cast: Annotated[
        list[str] | None,
        typer.Option(
            help="Put another persona in a seat: NAME=PERSONA, repeatable. PERSONA is a name "
            "from `symposion persona list` or a folder, with @STAGE for a part of that life; "
            "prompt:PERSONA prompts it instead of wearing its adapter; base is the bare model.",
            metavar="NAME=PERSONA",
        ),
    ] = None,
    engine: Annotated[
        str, typer.Option(help=f"What voices the agents: {', '.join(ENGINES)}.")
    ] = "embedded",
    model: Annotated[
        Path, typer.Option(help="Folder of a local Hugging Face causal LM.", show_default=False)
    ] = WIND_TUNNEL,
    out_: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder of the run. The same command goes on with what is there."
        ),
    ] = None,
    report: Annotated[bool, typer.Option(help="Write the report when the run is done.")] = True,
) -> None:
    """Runs a scenario with the options that all experiments share."""
    scenario = replace(scenario, agents=recast(scenario.agents, _read_cast(cast or [])))
    if engine == "embedded":  # takes seconds: show that something happens
        out.print("opening the embedded engine")
    voice = open_engine(engine, model)
    folder = out_ or Path("runs") / run_name(scenario, voice)
    going_on = (folder / FILE).exists()
    out.print(f"{'going on with' if going_on else 'recording to'} {folder}", markup=False)

    command = shlex.join(["symposion", *sys.argv[1:]])

    async def go() -> None:
        async with voice:
            with run_progress(*scenario.size) as show:
                await simulate(scenario, voice, folder, command=command, observe=show)

    asyncio.run(go())
    if report:
        from experiments.commands.report import make_report

        make_report([folder], folder)


def _read_cast(entries: list[str]) -> dict[str, Agent]:
    cast: dict[str, Agent] = {}
    for entry in entries:
        name, equals, persona = entry.partition("=")
        if not equals or not name or not persona:
            raise InputError(f"cast must be NAME=PERSONA, got {entry!r}")
        if name in cast:
            raise InputError(f"cast names {name!r} twice: keep one")
        cast[name] = seat(persona)
    return cast
