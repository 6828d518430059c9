"""What the server engine costs on our side: CPU time per turn, and turns per second.

    python -m bench.overhead --turns 5000 --agents 100

The server is `tests.agents.mock_vllm` in a process of its own, which answers without computing;
so on one machine its own CPU time bounds the turns per second too.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from agents.engines.server import ServerEngine
from agents.engines.serverspec import ServerSpec
from personas.model import Control, Request, Sampling, Spoken
from tests.tiny import tiny_model

HEARD_LINES = 12  # a round's worth of others' turns in each prompt
NEW_TOKENS = 24


def request(agent: int, turn: int) -> Request:
    """A turn whose prompt is as long as a second round's, and like no other's."""
    heard = "".join(
        f"Agent {i}: turn {turn}, I am for the bike lanes.\n" for i in range(HEARD_LINES)
    )
    prompt = (
        Control("system"),
        Spoken(f"You are Agent {agent}."),
        Control("user"),
        *map(Spoken, heard.splitlines(keepends=True)),
        Control("assistant"),
    )
    return Request(prompt, None, Sampling(max_tokens=NEW_TOKENS), seed=turn, priority=turn)


async def measure(folder: Path, url: str, turns: int, agents: int) -> tuple[float, float]:
    """CPU seconds and wall seconds for `turns` turns, each agent waiting for its own."""

    async def talk(agent: int) -> None:
        for turn in range(turns // agents):
            await engine.generate(request(agent, turn))

    async with ServerEngine(folder, [url], ServerSpec(max_in_flight=agents)) as engine:
        await asyncio.gather(*map(talk, range(agents)))  # connections, caches
        cpu, wall = time.process_time(), time.perf_counter()
        await asyncio.gather(*map(talk, range(agents)))
        return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5000)
    parser.add_argument("--agents", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=0.0, help="latency of the server")
    options = parser.parse_args()
    command = [sys.executable, "-m", "tests.agents.mock_vllm", "--seconds", str(options.seconds)]
    with tempfile.TemporaryDirectory() as folder:
        tiny_model(Path(folder), context=4096)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            try:
                measured = measure(Path(folder), url, options.turns, options.agents)
                cpu, wall = asyncio.run(measured)
            finally:
                server.terminate()
    done = options.turns // options.agents * options.agents
    print(f"{1000 * cpu / done:.3f} ms of client CPU per turn")
    print(f"{done / wall:.0f} turns/s with {options.agents} agents, {options.seconds:g} s latency")


if __name__ == "__main__":
    main()
