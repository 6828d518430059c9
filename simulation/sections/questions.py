"""Questions beside the main one: which options are chosen, and how points are divided."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulation.analysis.answers import allocations
from simulation.analysis.excess import interval_over_runs
from simulation.analysis.human import agent_shares
from simulation.page import Design, Reading
from simulation.questions import POINTS
from simulation.sections import figures
from simulation.sections.measures import difference
from simulation.sections.section import Cell, Part, Piece, Section, Words, drawn, table
from simulation.view import DASH, signed

WORDS = (
    "Open dots are before the talk, full ones after it; a grey stroke is where the noise floor "
    "ended. Of a question with options, the share of all answers that an option gets, an agent "
    "counting by its probabilities in both orders. Of an allocation, the points out of 100 that an "
    "item gets, as each is rated by itself."
)
SHARE_COLUMNS = ("run", "arm", "wave", "row", "value")


def section(designs: Sequence[Design], rng: np.random.Generator) -> Section | None:
    """A figure and a table for each further question; None where there is none."""
    parts = tuple(Part(design.caption, tuple(_pieces(design, rng))) for design in designs)
    if not any(part.pieces for part in parts):
        return None
    return Section("questions", "What else was asked", WORDS, parts)


def divided(reading: Reading) -> list[str]:
    """Allocations of a run: what stands before the items of at least two questions."""
    heads = pd.Series([name.partition(": ")[0] for name in _asked(reading) if ": " in name])
    counts = heads.value_counts(sort=False)
    return [str(head) for head in counts[counts > 1].index]


def chosen(reading: Reading) -> list[str]:
    """Questions with options: all but items of allocations, and the main one if it has values."""
    items = divided(reading)
    own = reading.opinions[reading.opinions["question"] == reading.view.question]
    main = {reading.view.question} if own["opinion"].notna().any() else set()
    return [q for q in _asked(reading) if q.partition(": ")[0] not in items and q not in main]


def option_values(reading: Reading, question: str) -> pd.DataFrame:
    """Shares of the options over the agents of a run.

    Returns:
        Columns ``arm``, ``wave``, ``row`` (the option) and ``value`` in [0, 1].
    """
    shares = agent_shares(reading.frames.surveys)
    own = shares.loc[shares["question"] == question, ["arm", "wave", "option", "share"]]
    return _means(own.rename(columns={"option": "row", "share": "value"}))


def point_values(reading: Reading, question: str) -> pd.DataFrame:
    """Points of the items over the agents of a run; as `option_values`, out of 100."""
    points = allocations(reading.opinions, question)
    return _means(points.rename(columns={"item": "row", "points": "value"}))


def _means(values: pd.DataFrame) -> pd.DataFrame:
    known = values.dropna(subset=["value"])
    by = ["arm", "wave", "row"]
    return known.groupby(by, as_index=False, sort=False).agg(value=("value", "mean"))


def _pieces(design: Design, rng: np.random.Generator) -> list[Piece]:
    first, found = design.runs[0], list[Piece]()
    asked = [(question, False) for question in chosen(first)]
    asked += [(question, True) for question in divided(first)]
    for place, (question, in_points) in enumerate(asked):
        read = point_values if in_points else option_values
        values = pd.concat(
            [read(run, question).assign(run=number) for number, run in enumerate(design.runs)]
        )
        lost = _unusable(design, question, in_points)
        if values.empty:
            found.append(Words(f"{question}: no answer can be used. {lost}"))
            continue
        order = list(dict.fromkeys(_order(first, question, in_points)))
        ends = before_and_after(values, order, design.view.main, design.view.floor)
        drawing = figures.before_after(ends, POINTS if in_points else None)
        name = f"{design.prefix}question-{place + 1}"
        found += [
            drawn(name, drawing, f"{question}: {WORDS}", question),
            _table(values, order, design, in_points, rng),
        ]
        found += [Words(lost)] if lost else []
    return found


def _unusable(design: Design, question: str, in_points: bool) -> str:
    """How many answers are degenerate, in words; empty if none is."""
    every = pd.concat([reading.opinions for reading in design.runs])
    names = every["question"]
    own = every[names.str.startswith(f"{question}: ") if in_points else names == question]
    count = int(own["degenerate"].sum())
    if not count:
        return ""
    return (
        f"{count} of {len(own)} answers are degenerate: less than half of the probability lies on "
        "the options."
    )


def before_and_after(
    values: pd.DataFrame, order: Sequence[str], main: str, floor: str | None
) -> pd.DataFrame:
    """Means over runs at both ends.

    Args:
        values: Columns ``run``, ``arm``, ``wave``, ``row`` and ``value``.
        order: Of the rows.
        main: The talk.
        floor: Its noise floor, if there is one.

    Returns:
        Columns ``row``, ``before`` and ``after`` of the talk, ``floor``, after it (NaN without).
    """
    ends = _ends(values).groupby(["arm", "row"])[["before", "after"]].mean()

    def of(arm: str | None, end: str) -> "pd.Series[float]":
        known = ends.loc[arm][end] if arm in ends.index else pd.Series(dtype=float)
        found: pd.Series[float] = known.reindex(list(order))
        return found

    return pd.DataFrame(
        {"before": of(main, "before"), "after": of(main, "after"), "floor": of(floor, "after")}
    ).reset_index(names="row")


def _ends(values: pd.DataFrame) -> pd.DataFrame:
    """A row for each run, arm and row: the value at the first wave and at the last."""
    waves = values.groupby(["run", "arm"])["wave"]
    first, last = waves.transform("min"), waves.transform("max")
    by = ["run", "arm", "row"]
    before = values[values["wave"] == first].set_index(by)["value"]
    after = values[values["wave"] == last].set_index(by)["value"]
    return pd.DataFrame({"before": before, "after": after}).reset_index()


def _table(
    values: pd.DataFrame,
    order: Sequence[str],
    design: Design,
    in_points: bool,
    rng: np.random.Generator,
) -> "Piece":
    view, ends = design.view, _ends(values)
    ends["change"] = ends["after"] - ends["before"]
    rows, notes = [], set()
    for row in order:
        own = ends[ends["row"] == row].set_index("run")
        talk = own[own["arm"] == view.main]
        before, after, change = (float(talk[end].mean()) for end in ("before", "after", "change"))
        cells = [Cell(row), Cell(_told(before, in_points)), Cell(_told(after, in_points))]
        cells.append(Cell(_change(change, in_points), strong=view.floor is None))
        if view.floor:
            floor = own.loc[own["arm"] == view.floor, "change"]
            excess = talk["change"] - floor
            interval = interval_over_runs(_scaled(excess, in_points), rng)
            notes |= {interval.words} if interval.low is None else set()
            cells += [
                Cell(_change(float(floor.mean()), in_points)),
                Cell(_change(float(excess.mean()), in_points),
                     "" if interval.low is None else interval.words, strong=True),
            ]  # fmt: skip
        rows.append(cells)
    more = (f"change, {view.floor}", "excess") if view.floor else ()
    what = "item, in points of 100" if in_points else "option"
    words = "; ".join(sorted(notes))
    note = f"{words[:1].upper()}{words[1:]}." if words else ""
    return table((what, "before", "after", "change", *more), rows, note=note)


def _order(reading: Reading, question: str, in_points: bool) -> list[str]:
    """Items as they were asked, options as they were listed."""
    if in_points:
        names = [name for name in _asked(reading) if name.startswith(f"{question}: ")]
        return [name.removeprefix(f"{question}: ") for name in names]
    surveys = reading.frames.surveys
    own = surveys[(surveys["question"] == question) & (surveys["order"] == "forward")]
    return [str(option) for option in own["options"].iloc[0]]


def _asked(reading: Reading) -> list[str]:
    return [str(name) for name in dict.fromkeys(reading.frames.surveys["question"])]


def _told(value: float, in_points: bool) -> str:
    if np.isnan(value):
        return DASH
    return f"{value:.1f}" if in_points else f"{value:.0%}"


def _change(value: float, in_points: bool) -> str:
    return signed(value, 1) if in_points else difference(value, "share")


def _scaled(values: "pd.Series[float]", in_points: bool) -> list[float]:
    return [float(value) * (1 if in_points else 100) for value in values]
