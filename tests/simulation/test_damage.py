"""Full disks, read-only folders, damaged files and older schemas: clear words, nothing lost."""

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agents.engines.scripted import ScriptedEngine
from agents.memory import MemorySpec
from personas.errors import InputError, SymposionError
from simulation.export import to_text
from simulation.graph import make_graph
from simulation.reading import read_run
from simulation.record import FILE, Record, RecordError
from simulation.replay import replay
from simulation.run import run
from simulation.scenario import seat_graph
from simulation.schema import SCHEMA_VERSION
from simulation.timeline import Post
from simulation.turntaking import Rounds

from .strategies import people
from .test_crash import rows
from .test_record import entry, small
from .test_serial_equality import echo, transcript

NOBODY = 65534  # user id without rights
BACK_TO_3 = "DROP TABLE interviews; PRAGMA user_version = 3;"
"""Makes a record what version 3 of the schema was."""
BACK_TO_2 = """
DROP TABLE interviews;
CREATE TABLE older (
    arm TEXT, listener TEXT, listener_counter INTEGER, speaker TEXT, speaker_counter INTEGER,
    time REAL, noticed INTEGER, remembered INTEGER,
    PRIMARY KEY (arm, listener, listener_counter, speaker, speaker_counter)
) WITHOUT ROWID;
INSERT INTO older SELECT * FROM exposures;
DROP VIEW exposures; ALTER TABLE older RENAME TO exposures;
ALTER TABLE turns DROP COLUMN heard;
PRAGMA user_version = 2;
"""
"""Makes a record what version 2 of the schema was."""
BACK_TO_1 = """
DROP TABLE adapters; DROP TABLE counts; DROP TABLE decisions; DROP TABLE summaries;
ALTER TABLE calls DROP COLUMN asked; ALTER TABLE calls DROP COLUMN inherited;
PRAGMA user_version = 1;
"""
"""Makes a record of version 2 what version 1 was."""


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


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs a privileged user")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_is_named_and_what_was_committed_is_gone_on_with(small_disk, tmp_path):
    def engine() -> ScriptedEngine:
        return ScriptedEngine(wordy, latency=lambda _: 0.0)

    long = small(turns=Rounds(250), surveys=(), controls=())
    with pytest.raises(RecordError, match=r"full.*make room.*kept and readable"):
        run(long, engine(), small_disk / "run")
    kept = set(transcript(small_disk / "run"))
    assert 0 < len(kept) < 6 * 250
    assert len(read_run(small_disk / "run").turns) == len(kept)
    shutil.copytree(small_disk / "run", tmp_path / "roomier")
    run(long, engine(), tmp_path / "roomier")
    assert kept <= set(transcript(tmp_path / "roomier"))
    assert len(transcript(tmp_path / "roomier")) == 6 * 250


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
        database.executescript(BACK_TO_2 + BACK_TO_1)
        database.execute("DELETE FROM turns WHERE counter = 2")
        database.commit()
    assert len(read_run(tmp_path).turns) == 24  # reading changes nothing
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
    run(small(), ScriptedEngine(echo), tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert rows(tmp_path)["turns"] == before["turns"]


def test_a_record_without_interviews_is_read_replayed_and_brought_up_to_date(tmp_path):
    run(small(), ScriptedEngine(echo), tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.executescript(BACK_TO_3)
    assert read_run(tmp_path).interviews.empty
    assert asyncio.run(replay(small(), tmp_path)).differences == ()
    run(small(), ScriptedEngine(echo), tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        assert database.execute("SELECT count(*) FROM interviews").fetchone() == (0,)


def test_what_was_heard_is_the_same_after_it_moved_into_the_turns(tmp_path):
    """Weighted ties with delays of their own, an attention limit, a post and a tight memory."""
    agents = people(6)
    ties = seat_graph(make_graph("complete", 6, 0), agents)
    ties = tuple(replace(t, weight=0.7, delay=0.1 + 0.3 * (i % 5)) for i, t in enumerate(ties))
    scenario = small(
        ties=ties, attention=3, memory=MemorySpec(12, 4), timeline=(Post(1.2, "So \"ein\" Tag."),),
        controls=(),
    )  # fmt: skip
    run(scenario, ScriptedEngine(echo), tmp_path)
    before = rows(tmp_path)
    assert {row[6:] for row in before["exposures"]} == {(0, 0), (1, 0), (1, 1)}
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.executescript(BACK_TO_2)
    assert asyncio.run(replay(scenario, tmp_path)).differences == ()  # as it is
    assert len(read_run(tmp_path).exposures) == len(before["exposures"])
    run(scenario, ScriptedEngine(echo), tmp_path)
    assert rows(tmp_path) == before


def test_a_newer_schema_is_refused(tmp_path):
    run(small(), ScriptedEngine(echo), tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(RecordError, match="schema 99, this version reads 1 to"):
        run(small(), ScriptedEngine(echo), tmp_path)
    with pytest.raises(InputError, match="newer symposion"):
        read_run(tmp_path)
