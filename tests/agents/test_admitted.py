"""Admission before an engine: nothing but the order changes, and who waits can be sent away."""

import asyncio
import sqlite3
from collections import deque
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agents.agent import Agent
from agents.engines.admitted import (
    AdmittedModel,
    Doorkeeper,
    Foresight,
    Slotted,
    admitted,
    handed_over,
)  # fmt: skip
from agents.engines.scripted import ScriptedEngine
from personas.adapter import Adapter
from personas.errors import EngineError, InputError
from personas.model import Control, Request, Spoken, request_key
from simulation.budget import Budget
from simulation.desk import Desk
from simulation.graph import make_graph
from simulation.record import FILE
from simulation.run import simulate
from simulation.scenario import Scenario, seat_graph
from simulation.swaps import Swap
from simulation.turntaking import Rounds

PROMPT = (Control("system"), Spoken("You are Ada."), Control("assistant"))
AGENTS, ROUNDS = 8, 4


def request(adapter: str, priority: float = 0.0, seed: int = 0) -> Request:
    worn = Adapter(adapter, Path(), "", 8) if adapter else None
    return Request(PROMPT, worn, seed=seed, priority=priority)


class Counting(ScriptedEngine):
    """Keeps the adapters in flight, and the order in which requests came."""

    def __init__(self) -> None:
        super().__init__(lambda r: r.adapter.fingerprint if r.adapter else "base")
        self.busy: list[str] = []
        self.most = 0
        self.order: deque[str] = deque()

    async def generate(self, request):
        name = request.adapter.fingerprint if request.adapter else ""
        self.order.append(name)
        self.busy.append(name)
        self.most = max(self.most, len(set(self.busy)))
        try:
            await asyncio.sleep(0.001)
            if name == "broken":
                raise EngineError("it broke")
            return await super().generate(request)
        finally:
            self.busy.remove(name)


async def test_the_engine_never_sees_more_adapters_than_slots():
    engine = Counting()
    model = AdmittedModel(engine, slots=2)
    asked = [request("abcdef"[i % 6], priority=i, seed=i) for i in range(60)]
    replies = await asyncio.gather(*map(model.generate, asked))
    assert [reply.text for reply in replies] == ["abcdef"[i % 6] for i in range(60)]
    assert engine.most == 2
    assert model.admission.loads == 6


async def test_failures_and_callers_who_give_up_leave_no_trace():
    engine = Counting()
    model = AdmittedModel(engine, slots=1, in_flight=1)
    tasks = [asyncio.ensure_future(model.generate(request(a))) for a in ("a", "broken", "b", "c")]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks[2].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(done[1], EngineError)
    assert isinstance(done[2], asyncio.CancelledError)
    assert (done[0].text, done[3].text) == ("a", "c")
    assert (await model.score(request("d"), ("A", "B"))).logprobs
    assert model.admission.in_flight == 0


async def test_who_is_cancelled_when_already_chosen_frees_the_place():
    model = AdmittedModel(Counting(), slots=1, in_flight=1)
    first = asyncio.ensure_future(model.generate(request("a")))
    await asyncio.sleep(0.0005)
    first.cancel()
    assert (await model.generate(request("b"))).text == "b"
    assert model.admission.in_flight == 0


AGENTS_WORN = tuple(
    Agent(f"p{i}", f"P{i}", voice="lora", bare=Adapter("abcd"[i % 4], Path(), "", 8))
    for i in range(AGENTS)
)
TALK = Scenario(
    "s", "?", "tea", AGENTS_WORN, seat_graph(make_graph("ring", AGENTS, 0), AGENTS_WORN), "Tea.",
    Rounds(ROUNDS),
)  # fmt: skip


class Echoing(Counting):
    """Says the key of what it was asked, so that a change anywhere in any context shows."""

    def __init__(self) -> None:
        super().__init__()
        self._latency = lambda _: 0  # it must be waited for, as an engine must
        self._speak = lambda asked: request_key(self.identity, asked)


def said(folder: Path) -> list[tuple]:
    """Everything committed, and under which keys."""
    with closing(sqlite3.connect(folder / FILE)) as database:
        rows = "SELECT arm, agent, counter, time, text, heard, key FROM turns JOIN calls ON"
        return database.execute(f"{rows} key = call ORDER BY 1, 2, 3").fetchall()


async def test_a_simulation_is_the_same_with_and_without(tmp_path):
    straight, engine = Echoing(), Echoing()
    model = AdmittedModel(engine, slots=2, max_overtakes=3, in_flight=4)
    assert isinstance(model, Foresight)
    assert isinstance(model, Doorkeeper)
    assert not isinstance(engine, Foresight | Doorkeeper)
    await simulate(TALK, straight, tmp_path / "straight")
    progress = await simulate(TALK, model, tmp_path / "admitted")
    assert progress.turns == AGENTS * ROUNDS
    assert straight.most == 4
    assert engine.most == 2
    assert list(engine.order) != list(straight.order)
    assert said(tmp_path / "admitted") == said(tmp_path / "straight")
    hints = [q.hints for q in model.admission._queues.values()]
    assert not any(hints)  # every announced request came


async def test_whoever_waits_is_turned_away_and_whoever_comes_later_is_not():
    engine = Counting()
    model = AdmittedModel(engine, slots=1, in_flight=2)
    tasks = [asyncio.ensure_future(model.generate(request("ab"[i % 2], i, i))) for i in range(6)]
    await asyncio.sleep(0.0005)
    model.turn_away()
    tasks.append(asyncio.ensure_future(model.generate(request("a", seed=9))))
    done = await asyncio.gather(*tasks, return_exceptions=True)
    kinds = [type(one).__name__ for one in done]
    assert kinds == ["Reply", "CancelledError", "Reply", *["CancelledError"] * 3, "Reply"]
    assert list(engine.order) == ["a", "a", "a"]
    assert model.admission.in_flight == 0


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """Real seconds, as a budget's purse sees them."""
    seconds = [0.0]
    monkeypatch.setattr("simulation.budget.monotonic", lambda: seconds[0])
    return seconds


@pytest.mark.parametrize("how", ["enough", "the time of 1 hours is over"])
async def test_a_run_that_stops_asks_for_nothing_that_still_waits(tmp_path, clock, how):
    """Ctrl-C waits for what is at the engine, not for all that has been handed over."""
    engine = Echoing()
    model = AdmittedModel(engine, slots=1, in_flight=2)
    desks: list[Desk] = []

    def after_a_reply(_):
        clock[0] = 1e9
        if how == "enough":
            desks[0].stop(how)

    progress = await simulate(
        TALK, model, tmp_path, begun=desks.append, observe=after_a_reply, budget=Budget(hours=1)
    )
    assert progress.stopped == how
    # Two were at the engine; when the first came back, another may have been given its place.
    assert 0 < progress.turns == len(engine.order) <= 4
    assert len(said(tmp_path)) == progress.turns
    await simulate(TALK, Echoing(), tmp_path)
    await simulate(TALK, Echoing(), tmp_path / "whole")
    assert said(tmp_path) == said(tmp_path / "whole")


async def test_a_run_whose_hours_end_with_its_last_turns_has_finished(tmp_path, clock):
    alone = replace(TALK, ties=(), turns=Rounds(1))

    def after_a_reply(_):
        clock[0] = 1e9

    progress = await simulate(
        alone, Echoing(), tmp_path, observe=after_a_reply, budget=Budget(hours=1)
    )
    assert (progress.turns, progress.stopped) == (AGENTS, "")


class Foreseeing(Echoing):
    """Notes what it is told and what it is asked, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, str]] = []

    def upcoming(self, adapter, priority):
        self.heard.append(("announced", adapter.fingerprint))

    async def generate(self, request):
        self.heard.append(("asked", request.adapter.fingerprint))
        return await super().generate(request)


@pytest.mark.parametrize("slots", [0, 2])
async def test_a_persona_to_come_is_announced_long_before_its_turn(tmp_path, slots):
    engine = Foreseeing()
    later = replace(AGENTS_WORN[0], bare=Adapter("later", Path(), "", 8))
    scenario = replace(TALK, swaps=(Swap(3.0, "p0", later),))
    await simulate(scenario, AdmittedModel(engine, slots) if slots else engine, tmp_path)
    announced = engine.heard.index(("announced", "later"))
    assert announced < engine.heard.index(("asked", "a")) < engine.heard.index(("asked", "later"))


class Slots(ScriptedEngine):
    """An engine that says how many adapters it serves at a time."""

    def __init__(self, slots: int, gains: bool) -> None:
        super().__init__()
        self.slots, self.gains_by_admission = slots, gains


@pytest.mark.parametrize(
    ("slots", "adapters", "gains", "wanted", "on"),
    [
        (8, 9, True, None, True),
        (8, 9, True, False, False),
        (8, 9, False, None, False),
        (8, 9, False, True, True),
        (8, 8, True, True, False),
        (8, 8, True, None, False),
        (0, 0, True, True, False),
    ],
)
def test_on_where_there_is_a_choice_and_it_gains_or_is_wanted(slots, adapters, gains, wanted, on):
    engine = Slots(slots, gains)
    assert isinstance(engine, Slotted)
    model = admitted(engine, adapters, 64, wanted)
    assert (model is not None) is on
    if model is not None:
        assert model.admission.slots == slots
        assert model.identity == engine.identity


def test_an_engine_without_slots_is_left_alone_and_admission_before_it_refused():
    assert admitted(ScriptedEngine(), 64, 64) is None
    assert admitted(ScriptedEngine(), 64, 64, False) is None
    with pytest.raises(InputError, match="admission is for an engine with slots"):
        admitted(ScriptedEngine(), 64, 64, True)


@pytest.mark.parametrize(
    ("adapters", "slots", "at_once"), [(64, 8, 512), (9, 8, 128), (8, 8, 64), (1, 8, 64)]
)
def test_so_many_are_handed_over_that_those_at_hand_fill_the_engine(adapters, slots, at_once):
    assert handed_over(adapters, slots, in_flight=64) == at_once
