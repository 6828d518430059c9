"""Pictures of an examination: every function takes a frame and returns Axes, for notebooks too.

Arms are told apart by colour (after Okabe and Ito 2008, fit for all kinds of colour vision), by
marker and by name.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, QUIET, HAIR = "#23272e", "#6b7078", "#e3e4e6"
BASELINES = {
    "base": ("#8a8f96", "s"),
    "prompt": ("#e69f00", "^"),
    "few-shot": ("#56b4e9", "v"),
    "annotator": (INK, "D"),
}
"""Colour and marker of the arms that need no adapter."""
WEIGHTS = (("#d55e00", "o"), ("#0072b2", "P"), ("#009e73", "X"), ("#cc79a7", "*"))
"""Those of arms in the weights, in order."""
MINUS = "\N{MINUS SIGN}"
WIDTH, ROW, PANEL = 7.2, 0.24, 0.75
"""Inches: of a page, of an arm's row, and of what a panel takes beside its rows."""
COLUMNS = 3
"""Panels in a row."""
SMALL, TINY = 9.0, 7.5
"""Points."""


def arm_styles(arms: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each arm."""
    styles = dict(BASELINES)
    named = [arm for arm in arms if arm not in styles]
    styles |= {arm: WEIGHTS[place % len(WEIGHTS)] for place, arm in enumerate(named)}
    return {arm: styles[arm] for arm in arms}


def dots(figures: pd.DataFrame, measures: Mapping[str, tuple[float, float] | None]) -> list[Axes]:
    """A panel a measure, a row an arm: a dot with its interval.

    Args:
        figures: Of one stage, columns as `personas.examination.intervals.Figure`.
        measures: Names in the frame, each with the ends of its axis or None.

    Returns:
        The panels in use, all of one figure; none where no measure is in the frame.
    """
    shown = [one for one in measures if one in set(figures["measure"])]
    if not shown:
        return []
    arms = list(dict.fromkeys(figures["arm"]))
    columns = min(COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    size = (WIDTH, rows * (PANEL + ROW * len(arms)))
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False).flat
    panels = list(grid)
    for panel in panels[len(shown) :]:
        panel.remove()
    for measure, panel in zip(shown, panels, strict=False):
        _measure(panel, figures[figures["measure"] == measure], arms)
        ends = measures[measure]
        if ends:
            margin = 0.04 * (ends[1] - ends[0])
            panel.set_xlim(ends[0] - margin, ends[1] + margin)
        panel.set_title(measure, fontsize=SMALL, color=INK, loc="left", parse_math=False)
    return panels[: len(shown)]


def traits(figures: pd.DataFrame, scale: str, truth: Mapping[str, float]) -> Axes | None:
    """Where each arm stands on the traits of a scale, -1 to 1, and where the persona truly stands.

    Args:
        figures: Of one stage.
        scale: Name of the scale.
        truth: By trait; empty where nobody knows.

    Returns:
        None where the frame holds no such trait.
    """
    prefix = f"{scale}: "
    rows = figures[figures["measure"].str.startswith(prefix)]
    if rows.empty:
        return None
    arms = list(dict.fromkeys(rows["arm"]))
    names = [one.removeprefix(prefix) for one in dict.fromkeys(rows["measure"])]
    height = 0.8 + len(names) * max(0.34, 0.13 * len(arms))
    axes = Figure(figsize=(WIDTH, height), layout="constrained").add_subplot()
    for place, (arm, (colour, marker)) in enumerate(arm_styles(arms).items()):
        mine = rows[rows["arm"] == arm].set_index("measure")
        shift = (place - (len(arms) - 1) / 2) * 0.7 / max(1, len(arms))
        for line, name in enumerate(names):
            if prefix + name in mine.index:
                _dot(axes, _row(mine, prefix + name), line + shift, colour, marker,
                     "" if line else arm)  # fmt: skip
    for line, name in enumerate(names):
        if name in truth:
            axes.plot([truth[name]] * 2, [line - 0.42, line + 0.42], color=INK, linewidth=2.2,
                      label="truth" if name == names[0] else None, zorder=1)  # fmt: skip
    axes.set_yticks(range(len(names)), labels=names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(-1.08, 1.08)
    axes.axvline(0, color=HAIR, linewidth=0.8, zorder=0)
    axes.set_xlabel(f"{MINUS}1 not at all … +1 very much", fontsize=TINY, color=QUIET)
    axes.legend(fontsize=TINY, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    _quieten(axes)
    return axes


def drawn(axes: Axes) -> bytes:
    """The whole figure of some axes as SVG; the same input gives the same bytes."""
    figure, buffer = axes.get_figure(root=True), BytesIO()
    assert figure is not None
    with mpl.rc_context({"svg.hashsalt": "symposion"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return buffer.getvalue()


def _measure(panel: Axes, rows: pd.DataFrame, arms: Sequence[str]) -> None:
    found = rows.set_index("arm")
    for line, (arm, (colour, marker)) in enumerate(arm_styles(arms).items()):
        if arm in found.index:
            _dot(panel, _row(found, arm), line, colour, marker)
    panel.set_yticks(range(len(arms)), labels=list(arms), parse_math=False)
    panel.set_ylim(len(arms) - 0.4, -0.6)
    panel.grid(axis="x", color=HAIR, linewidth=0.6)
    panel.set_axisbelow(True)
    _quieten(panel)


def _row(rows: pd.DataFrame, name: str) -> tuple[float, float, float]:
    """Value and ends of the interval."""
    value, low, high = (rows[column].astype(float)[name] for column in ("value", "low", "high"))
    return value, low, high


def _dot(
    axes: Axes,
    row: tuple[float, float, float],
    height: float,
    colour: str,
    marker: str,
    label: str = "",
) -> None:
    """A value, and its interval where there is one."""
    value, low, high = row
    if low <= high:
        axes.plot([low, high], [height, height], color=colour, linewidth=1.6, zorder=2)
    axes.plot([value], [height], color=colour, marker=marker, markersize=5.5, linestyle="",
              label=label or None, zorder=3)  # fmt: skip


def _quieten(axes: Axes) -> None:
    axes.tick_params(labelsize=TINY, length=0, labelcolor=INK)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(HAIR)
