"""The record of a run: one SQLite file that is transcript, checkpoint and cache in one.

Every reply is committed before anyone hears it, under the hash of its request. To resume is to
run the scenario again and let the record answer what it already knows; a crash loses at most
the replies still in flight. One line opens it elsewhere::

    pandas.read_sql("select * from transcript", sqlite3.connect("record.sqlite"))

What its tables mean: docs/record.md.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import NamedTuple, Protocol

from personas.adapter import Adapter
from personas.errors import InputError
from personas.model import Reply, Scores
from simulation.counts import Counts
from simulation.newest import Takings
from simulation.origin import adapter_row, changes, fingerprint_changes
from simulation.recordfile import (
    FILE,
    RecordError,
    Taken,
    insert,
    lock_folder,
    open_for_reading,
    open_for_writing,
    prepare,
    read_manifest,
    read_taken,
    read_told,
    write_taken,
)

__all__ = ["FILE", "Entry", "Ledger", "Record", "RecordError", "Row", "open_for_reading"]

Row = tuple[str, tuple[object, ...]]
"""A table other than manifest and calls, and the values of its columns in order."""

NAMED = {
    "turns": (3, 4),
    "surveys": (6, 9),
    "decisions": (3, 6),
    "summaries": (5, 5),
    "interviews": (5, 6),
}
"""Tables whose rows refer to a call: number of leading columns that name a row, and place of the
call."""


class Entry(NamedTuple):
    """A reply and the rows that refer to it: durable together or not at all."""

    key: str
    """The request's, by `personas.model.request_key`."""
    reply: Reply | Scores
    asked: float
    """Real time of asking, in seconds since 1970 UTC."""
    seconds: float
    """Real time until the answer."""
    rows: Sequence[Row] = ()


class Ledger(Takings, Protocol):
    """Where replies are written before they are heard: a record, or a replay's check of one."""

    @property
    def replies(self) -> Mapping[str, Reply | Scores]:
        """Replies that need not be asked for, by request key."""
        ...

    @property
    def counts(self) -> Counts:
        """Token counts by text."""
        ...

    def write(self, entries: Iterable[Entry]) -> None:
        """Makes entries durable, all of them or none.

        Raises:
            RecordError: The disk refuses, or a row was recorded before with another reply.
        """
        ...


class Record:
    """An open record; one process at a time writes to it.

    Args:
        folder: The run's folder; made if it does not exist.
        manifest: What the run is. For an existing record, it must be the same run.
        adapters: Rows of the table of adapters, for a new record.
        accept_changes: Go on although the source, a package or the model has changed since.

    Raises:
        InputError: The folder cannot be written, or holds the record of another scenario, or
            something changed and that is not accepted.
        RecordError: The file is damaged, or another process has it open.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Mapping[str, object],
        adapters: Iterable[tuple[object, ...]] = (),
        *,
        accept_changes: bool = False,
    ) -> None:
        self.path = folder / FILE
        self._lock = lock_folder(folder)
        with ExitStack() as opened:  # closes what was opened if the rest fails
            opened.callback(self._lock.close)
            self._database = open_for_writing(self.path)
            opened.callback(self._database.close)
            if prepare(self._database, self.path, manifest, adapters):
                self._check(manifest, accept_changes)
            self.replies: dict[str, Reply | Scores] = read_replies(self._database)
            """Committed replies by request key, and those that may be inherited."""
            self.counts = Counts(dict(self._database.execute("SELECT text, tokens FROM counts")))
            """Token counts by text."""
            self._known = read_known(self._database)
            self.taken = read_taken(self._database)
            """Adapters that were taken up when their time came (`simulation.newest`)."""
            opened.pop_all()
        self._inherited: dict[str, tuple[float, float]] = {}

    def inherit(self, parent: Path) -> None:
        """Lets another run's record answer too; its replies are copied as they are used.

        Raises:
            InputError: There is no record in that folder.
        """
        database = open_for_reading(parent)
        try:
            for what, adapter in read_taken(database).items():
                if what not in self.taken:
                    self.take(what, adapter)
            rows = database.execute("SELECT * FROM calls")
            names = [column[0] for column in rows.description]
            for row in rows:
                call = dict(zip(names, row, strict=True))
                if call["key"] not in self.replies:
                    self.replies[call["key"]] = _from_json(call["reply"])
                    self._inherited[call["key"]] = (call.get("asked", 0.0), call["seconds"])
        finally:
            database.close()

    def write(self, entries: Iterable[Entry]) -> None:
        """Makes replies and the rows that refer to them durable, in one transaction.

        Raises:
            RecordError: The disk refuses, or a row was recorded before with another reply.
        """
        calls: dict[str, Entry] = {}
        rows: dict[str, list[tuple[object, ...]]] = defaultdict(list)
        for entry in entries:
            if entry.key not in self.replies or entry.key in self._inherited:
                calls[entry.key] = entry
            for table, values in entry.rows:
                if not self._known or not self._is_known(table, values):
                    rows[table].append(values)
        try:
            with self._database:
                self._insert([self._call(entry) for entry in calls.values()], rows)
        except sqlite3.IntegrityError:
            raise RecordError(self._conflict("a turn")) from None
        except sqlite3.Error as error:
            raise RecordError(self._refused(error)) from error
        for key, entry in calls.items():
            self.replies[key] = entry.reply
        for key in self._inherited.keys() & calls.keys():
            del self._inherited[key]
        self.counts.fresh.clear()

    def take(self, what: Taken, adapter: Adapter) -> None:
        """Makes durable which adapter a seat took up when its time came.

        Raises:
            RecordError: The disk refuses.
        """
        try:
            write_taken(self._database, what, adapter_row(adapter))
        except sqlite3.Error as error:
            raise RecordError(self._refused(error)) from error
        self.taken[what] = adapter

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

    def told(self, key: str) -> object:
        """One entry of the manifest; None if it is not there."""
        return read_told(self._database, key)

    def close(self) -> None:
        """Closes the file; everything committed stays."""
        self._database.close()
        self._lock.close()

    def _insert(
        self, calls: Sequence[tuple[object, ...]], rows: Mapping[str, list[tuple[object, ...]]]
    ) -> None:
        for table, values in (("calls", calls), *rows.items(), ("counts", self.counts.fresh)):
            insert(self._database, table, values)

    def _call(self, entry: Entry) -> tuple[object, ...]:
        inherited = self._inherited.get(entry.key)
        asked, seconds = inherited or (entry.asked, entry.seconds)
        reply = entry.reply
        return (
            entry.key, _to_json(reply), reply.prompt_tokens, reply.new_tokens, seconds, asked,
            int(inherited is not None),
        )  # fmt: skip

    def _is_known(self, table: str, values: tuple[object, ...]) -> bool:
        """Whether an earlier session recorded this row, with the same call."""
        key_length, call = NAMED[table]
        name = (table, *values[:key_length])
        if name not in self._known:
            return False
        if self._known[name] != values[call]:
            raise RecordError(self._conflict(" ".join(map(str, name))))
        return True

    def _refused(self, error: sqlite3.Error) -> str:
        return (
            f"{self.path}: {error}: make room or mend the disk, then run the same command; "
            "what was committed before is kept and readable"
        )

    def _conflict(self, what: str) -> str:
        return (
            f"{self.path}: {what} was recorded with another request: the run is not the one "
            "that made this record"
        )

    def _check(self, manifest: Mapping[str, object], accept_changes: bool) -> None:
        recorded = self.manifest()
        if different := fingerprint_changes(recorded, manifest):
            raise InputError(
                f"{self.path} records another scenario ({different}): give another --out or the "
                "arguments it was made with, or see `symposion branch`"
            )
        changed = changes(recorded, manifest)
        if changed and not accept_changes:
            raise InputError(
                f"{self.path} was made with something else ({'; '.join(changed)}): put it back, "
                "or go on all the same with --accept-changes"
            )
        if changed:
            accepted = recorded.get("accepted", [])
            assert isinstance(accepted, list)
            self.note(accepted=[*accepted, *changed])


def read_replies(database: sqlite3.Connection) -> dict[str, Reply | Scores]:
    """Every recorded reply by the key of its request."""
    rows = database.execute("SELECT key, reply FROM calls")
    return {key: _from_json(text) for key, text in rows}


def read_known(database: sqlite3.Connection) -> dict[tuple[object, ...], str]:
    """Every recorded row by table and primary key, with the call that it refers to."""
    known: dict[tuple[object, ...], str] = {}
    for table, (length, call) in NAMED.items():
        for row in database.execute(f"SELECT * FROM {table}"):
            known[(table, *row[:length])] = row[call]
    return known


def _to_json(reply: Reply | Scores) -> str:
    if isinstance(reply, Scores):
        return json.dumps({"logprobs": reply.logprobs, "prompt_tokens": reply.prompt_tokens})
    return (  # as json.dumps writes it, in a fifth of the time
        f'{{"text": {encode_basestring_ascii(reply.text)}, "finish": "{reply.finish}", '
        f'"prompt_tokens": {reply.prompt_tokens:d}, "new_tokens": {reply.new_tokens:d}}}'
    )


def _from_json(text: str) -> Reply | Scores:
    fields = json.loads(text)
    if "logprobs" in fields:
        return Scores(tuple(fields["logprobs"]), fields["prompt_tokens"])
    return Reply(**fields)
