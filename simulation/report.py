"""The report of runs: one self-contained page, its figures beside it, no network anywhere."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from personas.errors import InputError
from simulation import page
from simulation.analysis.frames import RunFrames
from simulation.page import Design, Reading
from simulation.sections import comparison as compared
from simulation.sections import (
    consistency,
    conversation,
    creativity,
    dynamics,
    front,
    humans,
    identification,
    interviews,
    opinions,
    questions,
)
from simulation.sections import worth as worths
from simulation.sections.annotated import Reader, town_reader
from simulation.sections.section import Section
from simulation.sections.writing import FIGURES, Page, make_room, write_page
from simulation.view import when

__all__ = ["FIGURES", "write_report"]


def write_report(
    runs: Sequence[RunFrames],
    out: Path,
    reader: Callable[[RunFrames], Reader | None] = town_reader,
    human: pd.DataFrame | None = None,
    worth: pd.DataFrame | None = None,
) -> Path:
    """Writes the page `out`, and the folder ``figures`` beside it.

    Runs that differ in their seed alone count as replicates of one design; all others are set
    side by side.

    Args:
        runs: At least one.
        out: The page, such as ``report.html``; its folder is made if it is not there.
        reader: Who says what the agents' words mean; the town's grammar where it can read them.
        human: Human answers to set beside the agents', from `analysis.human.read_human_shares`.
        worth: What each seat of the only run is worth, from `whatif.worth.ranked`.

    Returns:
        The page.

    Raises:
        InputError: No runs, a run without survey answers, human answers to other questions, or a
            folder that cannot be written.
    """
    if not runs:
        raise InputError("a report needs at least one run, got 0")
    readings = page.read(runs, reader)
    for reading in readings:
        if reading.opinions.empty:
            raise InputError(f"{reading.name} ({reading.facts.scenario}) has no survey answers yet")
    make_room(out)
    return write_page(_page(readings, human, worth), out)


def _page(
    readings: Sequence[Reading], human: pd.DataFrame | None, worth: pd.DataFrame | None
) -> Page:
    facts, many = readings[0].facts, len(readings) > 1
    rng = np.random.default_rng(facts.seed)
    designs = page.designs(readings, rng)
    several = len(designs) > 1
    return Page(
        kicker=f"{facts.scenario} · {len(readings)} run{'s' if many else ''} · "
        f"{when(facts.started)}",
        title=facts.title,
        ledes=[f"{one.name}. {one.lede}" if several else one.lede for one in designs],
        sections=_sections(readings, designs, human, worth, rng),
        transcripts=front.transcripts(readings),
        limits=page.limits(readings, designs),
        origins=front.origins(readings),
        wide=many,
    )


def _sections(
    readings: Sequence[Reading],
    designs: Sequence[Design],
    human: pd.DataFrame | None,
    worth: pd.DataFrame | None,
    rng: np.random.Generator,
) -> list[Section]:
    """Every section, in reading order."""
    found = [
        opinions.population(readings),
        front.effects(designs),
        front.design(readings),
        compared.section(readings) if len(readings) > 1 else None,
        opinions.divided(designs, rng),
        opinions.trajectories(readings),
        opinions.drifts(readings),
        opinions.network(readings, rng),
        worths.section(readings[0], worth) if len(readings) == 1 else None,
        questions.section(designs, rng),
        interviews.section(readings),
        humans.section(designs, human, rng),
        dynamics.section(designs),
        consistency.section(designs, rng),
        identification.section(designs, rng),
        creativity.section(designs, rng),
        conversation.section(designs, rng),
    ]
    return [section for section in found if section is not None]
