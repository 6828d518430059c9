"""The social graph drawn, before and after: colour and number are opinion."""

from collections.abc import Mapping, Sequence
from math import hypot, isnan
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from simulation.figures import FLOOR, HAIR, INK, OPINION, QUIET, SCALE, SMALL, TINY, WIDTH, new_axes
from simulation.graph import Tie
from simulation.sociogram.layout import RING_UP_TO, layout
from simulation.units import point
from simulation.view import View, signed

LINE = 14
"""Letters of a line of a name; longer names take two."""


def network(
    held: Mapping[str, float],
    ties: Sequence[Tie],
    labels: Mapping[str, str],
    *,
    directed: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Who hears whom, each agent coloured by opinion; small groups carry numbers and names.

    Args:
        held: Opinion by agent key; agents without one are drawn white.
        ties: Heavier ties are drawn thicker.
        labels: Name for people by agent key; all agents are drawn, tied or not.
        directed: Whether ties carry arrows, from the speaker to the listener.
        ax: Where to draw.
    """
    ax = ax or new_axes(WIDTH / 2, WIDTH / 2)
    places = layout(ties, list(labels))
    named = len(labels) <= RING_UP_TO
    area = min(420.0, 9_000 / len(labels)) if named else 3_000 / len(labels)
    for tie in ties if directed else _once(ties):
        arrow = {
            "arrowstyle": "-|>" if directed else "-",
            "color": FLOOR,
            "linewidth": 0.3 + 0.9 * tie.weight,
            "mutation_scale": 7,
            "shrinkA": area**0.5 / 2,
            "shrinkB": area**0.5 / 2 + directed,
        }
        ax.annotate("", places[tie.listener], places[tie.speaker], arrowprops=arrow, zorder=1)
    for agent, place in places.items():
        value = held.get(agent, float("nan"))
        _draw_disc(ax, place, value, area)
        if named:
            _name_disc(ax, place, _in_lines(labels[agent]), value, area)
    ax.set(xlim=(-1.55, 1.55), ylim=(-1.3, 1.3), aspect="equal")
    ax.set_axis_off()
    return ax


def networks(
    opinions: pd.DataFrame, view: View, ties: Sequence[Tie], *, directed: bool = False
) -> list[Axes]:
    """The network before the talk and after it, in the same places.

    Args:
        opinions: From `analysis.opinion.opinions`.
        view: What to show.
        ties: Who hears whom.
        directed: Whether a tie counts one way only.
    """
    rows = view.rows(opinions[~opinions["degenerate"]], view.main)
    last = int(rows["wave"].max()) if len(rows) else 0
    figure = Figure(figsize=(WIDTH, WIDTH / 2), layout="compressed")
    panels: list[Axes] = list(figure.subplots(1, 2))
    titles = ("before the talk", f"after {point(last, view.unit)}")
    for panel, wave, title in zip(panels, (0, last), titles, strict=True):
        now = rows[rows["wave"] == wave]
        held = dict(zip(now["agent"], now["opinion"], strict=True))
        network(held, ties, view.labels, directed=directed, ax=panel)
        panel.set_title(title, fontsize=SMALL, color=INK, pad=14)
    shades = ScalarMappable(norm=SCALE, cmap=OPINION)
    bar = figure.colorbar(shades, ax=panels, orientation="horizontal", shrink=0.45, aspect=40)
    bar.set_ticks([-1, 0, 1], labels=["strongly against", "undecided", "strongly for"])
    bar.outline.set_edgecolor(HAIR)
    bar.ax.tick_params(labelsize=TINY, length=0, colors=QUIET)
    return panels


def _once(ties: Sequence[Tie]) -> list[Tie]:
    """Each pair once: an undirected tie may be listed both ways."""
    pairs = {frozenset((tie.speaker, tie.listener)): tie for tie in ties}
    return list(pairs.values())


def _draw_disc(ax: Axes, place: tuple[float, float], value: float, area: float) -> None:
    x, y = place
    face = [_shade(value)]
    ax.scatter([x], [y], s=area, color=face, edgecolors=INK, linewidths=0.8, zorder=2)


def _name_disc(ax: Axes, place: tuple[float, float], name: str, value: float, area: float) -> None:
    """The number on the disc, and the name outwards of it."""
    x, y = place
    red, green, blue, _ = _shade(value)
    light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
    ax.text(x, y, signed(value, 1), fontsize=TINY, color=INK if light else "white",
            ha="center", va="center", zorder=3)  # fmt: skip
    reach = (area**0.5 / 2 + 4) / max(hypot(x, y), 1e-9)
    side = "center" if abs(x) < 0.2 else "left" if x > 0 else "right"
    edge = "center" if abs(y) < 0.9 else "bottom" if y > 0 else "top"
    ax.annotate(name, place, (x * reach, y * reach), textcoords="offset points", fontsize=TINY,
                color=INK, ha=side, va=edge, zorder=4, parse_math=False)  # fmt: skip


def _in_lines(name: str) -> str:
    """A long name in two lines, the first a little longer."""
    return name if len(name) <= LINE else fill(name, int(0.62 * len(name)), break_long_words=False)


def _shade(value: float) -> tuple[float, float, float, float]:
    """Colour of an opinion; white where there is none."""
    return (1.0, 1.0, 1.0, 1.0) if isnan(value) else OPINION(SCALE(value))
