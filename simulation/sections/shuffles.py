"""The control *shuffled* on a page: what a measure would be if labels meant nothing."""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from simulation.analysis.shuffled import shuffled_assortativity, shuffled_coordination
from simulation.page import Reading
from simulation.sections.section import Cell, Table, table
from simulation.view import DASH, signed

PERMUTATIONS = 99
"""Of opinions among agents: enough for p = 0.01."""
FEW = 39
"""Of what was answered among replies, which takes longer: enough for p = 0.025."""
HEAD = ("arm", "observed", "shuffled", "excess", "p")


def alike_neighbours(reading: Reading, rng: np.random.Generator) -> Table:
    """Assortativity at the last wave of each arm, beside opinions shuffled among the agents."""
    asked = reading.opinions[reading.opinions["question"] == reading.view.question]
    last = asked[asked["wave"] == asked.groupby("arm")["wave"].transform("max")]
    facts = reading.facts
    found = shuffled_assortativity(
        last, facts.ties, rng, directed=facts.directed, permutations=PERMUTATIONS
    )
    note = (
        "Correlation of opinion over ties after the talk (Newman 2003), beside the mean of "
        f"{PERMUTATIONS} shufflings of opinions among the agents; on a complete graph all "
        "shufflings are alike."
    )
    return _table(reading, found, "Do those who hear each other think alike?", note)


def coordinated_replies(reading: Reading, pairs: pd.DataFrame, rng: np.random.Generator) -> Table:
    """Coordination of function words, beside replies to messages shuffled within each agent.

    Args:
        reading: The run.
        pairs: From `analysis.conversation.reply_texts`.
        rng: Draws the shufflings.
    """
    found = shuffled_coordination(pairs, rng, FEW)
    note = (
        "How much more often a reply has a kind of function word if what it answers has it, beside "
        f"the mean of {FEW} shufflings of what was answered among an agent's replies: topic and "
        "manner stay, the link between a message and its reply goes. All replies of an arm are "
        "pooled here; the table above is the mean over pairs of people."
    )
    return _table(reading, found, "Do replies take on the words of what they answer?", note)


def _table(reading: Reading, found: pd.DataFrame, title: str, note: str) -> Table:
    by_arm = {str(row["arm"]): row for row in found.to_dict("records")}
    rows = [_row(arm, by_arm[arm]) for arm in reading.view.arms_of(found) if arm in by_arm]
    return table(HEAD, rows, title=title, note=note)


def _row(arm: str, row: Mapping[Hashable, object]) -> list[Cell]:
    value, floor, excess, p = (float(str(row[name])) for name in ("value", "floor", "excess", "p"))
    return [
        Cell(arm), Cell(signed(value)), Cell(signed(floor)), Cell(signed(excess), strong=True),
        Cell(DASH if np.isnan(p) else f"{p:.3f}"),
    ]  # fmt: skip
