"""A run stopped with calls in flight at a server that hangs: nothing is left behind, not a word."""

import asyncio
import gc
import logging
from pathlib import Path

import pytest
from aiohttp import web

from agents.agent import Agent
from agents.engines.recorded import recorded
from agents.engines.scripted import ScriptedEngine
from agents.engines.server import ServerEngine
from agents.engines.serverspec import ServerSpec
from agents.memory import MemorySpec
from personas.errors import EngineError
from personas.model import Control, Request, Sampling, Spoken
from simulation.graph import make_graph
from simulation.run import simulate
from simulation.scenario import Scenario, seat_graph
from simulation.turntaking import Rounds
from tests.agents.mock_vllm import MockVllm, hang
from tests.tiny import tiny_model

AGENTS = 6
PEOPLE = tuple(Agent(f"p{i}", f"Person {i}") for i in range(AGENTS))
TALK = Scenario(
    name="tea", title="Tea?", topic="tea", agents=PEOPLE,
    ties=seat_graph(make_graph("ring", AGENTS, 0), PEOPLE), opening="Tea?", turns=Rounds(2),
    sampling=Sampling(max_tokens=8), memory=MemorySpec(128, 32),
)  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("base"))


@pytest.fixture
async def complaints() -> list[str]:
    """What the event loop would print on its own account."""
    heard: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: heard.append(context["message"]))
    return heard


async def last_words() -> None:
    """Lets whatever was left behind complain: tasks do when they are collected."""
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()


def calls() -> list[asyncio.Task]:
    """Calls of an engine that still go on."""
    return [task for task in asyncio.all_tasks() if "Engine" in task.get_coro().__qualname__]


async def run_until_in_flight(
    model: Path, folder: Path, mock: MockVllm, spec: ServerSpec
) -> asyncio.Task:
    """A run, all of whose first turns hang at the server."""
    arrived = asyncio.Semaphore(0)

    async def hang_here(request: web.Request) -> web.StreamResponse:
        arrived.release()
        return await hang(request)

    mock.faults.extend([hang_here] * 100)

    async def run() -> None:
        async with ServerEngine(model, [mock.url], spec) as engine:
            await simulate(TALK, engine, folder)

    task = asyncio.ensure_future(run())
    async with asyncio.timeout(60):
        for _ in range(AGENTS):
            await arrived.acquire()
    return task


async def test_a_run_given_up_is_silent(model, tmp_path, complaints, caplog):
    """As at the second Ctrl-C."""
    async with MockVllm() as mock:
        with caplog.at_level(logging.WARNING, "asyncio"):
            run = await run_until_in_flight(model, tmp_path, mock, ServerSpec())
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run
            assert calls() == []
            del run
            await last_words()
    assert complaints == []
    assert caplog.messages == []


async def test_an_engine_closed_under_a_run_says_so_once(model, tmp_path, complaints, caplog):
    """Every call fails, the run with the first of them, and no failure is left unheard."""
    spec = ServerSpec(timeout=0.2, retries=0)
    async with MockVllm() as mock:
        with caplog.at_level(logging.WARNING, "asyncio"):
            run = await run_until_in_flight(model, tmp_path, mock, spec)
            with pytest.raises(EngineError, match=r"gave no answer in 0\.2 s"):
                await run
            assert calls() == []
            del run
            await last_words()
    assert complaints == []
    assert caplog.messages == []


def ask() -> Request:
    return Request((Control("user"), Spoken("Tea?"), Control("assistant")))


async def test_a_call_is_taken_back_when_nobody_waits_for_it_any_more():
    model = recorded(ScriptedEngine(latency=lambda _: 0.02), {})
    first, second = (asyncio.ensure_future(model.generate(ask())) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).text
    assert first.cancelled()
    alone = asyncio.ensure_future(model.generate(ask()))
    await asyncio.sleep(0)
    assert calls() != []
    alone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await alone
    assert calls() == []
    assert (await model.generate(ask())).text  # and can be asked again


async def test_a_call_that_is_being_taken_back_is_asked_anew():
    model = recorded(ScriptedEngine(latency=lambda _: 0.02), {})
    first = asyncio.ensure_future(model.generate(ask()))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    assert (await model.generate(ask())).text
    assert first.cancelled()
