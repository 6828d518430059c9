"""A table of measures: the talk, every control beside it, the excess over the floor, an interval.

Used by every section that has numbers of its own; the run is the unit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Literal, TypeVar

import numpy as np
import pandas as pd

from simulation.analysis.excess import interval_over_runs
from simulation.sections.section import Cell, Table, table
from simulation.view import DASH, View, signed

Run = TypeVar("Run")
"""A run as its section reads it."""
Style = Literal["share", "number", "signed", "count"]


@dataclass(frozen=True)
class Measure:
    """How a measure is told."""

    name: str
    """In the frame."""
    meaning: str
    style: Style = "number"


def printed(value: float, style: Style) -> str:
    """A number in the style of its measure; a dash for NaN."""
    if isnan(value):
        return DASH
    match style:
        case "share":
            return f"{value:.0%}"
        case "signed":
            return signed(value)
        case "count":
            return f"{value:.0f}" if value == round(value) else f"{value:.1f}"
    return f"{value:.2f}"


def difference(value: float, style: Style) -> str:
    """A difference of two such numbers."""
    match style:
        case "share":
            return DASH if isnan(value) else f"{signed(100 * value, 0)} points"
        case "count":
            return signed(value, 0 if value == round(value) else 1) if not isnan(value) else DASH
    return signed(value)


def measures_table(
    values: pd.DataFrame, measures: Sequence[Measure], view: View, rng: np.random.Generator
) -> Table:
    """One row a measure: its mean over runs in each arm, and the excess of the talk over the floor.

    Args:
        values: Columns ``run``, ``arm``, ``measure`` and ``value``; the runs are replicates.
        measures: Which, in order; one that is nowhere measured is left out.
        view: Which arm is the talk and which its floor.
        rng: Draws the resamples of the intervals.
    """
    arms = [view.main, *(arm for arm in _arms(values) if arm != view.main)]
    known = [m for m in measures if values.loc[values["measure"] == m.name, "value"].notna().any()]
    wide = values.pivot_table(index=["measure", "run"], columns="arm", values="value", dropna=False)
    wide = wide.reindex(columns=list(dict.fromkeys([*arms, view.floor or view.main])))
    rows, notes = [], set()
    for measure in known:
        here = wide.loc[measure.name]
        cells = [Cell(measure.name, measure.meaning)]
        cells += [Cell(printed(float(here[arm].mean()), measure.style)) for arm in arms]
        if view.floor:
            excess = here[view.main] - here[view.floor]
            interval = interval_over_runs(excess.tolist(), rng)
            note = "" if interval.low is None else interval.words
            notes |= {interval.words} - {note, "not measured in any run"}
            mean = float(excess.mean())
            cells.append(Cell(difference(mean, measure.style), note, strong=True))
        rows.append(cells)
    head = ["measure", *arms, *(["excess over " + view.floor] if view.floor else [])]
    words = "; ".join(sorted(notes))
    return table(head, rows, note=words[:1].upper() + words[1:] + "." if words else "")


def _arms(values: pd.DataFrame) -> list[str]:
    return [str(arm) for arm in dict.fromkeys(values["arm"])]


def over_runs(values: pd.DataFrame, by: Sequence[str], rng: np.random.Generator) -> pd.DataFrame:
    """Mean over runs, with an interval where there are runs enough.

    Args:
        values: Columns ``run``, `by` and ``value``.
        by: What identifies a number in one run.
        rng: Draws the resamples.

    Returns:
        The columns `by`, ``value``, ``low``, ``high`` (NaN without an interval) and ``runs``.
    """
    rows = []
    for key, group in values.groupby(list(by), sort=False):
        known = group["value"].dropna()
        interval = interval_over_runs(known.tolist(), rng)
        low = np.nan if interval.low is None else interval.low
        high = np.nan if interval.high is None else interval.high
        rows.append((*key, float(known.mean()) if len(known) else np.nan, low, high, len(known)))
    return pd.DataFrame(rows, columns=[*by, "value", "low", "high", "runs"])


def of_runs(runs: Sequence[Run], measure: Callable[[Run], pd.DataFrame]) -> pd.DataFrame:
    """The same measure of every run of a design; ``run`` counts from 0."""
    parts = [measure(run).assign(run=place) for place, run in enumerate(runs)]
    return pd.concat(parts, ignore_index=True)


def agent_rows(values: pd.DataFrame, view: View, rng: np.random.Generator) -> pd.DataFrame:
    """Measures of agents as `figures.forests` takes them.

    Args:
        values: Columns ``run``, ``arm``, ``agent``, ``measure`` and ``value``.
        view: Which arm is the talk, with an interval over runs, and which its floor.
        rng: Draws the resamples.

    Returns:
        Columns ``row``, ``measure``, ``value``, ``low``, ``high``, ``runs``; ``floor``, if there
        is one; and a column for each further control, by its name.
    """
    talk = over_runs(values[values["arm"] == view.main], ["agent", "measure"], rng)
    for arm in _arms(values):
        if arm == view.main:
            continue
        beside = values[values["arm"] == arm].groupby(["agent", "measure"])["value"].mean()
        name = "floor" if arm == view.floor else arm
        talk = talk.merge(beside.rename(name).reset_index(), how="left")
    return talk.rename(columns={"agent": "row"})
