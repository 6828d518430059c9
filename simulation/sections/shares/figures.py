"""Pictures of shares: every function takes a frame and returns Axes, for notebooks too."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulation.figures import FLOOR, HAIR, INK, QUIET, SMALL, TINY, WIDTH, new_axes, quieten


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
