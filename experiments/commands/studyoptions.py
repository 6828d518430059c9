"""What a study varies: options of the command line in the place of a scenario file's own plan."""

from dataclasses import dataclass, replace
from types import ModuleType
from typing import Annotated

import typer

from experiments.commands.factors import read_factors, read_fraction
from personas.errors import InputError
from simulation.analysis.reach import SEEDS
from simulation.studyplan import StudyPlan

STUDY = "STUDY"
"""What a scenario file calls the plan of its own study."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of the command line; what is None is as the file says."""

    vary: list[str] | None
    seeds: int | None
    fraction: str | None
    generator: list[str] | None
    latin: int | None

    def plan(self, module: ModuleType) -> StudyPlan:
        """The file's own plan, with what was asked for in its place.

        Raises:
            InputError: Nothing is varied, or a word cannot be read.
        """
        plan = getattr(module, STUDY, None)
        asked = self._read(module)
        if isinstance(plan, StudyPlan):
            return replace(plan, **asked)  # type: ignore[arg-type]
        if not self.vary:
            raise InputError(
                "nothing is varied: give --vary NAME=LEVEL,LEVEL, or the scenario file a "
                f"`{STUDY} = StudyPlan(vary=...)`"
            )
        return StudyPlan(**asked)  # type: ignore[arg-type]

    def _read(self, module: ModuleType) -> dict[str, object]:
        """Fields of the plan that were asked for."""
        asked: dict[str, object] = {}
        if self.vary:
            asked["vary"] = read_factors(module.scenario, self.vary)
        if self.seeds is not None:
            asked["seeds"] = self.seeds
        if self.fraction is not None:
            asked["fraction"] = read_fraction(self.fraction)
        if self.generator:
            asked["generators"] = tuple(self.generator)
        if self.latin is not None:
            asked["latin"] = self.latin
        return asked


def asked_of(
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
) -> Asked:
    """The options that say what is varied."""
    return Asked(vary, seeds, fraction, generator, latin)
