"""Servers whose slots are known: each is given few adapters at a time, and nothing else changes."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from agents.agent import Agent
from agents.engines.admitted import Doorkeeper, Foresight
from agents.memory import MemorySpec
from personas.adapter import Adapter
from personas.model import Request, Sampling
from simulation.desk import Desk
from simulation.graph import make_graph
from simulation.run import simulate
from simulation.scenario import Scenario, seat_graph
from simulation.turntaking import Rounds
from tests.agents.mock_vllm import MockVllm

from .test_admitted import said
from .test_server import QUICK, adapters, ask, home, mock, opened

__all__ = ["adapters", "home", "mock"]

ONE_SLOT = replace(QUICK, max_in_flight=4, slots=1)


def requests_of(adapters: list[Adapter], count: int = 40) -> list[Request]:
    """They take turns."""
    return [
        ask(adapter=adapters[i % len(adapters)], seed=i, priority=float(i)) for i in range(count)
    ]


async def test_a_server_is_given_no_more_adapters_than_it_has_slots(home, mock, adapters):
    mock.seconds = 0.01
    asked = requests_of(adapters)
    async with opened(home, mock, spec=replace(QUICK, max_in_flight=4)) as engine:
        expected = await asyncio.gather(*map(engine.generate, asked))
    assert mock.most_worn == 4
    mock.most_worn = mock.most_in_flight = 0
    async with opened(home, mock, spec=ONE_SLOT) as engine:
        assert isinstance(engine, Foresight)
        assert isinstance(engine, Doorkeeper)
        assert await asyncio.gather(*map(engine.generate, asked)) == expected
    assert (mock.most_worn, mock.most_in_flight) == (1, 4)


async def test_each_server_has_slots_of_its_own(home, adapters):
    for _ in range(40):  # ports are drawn, and adapters go by them: sometimes all to one server
        async with (
            MockVllm(seconds=0.02) as one,
            MockVllm(seconds=0.02) as two,
            opened(home, one, two, spec=ONE_SLOT) as engine,
        ):
            await asyncio.gather(*map(engine.generate, requests_of(adapters)))
        assert len(one.bodies) + len(two.bodies) == 40
        if one.bodies and two.bodies:
            break
    assert one.most_worn == two.most_worn == 1


async def test_a_restart_in_the_middle_loses_and_doubles_nothing(home, mock, adapters):
    asked = requests_of(adapters)
    async with opened(home, mock, spec=ONE_SLOT) as engine:
        expected = await asyncio.gather(*map(engine.generate, asked))
        mock.seconds = 0.1
        asking = asyncio.gather(*map(engine.generate, asked))
        await asyncio.sleep(0.15)
        before = Counter(mock.loads)
        await mock.kill()
        await asyncio.sleep(0.3)
        assert not asking.done()
        mock.seconds = 0
        await mock.start()
        assert await asking == expected
        assert max((Counter(mock.loads) - before).values()) == 1


def talk(adapters: list[Adapter]) -> Scenario:
    """Eight people, everybody's adapter another than the neighbours'."""
    people = tuple(
        Agent(f"p{i}", f"Person {i}", voice="lora", bare=adapters[i % 4]) for i in range(8)
    )
    return Scenario(
        name="tea", title="Tea?", topic="tea", agents=people,
        ties=seat_graph(make_graph("ring", 8, 0), people), opening="Tea?", turns=Rounds(3),
        sampling=Sampling(max_tokens=8), memory=MemorySpec(128, 32),
    )  # fmt: skip


async def test_a_simulation_is_the_same_with_and_without(home, mock, adapters, tmp_path):
    scenario = talk(adapters)
    async with opened(home, mock) as engine:
        await simulate(scenario, engine, tmp_path / "straight")
    assert mock.most_worn == 4
    mock.most_worn = 0
    async with opened(home, mock, spec=ONE_SLOT) as engine:
        await simulate(scenario, engine, tmp_path / "admitted")
        hints = [q.hints for q in _doorway(engine).admission._queues.values()]
    assert mock.most_worn == 1
    assert not any(hints)  # every announced request came
    assert len(said(tmp_path / "straight")) == 24
    assert said(tmp_path / "straight") == said(tmp_path / "admitted")


@pytest.mark.parametrize("slots", [None, 1])
async def test_a_run_that_stops_sends_away_what_waits_for_a_slot(
    home, mock, adapters, tmp_path, slots
):
    mock.seconds = 0.05
    desks: list[Desk] = []
    spec = replace(QUICK, max_in_flight=2, slots=slots)
    async with opened(home, mock, spec=spec) as engine:
        progress = await simulate(
            talk(adapters), engine, tmp_path, begun=desks.append,
            observe=lambda _: desks[0].stop("enough"),
        )  # fmt: skip
    assert progress.stopped == "enough"
    # Without slots, all eight first turns are on their way and are awaited.
    assert progress.turns == len(mock.bodies)
    assert (progress.turns == 8) if slots is None else (progress.turns <= 4)


def _doorway(engine):
    (endpoint,) = engine._endpoints.values()
    return endpoint.doorway
