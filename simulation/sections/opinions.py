"""Opinions: the whole population, its camps, each agent, who moved, and the network."""

from collections.abc import Callable, Sequence
from math import isnan

import numpy as np
import pandas as pd

from simulation import figures
from simulation.analysis.opinion import drift
from simulation.analysis.polarisation import camps, polarisation
from simulation.page import Design, Reading
from simulation.sections import figures as forms
from simulation.sections.measures import Measure, measures_table, of_runs
from simulation.sections.section import Part, Piece, Section, Table, drawn
from simulation.sections.shuffles import alike_neighbours
from simulation.sociogram import figures as sociogram
from simulation.view import View

POPULATION_WORDS = (
    "Thin lines are agents, the thick line is their mean, the band one standard deviation over "
    "agents; the numbers are mean ± deviation, before → after."
)
OTHER_WORDS = {
    "base": "base: the bare model under the same names",
    "prompt": "prompt: the same personas told in the prompt",
    "silent": "silent: nobody speaks",
    "alone": "alone: everybody speaks and hears nobody",
}
FLOOR_WORDS = {
    "scrambled": " Beside it the noise floor: the same people under the same seed, talking as "
    "much about something else.",
    "silent": " Beside it the noise floor: the same people asked as often, while nobody speaks.",
    None: "",
}
CAMPS_WORDS = (
    "Where everybody stands before and after. The bar joins the means of the two camps that divide "
    "the population best; any population can be divided, so read how much the division explains."
)
TRAJECTORY_WORDS = (
    "The dark line is the talk, a broad grey line the noise floor. The dots show the opinion "
    "before and after: dark blue against, pale undecided, orange for. A gap is a degenerate answer."
)
DRIFT_WORDS = (
    "Opinion after minus opinion before: filled in the talk, open in the floor. The grey band is "
    "the mean absolute drift of the floor; what lies inside it may be noise."
)
NETWORK_WORDS = (
    "The social graph before and after the talk, coloured by opinion; a message is noticed more "
    "often over a thicker tie."
)

POLARISATION = (
    Measure("variance", "change of the variance over agents", "signed"),
    Measure("mean distance", "change of the mean distance of two people", "signed"),
    Measure("bimodality", "change of the bimodality coefficient; two humps are likely above 0.56",
            "signed"),
    Measure("dip", "change of Hartigan's dip: distance from the nearest single hump", "signed"),
    Measure("Esteban-Ray", "change of polarisation in groups: few, large, distant", "signed"),
    Measure("camps apart", "change of the distance of the two camps", "signed"),
    Measure("explained by camps", "change of the share of variance between the camps", "signed"),
)  # fmt: skip


def population(readings: Sequence[Reading]) -> Section:
    """The headline figure."""
    view, facts = readings[0].view, readings[0].facts
    words = POPULATION_WORDS + FLOOR_WORDS.get(view.floor, "")
    others = [OTHER_WORDS[arm] for arm in facts.arms if arm in OTHER_WORDS and arm not in view.arms]
    words += f" Below, {'; '.join(others)}." if others else ""

    def pieces(reading: Reading) -> list[Piece]:
        drawing = figures.population(reading.opinions, reading.view)
        return [drawn(f"{reading.prefix}population", drawing, words)]

    return _by_run("population", "What happened", words, readings, pieces)


def divided(designs: Sequence[Design], rng: np.random.Generator) -> Section:
    """Camps, and indices of polarisation that do not agree with each other."""

    def pieces(design: Design) -> tuple[Piece, ...]:
        first, view = design.runs[0], design.view
        drawing = forms.camps(first.opinions, camps(first.opinions), view)
        return (
            drawn(f"{design.prefix}camps", drawing, CAMPS_WORDS),
            polarisation_table(design, rng),
        )

    parts = tuple(Part(design.caption, pieces(design)) for design in designs)
    return Section("camps", "Coming together or apart", CAMPS_WORDS, parts)


def polarisation_table(design: Design, rng: np.random.Generator) -> Table:
    """Change of each index over the talk, beside the same under the controls."""
    changes = of_runs(design.runs, lambda reading: index_changes(reading.opinions, reading.view))
    return measures_table(changes, POLARISATION, design.view, rng)


def index_changes(opinions: pd.DataFrame, view: View) -> pd.DataFrame:
    """Every index of `POLARISATION` at the last wave minus at wave 0, for each arm.

    Args:
        opinions: From `analysis.opinion.opinions`.
        view: Which question.

    Returns:
        Columns ``arm``, ``measure``, ``value``.
    """
    asked = opinions[opinions["question"] == view.question]
    two = camps(asked).rename(columns={"apart": "camps apart", "explained": "explained by camps"})
    named = ["camps apart", "explained by camps"]
    long = two.melt(["arm", "wave"], named, "measure", "value")
    rows = pd.concat([polarisation(asked)[["arm", "wave", "measure", "value"]], long])
    ends = rows.groupby("arm")["wave"].transform("max")
    keys = ["arm", "measure"]
    before = rows[rows["wave"] == 0].set_index(keys)["value"].astype(float)
    after = rows[rows["wave"] == ends].set_index(keys)["value"].astype(float)
    return (after - before).rename("value").reset_index()


def trajectories(readings: Sequence[Reading]) -> Section:
    """Small multiples."""

    def pieces(reading: Reading) -> list[Piece]:
        drawing = figures.trajectories(reading.opinions, reading.view)
        return [drawn(f"{reading.prefix}trajectories", drawing, TRAJECTORY_WORDS)]

    return _by_run("trajectories", "Each agent", TRAJECTORY_WORDS, readings, pieces)


def drifts(readings: Sequence[Reading]) -> Section:
    """Who moved, talk against floor; several runs share one axis."""
    reach = _reach(readings) if len(readings) > 1 else None

    def pieces(reading: Reading) -> list[Piece]:
        drawing = figures.drifts(drift(reading.opinions), reading.view, reach=reach)
        return [drawn(f"{reading.prefix}drift", drawing, DRIFT_WORDS)]

    return _by_run("drift", "Who moved", DRIFT_WORDS, readings, pieces)


def network(readings: Sequence[Reading], rng: np.random.Generator) -> Section:
    """The network at start and end, and whether neighbours think alike beyond chance."""

    def pieces(reading: Reading) -> list[Piece]:
        facts = reading.facts
        drawing = sociogram.networks(
            reading.opinions, reading.view, facts.ties, directed=facts.directed
        )
        picture = drawn(f"{reading.prefix}network", drawing, NETWORK_WORDS)
        return [picture, alike_neighbours(reading, rng)]

    return _by_run("network", "Who hears whom", NETWORK_WORDS, readings, pieces)


def _by_run(
    anchor: str,
    title: str,
    words: str,
    readings: Sequence[Reading],
    pieces: Callable[[Reading], Sequence[Piece]],
) -> Section:
    parts = tuple(Part(reading.caption, tuple(pieces(reading))) for reading in readings)
    return Section(anchor, title, words, parts)


def _reach(readings: Sequence[Reading]) -> float:
    """The largest final drift of any agent in any run, so that all runs share an axis."""
    finals = [
        reading.view.finals(drift(reading.opinions), arm, "drift").abs().max()
        for reading in readings
        for arm in reading.view.arms
    ]
    return max((value for value in finals if not isnan(value)), default=0.0)
