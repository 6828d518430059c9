"""Full disks, read-only folders, damaged files and older schemas: clear words, nothing lost."""

import os
import resource
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agents.engines.scripted import ScriptedEngine
from personas.errors import InputError, SymposionError
from simulation.export import to_text
from simulation.reading import read_run
from simulation.record import FILE, Record, RecordError
from simulation.run import run
from simulation.schema import SCHEMA_VERSION
from simulation.turntaking import Rounds

from .test_crash import rows
from .test_record import entry, small
from .test_serial_equality import echo, transcript

NOBODY = 65534  # user id without rights
BACK_TO_1 = """
DROP TABLE adapters; DROP TABLE counts; DROP TABLE decisions; DROP TABLE summaries;
ALTER TABLE calls DROP COLUMN asked; ALTER TABLE calls DROP COLUMN inherited;
PRAGMA user_version = 1;
"""
"""Makes a record what version 1 of the schema was."""


def in_a_child(work: Callable[[], None]) -> str:
    """What a function says when it fails, run in a process of its own; empty if it does not."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        words = ""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - told to the parent
            words = f"{type(error).__name__}: {error}"
        os.write(theirs, words.encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as told:
        words = told.read()
    os.waitpid(child, 0)
    return words


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that other users can reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def wordy(request) -> str:
    """Long enough to fill a small disk."""
    return echo(request) + " word" * 39


def test_a_full_disk_is_named_and_what_was_committed_stays(tmp_path):
    def run_on_a_small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        engine = ScriptedEngine(wordy, latency=lambda _: 0.001)
        run(small(turns=Rounds(12)), engine, tmp_path)

    words = in_a_child(run_on_a_small_disk)
    assert words.startswith("RecordError: "), words
    assert "make room" in words
    assert "kept and readable" in words
    kept = set(transcript(tmp_path))
    assert 0 < len(kept) < 72
    assert len(read_run(tmp_path).turns)
    run(small(turns=Rounds(12)), ScriptedEngine(wordy), tmp_path)
    assert kept <= set(transcript(tmp_path))
    assert len(transcript(tmp_path)) == 72


def test_a_full_database_leaves_no_half_batch(tmp_path):
    record = Record(tmp_path, {"fingerprint": "x"})
    record.write([entry("a", small_reply())])
    pages = record._database.execute("PRAGMA page_count").fetchone()[0]
    record._database.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(RecordError, match="full"):
        record.write([entry(f"k{i}", small_reply()) for i in range(2000)])
    assert set(record.replies) == {"a"}
    record.close()
    again = Record(tmp_path, {"fingerprint": "x"})
    assert set(again.replies) == {"a"}
    again.close()


def small_reply():
    """Any reply."""
    from personas.model import Reply

    return Reply("word " * 20)


@pytest.mark.skipif(sys.platform == "win32", reason="users are another thing there")
def test_a_read_only_folder_is_refused_and_still_read(shared_folder):
    folder = shared_folder / "run"
    run(small(), ScriptedEngine(echo), folder)
    (folder / ".lock").chmod(0o666)
    folder.chmod(0o555)
    for path in folder.iterdir():
        path.chmod(0o444)

    def as_nobody(work: Callable[[], object]) -> str:
        def lowered() -> None:
            if os.getuid() == 0:
                os.setuid(NOBODY)
            work()

        return in_a_child(lowered)

    words = as_nobody(lambda: run(small(), ScriptedEngine(echo), folder))
    assert words.startswith("InputError: ")
    assert "cannot be written" in words
    assert as_nobody(lambda: len(read_run(folder).turns) == 36 or 1 / 0) == ""
    folder.chmod(0o755)


@pytest.mark.parametrize("part", ["truncated", "overwritten"])
def test_a_damaged_record_is_refused_in_clear_words(tmp_path, part):
    run(small(), ScriptedEngine(wordy), tmp_path)
    path = tmp_path / FILE
    whole = path.read_bytes()
    half = len(whole) // 2
    path.write_bytes(whole[:half] if part == "truncated" else whole[:8192] + b"\xff" * half)
    damaged = path.read_bytes()
    with pytest.raises(RecordError, match=r"damaged.*\.recover"):
        run(small(), ScriptedEngine(wordy), tmp_path)
    assert path.read_bytes() == damaged
    with pytest.raises(SymposionError, match=r"damaged|not a record"):
        read_run(tmp_path)
    with pytest.raises(SymposionError, match=r"damaged|not a record"):
        to_text(tmp_path, tmp_path / "out.txt")


def test_an_older_schema_is_read_and_brought_up_to_date(tmp_path):
    run(small(), ScriptedEngine(echo), tmp_path)
    before = rows(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.executescript(BACK_TO_1)
        database.execute("DELETE FROM turns WHERE counter = 2")
        database.commit()
    assert len(read_run(tmp_path).turns) == 24  # reading changes nothing
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
    run(small(), ScriptedEngine(echo), tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert rows(tmp_path)["turns"] == before["turns"]


def test_a_newer_schema_is_refused(tmp_path):
    run(small(), ScriptedEngine(echo), tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(RecordError, match="schema 99, this version reads 1 to"):
        run(small(), ScriptedEngine(echo), tmp_path)
    with pytest.raises(InputError, match="newer symposion"):
        read_run(tmp_path)
