"""The record: committed before heard, resumed after a crash, honest about what it is."""

import gc
import json
import sqlite3
from contextlib import closing

import pandas as pd
import pytest

from agents.engines.scripted import ScriptedEngine
from personas.errors import EngineError, InputError
from personas.model import Reply, Scores
from simulation.graph import Tie, make_graph
from simulation.reading import read_run
from simulation.record import FILE, Entry, Record, RecordError, Row
from simulation.recordfile import insert
from simulation.run import rare_collections, run, simulate
from simulation.scenario import Scenario, seat_graph
from simulation.timeline import Post
from simulation.turntaking import Rounds

from .strategies import YES_NO, people
from .test_serial_equality import echo, transcript


def small(**changes) -> Scenario:
    """Six people on a ring, three rounds, one survey, one control."""
    agents = people(6)
    fields = {
        "name": "small",
        "title": "Is tea good?",
        "topic": "tea",
        "agents": agents,
        "ties": seat_graph(make_graph("ring", 6, 0), agents),
        "opening": "Tea.",
        "turns": Rounds(3),
        "surveys": (YES_NO,),
        "controls": ("scrambled",),
        "unrelated_opening": "Rain.",
        "seed": 3,
    }
    return Scenario(**(fields | changes))


def entry(key: str, reply: Reply | Scores, *rows: Row) -> Entry:
    """What is written for one call."""
    return Entry(key, reply, asked=1.0, seconds=0.1, rows=rows)


@pytest.mark.parametrize("number", [0, 1, 19, 20, 21, 40, 99])
def test_rows_stand_in_the_table_as_they_were_given_however_many(number):
    rows = [(f"row {i}", i / 2) for i in range(number)]
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE pairs (name TEXT, half REAL)")
        insert(database, "pairs", rows)
        assert database.execute("SELECT * FROM pairs ORDER BY half").fetchall() == rows


def test_a_run_is_not_searched_for_cycles_at_its_end(tmp_path):
    """Its many objects go to the oldest generation unseen; the usual collections go on after it."""
    usual, searched = gc.get_threshold(), []
    run(small(), ScriptedEngine(echo), tmp_path)
    gc.callbacks.append(lambda phase, info: searched.append((phase, info["generation"])))
    try:
        assert gc.get_threshold() == usual
        with rare_collections():
            held = [[] for _ in range(10 * usual[0])]
        held += [[] for _ in range(usual[0] // 2)]
        assert not searched
        held += [[] for _ in range(10 * usual[0])]
        assert ("start", 0) in searched
    finally:
        gc.callbacks.pop()


def test_what_others_have_frozen_stays_frozen():
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with rare_collections():
            pass
        assert gc.get_freeze_count() == frozen > 0
    finally:
        gc.unfreeze()


def test_counts_by_hand(tmp_path):
    progress = run(small(), ScriptedEngine(echo), tmp_path)
    assert (progress.turns, progress.answers) == (2 * 6 * 3, 2 * 6 * 4 * 2)
    assert small().size == (36, 96)
    frames = read_run(tmp_path)
    assert len(frames.turns) == 36
    assert len(frames.surveys) == 96
    # On a ring everybody has heard both neighbours' first turns by the second, and so on.
    assert len(frames.exposures) == 2 * 6 * 2 * 2
    assert set(frames.surveys["wave"]) == {0, 1, 2, 3}


def test_whole_numbers_are_moments_like_any_other(tmp_path):
    """Delays and times given as 1 are written as 1.0 is."""
    agents = people(3)
    for folder, one in (("whole", 1), ("decimal", 1.0)):
        ties = (Tie(agents[0].key, agents[1].key, delay=one),)
        scenario = small(agents=agents, ties=ties, timeline=(Post(one, "News."),), controls=())
        run(scenario, ScriptedEngine(echo), tmp_path / folder)
    heard = [read_run(tmp_path / folder).exposures for folder in ("whole", "decimal")]
    assert len(heard[0]) == 3 + 1  # the news reaches three; one has heard one turn by round 3
    assert heard[0].equals(heard[1])


def test_one_line_of_pandas_reads_the_transcript(tmp_path):
    run(small(), ScriptedEngine(echo), tmp_path)
    database = sqlite3.connect(tmp_path / FILE)
    frame = pd.read_sql("select * from transcript", database)
    database.close()
    assert list(frame.columns) == ["arm", "time", "agent", "counter", "text"]
    assert len(frame) == 36


def test_running_again_asks_nothing_and_changes_nothing(tmp_path):
    run(small(), ScriptedEngine(echo), tmp_path)
    before = transcript(tmp_path)

    def fail(_) -> str:
        raise AssertionError("asked again")

    again = run(small(), ScriptedEngine(fail), tmp_path)
    assert transcript(tmp_path) == before
    assert again.from_record == 36 + 96


def test_reply_is_committed_before_anyone_hears_it(tmp_path):
    """Whoever is asked can already read, from another connection, every text it is shown."""
    checked = 0

    def speak(request) -> str:
        nonlocal checked
        database = sqlite3.connect(tmp_path / FILE)
        committed = {row[0] for row in database.execute("SELECT text FROM turns")}
        database.close()
        for role, text in request.messages()[1:]:
            for line in text.splitlines():
                said = line if role == "assistant" else line.partition(": ")[2]
                if said.startswith("said "):
                    assert said in committed
                    checked += 1
        return echo(request)

    run(small(), ScriptedEngine(speak), tmp_path)
    assert checked > 50


def test_engine_failure_stops_the_run_and_keeps_what_was_committed(tmp_path):
    told = 0

    def fragile(request) -> str:
        nonlocal told
        told += 1
        if told > 20:
            raise EngineError("the model went away: start it again")
        return echo(request)

    with pytest.raises(EngineError, match="went away"):
        run(small(), ScriptedEngine(fragile), tmp_path)
    kept = transcript(tmp_path)
    assert kept
    run(small(), ScriptedEngine(echo), tmp_path)
    assert set(kept) <= set(transcript(tmp_path))
    assert len(transcript(tmp_path)) == 18


def test_record_of_another_scenario_is_refused_and_left_alone(tmp_path):
    run(small(), ScriptedEngine(echo), tmp_path)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(InputError, match=r"another scenario.*seed.*--out"):
        run(small(seed=4), ScriptedEngine(echo), tmp_path)
    with pytest.raises(InputError, match=r"model version: 1 then, 2 now.*--accept-changes"):
        run(small(), ScriptedEngine(echo, version="2"), tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        run(small(), ScriptedEngine(), tmp_path / "file" / "run")


def test_file_that_is_no_record(tmp_path):
    (tmp_path / FILE).write_bytes(b"not a database at all, but long enough to be read" * 50)
    with pytest.raises(RecordError, match="damaged or not a record"):
        run(small(), ScriptedEngine(), tmp_path)
    with pytest.raises(InputError, match="is not a record"):
        read_run(tmp_path)


def test_two_processes_on_one_record(tmp_path):
    record = Record(tmp_path, {"fingerprint": "x"})
    with pytest.raises(RecordError, match="in use"):
        Record(tmp_path, {"fingerprint": "x"})
    record.close()
    Record(tmp_path, {"fingerprint": "x"}).close()


def test_older_schema_is_refused(tmp_path):
    Record(tmp_path, {"fingerprint": "x"}).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(RecordError, match="schema 99"):
        Record(tmp_path, {"fingerprint": "x"})


def test_one_turn_cannot_be_recorded_with_two_replies(tmp_path):
    record = Record(tmp_path, {"fingerprint": "x"})
    turn = ("talk", "ada", 0, 1.0)
    record.write([entry("k1", Reply("a"), ("turns", (*turn, "k1", "a", "[]")))])
    with pytest.raises(RecordError, match="another request"):
        record.write([entry("k2", Reply("b"), ("turns", (*turn, "k2", "b", "[]")))])
    record.close()
    again = Record(tmp_path, {"fingerprint": "x"})
    again.write([entry("k1", Reply("a"), ("turns", (*turn, "k1", "a", "[]")))])  # no news
    with pytest.raises(RecordError, match="turns talk ada 0 was recorded with another request"):
        again.write([entry("k2", Reply("b"), ("turns", (*turn, "k2", "b", "[]")))])
    assert set(again.replies) == {"k1"}
    again.close()


def test_replies_come_back_exactly(tmp_path):
    odd = Reply("né\x00 \ud800 <script>", "length", 3, 4)
    scores = Scores((float("-inf"), -0.1), 7)
    record = Record(tmp_path, {"fingerprint": "x"})
    record.write([entry("a", odd), entry("b", scores)])
    record.close()
    again = Record(tmp_path, {"fingerprint": "x"})
    assert again.replies == {"a": odd, "b": scores}
    again.close()


async def test_odd_utterances_do_not_stop_a_run(tmp_path):
    engine = ScriptedEngine(lambda _: "\ud800\x00\u2028Moderator: <script>")
    await simulate(small(), engine, tmp_path)
    assert len(transcript(tmp_path)) == 18


def test_disk_error_reaches_the_caller(tmp_path):
    record = Record(tmp_path, {"fingerprint": "x"})
    record._database.execute("PRAGMA query_only = 1")
    with pytest.raises(RecordError, match="readable"):
        record.write([entry("a", Reply("x"))])
    assert "a" not in record.replies
    record.close()


def test_manifest_names_what_a_reviewer_asks_for(tmp_path):
    run(small(), ScriptedEngine(echo), tmp_path)
    manifest = read_run(tmp_path).manifest
    assert manifest["model"]["engine"] == "scripted"
    assert manifest["seed"] == 3
    assert len(manifest["agents"]) == 6
    assert len(manifest["ties"]) == 6  # an undirected ring, each tie once
    assert manifest["directed"] is False
    assert manifest["finished"] != "not finished"
    assert json.dumps(manifest)
