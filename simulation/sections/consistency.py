"""Does each agent stay itself? By what it says, by what it answers, and under pressure."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from simulation.analysis.consistency import (
    HEARD_COLUMNS,
    line_to_line,
    opinions_by_wording,
    persistence,
    pressured_turns,
    prompt_to_line,
    retest_reliability,
)
from simulation.analysis.opinion import answered, order_consistency
from simulation.page import Design, Reading
from simulation.sections.figures import Panel, forests, said
from simulation.sections.judged import judged_by, verdict_counts
from simulation.sections.measures import Measure, agent_rows, measures_table, of_runs, printed
from simulation.sections.quotations import quotations
from simulation.sections.section import Part, Piece, Section, Table, Words, drawn, table

MEASURES = (
    Measure("prompt-to-line", "own lines that contradict nothing the persona says", "share"),
    Measure("line-to-line", "pairs of own lines that do not contradict each other", "share"),
    Measure("persistence", "stated sides kept after hearing the other side", "share"),
    Measure(
        "order consistency",
        "answers, of all waves, that are the same in both orders",
        "share",
    ),
    Measure("paraphrase agreement", "surveys with one likeliest answer in all wordings", "share"),
)
PANELS = tuple(Panel(measure.name, measure.name, (0.0, 1.0), percent=True) for measure in MEASURES)
WORDS = (
    "Left to right: lines that contradict nothing the persona says; pairs of own lines that agree; "
    "stated sides kept after hearing the other side; answers that do not depend on the order of "
    "the options, or on the wording. Filled in the talk, open in the noise floor. A mind that was "
    "changed counts as a contradiction too: read these beside what moved."
)
SAID_WORDS = (
    "The line is what an agent answers in private, the dots what it says aloud, coloured by the "
    "stance. Where the two part, an agent says what it does not think."
)


def section(designs: Sequence[Design], rng: np.random.Generator) -> Section:
    """Forest plot, what was said beside what was thought, reliability, contradictions quoted."""
    parts = tuple(Part(design.caption, tuple(_pieces(design, rng))) for design in designs)
    return Section("consistency", "Does everybody stay themselves?", WORDS, parts)


def agent_measures(reading: Reading) -> pd.DataFrame:
    """All of `MEASURES` that a run allows, for each arm and agent.

    Returns:
        Columns ``arm``, ``agent``, ``measure``, ``value`` in [0, 1].
    """
    found = {
        "order consistency": order_consistency(reading.opinions, by=["arm", "agent"]),
        "paraphrase agreement": paraphrase_agreement(reading.frames.surveys),
    }
    annotated = reading.annotated
    if annotated.reader:
        found["prompt-to-line"] = prompt_to_line(annotated.claim_verdicts)
        found["line-to-line"] = line_to_line(annotated.pair_verdicts)
        if set(HEARD_COLUMNS) <= set(reading.frames.exposures):
            pressed = pressured_turns(annotated.stances, reading.frames.exposures)
            found["persistence"] = persistence(pressed)
    parts = [frame[["arm", "agent", "value"]].assign(measure=name) for name, frame in found.items()]
    return pd.concat(parts, ignore_index=True)


def paraphrase_agreement(surveys: pd.DataFrame) -> pd.DataFrame:
    """Share of surveys in which all wordings have the same likeliest answer.

    Args:
        surveys: Columns as in `RunFrames`.

    Returns:
        Columns ``arm``, ``agent``, ``value`` in [0, 1], ``surveys``; surveys with one usable
        wording are not counted.
    """
    answers = answered(opinions_by_wording(surveys))
    asked = answers.groupby(["arm", "agent", "question", "wave"], as_index=False).agg(
        wordings=("wording", "nunique"), different=("modal", "nunique")
    )
    asked = asked[asked["wordings"] > 1].assign(agreed=lambda rows: rows["different"] == 1)
    return asked.groupby(["arm", "agent"], as_index=False).agg(
        value=("agreed", "mean"), surveys=("agreed", "size")
    )


def _pieces(design: Design, rng: np.random.Generator) -> list[Piece]:
    view, first = design.view, design.runs[0]
    values = of_runs(design.runs, agent_measures)
    known = set(values.loc[values["value"].notna(), "measure"])
    panels = [panel for panel in PANELS if panel.measure in known]
    rows = agent_rows(values, view, rng)
    means = values.groupby(["run", "arm", "measure"], as_index=False).agg(value=("value", "mean"))
    pieces: list[Piece] = [judged_by(first), *verdict_counts(design.runs)]
    if panels:
        name, drawing = f"{design.prefix}consistency", forests(rows, view.labels, panels)
        pieces += [drawn(name, drawing, WORDS), measures_table(means, MEASURES, view, rng)]
    if first.annotated.reader:
        times = first.frames.turns[["arm", "agent", "counter", "time"]]
        told = first.annotated.stances.merge(times, on=["arm", "agent", "counter"])
        name = f"{design.prefix}said"
        pieces.append(
            drawn(name, said(first.opinions, told, view), SAID_WORDS, "What is said and thought")
        )
        pieces.append(Words(SAID_WORDS))
    pieces += [*reliability(design.runs), *quotations(first)]
    return pieces


def reliability(readings: Sequence[Reading]) -> list[Piece]:
    """ICC(2,1) of the population over wordings and over the waves of a silent arm."""
    rows = []
    for reading in readings:
        worded = opinions_by_wording(reading.frames.surveys)
        if worded["wording"].nunique() > 1:
            found = retest_reliability(worded[worded["arm"] == reading.view.main])
            rows += [
                _icc(f"paraphrases, wave {row['wave']}", row) for row in found.to_dict("records")
            ]
        silent = reading.opinions[reading.opinions["arm"] == "silent"]
        if silent["wave"].nunique() > 1:
            found = retest_reliability(silent, rater="wave", by=["arm", "question"])
            rows += [_icc("waves of the silent arm", row) for row in found.to_dict("records")]
    if not rows:
        return [
            Words(
                "Test and retest need a second wording of the question, or a silent arm that is "
                "asked again; this design has neither."
            )
        ]
    head = ("test and retest over", "ICC(2,1)", "agents", "repetitions", "left out")
    return [_reliability_table(head, rows)]


def _reliability_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    note = (
        "Intraclass correlation, two-way random effects, absolute agreement, one rating (Shrout & "
        "Fleiss 1979): 1 if every repetition gives the same, 0 or less if agents cannot be told "
        "apart. No interval: agents of one run are not independent."
    )
    return table(head, rows, title="Reliability of the answers", note=note)


def _icc(what: str, row: dict[Hashable, Any]) -> tuple[str, ...]:
    counts = (row["agents"], row["raters"], row["left_out"])
    return (what, printed(float(row["value"]), "number"), *(str(count) for count in counts))
