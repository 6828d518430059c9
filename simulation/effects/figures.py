"""Effects drawn: contrasts with intervals, power, fitted susceptibilities, models compared.

Ink and shape carry the message, so a grey print and every kind of eye read the same: a full dot is
a difference that the test finds, a hollow one is a difference that it does not.
"""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulation.analysis.reach import ALPHA
from simulation.figures import (
    FLOOR,
    HAIR,
    INK,
    QUIET,
    SMALL,
    TINY,
    WIDTH,
    names_axis,
    new_axes,
    quieten,
)
from simulation.view import MINUS, signed

ROW = 0.3
"""Inches for a row of names."""
FLAT = -0.5
"""Bars of worse models are cut here; their number is printed."""
ENOUGH = 0.8
"""Power that a design usually asks for."""
DASHES = ("-", "--", "-.", ":")


def forest(contrasts: pd.DataFrame, unit: str = "", ax: Axes | None = None) -> Axes:
    """Differences from the baseline, a row each, with 95 % intervals.

    Args:
        contrasts: From `analysis.inference.paired_contrasts`, of one baseline; rows whose interval
            is missing show the difference alone, and say how many pairs there are.
        unit: Words for the axis; left out, each measure has its own unit.
        ax: Where to draw.
    """
    rows = contrasts.iloc[::-1].reset_index(drop=True)
    ax = ax or new_axes(WIDTH, 0.9 + ROW * len(rows))
    ax.axvline(0, color=QUIET, linewidth=0.8, zorder=0)
    for place, row in enumerate(rows.to_dict("records")):
        found = row["p_adjusted"] <= ALPHA
        ax.plot([row["low"], row["high"]], [place, place], color=INK, linewidth=1.3, zorder=1)
        ax.scatter([row["difference"]], [place], s=34, color=INK if found else "white",
                   edgecolors=INK, zorder=2)  # fmt: skip
        _beside(ax, place, _numbers(row))
    baseline = rows["baseline"].iloc[0] if len(rows) else "the baseline"
    names = [f"{row.measure}: {row.level}" for row in rows.itertuples()]
    _rows(ax, names)
    reach = np.nanmax(np.abs(rows[["low", "high", "difference"]].to_numpy(float)), initial=0.05)
    ax.set_xlim(-1.08 * reach, 1.08 * reach)
    words = unit or "each in the unit of its measure"
    ax.set_xlabel(f"difference from {baseline} ({words})\nbar: 95 % interval over seeds; "
                  f"full dot: p \N{LESS-THAN OR EQUAL TO} {ALPHA:g} after correction",
                  fontsize=TINY, color=QUIET)  # fmt: skip
    return ax


def power(curve: pd.DataFrame, ax: Axes | None = None, *, own: int | None = None) -> Axes:
    """How likely an effect is found, by number of seeds, a line an effect.

    Args:
        curve: From `analysis.power.power_curve`, of one setting; the band is the simulation's own
            95 % interval.
        ax: Where to draw.
        own: Seeds of the study at hand, marked by an upright line.
    """
    ax = ax or new_axes(WIDTH * 0.7, 3.2)
    if own is not None:
        ax.axvline(own, color=QUIET, linewidth=0.9, linestyle=":", zorder=0)
    ax.axhline(ENOUGH, color=HAIR, linewidth=1.2, zorder=0)
    effects = sorted(curve["effect"].unique())
    for place, effect in enumerate(effects):
        line = curve[curve["effect"] == effect].sort_values("pairs")
        shade = f"{0.6 - 0.6 * place / max(1, len(effects) - 1):.3f}"
        ax.fill_between(line["pairs"], line["low"], line["high"], color=FLOOR, alpha=0.3, lw=0)
        ax.plot(line["pairs"], line["power"], color=shade, linewidth=1.3, marker="o",
                markersize=3, linestyle=DASHES[place % len(DASHES)])  # fmt: skip
    _name_ends(ax, curve, effects)
    ax.set_ylim(-0.02, 1.05)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.set_xticks(sorted(curve["pairs"].unique()))
    ax.set_xlabel("seeds (pairs of runs)", fontsize=SMALL, color=QUIET)
    alpha = curve["alpha"].iloc[0] if len(curve) else ALPHA
    ax.set_ylabel(f"experiments that find the effect at {alpha:g}", fontsize=SMALL, color=QUIET)
    ax.set_title("d: mean difference over its deviation between seeds", fontsize=TINY, color=QUIET,
                 loc="left")  # fmt: skip
    quieten(ax)
    return ax


def susceptibilities(
    fitted: pd.DataFrame, labels: Mapping[str, str] | None = None, ax: Axes | None = None
) -> Axes:
    """How far each agent gives in to others, sorted, with 95 % intervals.

    Args:
        fitted: From `analysis.dynamics.susceptibilities`.
        labels: Name for people by agent key.
        ax: Where to draw.
    """
    rows = fitted.sort_values("susceptibility", na_position="first", ignore_index=True)
    ax = ax or new_axes(WIDTH, 0.8 + ROW * len(rows))
    for place, row in enumerate(rows.to_dict("records")):
        if np.isnan(row["susceptibility"]):
            ax.text(0.01, place, row["words"], fontsize=TINY, color=QUIET, va="center")
            continue
        ax.plot([row["low"], row["high"]], [place, place], color=INK, linewidth=1.3)
        ax.scatter([row["susceptibility"]], [place], s=34, color=INK, zorder=2)
    _rows(ax, [(labels or {}).get(agent, str(agent)) for agent in rows["agent"]])
    ax.set_xlim(-0.03, 1.03)
    words = "susceptibility (Friedkin\N{EN DASH}Johnsen; 0 stays as at the start, 1 follows others)"
    ax.set_xlabel(f"{words}; bar: 95 % interval", fontsize=TINY, color=QUIET)
    return ax


def models(comparison: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """What each model of opinion dynamics explains of the moves, on surveys that it did not see.

    Args:
        comparison: From `analysis.modelfit.compare_models`.
        ax: Where to draw.
    """
    rows = comparison.iloc[::-1].reset_index(drop=True)
    ax = ax or new_axes(WIDTH, 0.8 + ROW * len(rows))
    ax.axvline(0, color=QUIET, linewidth=0.8)
    for place, row in enumerate(rows.to_dict("records")):
        seen, unseen = float(row["r2"]), float(row["held_out_r2"])
        ax.barh(place, max(FLAT, unseen), height=0.55, color=INK)
        if seen > FLAT:
            ax.scatter([seen], [place], marker="|", s=130, color=QUIET, zorder=2)
        _beside(ax, place, "cannot be told" if np.isnan(unseen) else signed(unseen))
    _rows(ax, list(rows["model"]))
    least = float(np.nanmin(rows[["r2", "held_out_r2"]].to_numpy(float), initial=0.0))
    ax.set_xlim(max(FLAT, least) - 0.02, 1.0)
    words = 'share of squared moves explained (R\N{SUPERSCRIPT TWO} against "no change")'
    ax.set_xlabel(f"{words}; bar: surveys held out; tick: fitted", fontsize=TINY, color=QUIET)
    return ax


def _beside(ax: Axes, place: float, words: str) -> None:
    """Words to the right of a row."""
    ax.annotate(words, (1, place), (6, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", fontsize=TINY, color=QUIET, va="center")  # fmt: skip


def _numbers(row: Mapping[Hashable, object]) -> str:
    """The numbers of a contrast, or how many pairs there are."""
    difference, p = float(str(row["difference"])), float(str(row["p_adjusted"]))
    if np.isnan(p):
        return f"{signed(difference)}, {row['pairs']} pairs: not tested"
    return f"{signed(difference)}, p = {p:.2g}"


def _name_ends(ax: Axes, curve: pd.DataFrame, effects: Sequence[float]) -> None:
    """Names each line at its last point, apart enough to be read."""
    last = curve["pairs"].max()
    ends = curve[curve["pairs"] == last].set_index("effect")["power"]
    height = -1.0
    for effect in sorted(effects, key=lambda one: (ends[one], one)):
        height = max(float(ends[effect]), height + 0.055)
        ax.annotate(f"d = {effect:g}", (last, height), (6, 0), textcoords="offset points",
                    fontsize=TINY, color=INK, va="center", annotation_clip=False)  # fmt: skip


def _rows(ax: Axes, names: Sequence[str]) -> None:
    names_axis(ax, names)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", MINUS))
