"""The counterfactual worth of one agent: what becomes of the others if somebody else sits there.

Each branch repeats a run with another persona in one seat, under the same seed; what that change
cannot have touched is taken from the record. The seat itself is not counted: that somebody else
thinks otherwise is no influence.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from personas.errors import InputError
from simulation.analysis.frames import require_columns
from simulation.analysis.opinion import usable
from simulation.analysis.shares import ANSWER

FILE = "worth.csv"
"""In the run's folder: what `ranked` gives."""
RANKED = ("rank", "seat", "moved", "floor", "excess", "shift", "others")
WORTH_COLUMNS = ("seat", "arm", "question", "moved", "shift", "others")


def worth(run: pd.DataFrame, branches: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """How differently the others end up, by seat and arm.

    Args:
        run: From `opinion.opinions`, of the run as it was.
        branches: The same, by the seat in which somebody else sat.

    Returns:
        `WORTH_COLUMNS`: ``moved`` in [0, 2] is the mean over the others of the distance between
        their opinion at the last wave in the branch and in the run; ``shift`` in [-2, 2] is that
        of their mean, branch minus run; ``others``, how many had a usable answer in both. Both
        are NaN if nobody had.

    Raises:
        InputError: A seat has no opinions in the run.
    """
    rows = []
    for seat, branch in branches.items():
        if seat not in set(run["agent"]):
            known = ", ".join(sorted(set(run["agent"])))
            raise InputError(f"branches name the seat {seat!r}; the run has: {known}")
        both = _last(run).merge(_last(branch), on=["arm", "question", "agent"])
        both = both[both["agent"] != seat]
        both["change"] = both["opinion_y"] - both["opinion_x"]
        for arm, question in run[["arm", "question"]].drop_duplicates().itertuples(index=False):
            change = both.loc[(both["arm"] == arm) & (both["question"] == question), "change"]
            moved, shift = (change.abs().mean(), change.mean()) if len(change) else (np.nan, np.nan)
            rows.append((seat, arm, question, moved, shift, len(change)))
    return pd.DataFrame(rows, columns=list(WORTH_COLUMNS))


def ranked(found: pd.DataFrame, arm: str, floor: str | None = None) -> pd.DataFrame:
    """The seats, the most influential first.

    Args:
        found: From `worth`, with one question.
        arm: The talk.
        floor: A control in which the same seats were swapped; None ranks by the talk alone.

    Returns:
        Columns ``rank`` from 1, ``seat``, ``moved``, ``floor``, ``excess`` = moved - floor (the
        last two NaN without a floor), ``shift`` and ``others``; ordered by excess, or by moved.
        Equals are ordered by name and share the better rank.
    """
    talk = found[found["arm"] == arm].drop(columns=["arm", "question"])
    beside = found[found["arm"] == floor].set_index("seat")["moved"]
    table = talk.assign(floor=talk["seat"].map(beside).astype(float))
    table["excess"] = table["moved"] - table["floor"]
    by = "moved" if floor is None else "excess"
    table = table.sort_values([by, "seat"], ascending=[False, True], ignore_index=True)
    table.insert(0, "rank", table[by].rank(ascending=False, method="min").astype("Int64"))
    return table[list(RANKED)]


def read_worth(run: Path) -> pd.DataFrame | None:
    """The ranking beside a run; None where its branches were not made.

    Raises:
        InputError: The file is not as `ranked` and pandas write it.
    """
    path = run / FILE
    if not path.is_file():
        return None
    found = pd.read_csv(path, dtype={"seat": str})
    require_columns(str(path), found, RANKED)
    return found


def _last(opinions: pd.DataFrame) -> pd.DataFrame:
    """Usable opinions at the last wave of each arm and question."""
    last = opinions.groupby(["arm", "question"])["wave"].transform("max")
    final: pd.DataFrame = usable(opinions[opinions["wave"] == last])
    return final[[name for name in ANSWER if name != "wave"] + ["opinion"]]
