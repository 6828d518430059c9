"""`symposion run EXPERIMENT`: every scenario file becomes a command of its own."""

import importlib
import importlib.util
import inspect
import shlex
import sys
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from typer.core import TyperGroup
from typer.main import get_command

from experiments.commands.choices import Choices, choices_of
from experiments.commands.console import clear_errors
from experiments.commands.gathering import gathered
from experiments.commands.session import AcceptChanges, Session, budget_of
from experiments.commands.whatif import Branches, carry_out_branches, tell_worth
from personas.errors import InputError, nearest
from simulation.budget import Budget
from simulation.origin import Origin
from simulation.record import FILE
from simulation.refit import as_recorded, require_adapters
from simulation.scenario import Scenario

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
            return command_of(load_experiment(cmd_name), run_experiment)


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


def command_of(module: ModuleType, carry_out: Callable[..., None]) -> "Command":
    """A command whose options are the scenario function's arguments and the common ones.

    Args:
        module: The scenario file.
        carry_out: Takes the module, the scenario's arguments and the common options; an argument
            of the same name stands in an option's place.
    """
    name = module.__name__.rpartition(".")[2]
    build = getattr(module, "scenario", None)
    if build is None:
        raise InputError(f"{module.__file__} must define a function `scenario` that returns one")
    own = inspect.signature(build).parameters
    common = inspect.signature(carry_out).parameters

    def command(**options: Any) -> None:  # typer hands over what the signatures below ask for
        with clear_errors(resume="The same command goes on from there."):
            arguments = {key: options.pop(key) for key in own}
            carry_out(module, arguments, **options)

    taken = {"module", "arguments", *own}
    shared = [parameter for key, parameter in common.items() if key not in taken]
    command.__signature__ = inspect.Signature([*own.values(), *shared])  # type: ignore[attr-defined]
    command.__annotations__ = {**carry_out.__annotations__, **build.__annotations__}
    command.__doc__ = module.__doc__
    app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
    app.command(name, help=module.__doc__)(command)
    return get_command(app)


def origin_of(module: ModuleType, arguments: Mapping[str, object]) -> Origin:
    """How a scenario came about, for its run's manifest."""
    path = Path(str(module.__file__))
    shipped = path.parent == QUESTIONS
    return Origin(
        command=shlex.join(["symposion", *sys.argv[1:]]),
        experiment=path.stem if shipped else str(path.resolve()),
        source=path.read_text("utf-8"),
        arguments={key: _plain(value) for key, value in arguments.items()},
    )


def _plain(value: object) -> object:
    """A value of a command's option as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def rebuild(manifest: Mapping[str, object]) -> tuple[Scenario, Origin]:
    """The scenario of a record, built again from its file and its arguments.

    Raises:
        InputError: The record was made by a program of one's own, or the file is gone.
    """
    name, told = manifest.get("experiment"), manifest.get("arguments")
    if not name or not isinstance(told, dict):
        raise InputError(
            "the record does not say which scenario file it is of: run the command that made it "
            f"again ({manifest.get('command') or 'a script of your own'})"
        )
    module = load_experiment(str(name))
    arguments = typed(module, told)
    return module.scenario(**arguments), origin_of(module, arguments)


def typed(module: ModuleType, told: Mapping[str, object]) -> dict[str, object]:
    """Arguments of a scenario as typer would have made them, from how JSON has them."""
    hints = get_type_hints(module.scenario)
    return {key: _typed(value, hints.get(key)) for key, value in told.items()}


def _typed(value: object, hint: object) -> object:
    """The value that typer would have made of it."""
    if isinstance(hint, type) and issubclass(hint, Enum | Path) and value is not None:
        return hint(str(value))
    return value


@gathered(choices=choices_of, budget=budget_of)
def run_experiment(
    module: ModuleType,
    arguments: Mapping[str, object],
    *,
    choices: Choices,
    out_: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder of the run. The same command goes on with what is there."
        ),
    ] = None,
    report: Annotated[bool, typer.Option(help="Write the report when the run is done.")] = True,
    budget: Budget,
    accept_changes: AcceptChanges = False,
) -> None:
    """Runs a scenario with the options that all experiments share."""
    dressed = choices.dressed(module.scenario(**arguments))
    if out_ and (out_ / FILE).exists() and any(swap.newest for swap in dressed.swaps):
        dressed = as_recorded(dressed, out_)  # that personas are trained meanwhile is the point
        require_adapters(dressed)
    origin = origin_of(module, arguments)
    session = Session(dressed, choices, origin, budget, accept_changes)
    folder = session.carry_out(out_)
    branches: Branches | None = getattr(module, "branches", None)
    if branches is not None:
        tell_worth(folder, carry_out_branches(session, folder, branches(dressed)))
    if report:
        from experiments.commands.report import make_report

        make_report([folder], folder)
