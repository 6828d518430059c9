"""Pictures of the calibration."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulation.figures import FLOOR, INK, QUIET, SMALL, TINY

JITTER = 0.06  # of an opinion, so that answers of one truth do not hide each other


def opinion_against_truth(read: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Every usable answer: where somebody stands, and where the survey says that they do.

    Args:
        read: Columns ``truth``, ``opinion``, ``began`` and ``degenerate``.
        title: Of the panel.
        ax: Where to draw.
    """
    ax = ax or Figure(figsize=(2.6, 2.6), layout="constrained").subplots()
    usable = read[~read["degenerate"]]
    moved = usable["truth"] != usable["began"]
    rng = np.random.default_rng(0)
    ax.plot([-1, 1], [-1, 1], color=FLOOR, linewidth=1, zorder=0)
    for part, colour, marker, label in (
        (usable[~moved], QUIET, "o", "as before the talk"),
        (usable[moved], INK, "x", "moved by the talk"),
    ):
        if len(part):
            shift = rng.uniform(-JITTER, JITTER, len(part))
            ax.scatter(
                part["truth"] + shift, part["opinion"], s=10, color=colour, marker=marker,
                linewidth=0.7, alpha=0.7, label=label,
            )  # fmt: skip
    ax.set_xlim(-1.15, 1.15)
    ax.set_ylim(-1.15, 1.15)
    ax.set_xlabel("stance by the grammar's law", fontsize=SMALL, color=QUIET)
    ax.set_ylabel("opinion in the survey", fontsize=SMALL, color=QUIET)
    ax.set_title(title, fontsize=SMALL, color=INK, loc="left")
    ax.tick_params(labelsize=TINY)
    return ax


def opinions_panel(read: pd.DataFrame) -> Figure:
    """Adapters, profiles and strangers, before the talk, during it, and after another talk."""
    arms = list(dict.fromkeys(read["arm"]))
    arms = [arm for arm in arms if "wording" not in arm]
    columns = 3
    rows = -(-len(arms) // columns)
    figure = Figure(figsize=(2.7 * columns, 2.7 * rows), layout="constrained")
    panels = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    for panel, arm in zip(panels, arms, strict=False):
        opinion_against_truth(read[read["arm"] == arm], arm, panel)
    for panel in panels[len(arms) :]:
        panel.axis("off")
    both = max((panel.get_legend_handles_labels() for panel in panels), key=lambda got: len(got[1]))
    figure.legend(*both, loc="outside lower center", ncols=2, fontsize=SMALL, frameon=False)
    return figure
