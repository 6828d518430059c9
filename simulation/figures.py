"""Pictures of a run: every function takes a frame and returns an Axes, for notebooks too.

Colour means opinion and nothing else: dark blue against, pale undecided, orange for. The two
ends differ in lightness and the network prints its numbers, so a grey print can be read. Ink is
the talk, grey is the noise floor. Without an `ax` a function makes a figure of its own, free of
pyplot's global state; ``axes.figure`` is that figure.
"""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from simulation.analysis.opinion import levels
from simulation.view import MINUS, View, signed

INK, QUIET, FLOOR, HAIR = "#23272e", "#6b7078", "#b4b8be", "#e3e4e6"
OPINION = LinearSegmentedColormap.from_list("opinion", ["#1f3a6e", "#f1ede4", "#e58a1f"])
SCALE = Normalize(-1, 1)
"""Opinions run from -1 to 1."""

OPINION_AXIS = f"opinion ({MINUS}1 strongly against … +1 strongly for)"
Drawing = Axes | Sequence[Axes]
"""What a function here returns: one panel, or several of one figure."""
WIDTH = 7.2
"""Inches: the text width of a printed page."""
SMALL, TINY = 9.0, 7.5
"""Points."""


def population(opinions: pd.DataFrame, view: View) -> list[Axes]:
    """The whole town over time, an arm a panel: everybody, their mean, and one deviation.

    The talk comes first, then its noise floor, then every other control.

    Args:
        opinions: From `analysis.opinion.opinions`; degenerate answers are left out.
        view: What to show.
    """
    arms = view.arms_of(opinions)
    columns = min(2, len(arms))
    rows_of_panels = -(-len(arms) // columns)
    figure = new_figure(WIDTH, 0.5 + 2.6 * rows_of_panels)
    grid = figure.subplots(rows_of_panels, columns, sharex=True, sharey=True, squeeze=False)
    panels: list[Axes] = list(grid.flatten()[: len(arms)])
    for spare in grid.flatten()[len(arms) :]:
        spare.set_axis_off()
    for arm, panel in zip(arms, panels, strict=True):
        colour = INK if arm == view.main else QUIET
        for agent in view.labels:
            waves, held = _course(view.rows(opinions, arm), agent)
            panel.plot(waves, held, color=colour, linewidth=0.7, alpha=0.35)
        rows = view.rows(levels(opinions), arm)
        low, high = rows["mean"] - rows["spread"], rows["mean"] + rows["spread"]
        panel.fill_between(rows["wave"], low, high, color=colour, alpha=0.14, linewidth=0)
        panel.plot(rows["wave"], rows["mean"], color=colour, linewidth=2.4)
        spread = "" if rows.empty else _course_in_words(rows)
        panel.set_title(arm, fontsize=SMALL, color=colour, loc="left", fontweight="bold")
        panel.set_title(spread, fontsize=TINY, color=QUIET, loc="right")
        _mark_swaps(panel, {place for place, _ in view.swaps})
        _opinion_axis(panel)
    figure.supxlabel(view.time_axis, fontsize=SMALL, color=QUIET)
    figure.supylabel(OPINION_AXIS, fontsize=TINY, color=QUIET)
    return panels


def trajectory(opinions: pd.DataFrame, view: View, agent: str, ax: Axes | None = None) -> Axes:
    """One agent's opinion over time: the talk in ink, the noise floor as a broad grey line.

    Args:
        opinions: From `analysis.opinion.opinions`; degenerate answers appear as gaps.
        view: What to show.
        agent: Key of the agent.
        ax: Where to draw.
    """
    ax = ax or new_axes(WIDTH / 2, 2.4)
    if view.floor:
        waves, held = _course(view.rows(opinions, view.floor), agent)
        ax.plot(waves, held, color=FLOOR, linewidth=3.6, solid_capstyle="round")
    waves, held = _course(view.rows(opinions, view.main), agent)
    ax.plot(waves, held, color=INK, linewidth=1.3)
    known = held.dropna()
    for place in {*known.index[:1], *known.index[-1:]}:
        shade = OPINION(SCALE(held[place]))
        ax.scatter([waves[place]], [held[place]], s=26, color=[shade], edgecolors=INK, zorder=3)
    _opinion_axis(ax)
    _mark_swaps(ax, {place for place, key in view.swaps if key == agent})
    ax.set_title(view.labels[agent], fontsize=SMALL, color=INK, loc="left", parse_math=False)
    return ax


def trajectories(opinions: pd.DataFrame, view: View, columns: int = 4) -> list[Axes]:
    """Small multiples of `trajectory`, one an agent, in the order of ``view.labels``."""
    panels = agent_panels(view, columns)
    for agent, panel in zip(view.labels, panels, strict=True):
        trajectory(opinions, view, agent, panel)
    figure = panels[0].get_figure(root=True)
    assert figure is not None
    figure.supxlabel(view.time_axis, fontsize=SMALL, color=QUIET)
    figure.supylabel(f"opinion ({MINUS}1 … +1)", fontsize=SMALL, color=QUIET)
    _name_lines(figure, view)
    return panels


def agent_panels(view: View, columns: int = 4) -> list[Axes]:
    """A panel for each agent, in the order of ``view.labels``; few agents get larger ones."""
    columns = min(columns, max(2, len(view.labels)))
    rows = -(-len(view.labels) // columns)
    figure = new_figure(WIDTH, 0.75 + (1.45 if rows > 1 else 1.7) * rows)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flatten()
    for spare in grid[len(view.labels) :]:
        spare.set_axis_off()
    for above in grid[max(0, len(view.labels) - columns) : len(view.labels)]:
        above.tick_params(axis="x", labelbottom=True)  # the last panel of its column
    return list(grid[: len(view.labels)])


def drifts(
    drift: pd.DataFrame, view: View, *, reach: float | None = None, ax: Axes | None = None
) -> Axes:
    """Drift of each agent at the last wave, talk against floor; the band is the floor's size.

    Args:
        drift: From `analysis.opinion.drift`.
        view: What to show.
        reach: Largest drift on the axis. Given, agents keep the order of ``view.labels``, so
            that figures of several runs can be compared; left out, they are sorted by drift.
        ax: Where to draw.
    """
    moved = pd.DataFrame({arm: view.finals(drift, arm, "drift") for arm in view.arms})[::-1]
    if reach is None:
        moved = moved.sort_values(view.main, na_position="first")
        reach = float(moved.abs().max().fillna(0.0).max())
    ax = ax or new_axes(WIDTH, 0.8 + 0.27 * len(moved))
    if view.floor:
        size = float(moved[view.floor].abs().mean())
        ax.axvspan(-size, size, color=FLOOR, alpha=0.3, linewidth=0)
    ax.axvline(0, color=QUIET, linewidth=0.6, zorder=0)
    ax.hlines(range(len(moved)), moved.min(axis=1), moved.max(axis=1), color=FLOOR, linewidth=1.2)
    for arm in view.arms:
        face, edge = (INK, INK) if arm == view.main else ("white", QUIET)
        ax.scatter(moved[arm], range(len(moved)), s=34, color=face, edgecolors=edge, zorder=2)
    limit = max(0.25, 1.15 * reach)
    ax.set_xlim(-limit, limit)
    names_axis(ax, [view.labels[agent] for agent in moved.index])
    words = f"drift: opinion after the talk {MINUS} before ({MINUS}2 … +2)"
    ax.set_xlabel(words, fontsize=SMALL, color=QUIET)
    _name_dots(ax, moved.iloc[-1], len(moved) - 1)
    return ax


def outcomes(runs: Mapping[str, pd.DataFrame], view: View, ax: Axes | None = None) -> Axes:
    """Where each agent ends up in each of several runs, one mark a run.

    Args:
        runs: `analysis.opinion.opinions` of each run, by the run's name.
        view: What to show.
        ax: Where to draw.
    """
    ends = {name: view.finals(frame, view.main, "opinion") for name, frame in runs.items()}
    table = pd.DataFrame(ends)[::-1]
    ax = ax or new_axes(WIDTH, 1.0 + 0.3 * len(table))
    ax.hlines(range(len(table)), table.min(axis=1), table.max(axis=1), color=FLOOR, linewidth=1.2)
    ax.axvline(0, color=HAIR, linewidth=0.8, zorder=0)
    for rank, name in enumerate(ends):
        grey = f"{0.15 + 0.85 * rank / max(len(ends) - 1, 1):.3f}"
        mark = "osD^v<>P"[rank % 8]
        aside = min(0.12, 0.6 / len(ends)) * (rank - (len(ends) - 1) / 2)
        shifted = [place + aside for place in range(len(table))]
        ax.scatter(table[name], shifted, s=36, color=grey, marker=mark, edgecolors=INK,
                   linewidths=0.8, label=name, zorder=3)  # fmt: skip
    ax.legend(frameon=False, fontsize=TINY, ncols=6, loc="lower left", borderaxespad=0,
              bbox_to_anchor=(0, 1), handletextpad=0.1)  # fmt: skip
    ax.set_xlim(-1.06, 1.06)
    names_axis(ax, [view.labels[str(agent)] for agent in table.index])
    ax.set_xlabel("after the talk: " + OPINION_AXIS, fontsize=SMALL, color=QUIET)
    return ax


def picture(drawing: Drawing, file_format: str) -> bytes:
    """The whole figure that holds `drawing`, as a file: ``png`` (200 dots per inch) or ``svg``.

    The same figure gives the same bytes. An SVG has no background, so that it takes the page's.
    """
    figure = (drawing if isinstance(drawing, Axes) else drawing[0]).get_figure(root=True)
    buffer = BytesIO()
    vector = file_format == "svg"
    if figure is not None:
        with mpl.rc_context({"svg.hashsalt": "symposion"}):
            figure.savefig(
                buffer,
                format=file_format,
                dpi=200,
                transparent=vector,
                metadata={"Date": None} if vector else {},
            )
        figure.set_layout_engine("none")  # laid out once; the next format need not again
    return buffer.getvalue()


def new_axes(width: float, height: float) -> Axes:
    """The only axes of a new figure, `width` x `height` inches."""
    return new_figure(width, height).add_subplot()


def new_figure(width: float, height: float) -> Figure:
    """A figure whose panels do not touch each other, `width` x `height` inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    engine.set(wspace=0.04)
    return figure


def wave_axis(ax: Axes) -> None:
    """Whole numbers on the axis of virtual time, in steps that people count in."""
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))


def names_axis(ax: Axes, names: Sequence[str]) -> None:
    """Names at the rows, the first one lowest."""
    ax.set_yticks(range(len(names)), labels=list(names), parse_math=False)
    ax.set_ylim(-0.7, len(names) - 0.3)
    quieten(ax)
    ax.tick_params(axis="y", labelsize=SMALL, labelcolor=INK)
    ax.spines["left"].set_visible(False)


def quieten(ax: Axes) -> None:
    """Takes away what is not data."""
    ax.tick_params(labelsize=TINY, length=0, labelcolor=QUIET)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(HAIR)


def _course(rows: pd.DataFrame, agent: str) -> "tuple[pd.Series[int], pd.Series[float]]":
    """Waves and opinions of one agent; degenerate answers are NaN."""
    mine = rows[rows["agent"] == agent]
    return mine["wave"], mine["opinion"].mask(mine["degenerate"])


def _mark_swaps(ax: Axes, places: Iterable[float]) -> None:
    """A dotted upright line wherever a persona changes."""
    for place in sorted(places):
        ax.axvline(place, color=QUIET, linewidth=0.9, linestyle=":", zorder=0)


def _course_in_words(rows: pd.DataFrame) -> str:
    first, last = rows.iloc[0], rows.iloc[-1]
    start, end = (f"{signed(row['mean'])} ± {row['spread']:.2f}" for row in (first, last))
    return f"{start} → {end}"


def _name_lines(figure: Figure, view: View) -> None:
    """Names the lines once, above all panels."""
    strokes = {view.main: (INK, 1.3), **({view.floor: (FLOOR, 3.6)} if view.floor else {})}
    figure.legend(
        [Line2D([], [], color=colour, linewidth=width) for colour, width in strokes.values()],
        list(strokes), loc="outside upper right", ncols=2, frameon=False, fontsize=TINY,
        labelcolor=QUIET,
    )  # fmt: skip


def _opinion_axis(ax: Axes) -> None:
    ax.set_ylim(-1.08, 1.08)
    ax.set_yticks([-1, 0, 1], labels=[f"{MINUS}1", "0", "+1"])
    ax.axhline(0, color=HAIR, linewidth=0.8, zorder=0)
    wave_axis(ax)
    quieten(ax)


def _name_dots(ax: Axes, row: "pd.Series[float]", height: int) -> None:
    """Names the dots of one row, outwards of each other."""
    for arm, value in row.dropna().items():
        right = arm == row.idxmax()
        ax.annotate(str(arm), (value, height), (4 if right else -4, 6), textcoords="offset points",
                    fontsize=TINY, color=QUIET, ha="left" if right else "right")  # fmt: skip
