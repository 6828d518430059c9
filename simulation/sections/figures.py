"""General forms of figure: every function takes a frame and returns Axes, for notebooks too.

Nothing here is coloured but opinions: the talk is ink, the noise floor open and grey, so a grey
print loses nothing. The styles are those of `simulation.figures`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from simulation.figures import (
    FLOOR,
    HAIR,
    INK,
    OPINION,
    QUIET,
    SCALE,
    SMALL,
    TINY,
    WIDTH,
    agent_panels,
    new_axes,
    quieten,
    wave_axis,
)
from simulation.view import MINUS, View

ROW = 0.24
"""Inches: height of a row."""
MARKS = {"prompt": "^", "base": "s", "silent": "d", "alone": "v"}
"""Of controls beside the noise floor."""
LINES = ("-", "--", ":", "-.")
SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#9da2a9", INK])
CROWDED = 4
"""Panels side by side from which on an axis has room for fewer numbers."""


@dataclass(frozen=True)
class Panel:
    """A column of a forest plot."""

    measure: str
    """In the frame."""
    axis: str
    """Words under the axis: what, and in which unit."""
    ends: tuple[float, float] | None = None
    """Ends of the axis; None lets the values say."""
    percent: bool = False
    counts: bool = False
    """Whether values are whole numbers."""
    rule: float | None = None
    """Where an upright line stands, such as at no effect."""


def forests(rows: pd.DataFrame, labels: Mapping[str, str], panels: Sequence[Panel]) -> list[Axes]:
    """A column a measure, a row an agent (or arm, or contrast): a dot with its interval.

    Args:
        rows: Columns ``row`` (a key of `labels`), ``measure``, ``value``, ``low`` and ``high``, NaN
            where there is no interval; if there is a noise floor, ``floor``; and a column for each
            further control in `MARKS`, by its name.
        labels: Names of the rows, in order from the top.
        panels: The columns; a measure that the frame does not hold is an empty one.
    """
    controls = [arm for arm in MARKS if arm in rows]
    height = 0.85 + ROW * len(labels) + (0.3 if controls else 0.0)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    columns: list[Axes] = list(figure.subplots(1, len(panels), sharey=True, squeeze=False)[0])
    ticks = 3 if len(panels) <= CROWDED else 2
    for panel, ax in zip(panels, columns, strict=True):
        _forest(rows[rows["measure"] == panel.measure], list(labels), panel, ax, ticks)
    columns[0].set_yticks(range(len(labels)), labels=list(labels.values()), parse_math=False)
    columns[0].set_ylim(len(labels) - 0.4, -0.6)
    columns[0].tick_params(axis="y", labelsize=SMALL, labelcolor=INK)
    if controls:
        _name_marks(figure, controls, floor="floor" in rows)
    return columns


def said(
    opinions: pd.DataFrame,
    stances: pd.DataFrame,
    view: View,
    columns: int = 4,
    words: tuple[str, str] = ("answered in private", "said in the talk"),
) -> list[Axes]:
    """What each agent says beside what it answers in private: dots on a line.

    Args:
        opinions: From `analysis.opinion.opinions`; degenerate answers are gaps.
        stances: From `annotation.stances_in`, with ``time``.
        view: What to show; only stances on its question are drawn.
        columns: Panels in a row.
        words: What the line is, and the dots.
    """
    grid = agent_panels(view, columns)
    told = stances[(stances["arm"] == view.main) & (stances["subject"] == view.question)]
    answers = view.rows(opinions, view.main)
    for agent, ax in zip(view.labels, grid, strict=True):
        mine = answers[answers["agent"] == agent]
        held = mine["opinion"].mask(mine["degenerate"])
        ax.plot(mine["wave"], held, color=INK, linewidth=1.3)
        own = told[told["agent"] == agent]
        shades = [OPINION(SCALE(value)) for value in own["stance"]]
        ax.scatter(own["time"], own["stance"], s=22, color=shades, edgecolors=INK, linewidths=0.7,
                   zorder=3)  # fmt: skip
        ax.set_ylim(-1.15, 1.15)
        ax.set_yticks([-1, 0, 1], labels=[f"{MINUS}1", "0", "+1"])
        ax.axhline(0, color=HAIR, linewidth=0.8, zorder=0)
        wave_axis(ax)
        ax.set_title(view.labels[agent], fontsize=SMALL, color=INK, loc="left", parse_math=False)
        quieten(ax)
    figure = grid[0].get_figure(root=True)
    assert figure is not None
    figure.supxlabel(view.time_axis, fontsize=SMALL, color=QUIET)
    figure.supylabel(f"stance ({MINUS}1 … +1)", fontsize=SMALL, color=QUIET)
    dot = Line2D([], [], marker="o", linestyle="", markerfacecolor="white", markeredgecolor=INK,
                 markersize=5)  # fmt: skip
    figure.legend([Line2D([], [], color=INK, linewidth=1.3), dot], list(words),
                  loc="outside upper right", ncols=2, frameon=False, fontsize=TINY,
                  labelcolor=QUIET)  # fmt: skip
    return grid


def shuffles(
    found: pd.DataFrame, shuffled: Mapping[str, Sequence[float]], ax: Axes | None = None
) -> Axes:
    """How often a guess is right, over what it would be if labels meant nothing.

    Args:
        found: Columns ``what``, ``value``, ``low``, ``high`` and ``chance``, in [0, 1].
        shuffled: Values under permuted labels, by ``what``.
        ax: Where to draw.
    """
    ax = ax or new_axes(WIDTH, 0.85 + 0.42 * len(found))
    for place, row in enumerate(found.to_dict("records")):
        null = np.sort(np.asarray(shuffled[str(row["what"])], dtype=float))
        aside = 0.2 * np.sin(np.arange(len(null)) * 2.4)  # spread, the same every time
        ax.scatter(null, place + aside, s=9, color=FLOOR, linewidths=0)
        ax.plot([row["chance"]] * 2, [place - 0.34, place + 0.34], color=QUIET, linewidth=1)
        ax.plot([row["low"], row["high"]], [place, place], color=INK, linewidth=1.6)
        ax.scatter([row["value"]], [place], s=42, color=INK, zorder=3)
    names = [str(what) for what in found["what"]]
    ax.set_yticks(range(len(found)), labels=names, parse_math=False)
    ax.set_ylim(len(found) - 0.4, -0.6)
    ax.set_xlim(-0.02, 1.02)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    words = "recognised from the text alone (upright line: chance; grey: labels shuffled)"
    ax.set_xlabel(words, fontsize=SMALL, color=QUIET)
    quieten(ax)
    ax.tick_params(axis="y", labelsize=SMALL, labelcolor=INK)
    return ax


def growth(told: pd.DataFrame, arms: Sequence[str], main: str, ax: Axes | None = None) -> Axes:
    """How many different ideas there are after so many words, a line an arm.

    Args:
        told: Columns ``arm``, ``words`` and ``ideas``, both counted from the start of the talk.
        arms: In order; each has a stroke of its own.
        main: The arm drawn in ink.
        ax: Where to draw.
    """
    ax = ax or new_axes(WIDTH, 2.8)
    ends = []
    for place, arm in enumerate(arms):
        rows = told[told["arm"] == arm]
        if rows.empty:
            continue
        colour = INK if arm == main else QUIET
        width, stroke = 2.0 if arm == main else 1.4, LINES[place % len(LINES)]
        ax.step(rows["words"], rows["ideas"], where="post", color=colour, label=arm,
                linewidth=width, linestyle=stroke)  # fmt: skip
        ends.append(float(rows["ideas"].max()))
    ax.set_ylim(0, max([*ends, 1.0]) * 1.12)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("words spoken", fontsize=SMALL, color=QUIET)
    ax.set_ylabel("different ideas so far", fontsize=SMALL, color=QUIET)
    ax.legend(frameon=False, fontsize=TINY, loc="lower left", bbox_to_anchor=(0, 1), ncols=6,
              borderaxespad=0)  # fmt: skip
    quieten(ax)
    return ax


def matrices(
    tables: Mapping[str, pd.DataFrame], labels: Mapping[str, str], rows: str, columns: str
) -> list[Axes]:
    """Who does how much of something to whom, a square a pair: the darker, the more.

    Args:
        tables: Each indexed by agent, a column an agent; NaN where there was no chance. The title
            of each says what is counted.
        labels: Names of the agents, in order.
        rows: Words on the upright axis.
        columns: Words on the other one.
    """
    side = WIDTH / max(2, len(tables))
    figure = Figure(figsize=(WIDTH, min(side, 4.2) + 0.9), layout="constrained")
    panels: list[Axes] = list(figure.subplots(1, len(tables), squeeze=False)[0])
    places = range(len(labels))
    for (title, table), ax in zip(tables.items(), panels, strict=True):
        values = table.reindex(index=list(labels), columns=list(labels)).to_numpy(dtype=float)
        image = ax.imshow(values, cmap=SHADES, vmin=0, vmax=max(_largest(values), 1e-9))
        bar = figure.colorbar(image, ax=ax, orientation="horizontal", shrink=0.6, aspect=30)
        bar.ax.tick_params(labelsize=TINY, length=0, colors=QUIET)
        bar.outline.set_edgecolor(HAIR)
        bar.set_label(title, fontsize=TINY, color=QUIET)
        ax.set_xticks(places, labels=list(labels.values()), rotation=90, parse_math=False)
        ax.set_yticks(places, labels=list(labels.values()), parse_math=False)
        ax.set_xlabel(columns, fontsize=SMALL, color=QUIET)
        ax.set_ylabel(rows, fontsize=SMALL, color=QUIET)
        quieten(ax)
        ax.tick_params(labelsize=TINY - 1, labelcolor=INK)
    return panels


def option_shares(asked: pd.DataFrame, people: "pd.Series[float]", ax: Axes | None = None) -> Axes:
    """How many people choose each option, and how many agents before the talk and after it.

    Args:
        asked: From `analysis.human.agent_shares`, of one arm and question.
        people: Shares in [0, 1] by option; an option without one has 0.
        ax: Where to draw.
    """
    options = asked.drop_duplicates("option").sort_values("value", ascending=False)["option"]
    ends = {"before": asked["wave"].min(), "after": asked["wave"].max()}
    shares = {
        when: asked[asked["wave"] == wave].groupby("option")["share"].mean().reindex(options)
        for when, wave in ends.items()
    }
    ax = ax or new_axes(WIDTH, 0.95 + 0.36 * len(options))
    places = np.arange(len(options))
    ax.hlines(places, 0, people.reindex(options, fill_value=0.0), color=HAIR, linewidth=7)
    ax.scatter(people.reindex(options, fill_value=0.0), places, marker="|", s=170, linewidths=2.2,
               color=QUIET, label="people")  # fmt: skip
    ax.scatter(shares["before"], places, s=44, color="white", edgecolors=INK, zorder=3,
               label="agents before the talk")  # fmt: skip
    ax.scatter(shares["after"], places, s=30, color=INK, zorder=4, label="after it")
    ax.set_yticks(places, labels=[str(option) for option in options], parse_math=False)
    ax.set_ylim(len(options) - 0.4, -0.6)
    ax.set_xlim(-0.02, 1.02)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.set_xlabel("share of answers", fontsize=SMALL, color=QUIET)
    ax.legend(frameon=False, fontsize=TINY, loc="lower right")
    quieten(ax)
    ax.tick_params(axis="y", labelsize=SMALL, labelcolor=INK)
    return ax


def before_after(ends: pd.DataFrame, points: int | None = None, ax: Axes | None = None) -> Axes:
    """What each option or item got before the talk and after it.

    Args:
        ends: Columns ``row``, ``before``, ``after`` and ``floor``, where the noise floor ended (NaN
            without one); shares in [0, 1], or points.
        points: How many points there are to give; left out, the values are shares.
        ax: Where to draw.
    """
    ax = ax or new_axes(WIDTH, 1.1 + 0.36 * len(ends))
    places = np.arange(len(ends))
    ax.grid(axis="y", color=HAIR, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.hlines(places, ends["before"], ends["after"], color=QUIET, linewidth=1.2, zorder=2)
    if ends["floor"].notna().any():
        ax.scatter(ends["floor"], places, marker="|", s=190, linewidths=2.6, color=FLOOR, zorder=1,
                   label="after, in the floor")  # fmt: skip
    ax.scatter(ends["before"], places, s=44, color="white", edgecolors=INK, zorder=3,
               label="before the talk")  # fmt: skip
    ax.scatter(ends["after"], places, s=30, color=INK, zorder=4, label="after it")
    ax.set_yticks(places, labels=[str(row) for row in ends["row"]], parse_math=False)
    ax.set_ylim(len(ends) - 0.4, -0.6)
    whole = points or 1
    ax.set_xlim(-0.02 * whole, 1.02 * whole)
    if points is None:
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    words = "share of answers" if points is None else f"points of {points}"
    ax.set_xlabel(words, fontsize=SMALL, color=QUIET)
    ax.legend(frameon=False, fontsize=TINY, loc="lower right", bbox_to_anchor=(1, 1), ncols=3,
              borderaxespad=0)  # fmt: skip
    quieten(ax)
    ax.tick_params(axis="y", labelsize=SMALL, labelcolor=INK)
    return ax


def camps(opinions: pd.DataFrame, divided: pd.DataFrame, view: View) -> list[Axes]:
    """Where everybody stands before the talk and after it, and the two camps that divide them best.

    Args:
        opinions: From `analysis.opinion.opinions`.
        divided: From `analysis.polarisation.camps`.
        view: What to show.
    """
    arms = view.arms[::-1]
    figure = Figure(figsize=(WIDTH, 1.9), layout="constrained")
    panels: list[Axes] = list(figure.subplots(1, len(arms), sharey=True, squeeze=False)[0])
    for arm, ax in zip(arms, panels, strict=True):
        rows = view.rows(opinions[~opinions["degenerate"]], arm)
        cuts = view.rows(divided, arm)
        for place, wave in enumerate((rows["wave"].min(), rows["wave"].max())):
            held = np.sort(rows.loc[rows["wave"] == wave, "opinion"].to_numpy(dtype=float))
            heights = place + 0.13 * (np.arange(len(held)) % 3 - 1)
            shades = [OPINION(SCALE(value)) for value in held]
            ax.scatter(held, heights, s=30, color=shades, edgecolors=INK, linewidths=0.6, zorder=3)
            for cut in cuts[cuts["wave"] == wave].dropna(subset=["low"]).to_dict("records"):
                ends = [float(cut["low"]), float(cut["high"])]
                ax.plot(
                    ends, [place + 0.36] * 2, color=QUIET, linewidth=1, marker="|", markersize=7
                )
        ax.set_title(arm, fontsize=SMALL, color=INK if arm == view.main else QUIET, loc="left",
                     fontweight="bold")  # fmt: skip
        ax.set_xlim(-1.1, 1.1)
        ax.set_xticks([-1, 0, 1], labels=[f"{MINUS}1", "0", "+1"])
        ax.axvline(0, color=HAIR, linewidth=0.8, zorder=0)
        quieten(ax)
        ax.set_yticks([0, 1], labels=["before", "after"])
        ax.set_ylim(1.6, -0.4)
    words = f"opinion ({MINUS}1 strongly against … +1 strongly for); bars: means of the two camps"
    figure.supxlabel(words, fontsize=TINY, color=QUIET)
    return panels


def _forest(rows: pd.DataFrame, order: Sequence[str], panel: Panel, ax: Axes, ticks: int) -> None:
    found = rows.set_index("row").reindex(list(order))
    places = range(len(order))
    ax.grid(axis="y", color=HAIR, linewidth=0.6)
    ax.set_axisbelow(True)
    if "floor" in found:
        ax.scatter(found["floor"], places, s=26, color="white", edgecolors=QUIET, zorder=2)
    for arm, mark in MARKS.items():
        if arm in found:
            ax.scatter(found[arm], places, s=30, marker=mark, color="white", edgecolors=INK,
                       linewidths=0.9, zorder=2)  # fmt: skip
    ax.hlines(places, found["low"], found["high"], color=INK, linewidth=1.4, zorder=2)
    ax.scatter(found["value"], places, s=26, color=INK, zorder=3)
    if panel.rule is not None:
        ax.axvline(panel.rule, color=QUIET, linewidth=0.8, zorder=1)
    if panel.ends:
        margin = 0.05 * (panel.ends[1] - panel.ends[0])
        ax.set_xlim(panel.ends[0] - margin, panel.ends[1] + margin)
        ax.set_xticks(np.linspace(*panel.ends, 3))
    else:
        ax.margins(x=0.1)
        ax.xaxis.set_major_locator(MaxNLocator(ticks, integer=panel.counts))
    if panel.percent:
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.set_xlabel(panel.axis, fontsize=TINY, color=QUIET)
    quieten(ax)
    ax.spines["left"].set_visible(False)


def _name_marks(figure: Figure, controls: Sequence[str], *, floor: bool) -> None:
    """Names the marks once, above all panels: where controls stand, dots alone do not tell."""
    named = {"talk": ("o", INK, INK), **({"noise floor": ("o", "white", QUIET)} if floor else {})}
    named |= {arm: (MARKS[arm], "white", INK) for arm in controls}
    handles = [
        Line2D([], [], color=INK, marker=mark, linestyle="", markersize=5, markerfacecolor=face,
               markeredgecolor=edge)
        for mark, face, edge in named.values()
    ]  # fmt: skip
    figure.legend(handles, list(named), loc="outside upper right", ncols=len(named), frameon=False,
                  fontsize=TINY, labelcolor=QUIET, handletextpad=0.1)  # fmt: skip


def _largest(values: "np.typing.NDArray[np.float64]") -> float:
    known = values[~np.isnan(values)]
    return float(known.max()) if known.size else 0.0
