"""The file of a record: locked, opened, brought up to date, and refused in clear words."""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import IO

from personas.adapter import Adapter
from personas.errors import InputError, SymposionError
from simulation.schema import MIGRATIONS, OLDEST_READABLE, SCHEMA, SCHEMA_VERSION

FILE = "record.sqlite"

ROWS_AT_A_TIME = 20  # in one statement, which is always the same, so that it is prepared once

Taken = tuple[str, float, str, str]
"""Seat, virtual time in rounds, persona and stage: what is worn there from then on."""


class RecordError(SymposionError):
    """The record and the run do not fit together, or the disk refuses."""


class UnrecordedError(RecordError):
    """A replay needs to know something that the record does not tell."""


def lock_folder(folder: Path) -> IO[str]:
    """Makes a run's folder if need be, and keeps every other process from writing there.

    Raises:
        InputError: The folder cannot be written.
        RecordError: Another process has it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise InputError(f"output folder {folder} cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise RecordError(
            f"{folder} is in use by another process: wait for it, or end it"
        ) from None
    return lock


def open_for_writing(path: Path) -> sqlite3.Connection:
    """A connection that commits into a write-ahead log.

    Raises:
        InputError: The file cannot be written.
        RecordError: It is no record, or damaged.
    """
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError(f"{path} cannot be written: change its permissions or give another --out")
    database = sqlite3.connect(path)
    database.create_function("as_json", 1, json.dumps)
    try:
        # WAL with NORMAL keeps every committed transaction through a crash of the process;
        # only a crash of the machine may lose the last ones.
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute("PRAGMA cache_size=-65536")  # KiB: 64 MiB
        database.execute("PRAGMA wal_autocheckpoint=8000")  # pages: 32 MB of log
        check_whole(database, path)
    except sqlite3.Error as error:
        database.close()
        raise _damaged(path, error) from None
    except RecordError:
        database.close()
        raise
    return database


def insert(database: sqlite3.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Inserts rows, as far as it goes many with one statement: two thirds of the time of each."""
    if not rows:
        return
    one = f"({', '.join('?' * len(rows[0]))})"
    many = f"INSERT INTO {table} VALUES {', '.join([one] * ROWS_AT_A_TIME)}"
    rest = len(rows) - len(rows) % ROWS_AT_A_TIME
    for start in range(0, rest, ROWS_AT_A_TIME):
        values = chain.from_iterable(rows[start : start + ROWS_AT_A_TIME])
        database.execute(many, tuple(values))
    database.executemany(f"INSERT INTO {table} VALUES {one}", rows[rest:])


def check_whole(database: sqlite3.Connection, path: Path) -> None:
    """Looks at every page of a record, in well under a second for 100,000 turns.

    Raises:
        RecordError: It is damaged.
    """
    try:
        found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from None
    if found != "ok":
        raise _damaged(path, found)


def prepare(
    database: sqlite3.Connection,
    path: Path,
    manifest: Mapping[str, object],
    adapters: Iterable[tuple[object, ...]],
) -> bool:
    """Makes the tables of a new record, or brings those of an older one up to date.

    Returns:
        Whether there was a record before.

    Raises:
        RecordError: The schema is newer than this version, or the disk refuses.
    """
    version = database.execute("PRAGMA user_version").fetchone()[0]
    try:
        if version == 0:
            _create(database, manifest, adapters)
            return False
        refuse_unreadable(version, path)
        for older in range(version, SCHEMA_VERSION):
            script = MIGRATIONS[older]
            database.executescript(f"BEGIN; {script} PRAGMA user_version = {older + 1}; COMMIT;")
    except sqlite3.Error as error:
        raise RecordError(f"{path}: {error}") from error
    return True


def _create(
    database: sqlite3.Connection,
    manifest: Mapping[str, object],
    adapters: Iterable[tuple[object, ...]],
) -> None:
    database.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION};")
    # One at a time: that of a million agents is long.
    entries = ((key, json.dumps(value)) for key, value in manifest.items())
    database.executemany("INSERT INTO manifest VALUES (?, ?)", entries)
    database.executemany("INSERT INTO adapters VALUES (?, ?, ?, ?, ?)", adapters)
    database.commit()


def open_for_reading(folder: Path) -> sqlite3.Connection:
    """A read-only connection to a run's record.

    Raises:
        InputError: There is none, or it is not a record that this version can read.
    """
    path = folder / FILE
    if not path.is_file():
        raise InputError(f"no record in {folder}: expected a file {FILE} there")
    database = _connect_to_read(path)
    try:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        refuse_unreadable(version, path)
        database.execute("SELECT count(*) FROM manifest").fetchone()
    except sqlite3.DatabaseError as error:
        database.close()
        raise InputError(f"{path} is not a record: {error}") from None
    except SymposionError as error:
        database.close()
        raise InputError(str(error)) from None
    return database


def _connect_to_read(path: Path) -> sqlite3.Connection:
    """SQLite needs to write beside a log even to read; where it may not, nobody else writes."""
    log = path.with_name(path.name + "-wal")
    frozen = not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
    mode = "immutable=1" if frozen else "mode=ro"
    database = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)
    database.create_function("as_json", 1, json.dumps)  # for records before schema 3
    return database


def read_manifest(database: sqlite3.Connection) -> dict[str, object]:
    """The manifest as a dictionary."""
    rows = database.execute("SELECT key, value FROM manifest").fetchall()
    return {key: json.loads(value) for key, value in rows}


def read_told(database: sqlite3.Connection, key: str) -> object:
    """One entry of the manifest; None if it is not there."""
    found = database.execute("SELECT value FROM manifest WHERE key = ?", [key]).fetchone()
    return None if found is None else json.loads(found[0])


def read_adapters(database: sqlite3.Connection) -> dict[str, Adapter]:
    """Every adapter of a record by its fingerprint; a record of the first schema has none."""
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'adapters'").fetchone():
        return {}
    rows = database.execute("SELECT fingerprint, folder, base, rank FROM adapters")
    return {name: Adapter(name, Path(folder), base, rank) for name, folder, base, rank in rows}


def read_taken(database: sqlite3.Connection) -> dict[Taken, Adapter]:
    """What was taken up when its time came (`simulation.newest`), by whom and when."""
    if not _waits_for_newest(database):
        return {}
    adapters = read_adapters(database)
    return {
        taken_of(entry): adapters[str(entry["adapter"])]
        for entry in worn_in(read_manifest(database))
        if entry.get("newest") and entry["adapter"]
    }


def _waits_for_newest(database: sqlite3.Connection) -> bool:
    """Whether anything in the wardrobe can have been taken up; spares reading that of millions."""
    asked = "SELECT 1 FROM manifest WHERE key = 'wardrobe' AND instr(value, '\"newest\"')"
    return database.execute(asked).fetchone() is not None


def write_taken(database: sqlite3.Connection, what: Taken, adapter: tuple[object, ...]) -> None:
    """Notes in the wardrobe, and among the adapters, what was taken up; all of it or nothing.

    Args:
        database: Open for writing.
        what: If the wardrobe does not hold it, because a branch changed it, nothing happens.
        adapter: Row of the table of adapters.
    """
    wardrobe = worn_in(read_manifest(database))
    waiting = [one for one in wardrobe if one.get("newest") and taken_of(one) == what]
    if not waiting:
        return
    waiting[0]["adapter"] = adapter[0]
    with database:
        database.execute("INSERT OR IGNORE INTO adapters VALUES (?, ?, ?, ?, ?)", adapter)
        database.execute(
            "UPDATE manifest SET value = ? WHERE key = 'wardrobe'", [json.dumps(wardrobe)]
        )


def worn_in(manifest: Mapping[str, object]) -> list[dict[str, object]]:
    """The wardrobe that a manifest tells; records of older versions have none."""
    entries = manifest.get("wardrobe")
    return [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []


def taken_of(entry: Mapping[str, object]) -> Taken:
    """Seat, virtual time, persona and stage of an entry of the wardrobe."""
    since = entry["since"]
    assert isinstance(since, int | float)
    return str(entry["key"]), float(since), str(entry["persona"]), str(entry["stage"])


def refuse_unreadable(version: int, path: Path) -> None:
    """Refuses what this version cannot read.

    Raises:
        RecordError: Naming both schemas and the remedy.
    """
    if not OLDEST_READABLE <= version <= SCHEMA_VERSION:
        remedy = "install a newer symposion" if version > SCHEMA_VERSION else "it holds nothing yet"
        raise RecordError(
            f"{path}: schema {version}, this version reads {OLDEST_READABLE} to "
            f"{SCHEMA_VERSION}: {remedy}"
        )


def _damaged(path: Path, why: object) -> RecordError:
    return RecordError(
        f"{path} is damaged or not a record: {why}: `sqlite3 {path} .recover` saves what can be "
        "saved; to begin anew, move it away or give another --out"
    )
