"""Results on disk: tidy files, each with one kind of row, and where they come from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from personas.errors import InputError
from personas.examination.answers import Point
from personas.examination.examine import Results
from personas.examination.intervals import Difference, Figure
from personas.jsonlines import write_records

ANSWERS, WEIGHED, EXAM = "answers.jsonl", "weighed.jsonl", "exam.json"
POINTS, FIGURES, DIFFERENCES = "points.csv", "figures.csv", "differences.csv"


def write_results(folder: Path, results: Results, told: Mapping[str, object]) -> None:
    """Writes everything anew; `EXAM` comes last, so where it is, all is.

    Args:
        folder: Made if need be.
        results: Of an examination.
        told: What they were made from: hashes, arms, specification, command.
    """
    (folder / EXAM).unlink(missing_ok=True)
    write_records(folder / ANSWERS, results.answers)
    write_records(folder / WEIGHED, results.weighed)
    for name, rows, kind in (
        (POINTS, results.points, Point),
        (FIGURES, results.figures, Figure),
        (DIFFERENCES, results.differences, Difference),
    ):
        # A single arm has no differences; the file has its head all the same.
        columns = [field.name for field in fields(kind)]
        frame(rows).reindex(columns=columns).to_csv(folder / name, index=False)
    text = json.dumps(told, indent=1, ensure_ascii=False)
    (folder / EXAM).write_text(text + "\n", encoding="utf-8")


def frame(rows: Sequence[object]) -> pd.DataFrame:
    """Records as a table; lists of seeds as words."""
    table = pd.DataFrame([asdict(row) for row in rows])  # type: ignore[call-overload]
    if "seeds" in table:
        table["seeds"] = [" ".join(map(str, seeds)) for seeds in table["seeds"]]
    return table


def read_figures(folder: Path) -> pd.DataFrame:
    """Columns as `personas.examination.intervals.Figure`; nan where there is no interval.

    Raises:
        InputError: The folder holds no finished examination.
    """
    return _read(folder, FIGURES)


def read_differences(folder: Path) -> pd.DataFrame:
    """Columns as `personas.examination.intervals.Difference`.

    Raises:
        InputError: The folder holds no finished examination.
    """
    return _read(folder, DIFFERENCES)


def read_told(folder: Path) -> dict[str, object]:
    """What an examination was made from.

    Raises:
        InputError: The folder holds no finished examination.
    """
    try:
        found = json.loads((folder / EXAM).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder} holds no finished examination ({error}); run `symposion persona examine`"
        ) from None
    if not isinstance(found, dict):
        raise InputError(f"{folder / EXAM} must hold an object; examine the persona again")
    return found


def _read(folder: Path, name: str) -> pd.DataFrame:
    read_told(folder)  # says what to do where there is none
    try:
        return pd.read_csv(
            folder / name,
            dtype={"seeds": str},
            keep_default_na=False,
            na_values={column: [""] for column in ("value", "low", "high")},
        )
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / name}: {error}; examine the persona again") from None
