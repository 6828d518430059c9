"""Out-of-order execution gives the transcript of serial execution, byte for byte."""

import asyncio
import random
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.engines.scripted import ScriptedEngine
from personas.model import request_key
from simulation.record import FILE
from simulation.run import simulate
from simulation.scenario import Scenario

from .serial import serial_transcript
from .strategies import scenarios

ENGINE = ScriptedEngine()


def echo(request) -> str:
    """A text in which any change anywhere in the request shows."""
    return "said " + request_key(ENGINE.identity, request)


def transcript(folder: Path, arm: str = "talk") -> list[tuple[float, str, int, str]]:
    """Committed turns of an arm in the total order."""
    with closing(sqlite3.connect(folder / FILE)) as database:
        if database.execute("PRAGMA user_version").fetchone() == (0,):
            return []  # killed before there was anything to commit to
        return database.execute(
            "SELECT time, agent, counter, text FROM turns WHERE arm = ? ORDER BY 1, 2, 3", [arm]
        ).fetchall()


async def run_out_of_order(
    scenario: Scenario, folder: Path, shuffle: int, in_flight: int, run_ahead: int
) -> None:
    """Runs with replies that return in an order that has nothing to do with virtual time."""
    rng = random.Random(shuffle)
    engine = ScriptedEngine(echo, latency=lambda _: rng.choice([0, 0, 0.0005, 0.002]))
    await simulate(scenario, engine, folder, in_flight=in_flight, run_ahead=run_ahead)


@settings(max_examples=120, deadline=None)
@given(scenarios(), st.integers(0, 99), st.sampled_from([1, 2, 50]), st.sampled_from([1, 3, 999]))
def test_transcript_equals_serial_execution(scenario, shuffle, in_flight, run_ahead):
    expected = serial_transcript(scenario, echo)
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run_out_of_order(scenario, Path(name), shuffle, in_flight, run_ahead))
        assert transcript(Path(name)) == expected


@settings(max_examples=25, deadline=None)
@given(scenarios(controls=("scrambled", "silent"), unrelated_opening="Let us talk about rain."))
def test_controls_run_beside_the_talk_and_leave_it_alone(scenario):
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run_out_of_order(scenario, Path(name), 1, 50, 999))
        assert transcript(Path(name)) == serial_transcript(scenario, echo)
        scrambled = transcript(Path(name), "scrambled")
        assert [row[:3] for row in scrambled] == [row[:3] for row in transcript(Path(name))]
        assert transcript(Path(name), "silent") == []


@settings(max_examples=40, deadline=None)
@given(scenarios(attention=None))
def test_every_message_is_delivered_exactly_once_or_is_still_under_way(scenario):
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run_out_of_order(scenario, Path(name), 2, 50, 999))
        with closing(sqlite3.connect(Path(name) / FILE)) as database:
            exposures = database.execute(
                "SELECT listener, speaker, speaker_counter, time FROM exposures"
            ).fetchall()
        said = {(agent, counter): time for time, agent, counter, _ in transcript(Path(name))}
        last = {agent: time for (agent, _), time in sorted(said.items(), key=lambda kv: kv[1])}
    gap = 0.5 / (len(scenario.agents) if scenario.turns.order == "sequential" else 1)
    expected = sorted(
        (tie.listener, agent, counter, time + (gap if tie.delay is None else tie.delay))
        for (agent, counter), time in said.items()
        for tie in scenario.ties
        if tie.speaker == agent
        and time + (gap if tie.delay is None else tie.delay) < last[tie.listener]
    )
    assert sorted(exposures) == expected
