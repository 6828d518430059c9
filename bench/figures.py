"""Pictures of the benches: each function takes what a bench wrote as JSON and returns an Axes.

python -m bench.figures scale.json scale.svg
python -m bench.figures makespan.json makespan.svg
python -m bench.figures falsealarms.json power.svg
"""

import argparse
import json
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulation.effects.figures import power
from simulation.figures import FLOOR, INK, QUIET, SMALL, TINY

FACTOR = 4  # the most by which a turn may cost more in a larger world


def scaling(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Processor time of a turn by number of agents, and how far apart it may lie.

    Args:
        frame: A row a size: ``agents``, ``cpu_us_per_turn``.
        ax: Where to draw.
    """
    ax = ax or Figure(figsize=(4.8, 3.0), layout="constrained").subplots()
    least = float(frame["cpu_us_per_turn"].min())
    ax.axhspan(least, FACTOR * least, color=FLOOR, alpha=0.3, linewidth=0)
    ax.plot(frame["agents"], frame["cpu_us_per_turn"], color=INK, marker="o")
    ax.set_xscale("log")
    ax.set_ylim(0, 1.15 * FACTOR * least)
    ax.set_xlabel("agents", fontsize=SMALL, color=QUIET)
    ax.set_ylabel("processor time of a turn (\N{MICRO SIGN}s)", fontsize=SMALL, color=QUIET)
    ax.set_title(f"record on; band: a factor of {FACTOR}", fontsize=TINY, color=QUIET, loc="right")
    return ax


def makespans(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """How many times as long as a schedule that knows everything: ours, lockstep, one by one.

    Args:
        frame: From `bench.makespan`: a row a seed and regime; the mean over seeds is drawn.
        ax: Where to draw.
    """
    ax = ax or Figure(figsize=(4.8, 3.0), layout="constrained").subplots()
    regimes = list(dict.fromkeys(frame["regime"]))
    ways = {"ours": INK, "lockstep": QUIET, "serial": FLOOR}
    for place, (way, colour) in enumerate(ways.items()):
        share = (frame[way] / frame["clairvoyant"]).groupby(frame["regime"]).mean()[regimes]
        spots = [regime + 0.27 * (place - 1) for regime in range(len(regimes))]
        bars = ax.bar(spots, share, width=0.25, color=colour, label=way)
        ax.bar_label(bars, fmt="%.3g", fontsize=TINY, color=QUIET)
    ax.axhline(1, color=QUIET, linewidth=0.6)
    ax.set_yscale("log")
    ax.set_xticks(range(len(regimes)), regimes)
    ax.set_ylabel("times the clairvoyant schedule", fontsize=SMALL, color=QUIET)
    ax.legend(frameon=False, fontsize=TINY)
    return ax


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures", type=Path, help="what a bench wrote")
    parser.add_argument("picture", type=Path, help="SVG or PNG")
    options = parser.parse_args()
    found = json.loads(options.figures.read_text("utf-8"))
    if isinstance(found, list):
        drawn = makespans(pd.DataFrame(found))
    elif "power" in found:
        curve = pd.DataFrame(found["power"])
        drawn = power(curve[(curve["differences"] == "normal") & (curve["tests"] == 1)])
    else:
        drawn = scaling(pd.DataFrame(found["scale"]))
    drawn.figure.savefig(options.picture, dpi=150)


if __name__ == "__main__":
    main()
