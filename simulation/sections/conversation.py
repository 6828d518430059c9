"""Who speaks, who is heard, who is followed, and who comes to talk like whom."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd

from simulation.analysis.consistency import HEARD_COLUMNS
from simulation.analysis.conversation import (
    ARRIVAL_COLUMNS,
    inequality,
    reciprocity,
    replies,
    reply_counts,
    reply_texts,
    speaking,
)
from simulation.analysis.coordination import coordination, mean_coordination
from simulation.analysis.influence import adoptions, influence
from simulation.page import Design, Reading
from simulation.sections.figures import Panel, forests, matrices
from simulation.sections.measures import Measure, agent_rows, measures_table, of_runs
from simulation.sections.section import Part, Piece, Section, Words, drawn
from simulation.sections.shuffles import coordinated_replies

MEASURES = (
    Measure("words a turn", "mean length of a turn", "count"),
    Measure("inequality of words", "Gini coefficient: 0 if all say as much"),
    Measure("reciprocity", "replies that are returned", "share"),
    Measure("adoption", "reasons and ideas of others that a listener names later", "share"),
    Measure(
        "coordination",
        "how much more often a reply has a kind of function word if what it answers has it",
        "signed",
    ),
)
"""Of a whole arm."""

PANELS = (
    Panel("share of words", "share of\nall words", percent=True),
    Panel("heard", "times\nheard", counts=True),
    Panel("followed", "followed\nby others", (0.0, 1.0), percent=True),
    Panel("open", "follows\nothers", (0.0, 1.0), percent=True),
    Panel("coordination", "coordinates\nwith others", rule=0.0),
)
"""Of an agent."""

WORDS = (
    "Left to right: an agent's share of all words; how often somebody took in what it said; how "
    "often others, having heard a reason or an idea from it, name it later; how often it does so "
    "itself; how much its function words follow those of whom it answers. Filled in the talk, open "
    "in the noise floor: people think of things by themselves too."
)
PAIR_WORDS = (
    "Left: how often the one answers the other; a turn that answers several counts in parts. "
    "Right: of what it heard from the other, how much it made its own."
)


def section(designs: Sequence[Design], rng: np.random.Generator) -> Section:
    """Agents as a forest plot, pairs as matrices, arms as a table."""
    parts = tuple(Part(design.caption, tuple(_pieces(design, rng))) for design in designs)
    return Section("conversation", "Who speaks, who is heard", WORDS, parts)


class Exchanges:
    """Who answered and who followed whom in one run, worked out when asked for."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    @cached_property
    def pairs(self) -> pd.DataFrame | None:
        """What was heard and what was replied; None where the record does not tell."""
        frames = self.reading.frames
        if not set(ARRIVAL_COLUMNS) <= set(frames.exposures):
            return None
        pairs = reply_texts(replies(frames.turns, frames.exposures), frames.turns)
        return None if pairs.empty else pairs

    @cached_property
    def chances(self) -> pd.DataFrame | None:
        """Chances to take something up; None where nobody can read the talk or nothing is named."""
        exposures = self.reading.frames.exposures
        if self.reading.annotated.reader is None or not set(HEARD_COLUMNS) <= set(exposures):
            return None
        chances = adoptions(self.reading.annotated.mentions, exposures)
        return None if chances.empty else chances

    @cached_property
    def amount(self) -> pd.DataFrame:
        """As `conversation.speaking`."""
        return speaking(self.reading.frames.turns, list(self.reading.view.labels))


def agent_measures(talk: Exchanges) -> pd.DataFrame:
    """What `PANELS` show, for each arm that speaks and each agent.

    Returns:
        Columns ``arm``, ``agent``, ``measure``, ``value``.
    """
    exposures, by = talk.reading.frames.exposures, ["arm", "agent"]
    noticed = exposures[exposures["noticed"].astype(bool)]
    heard = noticed.groupby(["arm", "speaker"], as_index=False).agg(value=("noticed", "size"))
    found = {
        "share of words": talk.amount.rename(columns={"share": "value"}),
        "heard": heard.rename(columns={"speaker": "agent"}),
    }
    if talk.pairs is not None:
        found["coordination"] = mean_coordination(coordination(talk.pairs, by), by)
    if talk.chances is not None:
        for name, who in (("followed", "speaker"), ("open", "listener")):
            found[name] = influence(talk.chances, ["arm", who]).rename(columns={who: "agent"})
    parts = [frame[[*by, "value"]].assign(measure=name) for name, frame in found.items()]
    return pd.concat(parts, ignore_index=True)


def arm_measures(talk: Exchanges) -> pd.DataFrame:
    """All of `MEASURES` that a run allows, for each arm.

    Returns:
        Columns ``arm``, ``measure``, ``value``.
    """
    sums = talk.amount.groupby("arm", as_index=False)[["words", "turns"]].sum()
    found: dict[str, pd.DataFrame] = {
        "words a turn": sums.assign(value=sums["words"] / sums["turns"]),
        "inequality of words": inequality(talk.amount),
    }
    if talk.pairs is not None:
        found["reciprocity"] = reciprocity(reply_counts(talk.pairs))
        found["coordination"] = mean_coordination(coordination(talk.pairs))
    if talk.chances is not None:
        found["adoption"] = influence(talk.chances, ["arm"])
    parts = [frame[["arm", "value"]].assign(measure=name) for name, frame in found.items()]
    return pd.concat(parts, ignore_index=True)


def _pieces(design: Design, rng: np.random.Generator) -> list[Piece]:
    view, talks = design.view, [Exchanges(reading) for reading in design.runs]
    if talks[0].reading.frames.turns.empty:
        return [Words("Nobody has spoken.")]
    agents = of_runs(talks, agent_measures)
    panels = [panel for panel in PANELS if panel.measure in set(agents["measure"])]
    rows = agent_rows(agents, view, rng)
    forest = drawn(f"{design.prefix}conversation", forests(rows, view.labels, panels), WORDS)
    arms = measures_table(of_runs(talks, arm_measures), MEASURES, view, rng)
    tables, told = _matrices(talks[0]), list[Piece]([forest, arms])
    if talks[0].pairs is not None:
        told.append(coordinated_replies(talks[0].reading, talks[0].pairs, rng))
    if not tables:
        return told
    drawing = matrices(tables, view.labels, "who", "from whom")
    name = f"{design.prefix}pairs"
    pairs = drawn(name, drawing, PAIR_WORDS, "Who answers whom, who takes up from whom")
    return [*told, pairs, Words(PAIR_WORDS)]


def _matrices(talk: Exchanges) -> dict[str, pd.DataFrame]:
    """Replies and adoptions of the talk, an agent a row, a column for whom they are from."""
    found, main = {}, talk.reading.view.main
    if talk.pairs is not None:
        counts = reply_counts(talk.pairs[talk.pairs["arm"] == main])
        found["replies"] = counts.pivot(index="agent", columns="to", values="value")
    if talk.chances is not None:
        taken = influence(talk.chances[talk.chances["arm"] == main])
        wide = taken.pivot(index="listener", columns="speaker", values="value")
        found["share of reasons and ideas taken up"] = wide
    return found
