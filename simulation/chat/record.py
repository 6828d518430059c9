"""The record of a chat: one SQLite file, written before anything is shown."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, replace
from datetime import UTC, datetime
from pathlib import Path
from time import time

from personas.errors import InputError
from simulation.chat.rating import Rating
from simulation.chat.schema import APPLICATION, FILE, SCHEMA, SCHEMA_VERSION
from simulation.chat.state import Answer, Seating, Talk, Turn
from simulation.recordfile import RecordError, lock_folder, open_for_writing, read_manifest

_SEATINGS = "SELECT * FROM seatings ORDER BY seating"
_RATED = "naturalness, consistency, knowledge, ratings.talk IS NOT NULL"
_ANSWERS = f"""
SELECT answers.*, {_RATED} FROM answers LEFT JOIN ratings USING (talk, turn, seat)
ORDER BY talk, turn, seat
"""


class ChatRecord:
    """An open record; one process at a time writes to it.

    Every method that writes has committed when it returns, through a kill of the process and a
    crash of the machine alike.

    Args:
        folder: The chat's; made if it does not exist.
        manifest: What the chat is, for a new record; an existing one keeps its own.

    Raises:
        InputError: The folder cannot be written.
        RecordError: The file is no chat's, damaged or newer, or another process has it open.
    """

    def __init__(self, folder: Path, manifest: Mapping[str, object]) -> None:
        self.path = folder / FILE
        self._lock = lock_folder(folder)
        with ExitStack() as opened:  # closes what was opened if the rest fails
            opened.callback(self._lock.close)
            self._database = open_for_writing(self.path)
            opened.callback(self._database.close)
            self._database.execute("PRAGMA synchronous=FULL")  # a person types: there is time
            self._database.execute("PRAGMA foreign_keys=ON")
            if not self._database.execute("PRAGMA user_version").fetchone()[0]:
                self._create(manifest)
            check_version(self._database, self.path)
            opened.pop_all()

    @property
    def manifest(self) -> dict[str, object]:
        """What the chat is."""
        return read_manifest(self._database)

    def note(self, **entries: object) -> None:
        """Writes entries of the manifest, replacing older ones."""
        rows = [(key, json.dumps(value)) for key, value in entries.items()]
        with self._writing() as database:
            database.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", rows)

    def talks(self) -> list[Talk]:
        """Every talk, oldest first."""
        return read_talks(self._database)

    def seatings(self) -> list[Seating]:
        """Everybody who sits or sat somewhere, oldest first."""
        return read_seatings(self._database)

    def turns(self) -> list[Turn]:
        """Every question with its answers and their ratings, oldest first."""
        return read_turns(self._database)

    def begin(self, talk: Talk, seatings: list[Seating]) -> None:
        """A new talk, and who sits there."""
        with self._writing() as database:
            row = (talk.number, talk.id, int(talk.blind), _now(), _now() if talk.ended else None)
            _put(database, "talks", row)
            _put(database, "seatings", *map(astuple, seatings))

    def end(self, talk: int) -> None:
        """A talk is over."""
        with self._writing() as database:
            database.execute("UPDATE talks SET ended = ? WHERE talk = ?", (_now(), talk))

    def leave(self, seating: Seating, turn: int, successor: Seating | None = None) -> None:
        """Somebody leaves a seat with a turn, and somebody else may take it."""
        with self._writing() as database:
            left = (turn, seating.number)
            database.execute("UPDATE seatings SET until = ? WHERE seating = ?", left)
            if successor:
                _put(database, "seatings", astuple(successor))

    def sit(self, seating: Seating) -> None:
        """Somebody takes an empty seat."""
        with self._writing() as database:
            _put(database, "seatings", astuple(seating))

    def ask(self, turn: Turn) -> None:
        """A question has been put."""
        with self._writing() as database:
            _put(database, "turns", (turn.talk, turn.turn, turn.question, time()))

    def answer(self, answer: Answer) -> None:
        """A persona has answered."""
        with self._writing() as database:
            _put(database, "answers", _row(answer))

    def rate(self, answer: Answer, rating: Rating) -> None:
        """An answer has been rated, or its rating was skipped; replaces an earlier rating."""
        with self._writing() as database:
            _put(database, "ratings", (*answer.name, *rating.values, time()))

    def copy(self, talks: list[Talk], seatings: list[Seating], turns: list[Turn]) -> None:
        """Another chat's talks, all of them or none, without their ratings."""
        with self._writing() as database:
            for talk in talks:
                _put(database, "talks", (talk.number, talk.id, int(talk.blind), _now(), None))
            _put(database, "seatings", *map(astuple, seatings))
            for turn in turns:
                _put(database, "turns", (turn.talk, turn.turn, turn.question, time()))
                _put(database, "answers", *map(_row, turn.answers.values()))

    def close(self) -> None:
        """Closes the file; everything stays."""
        self._database.close()
        self._lock.close()

    def _create(self, manifest: Mapping[str, object]) -> None:
        told = {**manifest, "began": _now()}
        known = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if known:
            raise RecordError(f"{self.path} is not a chat's record: give another --out")
        self._database.executescript(
            f"BEGIN; PRAGMA application_id = {APPLICATION};"
            f"{SCHEMA} PRAGMA user_version = {SCHEMA_VERSION};"
        )
        rows = [(key, json.dumps(value)) for key, value in told.items()]
        self._database.executemany("INSERT INTO manifest VALUES (?, ?)", rows)
        self._database.commit()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        try:
            with self._database:
                yield self._database
        except sqlite3.IntegrityError as error:
            raise RecordError(f"{self.path}: {error}") from error
        except sqlite3.Error as error:
            raise RecordError(
                f"{self.path}: {error}: make room or mend the disk, then run the same command; "
                "what was committed before is kept and readable"
            ) from error


def open_chat(folder: Path) -> sqlite3.Connection:
    """A read-only connection to a chat's record.

    Args:
        folder: The chat's, or the file in it.

    Raises:
        InputError: There is none, or this version cannot read it.
    """
    path = folder if folder.is_file() else folder / FILE
    if not path.is_file():
        raise InputError(f"no chat in {folder}: expected a file {FILE} there")
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        check_version(database, path)
    except RecordError as error:
        database.close()
        raise InputError(str(error)) from None
    return database


def check_version(database: sqlite3.Connection, path: Path) -> None:
    """Refuses what is no chat, or a chat that this version cannot read.

    Raises:
        RecordError: Naming the file and the remedy.
    """
    try:
        application = database.execute("PRAGMA application_id").fetchone()[0]
        version = database.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise RecordError(f"{path} is damaged or not a chat's record: {error}") from None
    if application != APPLICATION:
        raise RecordError(f"{path} is not a chat's record: give the folder of a `symposion chat`")
    if version != SCHEMA_VERSION:
        raise RecordError(
            f"{path}: schema {version}, this version reads {SCHEMA_VERSION}: install a newer "
            "symposion"
        )


def read_talks(database: sqlite3.Connection) -> list[Talk]:
    """Every talk, oldest first."""
    rows = database.execute("SELECT talk, id, blind, ended FROM talks ORDER BY talk")
    return [
        Talk(number, name, bool(blind), ended is not None) for number, name, blind, ended in rows
    ]


def read_seatings(database: sqlite3.Connection) -> list[Seating]:
    """Everybody who sits or sat somewhere, oldest first."""
    return [Seating(*row) for row in database.execute(_SEATINGS)]


def read_turns(database: sqlite3.Connection) -> list[Turn]:
    """Every question with its answers and their ratings, oldest first."""
    asked = database.execute("SELECT talk, turn, question FROM turns ORDER BY talk, turn")
    turns = {(talk, turn): Turn(talk, turn, question) for talk, turn, question in asked}
    for *row, naturalness, consistency, knowledge, rated in database.execute(_ANSWERS):
        rating = Rating(naturalness, consistency, knowledge) if rated else None
        answer = replace(Answer(*row), rating=rating)
        turns[answer.talk, answer.turn].answers[answer.seat] = answer
    return list(turns.values())


def _put(database: sqlite3.Connection, table: str, *rows: tuple[object, ...]) -> None:
    """Writes rows; only a rating replaces an earlier one."""
    verb = "INSERT OR REPLACE" if table == "ratings" else "INSERT"
    for row in rows:
        database.execute(f"{verb} INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def _row(answer: Answer) -> tuple[object, ...]:
    """Without its rating, which has a table of its own."""
    return astuple(answer)[:-1]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
