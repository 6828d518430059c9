"""The course of a tuning, as a picture beside the adapter."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

FORMATS = ("png", "svg")
SMOOTH_STEPS = 10  # span of the exponential mean


def draw_loss(steps: pd.DataFrame, axes: Axes) -> Axes:
    """The loss of each step, and its course.

    Args:
        steps: Columns ``step`` and ``loss``, in order.
        axes: Where to draw.
    """
    axes.plot(steps["step"], steps["loss"], color="0.75", linewidth=0.8, label="each step")
    smooth = steps["loss"].ewm(span=SMOOTH_STEPS).mean()
    axes.plot(steps["step"], smooth, color="black", linewidth=1.4, label="smoothed")
    axes.set_xlabel("step")
    axes.set_ylim(bottom=0)
    return axes


def draw_accuracy(steps: pd.DataFrame, axes: Axes) -> Axes:
    """Share of pairs whose better answer gained more than its worse one, on an axis of its own.

    Args:
        steps: Columns ``step`` and ``accuracy``, in order.
        axes: Of the loss; its twin is returned.
    """
    twin = axes.twinx()
    smooth = steps["accuracy"].ewm(span=SMOOTH_STEPS).mean()
    twin.plot(steps["step"], smooth, color="tab:blue", linewidth=1.4)
    twin.set_ylim(0, 1.02)
    twin.set_ylabel("better answer preferred (share)", color="tab:blue")
    return twin


def draw_tuning(phases: Mapping[str, Sequence[Mapping[str, float]]], folder: Path) -> None:
    """Writes ``loss.png`` and ``loss.svg``: one panel a phase.

    Args:
        phases: Steps of ``sft`` and, if there were any, of ``dpo``.
        folder: Where to.
    """
    titles = {
        "sft": ("Supervised", "loss (nats per token)"),
        "dpo": ("Preferences", "loss (nats per pair)"),
    }
    shown = {name: pd.DataFrame(list(steps)) for name, steps in phases.items() if steps}
    figure, panels = plt.subplots(
        1, max(1, len(shown)), figsize=(4.6 * max(1, len(shown)), 3.2), layout="constrained",
        squeeze=False,
    )  # fmt: skip
    for axes, (name, steps) in zip(panels[0], shown.items(), strict=False):
        draw_loss(steps, axes).set(title=titles[name][0], ylabel=titles[name][1])
        if "accuracy" in steps:
            draw_accuracy(steps, axes)
    for ending in FORMATS:
        figure.savefig(folder / f"loss.{ending}", dpi=150)
    plt.close(figure)
