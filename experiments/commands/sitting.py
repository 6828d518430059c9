"""One sitting with a study: opens the engine once, and makes the runs that are not done yet."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from types import ModuleType

from agents.agent import Agent
from experiments.commands.choices import Choices
from experiments.commands.console import out
from experiments.commands.liveview import run_progress
from experiments.commands.run import origin_of, typed
from experiments.commands.session import mind_ctrl_c, open_speaker, say_how_to_go_on, told_way
from simulation.budget import Budget
from simulation.origin import Origin
from simulation.rehearsal import Size
from simulation.scenario import Scenario
from simulation.studyplan import PlannedRun, Recipe
from simulation.sweep import RUNS_OPEN, Sweep, is_done, sweep


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


@dataclass(frozen=True, slots=True)
class Sitting:
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
        speaker = open_speaker(choices, adapters)

        async def go() -> Sweep:
            async with speaker:
                way = told_way(speaker, adapters, choices)
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
            say_how_to_go_on(state.progress, folder, self.accept_changes)

    def _origin(self, run: PlannedRun, admission: Mapping[str, int] | None) -> Origin:
        """As if the run had been asked for alone: so it is replayed and branched alone."""
        plain = origin_of(self.module, self.recipe.arguments_of(run))
        chosen = self.recipe.choices_of(run)
        listed = {name: list(v) if isinstance(v, tuple) else v for name, v in chosen.items()}
        choices = {**self.choices.as_json(), **{k: v for k, v in listed.items() if v is not None}}
        return replace(plain, choices=choices, admission=admission)


def recipe_of(module: ModuleType, fixed: Mapping[str, object], choices: Choices) -> Recipe:
    """How a scenario file and what was chosen make the scenario of each run."""
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
