"""From records of chats to the frame of ratings that analyzers take."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pandas as pd

from personas.errors import InputError
from simulation.analysis.ratings import COLUMNS, GROUP
from simulation.chat.rating import SCALES
from simulation.chat.record import open_chat
from simulation.recordfile import read_manifest

ANSWERS = """
SELECT id AS talk, turn, seat, coalesce(persona, cast_word) AS persona,
       coalesce(stage, '') AS stage, arm, coalesce(adapter, '') AS adapter, base, blind,
       naturalness, consistency, knowledge
FROM transcript
"""


def read_ratings(folders: Sequence[Path]) -> pd.DataFrame:
    """Every rating of some records, one a row; what was skipped is left out.

    Args:
        folders: Of chats; a rater may have several.

    Returns:
        Columns as in `simulation.analysis.ratings.COLUMNS`. ``rater`` is the recorded name;
        without one, the folder's.

    Raises:
        InputError: A folder holds no chat, is named twice, or nothing was rated in any.
    """
    resolved = [folder.resolve() for folder in folders]
    for folder in folders:
        if resolved.count(folder.resolve()) > 1:
            raise InputError(f"record {folder} is named twice: name it once")
    wide = pd.concat([_answers(folder) for folder in folders], ignore_index=True)
    names = ["record", "rater", "talk", "turn", "seat", *GROUP]
    long = wide.melt(names, list(SCALES), "scale", "rating", ignore_index=False)
    long = long.sort_index(kind="stable").dropna(subset=["rating"]).reset_index(drop=True)
    if long.empty:
        raise InputError(
            f"nothing was rated in {', '.join(map(str, folders))}: rate answers in `symposion "
            "chat`, as in 4 5 3"
        )
    ratings: pd.DataFrame = long[list(COLUMNS)].astype({"rating": float, "blind": bool})
    return ratings


def _answers(folder: Path) -> pd.DataFrame:
    with closing(open_chat(folder)) as database:
        try:
            spec = read_manifest(database)["spec"]
            frame = pd.read_sql(ANSWERS, database)
        except (sqlite3.DatabaseError, pd.errors.DatabaseError) as error:
            raise InputError(f"{folder} is damaged: {error}") from None
    assert isinstance(spec, dict)
    home = folder.parent if folder.is_file() else folder
    frame.insert(0, "rater", spec["rater"] or home.resolve().name)
    frame.insert(0, "record", str(folder))
    return frame
