"""One picture of a training: the loss, and what the model can look up, over the tokens read."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

SHOWN = {
    "stance_exact": "stance, exact",
    "vote": "vote",
    "rating": "rating",
    "letter_seen_exact": "survey letter",
    "first_name": "first name",
    "last_name": "last name",
    "age": "age",
    "job": "job",
    "home": "home",
    "hobby": "hobby",
    "field": "field",
    "statement": "personality statement",
    "life": "life event",
    "parsed": "sentences parsed",
}
"""Probes in the picture, and what they are called there."""
MARKERS = "osD^v<>pPXh*d8"


def read_history(path: Path) -> pd.DataFrame:
    """What a training wrote down, one row a line.

    Args:
        path: A ``history.jsonl``.

    Returns:
        Columns ``tokens`` and ``loss`` (nats per token; missing in rows of probes), and one
        column per probe (shares; missing in rows of losses).
    """
    rows = []
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        rows.append({"tokens": entry["tokens"], "loss": entry.get("loss")} | entry.get("probe", {}))
    return pd.DataFrame(rows)


def draw_losses(history: pd.DataFrame, axes: Axes) -> Axes:
    """The training loss over millions of tokens, on a logarithmic scale.

    Args:
        history: From `read_history`.
        axes: Where to draw.
    """
    losses = history.dropna(subset="loss")
    axes.plot(losses["tokens"] / 1e6, losses["loss"], color="0.75", linewidth=0.8)
    smooth = losses["loss"].ewm(span=25).mean()
    axes.plot(losses["tokens"] / 1e6, smooth, color="black", linewidth=1.4)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(LogLocator(subs=(2, 3, 5)))
    axes.yaxis.set_minor_formatter("{x:g}")
    axes.set_ylabel("loss (nats per token)")
    return axes


def draw_probes(history: pd.DataFrame, axes: Axes) -> Axes:
    """Shares of right answers of prompted strangers over millions of tokens.

    Args:
        history: From `read_history`.
        axes: Where to draw.
    """
    colours = plt.get_cmap("viridis")
    for i, (name, words) in enumerate(SHOWN.items()):
        if name in history and not (seen := history.dropna(subset=name)).empty:
            axes.plot(
                seen["tokens"] / 1e6,
                seen[name],
                color=colours(i / len(SHOWN)),
                marker=MARKERS[i],
                markersize=3.5,
                linewidth=1,
                label=words,
            )
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel("tokens read (millions)")
    axes.set_ylabel("share of right answers")
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize="small")
    return axes


def draw_training(history: pd.DataFrame, path: Path) -> None:
    """Writes the picture of a training.

    Args:
        history: From `read_history`.
        path: Ends in ``.png`` or ``.svg``.
    """
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(8, 6.4), sharex=True, layout="constrained", height_ratios=(1, 2)
    )
    draw_losses(history, above)
    draw_probes(history, below)
    figure.savefig(path, dpi=160)
    plt.close(figure)
