"""Replay without a model: identical, or told what is not."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agents.engines.scripted import ScriptedEngine
from agents.memory import MemorySpec
from personas.errors import EngineError
from simulation.record import FILE, RecordError
from simulation.replay import Replayed, replay
from simulation.run import run

from .test_record import small
from .test_serial_equality import echo

TIGHT = MemorySpec(16, 4)
"""So short that lines leave the window: the replay must know how many tokens they have."""


def play(folder: Path, **changes) -> Replayed:
    """Replays the small scenario."""
    return asyncio.run(replay(small(memory=TIGHT, **changes), folder))


def alter(folder: Path, statement: str) -> None:
    """Changes a record behind its back."""
    with closing(sqlite3.connect(folder / FILE)) as database, database:
        database.execute(statement)


@pytest.fixture
def recorded(tmp_path) -> Path:
    """A finished run of people who say more than they can remember."""
    engine = ScriptedEngine(lambda request: "well " * (request.seed % 7) + echo(request))
    run(small(memory=TIGHT), engine, tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        assert database.execute("SELECT min(remembered) FROM exposures").fetchone() == (0,)
    return tmp_path


def test_a_run_is_replayed_without_a_model(recorded):
    before = (recorded / FILE).read_bytes()
    found = play(recorded)
    # 6 people, 3 rounds, 2 arms; 4 waves in 2 orders.
    assert (found.turns, found.answers) == (36, 96)
    assert found.rows == 36 + 96
    assert found.finished
    assert found.differences == ()
    assert (recorded / FILE).read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE turns SET text = 'forged' WHERE agent = (SELECT min(agent) FROM turns)",
        "UPDATE turns SET heard = json_set(heard, '$[0][3]', 0) WHERE counter = 1",
        "UPDATE turns SET heard = '[]' WHERE counter = 2",
        "DELETE FROM calls WHERE key = (SELECT call FROM turns WHERE counter = 1 LIMIT 1)",
        "UPDATE calls SET reply = json_set(reply, '$.text', 'forged') WHERE new_tokens > 0",
    ],
)
def test_what_is_not_as_recorded_is_told(recorded, statement):
    alter(recorded, statement)
    assert play(recorded).differences


def test_another_scenario_is_not_identical(recorded):
    assert play(recorded, seed=4).differences


def test_an_interrupted_run_is_replayed_as_far_as_it_goes(tmp_path):
    told = 0

    def fragile(request) -> str:
        nonlocal told
        told += 1
        if told > 20:
            raise EngineError("gone")
        return echo(request)

    engine = ScriptedEngine(fragile, latency=lambda _: 0.001)
    with pytest.raises(EngineError):
        run(small(memory=TIGHT), engine, tmp_path)
    found = play(tmp_path)
    assert not found.finished
    assert found.differences == ()
    assert 0 < found.turns < 36


def test_a_record_without_token_counts_says_what_to_do(recorded):
    alter(recorded, "DELETE FROM counts")
    with pytest.raises(RecordError, match="how many tokens"):
        play(recorded)
    alter(recorded, "DELETE FROM manifest WHERE key = 'context_tokens'")
    with pytest.raises(RecordError, match="symposion resume"):
        play(recorded)
