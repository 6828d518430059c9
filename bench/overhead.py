"""What our own machinery costs in front of a server: CPU time per turn, turns per second.

    python -m bench.overhead --json figures.json

Three clients ask the same mock server (`bench.mockserver`, a process of its own, which computes
nothing), one after the other and several times over: bare asyncio, which sends what was written
beforehand and reads no answer; the server engine alone; and a whole simulation through it, with
virtual time, contexts, tokens, checks and the record. All have about equally long prompts.
"""

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from agents import eventloop
from agents.engines.server import ServerEngine
from agents.engines.serverspec import ServerSpec
from agents.memory import MemorySpec
from bench.mockserver import serving
from bench.scheduler import world
from personas.model import Control, Request, Sampling, Spoken
from simulation.run import simulate
from simulation.scenario import Scenario
from tests.tiny import tiny_model

HEARD_LINES = 12  # others' turns in each prompt
NEW_TOKENS = 24
MEMORY = MemorySpec(480, 120)  # tokens; a window of about so many lines
AGENTS, TURNS = 100, 50  # without latency
CROWD, LATENCY, CROWD_TURNS = 500, 0.5, 10  # with it: agents, seconds, turns of each


@dataclass(frozen=True)
class Load:
    """How many agents ask how often."""

    agents: int
    turns: int
    """Of each agent."""


@dataclass(frozen=True)
class Cost:
    """What one run took, in seconds."""

    cpu: float
    wall: float


Client = Callable[[Path, str, Load], Coroutine[None, None, Cost]]


class Watch:
    """Started when a client is ready, read when it has done its work."""

    def __init__(self) -> None:
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def read(self) -> Cost:
        """Since the start."""
        return Cost(time.process_time() - self._cpu, time.perf_counter() - self._wall)


def request(agent: int, turn: int) -> Request:
    """A turn whose prompt is like no other's."""
    heard = [f"Agent {i}: turn {turn}, I am for the lanes.\n" for i in range(HEARD_LINES)]
    prompt = (
        Control("system"),
        Spoken(f"You are Agent {agent}."),
        Control("user"),
        *map(Spoken, heard),
        Control("assistant"),
    )
    return Request(prompt, None, Sampling(max_tokens=NEW_TOKENS), seed=turn, priority=turn)


async def bare(_: Path, url: str, load: Load) -> Cost:
    """What asyncio alone can do: streams, a connection an agent."""
    where = urlsplit(url)
    body = json.dumps({"prompt": list(range(100, 580)), "max_tokens": NEW_TOKENS}).encode()
    head = f"POST /v1/completions HTTP/1.1\r\nHost: {where.netloc}\r\n"
    sent = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    async def talk() -> None:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        for _ in range(load.turns):
            writer.write(sent)
            answer = await reader.readuntil(b"\r\n\r\n")
            size = int(answer.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(size)
        writer.close()

    watch = Watch()
    await asyncio.gather(*(talk() for _ in range(load.agents)))
    return watch.read()


async def engine(folder: Path, url: str, load: Load) -> Cost:
    """The engine, each agent waiting for its own answers alone."""

    async def talk(agent: int) -> None:
        for turn in range(load.turns):
            await voice.generate(request(agent, turn))

    async with ServerEngine(folder, [url], ServerSpec(max_in_flight=load.agents)) as voice:
        watch = Watch()
        await asyncio.gather(*map(talk, range(load.agents)))
        return watch.read()


def crowd(load: Load) -> Scenario:
    """A small world in rounds."""
    scenario = world(load.agents, load.turns)
    return replace(scenario, memory=MEMORY, sampling=Sampling(max_tokens=NEW_TOKENS))


async def whole(folder: Path, url: str, load: Load) -> Cost:
    """A simulation, into a record."""
    scenario = crowd(load)
    with tempfile.TemporaryDirectory() as run:
        async with ServerEngine(folder, [url], ServerSpec(max_in_flight=load.agents)) as voice:
            watch = Watch()
            progress = await simulate(scenario, voice, Path(run), in_flight=load.agents)
            cost = watch.read()
    assert progress.turns == load.agents * load.turns
    return cost


CLIENTS: dict[str, Client] = {"bare": bare, "engine": engine, "whole": whole}


def spread(values: list[float]) -> dict[str, float]:
    """Median and extremes."""
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def measure(
    folder: Path, load: Load, seconds: float, repeats: int
) -> dict[str, dict[str, dict[str, float]]]:
    """All clients in turn, after a first round that does not count."""
    costs: dict[str, list[Cost]] = {name: [] for name in CLIENTS}
    with serving(seconds) as url:
        for number in range(repeats + 1):
            for name, client in CLIENTS.items():
                few = Load(load.agents, 2)
                run = asyncio.run if name == "bare" else eventloop.run
                cost = run(client(folder, url, load if number else few))
                costs[name] += [cost] if number else []
    turns = load.agents * load.turns
    return {
        name: {
            "cpu_ms_per_turn": spread([1000 * one.cpu / turns for one in found]),
            "turns_per_s": spread([turns / one.wall for one in found]),
            "of_the_bound": spread([seconds * load.turns / one.wall for one in found]),
        }
        for name, found in costs.items()
    }


def profile(folder: Path, client: Client, load: Load) -> None:
    """Prints where the time of one client goes."""
    with serving() as url:
        profiler = cProfile.Profile(time.process_time)
        profiler.enable()
        eventloop.run(client(folder, url, load))
        profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(40)


def show(
    title: str, figures: dict[str, dict[str, dict[str, float]]], what: tuple[str, ...]
) -> None:
    """Prints one table."""
    print(title)
    for name, found in figures.items():
        cells = [
            f"{key} {one['median']:.3g} ({one['least']:.3g} to {one['most']:.3g})"
            for key, one in found.items()
            if key in what
        ]
        print(f"  {name:8}", ", ".join(cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--agents", type=int, default=AGENTS)
    parser.add_argument("--turns", type=int, default=TURNS, help="of each agent")
    parser.add_argument("--crowd", type=int, default=CROWD, help="agents of the part with latency")
    parser.add_argument("--only", choices=["quick", "latency"])
    parser.add_argument("--profile", choices=list(CLIENTS), help="only show where its time goes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures there")
    options = parser.parse_args()
    load = Load(options.agents, options.turns)
    found: dict[str, object] = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as made:
        folder = tiny_model(Path(made), context=4096)
        if options.profile:
            profile(folder, CLIENTS[options.profile], load)
            return
        if options.only != "latency":
            found["quick"] = measure(folder, load, 0.0, options.repeats)
            title = f"{load.agents} agents, {load.turns} turns each, no latency"
            show(title, found["quick"], ("cpu_ms_per_turn", "turns_per_s"))  # type: ignore[arg-type]
        if options.only != "quick":
            many = Load(options.crowd, CROWD_TURNS)
            found["latency"] = measure(folder, many, LATENCY, options.repeats)
            title = f"{many.agents} agents, {many.turns} turns each, {LATENCY:g} s of latency"
            show(title, found["latency"], ("cpu_ms_per_turn", "of_the_bound"))  # type: ignore[arg-type]
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
