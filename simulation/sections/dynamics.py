"""Which law of opinion describes what happened, and how far each agent gives in to others."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from personas.errors import InputError
from simulation.analysis.dynamics import susceptibilities
from simulation.analysis.modelfit import compare_models
from simulation.analysis.transitions import meetings
from simulation.effects.figures import models
from simulation.graph import Tie
from simulation.page import Design
from simulation.sections.figures import Panel, forests
from simulation.sections.measures import printed
from simulation.sections.section import Part, Piece, Section, Words, drawn, table
from simulation.view import DASH, MINUS

WORDS = (
    "Friedkin and Johnsen's model, fitted to the opinions of all waves: an agent with a "
    "susceptibility of 0 stays what it was before the talk, one with 1 follows those it hears. "
    "The line holds all values that fit about as well (95 %, over the steps of the agent); open "
    "dots are the same fit to the noise floor, where what is heard is about something else."
)
MODEL_WORDS = (
    "R² is the share of the squared moves that a model explains beyond the guess that nobody "
    "moves; below 0 it does worse than that guess. Held out: waves that the fit has not seen. "
    "AICc: above the best, in units in which 2 is little and 10 is much. Error: root mean square, "
    f"on the scale from {MINUS}1 to +1."
)
FITTED = f"Friedkin{DASH}Johnsen"
WORSE = (
    "Here the model describes the opinions no better than the guess that everybody stays where "
    "they last stood: these susceptibilities rank the agents at best, and their size means little."
)


def section(designs: Sequence[Design]) -> Section:
    """Susceptibilities and the comparison of models."""
    parts = tuple(Part(design.caption, tuple(_pieces(design))) for design in designs)
    return Section("dynamics", "What moves them", WORDS, parts)


def _pieces(design: Design) -> list[Piece]:
    view = design.view
    met = _meetings(design, view.main)
    if met.empty:
        return [Words("Too few waves or ties: no step of anybody who hears somebody can be seen.")]
    rows = susceptibilities(met).rename(columns={"agent": "row", "susceptibility": "value"})
    rows = rows.assign(measure="susceptibility")
    floor = _meetings(design, view.floor) if view.floor else met.iloc[:0]
    if not floor.empty:
        beside = susceptibilities(floor).set_index("agent")["susceptibility"]
        rows = rows.assign(floor=rows["row"].map(beside))
    panel = Panel("susceptibility", "susceptibility: 0 stays, 1 follows", (0.0, 1.0))
    drawing = forests(rows, view.labels, [panel])
    picture = drawn(f"{design.prefix}dynamics", drawing, WORDS)
    return [picture, *_doubts(rows, view.labels), *_models(met, design.prefix)]


def _meetings(design: Design, arm: str) -> pd.DataFrame:
    """The steps of one arm of all runs, on the question of the talk."""
    opinions: list[pd.DataFrame] = []
    ties: dict[object, Sequence[Tie]] = {}
    for place, reading in enumerate(design.runs):
        asked = reading.opinions
        chosen = (asked["arm"] == arm) & (asked["question"] == reading.view.question)
        opinions.append(asked[chosen].assign(run=place))
        ties[place] = reading.facts.ties
    everything = pd.concat(opinions, ignore_index=True)
    return meetings(everything, ties, directed=design.runs[0].facts.directed)


def _doubts(rows: pd.DataFrame, labels: Mapping[str, str]) -> list[Piece]:
    """What must be said about single agents."""
    said = [
        f"{labels.get(str(agent), str(agent))}: {words}."
        for agent, words in zip(rows["row"], rows["words"], strict=True)
        if words
    ]
    return [Words(" ".join(said))] if said else []


def _models(met: pd.DataFrame, prefix: str) -> list[Piece]:
    """How well each model describes the steps, and whether susceptibilities mean anything here."""
    try:
        compared = compare_models(met)
    except InputError as error:
        return [Words(f"Models cannot be compared: {error}.")]
    records = compared.to_dict("records")
    rows = [
        (
            str(row["model"]),
            str(int(row["parameters"])),
            printed(float(row["rmse"]), "number"),
            printed(float(row["r2"]), "signed"),
            printed(float(row["held_out_r2"]), "signed"),
            DASH if np.isnan(row["delta_aicc"]) else f"{row['delta_aicc']:.1f}",
        )
        for row in records
    ]
    head = ("model", "parameters", "error", "R²", "R² held out", "AICc")
    steps = int(compared["steps"].max())
    note = f"{MODEL_WORDS} {steps} steps."
    worse = any(row["model"] == FITTED and row["r2"] <= 0 for row in records)
    title = "Models of opinion dynamics"
    return [
        *([Words(WORSE)] if worse else []),
        drawn(f"{prefix}models", models(compared), MODEL_WORDS, title),
        table(head, rows, note=note),
    ]
