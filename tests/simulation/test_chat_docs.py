"""docs/chat.md cannot go stale: it names every command, table, column and scale."""

import sqlite3
from contextlib import closing
from pathlib import Path

from experiments.commands.chat_words import COMMANDS
from simulation.chat.rating import SCALES
from simulation.chat.schema import APPLICATION, SCHEMA, SCHEMA_VERSION

PAGE = (Path(__file__).parents[2] / "docs" / "chat.md").read_text(encoding="utf-8")


def test_every_table_and_column_has_its_words():
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(SCHEMA)
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            (line,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{table}` |"))
            for column in database.execute(f"PRAGMA table_info({table})"):
                assert f"`{column[1]}`" in line, (table, column[1])
    assert f"`PRAGMA user_version` is {SCHEMA_VERSION}, `application_id` 0x{APPLICATION:X}" in PAGE


def test_every_command_and_scale_is_named():
    assert [name for name in COMMANDS if f"`/{name}`" not in PAGE and name != "help"] == []
    assert [scale for scale in SCALES if f"| {scale} |" not in PAGE] == []
