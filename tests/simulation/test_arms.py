"""Controls: what is different in each arm, and that nothing else is."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from agents.agent import Agent
from agents.engines.scripted import ScriptedEngine
from personas.errors import InputError
from personas.model import Spoken
from simulation.arms import CONTROLS
from simulation.reading import read_run
from simulation.record import FILE
from simulation.replay import replay
from simulation.run import run, simulate
from simulation.scenario import Scenario, fingerprint
from simulation.swaps import Swap
from simulation.timeline import Post
from simulation.turntaking import Replies, Rounds

from .strategies import DI, WEARERS
from .test_crash import rows
from .test_record import small
from .test_serial_equality import echo, transcript


def everything(**changes) -> Scenario:
    """Six people in all arms; one wears an adapter."""
    scenario = small(controls=CONTROLS)
    agents = (scenario.agents[0].wearing(DI), *scenario.agents[1:])
    return replace(scenario, **({"agents": agents} | changes))


def asked_of(scenario: Scenario, folder) -> dict[tuple[str, int], str]:
    """Adapter and system text of the first seat's turns by arm and counter, as the engine saw."""
    key, seen = scenario.agents[0].key, {}

    def speak(request) -> str:
        text = echo(request)
        adapter = request.adapter.fingerprint if request.adapter else "none"
        system = next(part for part in request.prompt if isinstance(part, Spoken))
        seen[text] = f"{adapter}: {system.text}"
        return text

    run(scenario, ScriptedEngine(speak), folder)
    return {
        (arm, counter): seen[text]
        for arm in scenario.arms
        for _, agent, counter, text in transcript(folder, arm)
        if agent == key
    }


def test_who_is_told_what_and_wears_what(tmp_path):
    scenario = everything(swaps=(Swap(2, everything().agents[0].key, WEARERS[1]),))
    asked = asked_of(scenario, tmp_path)
    told = {
        "talk": [
            "89ab4567: You are Di. The year is 2010.",
            "none: Likes coffee. The year is 2000.",
        ],
        "base": ["none: You are Di. The year is 2010.", "none: You are Cy. The year is 2000."],
        "prompt": ["none: Likes tea. The year is 2010.", "none: Likes coffee. The year is 2000."],
    }
    told["scrambled"] = told["alone"] = told["talk"]
    expected = {
        (arm, turn): texts[min(turn, 1)] for arm, texts in told.items() for turn in range(3)
    }
    assert asked == expected
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        worn = database.execute(
            "SELECT arm, kind, persona, adapter FROM worn WHERE agent = ? AND counter = 0",
            [scenario.agents[0].key],
        ).fetchall()
    assert sorted(worn) == [
        ("alone", "lora", "di", "89ab4567"),
        ("base", "base", None, None),
        ("prompt", "prompt", "di", None),
        ("scrambled", "lora", "di", "89ab4567"),
        ("talk", "lora", "di", "89ab4567"),
    ]


def test_alone_everybody_speaks_as_often_and_hears_nobody_but_the_paper(tmp_path):
    scenario = everything(
        turns=(Rounds(3), Replies(0.5, 0.2, until=3)),
        timeline=(Post(1.5, "News.", unrelated="Rain."),),
    )
    run(scenario, ScriptedEngine(echo), tmp_path)
    moments = {arm: [row[:3] for row in transcript(tmp_path, arm)] for arm in scenario.arms}
    assert moments["alone"] == moments["talk"]
    assert len(moments["talk"]) > 18  # answers too: whoever would have answered speaks
    heard = read_run(tmp_path).exposures.query("arm == 'alone'")
    assert set(heard["speaker"]) == {"@post"}
    assert len(heard) == 6


def test_before_the_talk_people_alone_answer_as_in_the_talk(tmp_path):
    run(everything(), ScriptedEngine(echo), tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        calls = database.execute(
            "SELECT agent, ordering, count(DISTINCT call) FROM surveys "
            "WHERE wave = 0 AND arm IN ('talk', 'alone', 'silent', 'scrambled') GROUP BY 1, 2"
        ).fetchall()
    assert len(calls) == 6 * 2
    assert all(number == 1 for *_, number in calls)  # one call answers in all four arms


def test_all_arms_are_replayed_resumed_and_branched(tmp_path):
    scenario = everything()
    first, again, branch, scratch = (tmp_path / name for name in ("first", "again", "b", "s"))
    run(scenario, ScriptedEngine(echo), first)
    found = asyncio.run(replay(scenario, first))
    assert (found.turns, found.answers) == (5 * 18, 6 * 48) == scenario.size
    assert found.differences == ()
    with closing(sqlite3.connect(first / FILE)) as database, database:
        (cut,) = database.execute("SELECT min(time) + 1 FROM turns").fetchone()
    run(scenario, ScriptedEngine(echo), again)
    with closing(sqlite3.connect(again / FILE)) as database, database:
        late = "SELECT call FROM turns WHERE time > ?"
        database.execute(f"DELETE FROM calls WHERE key IN ({late})", [cut])
        database.execute("DELETE FROM turns WHERE time > ?", [cut])
    run(scenario, ScriptedEngine(echo), again)
    assert rows(again) == rows(first)
    swapped = replace(scenario, swaps=(Swap(2, scenario.agents[1].key, DI),))
    asyncio.run(simulate(swapped, ScriptedEngine(echo), branch, parent=first))
    run(swapped, ScriptedEngine(echo), scratch)
    assert rows(branch) == rows(scratch)


def test_what_cannot_be_a_control_is_refused():
    with pytest.raises(InputError, match=r"unknown control 'bare'.*base"):
        small(controls=("bare",))
    wearer = everything().agents[0].wearing(WEARERS[2])
    with pytest.raises(InputError, match=r"control 'prompt' needs a persona.*cast a persona"):
        everything(agents=(wearer, *everything().agents[1:]))


def test_runs_keep_the_names_they_had_before_there_were_more_controls():
    identity = ScriptedEngine().identity
    assert fingerprint(small().describe(identity)) == "9b3dc74e8d901bdf"  # by version 58b28b9


def test_another_profile_is_another_run_where_personas_are_told_in_the_prompt():
    identity = ScriptedEngine().identity
    old = everything()
    stage = replace(DI.stage, profile="Likes milk.")
    persona = replace(DI.persona, stages=(DI.persona.stages[0], stage))
    other = Agent(old.agents[0].key, old.agents[0].label, persona, stage, "lora")
    new = replace(old, agents=(other, *old.agents[1:]))
    assert fingerprint(old.describe(identity)) != fingerprint(new.describe(identity))
    plain = [replace(one, controls=("base",)) for one in (old, new)]
    assert len({fingerprint(one.describe(identity)) for one in plain}) == 1
