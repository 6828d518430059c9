"""`symposion persona ratings CHAT…`: what raters made of personas, and how far they agree."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from experiments.commands.chat_session import command_line
from experiments.commands.console import clear_errors, out
from personas.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

TABLE_WIDTH = 132  # characters
SEED = 0  # of the resamples: the same records give the same intervals


def ratings(
    records: Annotated[
        list[Path], typer.Argument(help="Folders of chats; one for each rater, or more.")
    ],
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Writes every figure there.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Writes the table of means there.")
    ] = None,
    raw: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Writes every rating there as CSV, one a line."),
    ] = None,
) -> None:
    """Mean ratings with 95 % intervals, and Krippendorff's alpha over raters."""
    with clear_errors():
        import numpy as np

        from simulation.analysis.ratings import mean_ratings, rater_agreement
        from simulation.chat.reading import read_ratings

        frame = read_ratings(records)
        means = mean_ratings(frame, np.random.default_rng(SEED))
        agreement = rater_agreement(frame)
        for path, table in ((csv, means), (raw, frame)):
            if path:
                _write(path, table.to_csv(index=False))
        if json_file:
            told = {
                "command": command_line(),
                "records": [str(record) for record in records],
                "raters": sorted(set(frame["rater"])),
                "means": _rows(means),
                "agreement": _rows(agreement),
            }
            _write(json_file, json.dumps(told, indent=1) + "\n")
        _show(means, agreement)


def _show(means: "pd.DataFrame", agreement: "pd.DataFrame") -> None:
    # Where the terminal is narrow, whole lines that run over read better than broken names.
    page = Console(highlight=False, width=max(out.width, TABLE_WIDTH))
    for table in (_table_of_means(means), _table_of_agreement(agreement)):
        page.print(table, soft_wrap=False)
        page.print()


def _table_of_means(means: "pd.DataFrame") -> Table:
    """A line for each persona, arm and scale."""
    several = means["base"].nunique() > 1
    table = Table("persona", "arm", "adapter", box=None)
    for name in [*(["base"] if several else []), "blind", "scale"]:
        table.add_column(name)
    table.add_column("mean", justify="right")
    table.add_column("95 % interval")
    table.add_column("raters", justify="right")
    last = None
    for row in _rows(means):
        stage = f"@{row['stage']}" if row["stage"] else ""
        who = [f"{row['persona']}{stage}", str(row["arm"]), str(row["adapter"])[:8]]
        who += [str(row["base"])[:8]] if several else []
        who.append("blind" if row["blind"] else "open")
        low, high, over = row["low"], row["high"], row["over"]
        interval = f"none: {over}" if low is None else f"{low:.2f} to {high:.2f}, over {over}"
        figures = [f"{row['mean']:.2f}", interval, str(row["raters"])]
        table.add_row(*(who if who != last else [""] * len(who)), str(row["scale"]), *figures)
        last = who
    return table


def _table_of_agreement(agreement: "pd.DataFrame") -> Table:
    table = Table("scale", "Krippendorff's alpha", "level", "raters", "answers", box=None)
    for row in _rows(agreement):
        alpha = f"{row['alpha']:.2f}" if row["alpha"] is not None else f"none: {row['note']}"
        told = (row["scale"], alpha, row["level"], row["raters"], row["answers"])
        table.add_row(*map(str, told))
    return table


def _rows(table: "pd.DataFrame") -> list[dict[str, object]]:
    """Rows as plain values; what is not a number is None."""
    rows: list[dict[str, object]] = json.loads(table.to_json(orient="records", double_precision=15))
    return rows


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
