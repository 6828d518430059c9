"""Out-of-order execution gives the transcript of serial execution, byte for byte."""

import asyncio
import random
import sqlite3
import tempfile
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.engines.scripted import ScriptedEngine
from agents.memory import MemorySpec, Summary
from personas.model import request_key
from simulation.desk import Desk
from simulation.floor import Floor
from simulation.record import FILE
from simulation.run import simulate
from simulation.scenario import Scenario
from simulation.turntaking import Rounds

from .serial import serial_run, serial_transcript
from .strategies import controlled, scenarios

ENGINE = ScriptedEngine()


def echo(request) -> str:
    """A text in which any change anywhere in the request shows."""
    return "said " + request_key(ENGINE.identity, request)


def weigh(request, options) -> list[float]:
    """Weights in which any change shows, coarse enough for some to be equal."""
    code = int(request_key(ENGINE.identity, request, options), 16)
    if len(options) == 2:
        return [code % 5 / 4, 1 - code % 5 / 4]
    return [(code >> 4 * i) % 4 / 4 / len(options) for i in range(len(options))]


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
    engine = ScriptedEngine(echo, weigh, latency=lambda _: rng.choice([0, 0, 0.0005, 0.002]))
    await simulate(scenario, engine, folder, in_flight=in_flight, run_ahead=run_ahead)


def exposures(folder: Path, arm: str = "talk") -> list[tuple]:
    """Who heard what in which turn."""
    with closing(sqlite3.connect(folder / FILE)) as database:
        return sorted(
            database.execute(
                "SELECT listener, listener_counter, speaker, speaker_counter, time, noticed "
                "FROM exposures WHERE arm = ?",
                [arm],
            ).fetchall()
        )


def check_equality(scenario: Scenario, shuffle: int, in_flight: int, run_ahead: int) -> None:
    """Every policy, intervention and kind of memory; latencies and bounds change nothing."""
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run_out_of_order(scenario, Path(name), shuffle, in_flight, run_ahead))
        for arm in scenario.arms:
            check_arm(scenario, arm, Path(name))


def check_arm(scenario: Scenario, arm: str, folder: Path) -> None:
    expected = serial_run(scenario, echo, weigh, arm)
    assert transcript(folder, arm) == sorted(expected.said)
    # Every message is delivered once along each tie of its moment, and heard once.
    heard = [m for m in expected.messages if m.heard_in is not None]
    assert exposures(folder, arm) == sorted(
        (m.listener, m.heard_in, m.speaker, m.counter, m.due, int(m.noticed)) for m in heard
    )
    with closing(sqlite3.connect(folder / FILE)) as database:
        query = "SELECT agent, time FROM decisions WHERE arm = ?"
        asked = database.execute(query, [arm]).fetchall()
    assert sorted(asked) == sorted(expected.decisions)


BOUNDS = (st.integers(0, 99), st.sampled_from([1, 2, 50]), st.sampled_from([1, 3, 999]))
ANY = (scenarios(), *BOUNDS)


@settings(max_examples=30, deadline=None)
@given(*ANY)
def test_transcript_equals_serial_execution(scenario, shuffle, in_flight, run_ahead):
    check_equality(scenario, shuffle, in_flight, run_ahead)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(*ANY)
def test_transcript_equals_serial_execution_in_many_worlds(scenario, shuffle, in_flight, run_ahead):
    check_equality(scenario, shuffle, in_flight, run_ahead)


@settings(max_examples=12, deadline=None)
@given(controlled(), *BOUNDS)
def test_every_arm_equals_serial_execution(scenario, shuffle, in_flight, run_ahead):
    check_equality(scenario, shuffle, in_flight, run_ahead)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(controlled(), *BOUNDS)
def test_every_arm_equals_serial_execution_in_many_worlds(scenario, shuffle, in_flight, run_ahead):
    check_equality(scenario, shuffle, in_flight, run_ahead)


CLASHING = (Rounds(3, "sequential"), Floor(7, "bidding", gap=0.5), Rounds(3))
"""Give the same people the same moments, with messages of different speed."""


@settings(max_examples=30, deadline=None)
@given(scenarios(turns=CLASHING, attention=2, memory=MemorySpec(6, 2, Summary(5)), memories={}))
def test_turns_that_clash_and_notes_on_what_is_passed_over_equal_serial_execution(scenario):
    """Rare in the scenarios above: two turns at one moment; notes asked for between turns."""
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run_out_of_order(scenario, Path(name), 3, 50, 999))
        assert transcript(Path(name)) == sorted(serial_transcript(scenario, echo, weigh))


@settings(max_examples=25, deadline=None)
@given(scenarios(turns=Rounds(3), timeline=(), attention=None), st.integers(0, 99))
def test_every_message_is_delivered_exactly_once_or_is_still_under_way(scenario, shuffle):
    """Counted from ties and times alone, without the reference."""
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run_out_of_order(scenario, Path(name), shuffle, 50, 999))
        said, heard = transcript(Path(name)), exposures(Path(name))
    expected = sorted(
        (tie.listener, agent, counter, time + (0.5 if tie.delay is None else tie.delay))
        for time, agent, counter, _ in said
        for tie in scenario.ties
        if tie.speaker == agent and time + (0.5 if tie.delay is None else tie.delay) < 3
    )
    assert sorted((listener, *rest) for listener, _, *rest, _ in heard) == expected


@settings(max_examples=40, deadline=None)
@given(scenarios(), st.integers(0, 99), st.sampled_from([1, 50]))
def test_virtual_time_never_runs_backwards(scenario, shuffle, in_flight):
    """Promises are made in the total order, causes before effects."""
    made = []

    def post(desk, promise, original=Desk.post):
        made.append((promise.time, promise.phase))
        assert all(earlier.time < promise.time for earlier in promise.tail)
        original(desk, promise)

    with tempfile.TemporaryDirectory() as name, patch.object(Desk, "post", post):
        asyncio.run(run_out_of_order(scenario, Path(name), shuffle, in_flight, 999))
    assert all(earlier <= later for earlier, later in pairwise(made))


@settings(max_examples=25, deadline=None)
@given(
    scenarios(
        controls=("scrambled", "silent"), unrelated_opening="Let us talk about rain.", timeline=()
    )
)
def test_controls_run_beside_the_talk_and_leave_it_alone(scenario):
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run_out_of_order(scenario, Path(name), 1, 50, 999))
        assert transcript(Path(name)) == sorted(serial_transcript(scenario, echo, weigh))
        assert transcript(Path(name), "silent") == []
        if not any(getattr(policy, "giving", "") in CHOSEN for policy in scenario.policies):
            scrambled = transcript(Path(name), "scrambled")
            assert [row[:3] for row in scrambled] == [row[:3] for row in transcript(Path(name))]


CHOSEN = ("bidding", "moderator")
"""Ways of giving the floor that depend on what is said."""
