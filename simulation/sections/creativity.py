"""Does the group think of more than its members would alone? Ideas, how many, whose and how new."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulation.analysis.creativity import bridging, concept_rate, idea_counts, nominal_gain
from simulation.analysis.similarity import diversity
from simulation.page import Design, Reading
from simulation.sections.figures import Panel, forests, growth
from simulation.sections.measures import (
    Measure,
    agent_rows,
    measures_table,
    of_runs,
    over_runs,
    printed,
)
from simulation.sections.section import Part, Piece, Section, Table, Words, drawn, table
from simulation.sections.thoughts import WORDS_EMBEDDED, Thoughts, fields_of, ideas_by_words
from simulation.view import DASH

NOMINAL = "alone"
"""The arm of a nominal group: the same people speak as often and hear nobody."""

MEASURES = (
    Measure("fluency", "different ideas", "count"),
    Measure("flexibility", "kinds of ideas", "count"),
    Measure("originality", "share of the other speakers who did not have an agent's idea", "share"),
    Measure("elaboration", "words in the telling of an idea", "count"),
    Measure("Vendi score", "effective number of different turns"),
    Measure("bridging", "ideas that join the fields of two participants", "share"),
    Measure("concepts", "different concepts from fields of expertise in 100 words"),
    Measure("novelty", "bits by which a turn differs from those before it"),
    Measure("resonance", "novelty less what those after it differ by: above 0, the new stayed",
            "signed"),
    Measure("uptake", "bits by which a reply fits what it answers better than another does",
            "signed"),
)  # fmt: skip

PANELS = (
    Panel("ideas", "different\nideas", counts=True),
    Panel("originality", "rarity of\nown ideas", (0.0, 1.0), percent=True),
    Panel("novelty", "novelty\n(bits)"),
    Panel("resonance", "resonance\n(bits)", rule=0.0),
    Panel("uptake", "uptake\n(bits)", rule=0.0),
)

WORDS = (
    "How many different ideas had come up after so many words, in every arm. Compare arms at the "
    "same number of words."
)
AGENT_WORDS = (
    "Whose ideas, how rare they are among all speakers, how new each agent's turns are, whether "
    "what was new stayed (above 0) or was forgotten, and how closely it replies to what it hears. "
    "Filled in the talk, open in the noise floor, which is about something else."
)


def section(designs: Sequence[Design], rng: np.random.Generator) -> Section | None:
    """Counts by arm, growth of ideas, agents, and the gain over a nominal group.

    Returns:
        None where the talk holds no idea and the scenario did not ask for any.
    """
    if not any(_asked(reading) for design in designs for reading in design.runs):
        return None
    parts = tuple(Part(design.caption, tuple(_pieces(design, rng))) for design in designs)
    return Section("creativity", "What the group thought of", WORDS, parts)


def _asked(reading: Reading) -> bool:
    if NOMINAL in reading.facts.arms:
        return True
    if not reading.annotated.tells_ideas:
        return False
    ideas = reading.annotated.ideas
    return bool((ideas["arm"] == reading.view.main).any())


def arm_measures(run: Thoughts) -> pd.DataFrame:
    """All of `MEASURES` that a run allows, for each arm that speaks.

    Returns:
        Columns ``arm``, ``measure``, ``value``.
    """
    counts = idea_counts(run.ideas)
    found = {
        "fluency": _filled(counts, "fluency", run.turns),
        "flexibility": _filled(counts, "flexibility", run.turns),
        "originality": _mean(run.rarity, "value", ["arm"]),
        "elaboration": counts.rename(columns={"elaboration": "value"}),
        "Vendi score": diversity(run.turns, WORDS_EMBEDDED),
        "novelty": _mean(run.fresh, "novelty", ["arm"]),
        "resonance": _mean(run.fresh, "resonance", ["arm"]),
        "uptake": _mean(run.replies, "uptake", ["arm"]),
    }
    fields = fields_of(run.reading)
    if len(fields):
        found["bridging"] = bridging(run.ideas, fields)
        found["concepts"] = concept_rate(run.ideas, run.turns)
    parts = [frame[["arm", "value"]].assign(measure=name) for name, frame in found.items()]
    return pd.concat(parts, ignore_index=True)


def agent_measures(run: Thoughts) -> pd.DataFrame:
    """What `PANELS` show, for each arm that speaks and each agent.

    Returns:
        Columns ``arm``, ``agent``, ``measure``, ``value``.
    """
    by = ["arm", "agent"]
    found = {
        "ideas": _filled(idea_counts(run.ideas, by), "fluency", run.turns, by),
        "originality": run.rarity,
        "novelty": _mean(run.fresh, "novelty", by),
        "resonance": _mean(run.fresh, "resonance", by),
        "uptake": _mean(run.replies, "uptake", by),
    }
    parts = [frame[[*by, "value"]].assign(measure=name) for name, frame in found.items()]
    return pd.concat(parts, ignore_index=True)


def nominal_table(runs: Sequence[Thoughts], rng: np.random.Generator) -> Table | Words:
    """What the group gains over its members alone, or why that is not known."""
    gains = [
        nominal_gain(run.ideas, run.turns, run.reading.view.main, NOMINAL).assign(run=place)
        for place, run in enumerate(runs)
        if {NOMINAL, run.reading.view.main} <= set(run.turns["arm"])
    ]
    if not gains:
        return Words(
            "Whether the group thinks of more than its members would alone cannot be said: the "
            f"scenario has no arm {NOMINAL!r}, in which the same people speak and hear nobody."
        )
    gain = pd.concat(gains, ignore_index=True)
    overall = over_runs(gain.assign(what="gain"), ["what"], rng).iloc[0]
    low, high = float(overall["low"]), float(overall["high"])
    interval = DASH if np.isnan(low) else f"{low:.2f} to {high:.2f}"
    cells = (
        printed(float(gain["group_ideas"].mean()), "count"),
        printed(float(gain["nominal_ideas"].mean()), "count"),
        printed(float(gain["budget"].mean()), "count"),
        printed(float(overall["value"]), "number"),
        interval,
    )
    head = ("", "together", "alone", "within words", "gain", "interval")
    note = (
        "Different ideas of the group over the pooled different ideas of the same people alone, "
        "both cut at the words of the one that spoke less (Diehl & Stroebe 1987): below 1 the "
        "group loses."
    )
    return table(head, [("ideas", *cells)], title="Together or alone", note=note)


def _pieces(design: Design, rng: np.random.Generator) -> list[Piece]:
    view, runs = design.view, [Thoughts(reading, rng) for reading in design.runs]
    told = ideas_by_words(runs[0].ideas, runs[0].turns)
    arms = [view.main, *(arm for arm in runs[0].reading.facts.arms if arm != view.main)]
    agents = of_runs(runs, agent_measures)
    panels = [panel for panel in PANELS if panel.measure in set(agents["measure"])]
    drawing = forests(agent_rows(agents, view, rng), view.labels, panels)
    name, title = f"{design.prefix}thinkers", "Who thought of what"
    return [
        _how(design.runs[0]),
        drawn(f"{design.prefix}creativity", growth(told, arms, view.main), WORDS),
        measures_table(of_runs(runs, arm_measures), MEASURES, view, rng),
        nominal_table(runs, rng),
        drawn(name, drawing, AGENT_WORDS, title),
        Words(AGENT_WORDS),
    ]


def _how(reading: Reading) -> Words:
    """Who found the ideas."""
    reader = reading.annotated.reader
    if reader and reading.annotated.tells_ideas:
        return Words(
            f"Ideas are found by {reader.name}; two are the same if they bring the same to the "
            "same proposal. Likeness of turns is by the words they share."
        )
    return Words(
        "Nobody could read the ideas, so every sentence counts as one, and those that share most "
        "of their words as the same: the counts say how much is said, not how good it is."
    )


def _mean(frame: pd.DataFrame, column: str, by: list[str]) -> pd.DataFrame:
    return frame.groupby(by, as_index=False).agg(value=(column, "mean"))


def _filled(
    counts: pd.DataFrame, column: str, turns: pd.DataFrame, by: Sequence[str] = ("arm",)
) -> pd.DataFrame:
    """A count for everybody who spoke: 0 for those without an idea."""
    spoke = turns[list(by)].drop_duplicates()
    filled = spoke.merge(counts, on=list(by), how="left")
    return filled.assign(value=filled[column].fillna(0).astype(float))
