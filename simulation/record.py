"""The record of a run: one SQLite file that is transcript, checkpoint and cache in one.

Every reply is committed before anyone hears it, under the hash of its request. To resume is to
run the scenario again and let the record answer what it already knows; a crash loses at most
the replies still in flight. One line opens it elsewhere::

    pandas.read_sql("select * from transcript", sqlite3.connect("record.sqlite"))
"""

import asyncio
import fcntl
import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from personas.errors import InputError, SymposionError
from personas.model import Reply, Scores

FILE = "record.sqlite"
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE calls (
    key TEXT PRIMARY KEY,      -- hash of the request (personas.model.request_key)
    reply TEXT NOT NULL,       -- JSON of Reply or Scores
    prompt_tokens INTEGER, new_tokens INTEGER,
    seconds REAL               -- real time from asking to answer
) WITHOUT ROWID;
CREATE TABLE turns (
    arm TEXT, agent TEXT, counter INTEGER,
    time REAL,                 -- virtual time, in rounds
    call TEXT NOT NULL REFERENCES calls, text TEXT NOT NULL,
    PRIMARY KEY (arm, agent, counter)
) WITHOUT ROWID;
CREATE TABLE exposures (
    arm TEXT, listener TEXT, listener_counter INTEGER, speaker TEXT, speaker_counter INTEGER,
    time REAL,                 -- virtual time of arrival
    noticed INTEGER,           -- 0: beyond the tie's weight or the attention limit
    remembered INTEGER,        -- 0: no longer in the listener's window
    PRIMARY KEY (arm, listener, listener_counter, speaker, speaker_counter)
) WITHOUT ROWID;
CREATE TABLE surveys (
    arm TEXT, agent TEXT, wave INTEGER, question TEXT, wording INTEGER, ordering TEXT,
    time REAL, options TEXT, option_values TEXT, -- JSON, in the order shown
    call TEXT NOT NULL REFERENCES calls,
    PRIMARY KEY (arm, agent, wave, question, wording, ordering)
) WITHOUT ROWID;
CREATE VIEW transcript AS
    SELECT arm, time, agent, counter, text FROM turns ORDER BY arm, time, agent, counter;
"""


class RecordError(SymposionError):
    """The record and the run do not fit together, or the disk refuses."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table other than manifest and calls."""

    table: str
    values: tuple[object, ...]
    """In the table's column order."""
    key_length: int
    """How many of the leading values are the primary key."""
    call: str | None = None
    """Key of the call it refers to, for tables that have one."""


class Record:
    """An open record; one process at a time writes to it.

    Args:
        folder: The run's folder; made if it does not exist.
        manifest: What the run is. For an existing record, its ``fingerprint`` must be the same.

    Raises:
        InputError: The folder cannot be written, or holds the record of another scenario.
        RecordError: The file is damaged, or another process has it open.
    """

    def __init__(self, folder: Path, manifest: Mapping[str, object]) -> None:
        self.path = folder / FILE
        self._lock = _lock(folder)
        with ExitStack() as opened:  # closes what was opened if the rest fails
            opened.callback(self._lock.close)
            self._database = _open(self.path)
            opened.callback(self._database.close)
            self._check_or_create(manifest)
            self.replies: dict[str, Reply | Scores] = dict(self._read_replies())
            """Committed replies by request key."""
            self._known = self._read_known()
            opened.pop_all()
        self._pending: list[tuple[str, Reply | Scores, float, Sequence[Row]]] = []
        self._flushed: asyncio.Future[None] | None = None

    async def commit(
        self, key: str, reply: Reply | Scores, seconds: float, rows: Sequence[Row]
    ) -> None:
        """Makes a reply and the rows that refer to it durable; returns when they are.

        Everything handed in during one step of the event loop shares one transaction.

        Raises:
            RecordError: The disk refuses, or a row was recorded before with another reply.
        """
        if self._flushed is None:
            loop = asyncio.get_running_loop()
            self._flushed = loop.create_future()
            loop.call_soon(self._flush)
        self._pending.append((key, reply, seconds, rows))
        await asyncio.shield(self._flushed)

    def note(self, **entries: object) -> None:
        """Writes entries of the manifest, replacing older ones."""
        with self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO manifest VALUES (?, ?)",
                [(key, json.dumps(value)) for key, value in entries.items()],
            )

    def manifest(self) -> dict[str, object]:
        """What the run is, and whether it has finished."""
        return read_manifest(self._database)

    def close(self) -> None:
        """Closes the file; everything committed stays."""
        self._database.close()
        self._lock.close()

    def _flush(self) -> None:
        pending, done = self._pending, self._flushed
        self._pending, self._flushed = [], None
        assert done is not None
        failure = RecordError(f"{self.path}: a row could not be written")
        try:
            with self._database:
                for entry in pending:
                    self._write(*entry)
        except RecordError as error:
            failure = error
        except sqlite3.Error as error:
            failure = RecordError(f"{self.path}: {error}; what was committed before is readable")
        else:
            for key, reply, _, _ in pending:
                self.replies[key] = reply
            done.set_result(None)
        finally:
            if not done.done():  # whatever went wrong, nobody waits for ever
                done.set_exception(failure)

    def _write(self, key: str, reply: Reply | Scores, seconds: float, rows: Sequence[Row]) -> None:
        if key not in self.replies:
            new_tokens = reply.new_tokens if isinstance(reply, Reply) else 0
            call = (key, _to_json(reply), reply.prompt_tokens, new_tokens, seconds)
            self._database.execute("INSERT OR IGNORE INTO calls VALUES (?, ?, ?, ?, ?)", call)
        for row in rows:
            name = (row.table, *row.values[: row.key_length])
            if name in self._known:
                if self._known[name] != row.call:
                    raise RecordError(
                        f"{self.path}: {' '.join(map(str, name))} was recorded with another "
                        "request: the run is not the one that made this record"
                    )
                continue
            marks = ", ".join("?" * len(row.values))
            self._database.execute(f"INSERT INTO {row.table} VALUES ({marks})", row.values)
            self._known[name] = row.call

    def _check_or_create(self, manifest: Mapping[str, object]) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self._database.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION};")
            self._database.executemany(
                "INSERT INTO manifest VALUES (?, ?)",
                [(key, json.dumps(value)) for key, value in manifest.items()],
            )
            self._database.commit()
            return
        if version != SCHEMA_VERSION:
            raise RecordError(f"{self.path}: schema {version}, this version reads {SCHEMA_VERSION}")
        recorded = read_manifest(self._database)
        if recorded.get("fingerprint") != manifest.get("fingerprint"):
            raise InputError(
                f"{self.path} records another scenario ({_difference(recorded, manifest)}): "
                "give another --out, or the arguments it was made with"
            )

    def _read_replies(self) -> list[tuple[str, Reply | Scores]]:
        rows = self._database.execute("SELECT key, reply FROM calls").fetchall()
        return [(key, _from_json(text)) for key, text in rows]

    def _read_known(self) -> dict[tuple[object, ...], str | None]:
        turns = self._database.execute("SELECT arm, agent, counter, call FROM turns")
        known: dict[tuple[object, ...], str | None] = {("turns", *r[:3]): r[3] for r in turns}
        heard = self._database.execute(
            "SELECT arm, listener, listener_counter, speaker, speaker_counter FROM exposures"
        )
        known |= {("exposures", *row): None for row in heard}
        asked = self._database.execute(
            "SELECT arm, agent, wave, question, wording, ordering, call FROM surveys"
        )
        return known | {("surveys", *row[:6]): row[6] for row in asked}


def read_manifest(database: sqlite3.Connection) -> dict[str, object]:
    """The manifest as a dictionary."""
    rows = database.execute("SELECT key, value FROM manifest").fetchall()
    return {key: json.loads(value) for key, value in rows}


def open_for_reading(folder: Path) -> sqlite3.Connection:
    """A read-only connection to a run's record.

    Raises:
        InputError: There is none, or it is not a record.
    """
    path = folder / FILE
    if not path.is_file():
        raise InputError(f"no record in {folder}: expected a file {FILE} there")
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        version = database.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise InputError(f"{path} is not a record: {error}") from None
    if version != SCHEMA_VERSION:
        raise InputError(f"{path}: schema {version}, this version reads {SCHEMA_VERSION}")
    return database


def _lock(folder: Path) -> IO[str]:
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


def _open(path: Path) -> sqlite3.Connection:
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError(f"{path} cannot be written: change its permissions or give another --out")
    database = sqlite3.connect(path)
    try:
        # WAL with NORMAL keeps every committed transaction through a crash of the process;
        # only a crash of the machine may lose the last ones.
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.DatabaseError as error:
        database.close()
        raise RecordError(f"{path} is damaged or not a record: {error}") from None
    return database


def _difference(recorded: Mapping[str, object], wanted: Mapping[str, object]) -> str:
    """Names the first fields in which two scenarios differ."""
    old, new = recorded.get("description"), json.loads(json.dumps(wanted.get("description")))
    if not isinstance(old, dict) or not isinstance(new, dict):
        return "no description"
    fields = [key for key in new if old.get(key) != new[key]]
    return "differs in " + ", ".join(fields[:3])


def _to_json(reply: Reply | Scores) -> str:
    return json.dumps(asdict(reply))


def _from_json(text: str) -> Reply | Scores:
    fields = json.loads(text)
    if "logprobs" in fields:
        return Scores(tuple(fields["logprobs"]), fields["prompt_tokens"])
    return Reply(**fields)
