"""The two claims, each as one figure with intervals over seeds."""

from collections.abc import Sequence
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.claims.measures import BRIDGES, DIFFERENT, GAIN, HELD, PRIVATE, STATED
from simulation.figures import FLOOR, HAIR, INK, QUIET, SMALL, TINY, WIDTH

ARMS = {
    "talk": ("adapters", "#23272e", "o", "-"),
    "prompt": ("prompted", "#1f6fb2", "s", "--"),
    "base": ("bare model", "#d9822b", "^", "-."),
    "alone": ("adapters, alone", "#6b7078", "D", ":"),
    "scrambled": ("adapters, another talk", "#b4b8be", "v", ":"),
}
"""Name, colour, marker and line of each arm; told apart in grey by the last two."""


def consistency(summary: pd.DataFrame, titles: dict[str, str]) -> Figure:
    """Private opinion over time by person, then what they say, by arm.

    Args:
        summary: From `measures.over_seeds`.
        titles: Name of each cell, in the order of panels.
    """
    figure = Figure(figsize=(WIDTH, 5.2), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1.1, 1))
    panels = top.subplots(1, len(titles), sharey=True, squeeze=False)[0]
    for panel, (cell, title) in zip(panels, titles.items(), strict=True):
        courses(summary[(summary["measure"] == PRIVATE) & (summary["cell"] == cell)], panel)
        panel.set_title(title, fontsize=SMALL, color=INK, loc="left")
    panels[0].set_ylabel("private opinion", fontsize=SMALL, color=QUIET)
    handles, labels = panels[0].get_legend_handles_labels()
    top.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False, fontsize=TINY)
    for panel, measure in zip(bottom.subplots(1, 2), (STATED, HELD), strict=True):
        dots(summary[summary["measure"] == measure], list(titles), titles, panel)
        panel.set_ylim(-0.05, 1.05)
        panel.set_ylabel(measure, fontsize=TINY, color=QUIET)
    return figure


def creativity(summary: pd.DataFrame, titles: dict[str, str]) -> Figure:
    """Different ideas, the gain over the nominal group, and ideas across fields, by arm.

    Args:
        summary: From `measures.over_seeds`.
        titles: Name of each cell.
    """
    figure = Figure(figsize=(WIDTH, 3.0), layout="constrained")
    panels = figure.subplots(1, 3)
    for panel, measure in zip(panels, (DIFFERENT, GAIN, BRIDGES), strict=True):
        dots(summary[summary["measure"] == measure], list(titles), titles, panel)
        panel.set_ylabel(fill(measure, 30), fontsize=TINY, color=QUIET)
        if measure == GAIN:
            panel.axhline(1, color=FLOOR, linewidth=1, zorder=0)
        else:
            panel.set_ylim(bottom=0)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper center", ncols=4, frameon=False, fontsize=TINY
    )
    return figure


def courses(rows: pd.DataFrame, panel: Axes) -> None:
    """A line an arm over waves, its interval as a band."""
    panel.axhline(0, color=HAIR, linewidth=0.8, zorder=0)
    for arm, (name, colour, _, line) in ARMS.items():
        course = rows[rows["arm"] == arm].sort_values("wave")
        if len(course):
            panel.fill_between(
                course["wave"], course["low"], course["high"], color=colour, alpha=0.15, linewidth=0
            )
            panel.plot(
                course["wave"], course["mean"], line, color=colour, linewidth=1.6, label=name
            )
    panel.set_ylim(-1.08, 1.08)
    panel.set_xlabel("rounds", fontsize=SMALL, color=QUIET)
    panel.tick_params(labelsize=TINY)


def dots(rows: pd.DataFrame, cells: Sequence[str], titles: dict[str, str], panel: Axes) -> None:
    """A mark an arm in every cell, with its interval."""
    present = [arm for arm in ARMS if arm in set(rows["arm"])]
    for rank, arm in enumerate(present):
        name, colour, marker, _ = ARMS[arm]
        mine = rows[rows["arm"] == arm].set_index("cell").reindex(cells)
        aside = 0.14 * (rank - (len(present) - 1) / 2)
        places = [place + aside for place in range(len(cells))]
        below = (mine["mean"] - mine["low"]).fillna(0)
        above = (mine["high"] - mine["mean"]).fillna(0)
        panel.errorbar(
            places, mine["mean"], yerr=[below, above], fmt=marker, color=colour, markersize=5,
            elinewidth=1.2, capsize=2, label=name,
        )  # fmt: skip
    panel.set_xticks(range(len(cells)), [titles[cell] for cell in cells], fontsize=TINY)
    panel.set_xlim(-0.5, len(cells) - 0.5)
    panel.tick_params(labelsize=TINY)
