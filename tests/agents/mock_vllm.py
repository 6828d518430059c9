"""The part of vLLM's HTTP API that the server engine uses, on a real socket, without a model.

Its words come from a hash: the next token's distribution depends on the model's name, the prompt
and what was said so far, and on nothing else. As a process of its own, for `bench.overhead`:

    python -m tests.agents.mock_vllm --port 8123
"""

import argparse
import asyncio
import hashlib
import math
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from agents.engines.sampling import draw, uniform
from personas.model import Sampling

BASE = "mock-base"
Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]


class MockVllm:
    """A server that can be started, killed and started again on its port.

    Args:
        vocabulary: Number of tokens.
        context: Its ``max_model_len``.
        seconds: How long one completion takes.
        fixed: Answers with this many equal tokens instead of drawing them: costs no time.
    """

    def __init__(
        self, vocabulary: int = 300, context: int = 512, seconds: float = 0.0, fixed: int = 0
    ) -> None:
        self.vocabulary, self.context, self.seconds, self.fixed = (
            vocabulary, context, seconds, fixed,
        )  # fmt: skip
        self.name, self.root, self.version = BASE, "/elsewhere/base", "0.32.0"
        self.port = 0
        self.adapters: dict[str, str] = {}
        self.loads: list[str] = []
        self.unloads: list[str] = []
        self.bodies: list[dict] = []
        """Bodies of completions, as they came."""
        self.headers: list[dict] = []
        self.faults: deque[Fault] = deque()
        """What happens to the next completions instead of an answer."""
        self.load_fault: Fault | None = None
        self.refuses_priorities = False
        self.in_flight = self.most_in_flight = 0
        self.worn: Counter[str] = Counter()
        """Adapters of the completions in flight."""
        self.most_worn = 0
        """Most different ones at once."""
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> "MockVllm":
        app = web.Application(client_max_size=2**26)
        app.add_routes(
            [
                web.get("/version", self._get_version),
                web.get("/v1/models", self._get_models),
                web.post("/v1/completions", self._post_completion),
                web.post("/v1/load_lora_adapter", self._post_load),
                web.post("/v1/unload_lora_adapter", self._post_unload),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.01, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]
        return self

    async def kill(self) -> None:
        """Drops every connection and everything that was loaded."""
        assert self._runner is not None
        await self._runner.cleanup()
        self._runner = None
        self.adapters.clear()
        self.worn.clear()
        self.in_flight = 0

    async def __aenter__(self) -> "MockVllm":
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        if self._runner:
            await self.kill()

    async def _get_version(self, _: web.Request) -> web.Response:
        return web.json_response({"version": self.version})

    async def _get_models(self, _: web.Request) -> web.Response:
        cards: list[dict] = [
            {"id": self.name, "root": self.root, "parent": None, "max_model_len": self.context}
        ]
        for name, path in self.adapters.items():
            cards.append({"id": name, "root": path, "parent": self.name, "max_model_len": None})
        return web.json_response({"object": "list", "data": cards})

    async def _post_load(self, request: web.Request) -> web.StreamResponse:
        if self.load_fault:
            return await self.load_fault(request)
        body = await request.json()
        name = body["lora_name"]
        if name in self.adapters:
            return _error(400, f"The lora adapter '{name}' has already been loaded.")
        if not _has_adapter(body["lora_path"]):
            return _error(404, f"No adapter found for '{name}'")
        self.loads.append(name)
        await asyncio.sleep(0.01)
        self.adapters[name] = body["lora_path"]
        return web.Response(text=f"Success: LoRA adapter '{name}' added successfully.")

    async def _post_unload(self, request: web.Request) -> web.Response:
        name = (await request.json())["lora_name"]
        if self.adapters.pop(name, None) is None:
            return _error(404, f"The lora adapter '{name}' cannot be found.")
        self.unloads.append(name)
        return web.Response(text=f"Success: LoRA adapter '{name}' removed successfully.")

    async def _post_completion(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        if self.faults:
            return await self.faults.popleft()(request)
        if body["model"] not in (self.name, *self.adapters):
            return _error(404, f"The model `{body['model']}` does not exist.")
        if self.refuses_priorities and body.get("priority"):
            return _error(400, "Got priority 1 but Priority scheduling is not enabled.")
        if len(body["prompt"]) + body["max_tokens"] > self.context:
            return _error(400, f"This model's maximum context length is {self.context} tokens.")
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.worn[body["model"]] += body["model"] in self.adapters
        self.most_worn = max(self.most_worn, len(+self.worn))
        try:
            await asyncio.sleep(self.seconds)
            return web.json_response(self._complete(body))
        finally:
            self.in_flight -= 1
            self.worn[body["model"]] -= self.worn[body["model"]] > 0

    def _complete(self, body: dict) -> dict:
        said: list[int] = [7] * self.fixed
        finish = "length"
        while len(said) < body["max_tokens"] and not self.fixed:
            logits = self._logits(body, said)
            sampling = Sampling(1, body["temperature"], body["top_p"])
            said.append(draw(logits, sampling, uniform(body.get("seed", 0), len(said))))
            if said[-1] in body.get("stop_token_ids", []):
                finish = "stop"
                break
        choice = {"index": 0, "text": "unread", "finish_reason": finish}
        if body.get("return_token_ids"):
            choice["token_ids"] = said
        if body.get("logprob_token_ids"):
            assert body["logprobs"] == len(body["logprob_token_ids"])
            logits = self._logits(body, []).astype(np.float64)
            logs = logits - np.log(np.exp(logits).sum())
            asked = {*body["logprob_token_ids"], said[0] if said else 7}
            choice["logprobs"] = {
                "top_logprobs": [{f"token_id:{token}": float(logs[token]) for token in asked}]
            }
        size = len(body["prompt"])
        return {"choices": [choice], "usage": {"prompt_tokens": size}}

    def _logits(self, body: dict, said: list[int]) -> NDArray[np.float32]:
        key = hashlib.blake2b(repr((body["model"], body["prompt"], said)).encode(), digest_size=8)
        rng = np.random.default_rng(int.from_bytes(key.digest(), "little"))
        return rng.normal(0, 2, self.vocabulary).astype(np.float32)


def _has_adapter(path: str) -> bool:
    return Path(path, "adapter_config.json").is_file()


def status(code: int, message: str = "broken", **headers: str) -> Fault:
    """Answers with this status."""

    async def fault(_: web.Request) -> web.Response:
        return _error(code, message, **headers)

    return fault


def garbage(text: str) -> Fault:
    """Answers 200 with this body."""

    async def fault(_: web.Request) -> web.Response:
        return web.Response(text=text, content_type="application/json")

    return fault


async def hang(_: web.Request) -> web.Response:
    """Never answers."""
    await asyncio.sleep(math.inf)
    raise AssertionError


async def cut(request: web.Request) -> web.StreamResponse:
    """Begins an answer and closes the connection in the middle of it."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"choices": [')
    assert request.transport is not None
    request.transport.close()
    return response


def _error(code: int, message: str, **headers: str) -> web.Response:
    body = {"error": {"message": message, "type": "mock", "param": None, "code": code}}
    renamed = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.json_response(body, status=code, headers=renamed)


async def _serve(port: int, seconds: float, fixed: int) -> None:
    mock = MockVllm(vocabulary=8192, context=4096, seconds=seconds, fixed=fixed)
    mock.port = port
    async with mock:
        print(mock.url, flush=True)  # noqa: T201 - how a caller learns the port
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--fixed", type=int, default=24)
    options = parser.parse_args()
    asyncio.run(_serve(options.port, options.seconds, options.fixed))
