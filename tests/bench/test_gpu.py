"""The service-time model and the schedules beside ours, against counts by hand."""

import asyncio
from dataclasses import replace

import pytest

from agents.agent import Agent
from bench.gpu import Batch, GpuModel, Service, clairvoyant, lockstep, longest_paths, serial
from bench.instant import InstantLoop
from bench.makespan import graph_of_turns, ours, world
from personas.errors import EngineError
from personas.model import Control, Request
from simulation.graph import Tie
from simulation.run import simulate
from simulation.scenario import Scenario
from simulation.turntaking import Rounds
from tests.simulation.strategies import YES_NO

EVEN = {"base": 1.0, "each": 0.0}
"""A token takes a second, however many requests there are."""


def two_people(*ties: Tie) -> list:
    """Two rounds of two people: a, b, then a, b again."""
    agents = (Agent("a", "A"), Agent("b", "B"))
    scenario = Scenario(
        name="x", title="?", topic="?", agents=agents, ties=ties, opening="?", turns=Rounds(2)
    )
    return graph_of_turns(scenario)[0]


def test_requests_in_a_batch_advance_together():
    batch = Batch[str](Service(slots=9, base=1.0, each=0.5))
    batch.begin("short", 2)
    batch.begin("long", 5)
    assert batch.next_end == 2 * (1 + 2 * 0.5)
    assert batch.until(4.0) == ["short"]
    assert batch.next_end == 4 + 3 * (1 + 0.5)
    assert batch.until(5.0) == []
    assert batch.until(8.5) == ["long"]


def test_schedules_of_people_who_do_not_hear_each_other():
    turns = two_people()
    tokens = dict(zip(turns, (3, 1, 1, 5), strict=True))
    assert list(longest_paths(turns, tokens).values()) == [5, 1, 6, 4]
    assert clairvoyant(turns, tokens, Service(2, **EVEN)) == 6  # b: 1 + 5; a: 3 + 1 beside it
    assert clairvoyant(turns, tokens, Service(1, **EVEN)) == 10
    assert lockstep(turns, tokens, Service(2, **EVEN), 1.0) == 3 + 5
    assert serial(turns, tokens, Service(2, **EVEN)) == 10


def test_who_hears_waits():
    turns = two_people(Tie("a", "b"))
    tokens = dict(zip(turns, (3, 1, 1, 5), strict=True))
    assert clairvoyant(turns, tokens, Service(2, **EVEN)) == 3 + 5


def test_waiting_takes_no_time_and_places_go_by_priority():
    async def go() -> list[float]:
        model = GpuModel(Service(1, **EVEN), lambda request: request.seed)
        loop, ends = asyncio.get_running_loop(), []

        async def ask(tokens: int, priority: float) -> None:
            prompt = (Control("assistant"),)
            await model.generate(Request(prompt, seed=tokens, priority=priority))
            ends.append((priority, loop.time()))

        await asyncio.gather(ask(1000, 0.0), ask(3, 2.0), ask(2, 1.0))
        return ends

    with asyncio.Runner(loop_factory=InstantLoop) as runner:
        ends = runner.run(go())
    assert [priority for priority, _ in ends] == [0.0, 1.0, 2.0]
    assert [time for _, time in ends] == pytest.approx([1000, 1002, 1005])


async def test_a_survey_is_refused_with_a_remedy(tmp_path):
    model = GpuModel(Service(1, **EVEN), lambda _: 1)
    scenario = replace(world(agents=2, until=2.0, seed=1), surveys=(YES_NO,))
    with pytest.raises(EngineError, match="with 2 options: leave surveys, bids and moderators out"):
        await simulate(scenario, model, tmp_path)


@pytest.mark.parametrize("slots", [1, 4, 100])
def test_the_scheduler_is_never_faster_than_all_tokens_and_the_longest_path_allow(slots):
    scenario = world(agents=20, until=3.0, seed=1)
    turns, tokens = graph_of_turns(scenario)
    service = Service(slots, **EVEN)
    found = ours(scenario, service)
    least = max(*longest_paths(turns, tokens).values(), sum(tokens.values()) / slots)
    assert least <= found + 1e-6
    assert found <= 1.25 * clairvoyant(turns, tokens, service)
    if slots == 1:
        assert found == pytest.approx(serial(turns, tokens, service))
    if slots == 100:  # more places than turns under way: nothing but causes is waited for
        assert found == pytest.approx(max(longest_paths(turns, tokens).values()))
