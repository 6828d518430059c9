"""Pictures of a study: every function takes a frame and returns Axes, for notebooks too."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from simulation.figures import FLOOR, HAIR, INK, QUIET, SMALL, TINY, WIDTH, quieten

COLUMNS = 3
LETTERS_ACROSS = 24  # of level names that fit below one panel, as many as all were the longest


def doses(measures: pd.DataFrame, means: pd.DataFrame, factor: str) -> list[Axes]:
    """Every measure over the levels of a factor: a grey dot a run, the mean over seeds in ink.

    Args:
        measures: From `effects.declared`.
        means: From `effects.level_means` of the same factor.
        factor: A column of `measures`; levels that are numbers stand where they belong.
    """
    names = list(dict.fromkeys(measures["measure"]))
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(WIDTH, 0.4 + 1.9 * rows), layout="constrained")
    grid = list(figure.subplots(rows, columns, squeeze=False).flatten())
    places, numbers = _places(list(dict.fromkeys(means["level"])))
    for name, ax in zip(names, grid, strict=False):
        _dose(measures[measures["measure"] == name], means[means["measure"] == name], factor,
              places, ax)  # fmt: skip
        ax.set_title(str(name), fontsize=SMALL, color=INK, loc="left", parse_math=False)
        if numbers:
            ax.xaxis.set_major_locator(MaxNLocator(5))
        else:
            _name_levels(ax, places)
    for spare in grid[len(names) :]:
        spare.set_axis_off()
    figure.supxlabel(factor, fontsize=SMALL, color=QUIET, parse_math=False)
    return grid[: len(names)]


def _name_levels(ax: Axes, places: dict[str, float]) -> None:
    """Names of levels below their places, slanting where they would run into each other."""
    ax.set_xticks(list(places.values()), labels=list(places), parse_math=False)
    ax.set_xlim(-0.5, len(places) - 0.5)
    if max(map(len, places)) * len(places) > LETTERS_ACROSS:
        for label in ax.get_xticklabels():
            label.set(rotation=30, ha="right", rotation_mode="anchor")


def _dose(
    runs: pd.DataFrame, means: pd.DataFrame, factor: str, places: dict[str, float], ax: Axes
) -> None:
    ordered = means.assign(place=means["level"].map(places)).sort_values("place")
    reach = 0.06 * (max(places.values()) - min(places.values()) + 1)
    aside = reach * np.sin(np.arange(len(runs)) * 2.4)  # spread, the same every time
    at = runs[factor].map(places).to_numpy(dtype=float) + aside
    ax.axhline(0, color=HAIR, linewidth=0.8, zorder=0)
    ax.scatter(at, runs["value"], s=10, color=FLOOR, linewidths=0, zorder=1)
    ax.plot(ordered["place"], ordered["value"], color=QUIET, linewidth=0.8, zorder=2)
    ax.vlines(ordered["place"], ordered["low"], ordered["high"], color=INK, linewidth=1.6, zorder=3)
    ax.scatter(ordered["place"], ordered["value"], s=30, color=INK, zorder=4)
    quieten(ax)
    ax.tick_params(axis="x", labelsize=TINY, labelcolor=INK)


def _places(levels: Sequence[str]) -> tuple[dict[str, float], bool]:
    """Where each level stands, and whether that is its own value."""
    try:
        return {level: float(level) for level in levels}, True
    except ValueError:
        return {level: float(place) for place, level in enumerate(levels)}, False
