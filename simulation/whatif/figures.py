"""A picture of who matters."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulation.figures import FLOOR, HAIR, INK, QUIET, SMALL, TINY, WIDTH

BAR = 0.38  # inches for a seat


def worths(ranking: pd.DataFrame, labels: Mapping[str, str], ax: Axes | None = None) -> Axes:
    """How far the others end from where they ended, by the seat in which somebody else sat.

    Args:
        ranking: From `worth.ranked`.
        labels: Name for people by seat.
        ax: Where to draw.
    """
    size = (WIDTH, 1.0 + BAR * len(ranking))
    ax = ax or Figure(figsize=size, layout="constrained").subplots()
    table = ranking[::-1]
    places = range(len(table))
    ax.barh(places, table["moved"], height=0.55, color=INK, label="in the talk")
    if table["floor"].notna().any():
        ax.barh(places, table["floor"], height=0.2, color=FLOOR, label="in another talk (floor)")
        ax.legend(frameon=False, fontsize=TINY, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    ax.set_yticks(
        list(places),
        [labels[str(seat)] for seat in table["seat"]],
        fontsize=SMALL,
        parse_math=False,
    )
    ax.set_xlim(left=0)
    ax.set_xlabel(
        "mean distance of the others' last opinions from the run's (scale of 2)",
        fontsize=SMALL,
        color=QUIET,
    )
    ax.tick_params(axis="x", labelsize=TINY)
    ax.tick_params(length=0, labelcolor=QUIET)
    ax.tick_params(axis="y", labelcolor=INK)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(HAIR)
    return ax
