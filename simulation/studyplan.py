"""A study before its first run: factors, design and seeds, enumerated and written down.

``study.json`` in the study's folder lists every run that will be made, so that nobody can add one
after having seen the results, or leave one out, without that showing.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path

from personas.errors import InputError, nearest
from simulation.analysis.excess import MEASURES
from simulation.analysis.reach import SEEDS, too_few
from simulation.design import (
    Cell,
    Design,
    Level,
    Range,
    crossed,
    fractional_factorial,
    full_factorial,
    latin_hypercube,
)
from simulation.dressing import dressed
from simulation.scenario import Scenario, fingerprint

FILE = "study.json"
CHOICES = ("voice", "cast", "swap", "controls")
"""Factors that are no arguments of the scenario: who is worn and how, and which arms run."""
JOINED_BY = "+"
"""Between several casts, swaps or controls in one level, as in ``rosa=keiko+ben=base``."""
AS_IT_IS = "none"
"""A level of cast, swap or controls: nobody is recast, nothing swapped, no control runs."""


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """What a study varies, and how often each cell is run."""

    vary: Mapping[str, Sequence[Level] | Range]
    """Levels by factor: an argument of the scenario, or one of `CHOICES`."""
    seeds: int = SEEDS
    """Runs of each cell. All cells share the seeds, so that they are compared in pairs."""
    fraction: int = 1
    """2, 4, ...: a half, a quarter of all combinations of two-level factors."""
    generators: tuple[str, ...] = ()
    """Of the fraction; computed unless given. See `simulation.design.fractional_factorial`."""
    latin: int = 0
    """Points of a Latin hypercube over the factors that are a `Range`, crossed with the others."""
    draw: int = 0
    """Seed of the Latin hypercube."""

    def __post_init__(self) -> None:
        if self.seeds < 1:
            raise InputError(f"seeds must be at least 1, got {self.seeds}")
        if not self.vary:
            raise InputError("a study needs something to vary, such as vary={'rounds': (4, 8)}")
        if bool(self._ranges) != bool(self.latin):
            raise InputError(
                f"ranges such as 2..10 need the points of a Latin hypercube, and the other way "
                f"round; got {len(self._ranges)} ranges and {self.latin} points"
            )
        if self.generators and self.fraction == 1:
            raise InputError("generators are of a fraction: say which, such as 1/2")

    @property
    def _ranges(self) -> dict[str, Range]:
        return {name: one for name, one in self.vary.items() if isinstance(one, Range)}

    @property
    def too_few_seeds(self) -> str:
        """What the study cannot find with its seeds, in words; empty where they are enough."""
        tests = 0
        for name, levels in self.vary.items():
            if not isinstance(levels, Range):
                seats = name == "swap" and AS_IT_IS in levels  # one measure: the others' mean
                tests += (len(levels) - 1) * (1 if seats else len(MEASURES))
        return too_few(self.seeds, tests)

    def design(self) -> Design:
        """The cells.

        Raises:
            InputError: There is no such design.
        """
        listed = {
            name: tuple(levels)
            for name, levels in self.vary.items()
            if not isinstance(levels, Range)
        }
        drawn = latin_hypercube(self._ranges, self.latin, self.draw) if self.latin else None
        if self.fraction > 1:
            cells = fractional_factorial(listed, self.fraction, self.generators)
        elif listed or drawn is None:
            cells = full_factorial(listed)
        else:
            return drawn
        return crossed(cells, drawn) if drawn else cells

    def runs(self, first_seed: int = 1) -> "list[PlannedRun]":
        """Every run, seed by seed, so that an interrupted study is as balanced as can be."""
        seeds = range(first_seed, first_seed + self.seeds)
        every = [(seed, cell) for seed in seeds for cell in self.design().cells]
        digits = max(3, len(str(len(every))))
        return [
            PlannedRun(f"{place:0{digits}}-{_slug(cell.values())}-s{seed}", seed, cell)
            for place, (seed, cell) in enumerate(every, 1)
        ]


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run that will be made."""

    name: str
    """Of its folder in the study's."""
    seed: int
    levels: Cell


@dataclass(frozen=True, slots=True)
class Recipe:
    """From a cell of the design to a scenario."""

    scenario: Callable[..., Scenario]
    """The scenario function; it takes a ``seed``."""
    arguments: Mapping[str, object] = field(default_factory=dict)
    """What is the same in all cells."""
    choices: Mapping[str, object] = field(default_factory=dict)
    """Likewise: cast, swap, voice and controls, as `simulation.dressing.dressed` takes them."""

    def arguments_of(self, run: PlannedRun) -> dict[str, object]:
        """What the scenario function is called with."""
        varied = {name: level for name, level in run.levels.items() if name not in CHOICES}
        return {**self.arguments, **varied, "seed": run.seed}

    def choices_of(self, run: PlannedRun) -> dict[str, object]:
        """What is chosen beside the arguments."""
        varied = {name: run.levels[name] for name in CHOICES if name in run.levels}
        return {**self.choices, **{name: _chosen(name, one) for name, one in varied.items()}}

    def build(self, run: PlannedRun) -> Scenario:
        """The scenario of a run.

        Raises:
            InputError: The cell is not possible; the message names it.
        """
        known = signature(self.scenario).parameters
        arguments = self.arguments_of(run)
        if "seed" not in known:
            raise InputError("a scenario of a study must take an argument `seed`: give it one")
        for name in arguments:
            if name not in known:
                raise InputError(
                    f"{name!r} is no argument of the scenario and none of {', '.join(CHOICES)}: "
                    f"{nearest(name, [*known, *CHOICES])}"
                )
        try:
            return dressed(self.scenario(**arguments), **self.choices_of(run))  # type: ignore[arg-type]
        except InputError as error:
            raise InputError(f"run {run.name}: {error}") from None


def describe_study(
    plan: StudyPlan,
    runs: Iterable[PlannedRun],
    recipe: Recipe,
    look: Callable[[PlannedRun, Scenario], None] = lambda *_: None,
    **about: object,
) -> dict[str, object]:
    """What `study.json` holds.

    Every scenario is made once, so that what is impossible fails before the first run.

    Args:
        plan: The design.
        runs: All of them.
        recipe: Makes their scenarios.
        look: Shown every scenario.
        about: Further entries, which tell no study from another.
    """
    design, listed, title = plan.design(), [], ""
    for run in runs:
        scenario = recipe.build(run)
        title = title or scenario.title
        look(run, scenario)
        what = scenario.describe_without_model()
        listed.append(
            {"run": run.name, "seed": run.seed, "levels": run.levels, "hash": fingerprint(what)}
        )
    planned: dict[str, object] = {
        "factors": {
            name: f"{one.low}..{one.high}" if isinstance(one, Range) else list(one)
            for name, one in plan.vary.items()
        },
        "design": design.kind,
        "generators": list(design.generators),
        "aliases": list(design.aliases),
        "seeds": plan.seeds,
        "arguments": dict(recipe.arguments),
        "choices": dict(recipe.choices),
        "runs": listed,
    }
    return {"title": title, **about, "hash": fingerprint(planned), **planned}


def write_down(folder: Path, study: Mapping[str, object]) -> bool:
    """Writes `study.json` unless the same study stands there.

    Returns:
        Whether it stood there already.

    Raises:
        InputError: Another study is in the folder.
    """
    path = folder / FILE
    if path.exists():
        there = read_down(folder)
        if there.get("hash") != study["hash"]:
            differs = [key for key in _TELLING if _plain(there.get(key)) != _plain(study[key])]
            raise InputError(
                f"{path} lists another study (differs in {', '.join(differs) or 'hash'}): give "
                "another --out, or what it was made with"
            )
        return True
    text = json.dumps(study, indent=1, ensure_ascii=False, default=str)
    partial = path.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial.write_text(_one_line_a_run(text) + "\n", "utf-8")
        partial.replace(path)
    except OSError as error:
        raise InputError(f"study folder {folder} cannot be written: {error.strerror}") from None
    return False


def read_down(folder: Path) -> dict[str, object]:
    """What `study.json` holds.

    Raises:
        InputError: There is none, or it is damaged.
    """
    path = folder / FILE
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise InputError(f"no study in {folder}: expected a file {FILE} there") from None
    except ValueError as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get("runs"), list):
        raise InputError(f"{path} lists no runs: it is no study")
    return found


_TELLING = ("factors", "design", "generators", "seeds", "arguments", "choices", "runs")


def _chosen(name: str, level: Level) -> object:
    """A level of a choice as `simulation.dressing.dressed` takes it."""
    if name == "voice":
        return level
    return () if level in (AS_IT_IS, None) else tuple(str(level).split(JOINED_BY))


def _slug(levels: Iterable[Level]) -> str:
    words = [re.sub(r"[^A-Za-z0-9.]+", "-", _rounded(level)).strip("-.") for level in levels]
    return "-".join(word for word in words if word)[:60].strip("-.") or "run"


def _rounded(level: Level) -> str:
    return f"{level:.3g}" if isinstance(level, float) else str(level)


def _plain(value: object) -> object:
    return json.loads(json.dumps(value, default=str))


def _one_line_a_run(text: str) -> str:
    """Folds what is indented two deep and more."""
    return re.sub(r"\n {3,}|\n {2}(?=[\]}])", " ", text)
