"""`symposion sweep EXPERIMENT`: all runs of a study, in one go."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from agents.agent import Agent
from agents.engines.catalogue import WIND_TUNNEL, open_engine
from experiments.commands.bounds import (
    Admission,
    InFlight,
    Patience,
    Priorities,
    Resident,
    Slots,
    Timeout,
    bounds_of,
    check_admission,
)
from experiments.commands.choices import (
    Cast,
    Choices,
    Controls,
    EngineName,
    ModelFolder,
    Servers,
    Swaps,
    VoiceName,
    read_controls,
)
from experiments.commands.console import clear_errors, out
from experiments.commands.factors import read_factors, read_fraction
from experiments.commands.handover import hand_over
from experiments.commands.liveview import run_progress
from experiments.commands.report import make_report
from experiments.commands.run import Experiments, command_of, load_experiment, origin_of, typed
from experiments.commands.session import (
    AcceptChanges,
    MaxHours,
    MaxTokens,
    mind_ctrl_c,
    say_how_to_go_on,
)
from personas.errors import InputError
from simulation.analysis.reach import SEEDS
from simulation.budget import Budget
from simulation.origin import Origin, hash_of
from simulation.rehearsal import Size
from simulation.scenario import Scenario
from simulation.studyplan import (
    PlannedRun,
    Recipe,
    StudyPlan,
    describe_study,
    read_down,
    write_down,
)
from simulation.sweep import RUNS_OPEN, Sweep, is_done, sweep

if TYPE_CHECKING:
    from typer._click.core import Command, Context

STUDY = "STUDY"
"""What a scenario file calls the plan of its own study."""


class Studies(Experiments):
    """The scenario files, each of them varied."""

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command":
        """The command made from a scenario file."""
        with clear_errors():
            return command_of(load_experiment(cmd_name), sweep_experiment)


@dataclass(slots=True)
class Foreseen:
    """What is known of a study from its scenarios, before it begins."""

    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Turns and answers of each run."""
    worn: dict[tuple[str, str], Agent] = field(default_factory=dict)
    """Everybody who wears an adapter, by key and adapter."""

    def look(self, run: PlannedRun, scenario: Scenario) -> None:
        """Takes note of a scenario."""
        self.sizes[run.name] = scenario.size
        for one in scenario.wardrobe:
            if adapter := one.agent.adapter:
                self.worn.setdefault((one.agent.key, adapter.fingerprint), one.agent)

    def size(self, runs: Sequence[PlannedRun]) -> Size:
        """Of some of the runs together."""
        turns, answers = zip(*[self.sizes[run.name] for run in runs] or [(0, 0)], strict=True)
        return Size(sum(turns), sum(answers))


def sweep_experiment(
    module: ModuleType,
    arguments: Mapping[str, object],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            help="A factor and its levels, repeatable: an argument of the experiment, or voice, "
            "cast, swap or controls. LOW..HIGH is a range for --latin.",
            metavar="NAME=LEVEL,LEVEL",
            show_default="as the experiment's own STUDY says",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            help="Runs of each cell, from the experiment's --seed on; all cells share them.",
            show_default=str(SEEDS),
        ),
    ] = None,
    fraction: Annotated[
        str | None,
        typer.Option(help="Run 1/2, 1/4, ... of all combinations of two-level factors."),
    ] = None,
    generator: Annotated[
        list[str] | None,
        typer.Option(
            help="Of the fraction, repeatable: a factor as the product of others.",
            metavar="'C = A * B'",
            show_default="those of the highest resolution",
        ),
    ] = None,
    latin: Annotated[
        int | None, typer.Option(help="Points of a Latin hypercube over the ranges.")
    ] = None,
    cast: Cast = None,
    swap: Swaps = None,
    voice: VoiceName = None,
    controls: Controls = None,
    engine: EngineName = "embedded",
    model: ModelFolder = WIND_TUNNEL,
    server: Servers = None,
    out_: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder of the study. The same command goes on with what is there."
        ),
    ] = None,
    max_tokens: MaxTokens = None,
    max_hours: MaxHours = None,
    accept_changes: AcceptChanges = False,
    runs_open: Annotated[
        int, typer.Option(help="Most runs that are under way at a time; bounds memory.")
    ] = RUNS_OPEN,
    in_flight: InFlight = None,
    admission: Admission = None,
    timeout: Timeout = None,
    patience: Patience = None,
    resident: Resident = None,
    priorities: Priorities = None,
    slots: Slots = None,
    report: Annotated[bool, typer.Option(help="Write the study's page when it is done.")] = True,
) -> None:
    """Runs a study with the options that all experiments share."""
    bounds = bounds_of(engine, in_flight, timeout, patience, resident, priorities, slots)
    check_admission(engine, admission, slots)
    choices = Choices(
        tuple(cast or ()), tuple(swap or ()), voice, engine, model, tuple(server or ()), bounds,
        admission, read_controls(controls),
    )  # fmt: skip
    plan = _plan(module, vary, seeds, fraction, generator, latin)
    first = arguments.get("seed", 1)
    assert isinstance(first, int)
    fixed = {name: value for name, value in arguments.items() if name not in {"seed", *plan.vary}}
    recipe, runs, foreseen = _recipe(module, fixed, choices), plan.runs(first), Foreseen()
    origin = origin_of(module, arguments)
    study = describe_study(
        plan, runs, replace(recipe, arguments=origin_of(module, fixed).arguments), foreseen.look,
        experiment=origin.experiment, source=hash_of(origin.source), command=origin.command,
        asked=choices.as_json(),
    )  # fmt: skip
    name = module.__name__.rpartition(".")[2]
    folder = out_ or Path("studies") / f"{name}-{str(study['hash'])[:8]}"
    going_on = write_down(folder, study)
    cells = len(runs) // plan.seeds
    out.print(
        f"{'going on with' if going_on else 'planned'} {folder}: {len(runs)} runs, {plan.seeds} "
        f"seeds of {cells} cells, {study['design']}",
        markup=False,
    )
    if plan.too_few_seeds:
        out.print(plan.too_few_seeds, markup=False)
    budget = Budget(max_tokens, max_hours)
    _Sitting(module, recipe, runs, foreseen, choices, budget, accept_changes, runs_open).carry_out(
        folder
    )
    if report:
        make_report([folder], folder)


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
    recipe, foreseen = _recipe(module, typed(module, fixed), choices), Foreseen()
    listed = told["runs"]
    assert isinstance(listed, list)
    runs = [PlannedRun(one["run"], one["seed"], one["levels"]) for one in listed]
    for run in runs:
        foreseen.look(run, recipe.build(run))
    _Sitting(module, recipe, runs, foreseen, choices, budget, accept_changes).carry_out(folder)


@dataclass(frozen=True, slots=True)
class _Sitting:
    """One sitting with a study."""

    module: ModuleType
    recipe: Recipe
    runs: Sequence[PlannedRun]
    foreseen: Foreseen
    choices: Choices
    budget: Budget
    accept_changes: bool
    runs_open: int = RUNS_OPEN

    def carry_out(self, folder: Path) -> None:
        """Runs, or goes on, until the end or until something stops it.

        Raises:
            typer.Exit: A budget or Ctrl-C ended the study before its end.
        """
        choices = self.choices
        adapters = choices.fitting(list(self.foreseen.worn.values()))
        if choices.engine in ("embedded", "vllm"):
            out.print(f"opening the {choices.engine} engine")
        bounds = choices.bounds_for(adapters)
        speaker = open_engine(choices.engine, choices.model, choices.servers, adapters, bounds)

        async def go() -> Sweep:
            async with speaker:
                way = hand_over(speaker, adapters, choices)
                if told := way.words():
                    out.print(told, markup=False)
                state = Sweep(len(self.runs))
                size = self.foreseen.size(self.runs)
                with run_progress(size, "", speaker, runs=lambda: (state.done, state.runs)) as show:

                    def begin(begun: Sweep) -> None:
                        old = [run for run in self.runs if is_done(folder / run.name)]
                        skipped = self.foreseen.size(old)
                        begun.skipped(skipped.turns, skipped.answers)
                        show(begun.progress)
                        mind_ctrl_c(begun)

                    return await sweep(
                        self.runs, self.recipe.build, way.model, folder, state=state,
                        origin=lambda run: self._origin(run, way.admission),
                        observe=lambda seen: show(seen.progress),
                        in_flight=way.in_flight, runs_open=self.runs_open, budget=self.budget,
                        accept_changes=self.accept_changes, begun=begin,
                    )  # fmt: skip

        state = asyncio.run(go())
        out.print(f"{state.done} of {state.runs} runs are done: {folder}", markup=False)
        if state.progress.stopped:
            words = ["symposion", "resume", str(folder)]
            say_how_to_go_on(
                state.progress, [*words, *(["--accept-changes"] if self.accept_changes else [])]
            )

    def _origin(self, run: PlannedRun, admission: Mapping[str, int] | None) -> Origin:
        """As if the run had been asked for alone: so it is replayed and branched alone."""
        plain = origin_of(self.module, self.recipe.arguments_of(run))
        chosen = self.recipe.choices_of(run)
        listed = {name: list(v) if isinstance(v, tuple) else v for name, v in chosen.items()}
        choices = {**self.choices.as_json(), **{k: v for k, v in listed.items() if v is not None}}
        return replace(plain, choices=choices, admission=admission)


def _plan(
    module: ModuleType,
    vary: list[str] | None,
    seeds: int | None,
    fraction: str | None,
    generator: list[str] | None,
    latin: int | None,
) -> StudyPlan:
    """The file's own plan, with what was asked for in its place."""
    plan = getattr(module, STUDY, None)
    asked: dict[str, object] = {}
    if vary:
        asked["vary"] = read_factors(module.scenario, vary)
    if seeds is not None:
        asked["seeds"] = seeds
    if fraction is not None:
        asked["fraction"] = read_fraction(fraction)
    if generator:
        asked["generators"] = tuple(generator)
    if latin is not None:
        asked["latin"] = latin
    if not isinstance(plan, StudyPlan):
        if not vary:
            raise InputError(
                "nothing is varied: give --vary NAME=LEVEL,LEVEL, or the scenario file a "
                f"`{STUDY} = StudyPlan(vary=...)`"
            )
        return StudyPlan(**asked)  # type: ignore[arg-type]
    return replace(plan, **asked)  # type: ignore[arg-type]


def _recipe(module: ModuleType, fixed: Mapping[str, object], choices: Choices) -> Recipe:
    build: Callable[..., Scenario] = module.scenario

    @wraps(build)
    def scenario(**arguments: object) -> Scenario:
        return build(**typed(module, arguments))

    chosen = {
        "cast": choices.cast,
        "swap": choices.swap,
        "voice": choices.voice,
        "controls": choices.controls,
    }
    return Recipe(scenario, fixed, {name: value for name, value in chosen.items() if value})
