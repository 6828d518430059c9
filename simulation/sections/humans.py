"""Do the agents answer like people? Their option shares beside a table of human answers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulation.analysis.human import (
    DISTANCES,
    EVERYBODY,
    agent_shares,
    distances_to_humans,
    human_comparison,
)
from simulation.page import Design
from simulation.sections.section import Cell, Part, Piece, Section, drawn, table
from simulation.sections.shares import figures

WORDS = (
    "What part of the people, and of the agents before and after the talk, chooses each option. An "
    "agent counts by the probabilities of its answer, in both option orders."
)
MEANINGS = {
    DISTANCES["wasserstein"]: "how far answers must be moved on the scale, 0 to 2",
    DISTANCES["total_variation"]: "share of answers that would have to be others",
}


def section(
    designs: Sequence[Design], human: pd.DataFrame | None, rng: np.random.Generator
) -> Section | None:
    """Option shares and distances; None without a table of human answers.

    Args:
        designs: Their runs are replicates.
        human: From `analysis.human.read_human_shares`.
        rng: Draws the resamples of the intervals.

    Raises:
        InputError: The table is about other questions, options or groups.
    """
    if human is None:
        return None
    parts = tuple(Part(design.caption, _pieces(design, human, rng)) for design in designs)
    return Section("humans", "Beside people", WORDS, parts)


def _pieces(design: Design, human: pd.DataFrame, rng: np.random.Generator) -> tuple[Piece, ...]:
    runs = [reading.frames for reading in design.runs]
    ends = {
        "before": human_comparison(distances_to_humans(runs, human, wave=0), rng),
        "after": human_comparison(distances_to_humans(runs, human), rng),
    }
    before, after = (_cells(found) for found in ends.values())
    rows = [
        [Cell(f"{question}: {measure}", MEANINGS[measure]), arm,
         before.get((question, arm, measure), "not asked"), cell]
        for (question, arm, measure), cell in after.items()
    ]  # fmt: skip
    return (
        *_pictures(design, human),
        table(("distance", "arm", "before", "after"), rows, words=2),
    )


def _cells(found: pd.DataFrame) -> dict[tuple[str, str, str], Cell]:
    """Value and interval by question, arm and measure."""
    columns = (found[name] for name in ("question", "arm", "measure", "value", "words"))
    return {
        (question, arm, measure): Cell(f"{value:.2f}", words)
        for question, arm, measure, value, words in zip(*columns, strict=True)
    }


def _pictures(design: Design, human: pd.DataFrame) -> list[Piece]:
    """Of each question that both were asked."""
    runs = [agent_shares(reading.frames.surveys) for reading in design.runs]
    shares = pd.concat(runs, ignore_index=True)
    shares = shares[shares["arm"] == design.view.main]
    everybody = human[human["group"] == EVERYBODY]
    found: list[Piece] = []
    for question in dict.fromkeys(everybody["question"]):
        asked = shares[shares["question"] == question]
        if asked.empty:
            continue
        people = everybody[everybody["question"] == question].set_index("option")["share"]
        drawing = figures.option_shares(asked, people)
        name = f"{design.prefix}humans-{len(found) + 1}"
        found.append(drawn(name, drawing, f"{question}: {WORDS}", str(question)))
    return found
