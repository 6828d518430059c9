"""Ten thousand turns through a server that fails all the time: not one is lost or wrong."""

import json
import random
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from agents.engines.prompting import Prompting
from agents.engines.server import ServerEngine
from agents.engines.serverspec import ServerSpec
from bench.scheduler import world
from simulation.chance import seed_for
from simulation.record import FILE
from simulation.run import simulate
from tests.agents.mock_vllm import MockVllm, cut, garbage, status
from tests.tiny import tiny_model

LETTERS = range(6, 96)  # tokens of the tiny tokenizer that are plain characters
LENGTH = 8
EAGER = ServerSpec(max_in_flight=64, retries=12, first_wait=0.01, longest_wait=0.1)


def said(seed: int) -> list[int]:
    """The reply to a seed: its digits in base 90."""
    return [LETTERS[seed // 90**place % 90] for place in range(LENGTH)]


async def reset(request: web.Request) -> web.Response:
    """Drops the connection before an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def abort(request: web.Request) -> web.StreamResponse:
    """Breaks a reply off, as vLLM does when it is shut down."""
    size = len((await request.json())["prompt"])
    choice = {"text": "", "finish_reason": "abort"}
    answer = {"choices": [choice], "usage": {"prompt_tokens": size}}
    return await garbage(json.dumps(answer))(request)


FAULTS = {
    "500": status(500),
    "503": status(503),
    "429": status(429, Retry_After="0.02"),
    "cut": cut,
    "reset": reset,
    "abort": abort,
}


class Flaky(MockVllm):
    """Fails one completion in ten, in every way that may pass."""

    def __init__(self) -> None:
        super().__init__(context=2048)
        self.rng = random.Random(1)
        self.failed: Counter[str] = Counter()

    async def _post_completion(self, request: web.Request) -> web.StreamResponse:
        self.bodies.clear()
        self.headers.clear()
        if self.rng.random() < 0.1:
            name = self.rng.choice(list(FAULTS))
            self.failed[name] += 1
            return await FAULTS[name](request)
        return await super()._post_completion(request)

    def _complete(self, body: dict) -> dict:
        choice = {"index": 0, "text": "", "finish_reason": "length"}
        choice["token_ids"] = said(body["seed"])
        return {"choices": [choice], "usage": {"prompt_tokens": len(body["prompt"])}}


@pytest.mark.slow
async def test_ten_thousand_turns_without_a_failed_one(tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "base", context=2048)
    scenario = world(agents=100, rounds=100)
    scenario = replace(scenario, sampling=replace(scenario.sampling, max_tokens=LENGTH))
    async with Flaky() as mock, ServerEngine(model, [mock.url], EAGER, random.Random(0)) as engine:
        progress = await simulate(scenario, engine, tmp_path / "run", in_flight=64)
    assert progress.turns == 10_000
    assert set(mock.failed) == set(FAULTS)
    # One attempt in ten fails: 11,111 attempts, of which 1,111 fail, give or take six times 33.
    assert 900 < mock.failed.total() < 1320
    renderer = Prompting.of(model).renderer
    with closing(sqlite3.connect(tmp_path / "run" / FILE)) as database:
        rows = database.execute("SELECT agent, counter, text FROM turns").fetchall()
    assert {row[:2] for row in rows} == {(a.key, n) for a in scenario.agents for n in range(100)}
    for agent, counter, text in rows:
        seed = seed_for(scenario.seed, "speak", agent, counter)
        assert text == renderer.decode(said(seed))
