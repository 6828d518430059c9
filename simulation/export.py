"""A record as files that other tools read: Parquet tables, or a transcript in plain text."""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from personas.errors import InputError
from simulation.record import open_for_reading
from simulation.recordfile import read_manifest

TABLES = (
    "turns", "exposures", "surveys", "interviews", "calls", "adapters", "decisions", "summaries",
    "worn",
)  # fmt: skip
"""Exported one file each; the manifest and the token counts are not tables for analysis."""


def to_parquet(folder: Path, out: Path) -> list[Path]:
    """Writes each table of a record as a Parquet file, named after the table.

    Columns and their units: docs/record.md.

    Args:
        folder: The run's.
        out: Folder for the files; made if it is not there.

    Raises:
        InputError: No record, pyarrow is not installed, or the folder cannot be written.
    """
    if find_spec("pyarrow") is None:
        raise InputError("Parquet needs pyarrow: pip install 'symposion[parquet]'")
    database = open_for_reading(folder)
    try:
        known = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
        frames = {
            name: pd.read_sql(f"SELECT * FROM {name}", database) for name in TABLES if name in known
        }
    finally:
        database.close()
    written = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, frame in frames.items():
            written.append(out / f"{name}.parquet")
            frame.to_parquet(written[-1], index=False)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}") from error
    return written


def to_text(folder: Path, out: Path) -> Path:
    """Writes what was said in every arm, in the order of virtual time, one turn a paragraph.

    Raises:
        InputError: No record, or the file cannot be written.
    """
    database = open_for_reading(folder)
    try:
        manifest = read_manifest(database)
        turns = database.execute("SELECT arm, time, agent, text FROM transcript").fetchall()
    finally:
        database.close()
    agents = manifest.get("agents", [])
    assert isinstance(agents, list)
    labels = {agent["key"]: agent["label"] for agent in agents}
    lines = [str(manifest.get("title", "")), f"seed {manifest.get('seed')}"]
    for arm in dict.fromkeys(turn[0] for turn in turns):
        lines += ["", f"== {arm} =="]
        lines += [
            f"[{time:g}] {labels.get(agent, agent)}: {' '.join(text.split())}"
            for where, time, agent, text in turns
            if where == arm
        ]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("\n".join(lines) + "\n", "utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}") from error
    return out
