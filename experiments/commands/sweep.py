"""`symposion sweep EXPERIMENT`: all runs of a study, in one go."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands.choices import Choices, choices_of
from experiments.commands.console import clear_errors, out
from experiments.commands.gathering import gathered
from experiments.commands.report import make_report
from experiments.commands.run import Experiments, command_of, load_experiment, origin_of, typed
from experiments.commands.session import AcceptChanges, budget_of
from experiments.commands.sitting import Foreseen, Sitting, recipe_of
from experiments.commands.studyoptions import Asked, asked_of
from personas.errors import InputError
from simulation.budget import Budget
from simulation.origin import hash_of
from simulation.studyplan import PlannedRun, StudyPlan, describe_study, read_down, write_down
from simulation.sweep import RUNS_OPEN

if TYPE_CHECKING:
    from typer._click.core import Command, Context


class Studies(Experiments):
    """The scenario files, each of them varied."""

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command":
        """The command made from a scenario file."""
        with clear_errors():
            return command_of(load_experiment(cmd_name), sweep_experiment)


@gathered(asked=asked_of, choices=choices_of, budget=budget_of)
def sweep_experiment(
    module: ModuleType,
    arguments: Mapping[str, object],
    *,
    asked: Asked,
    choices: Choices,
    out_: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder of the study. The same command goes on with what is there."
        ),
    ] = None,
    budget: Budget,
    accept_changes: AcceptChanges = False,
    runs_open: Annotated[
        int, typer.Option(help="Most runs that are under way at a time; bounds memory.")
    ] = RUNS_OPEN,
    report: Annotated[bool, typer.Option(help="Write the study's page when it is done.")] = True,
) -> None:
    """Runs a study with the options that all experiments share."""
    plan = asked.plan(module)
    first = arguments.get("seed", 1)
    assert isinstance(first, int)
    fixed = {name: value for name, value in arguments.items() if name not in {"seed", *plan.vary}}
    recipe, runs, foreseen = recipe_of(module, fixed, choices), plan.runs(first), Foreseen()
    origin = origin_of(module, arguments)
    study = describe_study(
        plan, runs, replace(recipe, arguments=origin_of(module, fixed).arguments), foreseen.look,
        experiment=origin.experiment, source=hash_of(origin.source), command=origin.command,
        asked=choices.as_json(),
    )  # fmt: skip
    name = module.__name__.rpartition(".")[2]
    folder = out_ or Path("studies") / f"{name}-{str(study['hash'])[:8]}"
    _tell(plan, study, folder, going_on=write_down(folder, study))
    Sitting(module, recipe, runs, foreseen, choices, budget, accept_changes, runs_open).carry_out(
        folder
    )
    if report:
        make_report([folder], folder)


def _tell(plan: StudyPlan, study: Mapping[str, object], folder: Path, *, going_on: bool) -> None:
    """Says what is about to be run."""
    runs = study["runs"]
    assert isinstance(runs, list)
    out.print(
        f"{'going on with' if going_on else 'planned'} {folder}: {len(runs)} runs, {plan.seeds} "
        f"seeds of {len(runs) // plan.seeds} cells, {study['design']}",
        markup=False,
    )
    if plan.too_few_seeds:
        out.print(plan.too_few_seeds, markup=False)


def resume_study(
    folder: Path, servers: list[str] | None, budget: Budget, accept_changes: bool
) -> None:
    """Goes on with a study from what its file tells.

    Raises:
        InputError: The study was made by a program of one's own, or no longer is what it was.
    """
    told = read_down(folder)
    name, fixed, asked = (told.get(key) for key in ("experiment", "arguments", "asked"))
    if not name or not isinstance(fixed, dict) or not isinstance(asked, dict):
        raise InputError(f"{folder} does not say which scenario file it is of: run it as before")
    module = load_experiment(str(name))
    choices = Choices.of_json(asked)
    choices = replace(choices, servers=tuple(servers)) if servers else choices
    recipe, foreseen = recipe_of(module, typed(module, fixed), choices), Foreseen()
    listed = told["runs"]
    assert isinstance(listed, list)
    runs = [PlannedRun(one["run"], one["seed"], one["levels"]) for one in listed]
    for run in runs:
        foreseen.look(run, recipe.build(run))
    Sitting(module, recipe, runs, foreseen, choices, budget, accept_changes).carry_out(folder)
