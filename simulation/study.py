"""A study read from its folder: which runs there are, which are done, and what each measures.

The frame of `measures` is where statistics over runs begin: one row a run and measure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from personas.errors import InputError
from simulation.analysis.excess import DECIMALS, population_measures
from simulation.analysis.frames import RunFrames
from simulation.design import Range
from simulation.reading import read_run
from simulation.studyplan import PlannedRun, Recipe, StudyPlan, read_down
from simulation.sweep import Sweep, is_done, run_study, sweep

__all__ = [
    "PlannedRun", "Range", "Recipe", "Study", "StudyPlan", "StudyRun", "Sweep", "load_study",
    "measures", "run_study", "sweep",
]  # fmt: skip

Measure = Callable[[RunFrames], float]
"""One number of a run; NaN where it is not defined."""


@dataclass(frozen=True)
class StudyRun:
    """One run of a study."""

    name: str
    folder: Path
    seed: int
    levels: Mapping[str, str]
    """Its cell: a level by factor."""

    @property
    def finished(self) -> bool:
        """Whether its record holds all of it."""
        return is_done(self.folder)

    @cached_property
    def frames(self) -> RunFrames:
        """Its data; read when first asked for, then kept.

        Raises:
            InputError: It has no record yet.
        """
        return read_run(self.folder)


@dataclass(frozen=True)
class Study:
    """What was planned, and the runs."""

    folder: Path
    title: str
    """The scenario's question."""
    command: str
    """What was typed; empty from a notebook."""
    design: str
    """In words, such as ``full factorial``."""
    generators: tuple[str, ...]
    aliases: tuple[str, ...]
    """Effects that a fraction cannot tell apart."""
    hash: str
    """Of the plan as it was written down before the first run."""
    factors: Mapping[str, tuple[str, ...]]
    """Levels by factor, in the order in which they were given; those of a range as drawn."""
    runs: tuple[StudyRun, ...]
    """All that were planned, made or not."""

    @property
    def done(self) -> tuple[StudyRun, ...]:
        """The runs that have finished."""
        return tuple(run for run in self.runs if run.finished)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Every seed, once."""
        return tuple(dict.fromkeys(run.seed for run in self.runs))


def load_study(folder: Path) -> Study:
    """Reads what was planned; runs are read when their frames are asked for.

    Raises:
        InputError: There is no study in the folder.
    """
    told = read_down(folder)
    listed = told["runs"]
    assert isinstance(listed, list)
    runs = tuple(
        StudyRun(
            str(one["run"]),
            folder / str(one["run"]),
            int(one["seed"]),
            {name: str(level) for name, level in one["levels"].items()},
        )
        for one in listed
    )
    names = dict.fromkeys(name for run in runs for name in run.levels)
    return Study(
        folder,
        str(told.get("title", "")),
        str(told.get("command", "")),
        str(told["design"]),
        _texts(told.get("generators")),
        _texts(told.get("aliases")),
        str(told["hash"]),
        {name: tuple(dict.fromkeys(run.levels[name] for run in runs)) for name in names},
        runs,
    )


def measures(study: Study, more: Mapping[str, Measure] | None = None) -> pd.DataFrame:
    """Every measure of every finished run, in a long frame.

    The measures of `simulation.analysis.excess.MEASURES` stand under their own names for the talk,
    after ``excess: `` for the talk minus the noise floor of the same run, and after the name of an
    arm, such as ``base: ``, for each control. They are of the question that the talk is about; of
    other questions, the question follows in brackets.

    Args:
        study: Runs that have not finished are left out.
        more: Further measures of the whole run, by name.

    Returns:
        Columns ``run`` (its name), ``seed``, one for each factor (levels as text), ``measure`` and
        ``value`` (NaN where it is not defined).

    Raises:
        InputError: No run has finished, or a factor has the name of a column.
    """
    columns = ["run", "seed", *study.factors, "measure", "value"]
    if len(set(columns)) < len(columns):
        raise InputError(f"a factor has the name of a column: {', '.join(study.factors)}")
    rows = []
    for run in study.done:
        found = run_measures(run.frames)
        found |= {name: measure(run.frames) for name, measure in (more or {}).items()}
        rows += [(run.name, run.seed, *run.levels.values(), *one) for one in found.items()]
    if not rows:
        raise InputError(f"no run of {study.folder} has finished: `symposion sweep` goes on")
    return pd.DataFrame(rows, columns=columns)


def run_measures(frames: RunFrames) -> dict[str, float]:
    """The population measures of one run by their names in `measures`."""
    facts = frames.facts
    found: dict[str, float] = {}
    of_arms: dict[str, dict[str, float]] = {arm: {} for arm in facts.arms}
    table = population_measures(frames)
    for arm, question, measure, value in zip(*(table[name] for name in table), strict=True):
        about = "" if question == facts.topic else f" ({question})"
        of_arms[arm][f"{measure}{about}"] = float(value)
    talk = of_arms.pop(facts.main_arm)
    found |= talk
    floor = of_arms.get(facts.floor_arm or "", {})
    both = [name for name in talk if name in floor]
    found |= {f"excess: {name}": round(talk[name] - floor[name], DECIMALS) for name in both}
    for arm, values in of_arms.items():
        found |= {f"{arm}: {name}": value for name, value in values.items()}
    return found


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
