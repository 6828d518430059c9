"""What the scheduler and the record cost: turns a second, waiting, resuming, peak memory.

    python -m bench.scheduler --json figures.json
    python -m bench.scheduler --only scale --json scale.json    # up to a million agents
    python -m bench.makespan --json makespan.json               # how well an engine is kept busy

Each part runs in a process of its own, so that its peak memory is its own. Seconds are of the
clock, `cpu_us_per_turn` is processor time, which another process beside it disturbs less.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from unittest.mock import patch

from agents.agent import Agent
from agents.engines.scripted import ScriptedEngine
from agents.memory import MemorySpec
from personas.model import Request, Sampling, request_key
from simulation.assembly import Assembly, Job
from simulation.desk import Desk
from simulation.graph import make_graph
from simulation.promise import Promise
from simulation.room import Room
from simulation.run import drive, simulate
from simulation.scenario import Scenario, seat_graph
from simulation.turntaking import Rounds

SHORT_CONTEXT = 64  # tokens, half a dozen lines
LONG_CONTEXT = 1000  # tokens
LATENCY = 0.5  # seconds
SCALES = {1_000: 100, 10_000: 10, 100_000: 1, 1_000_000: 1}
"""Rounds by number of agents: as many turns of each, but for the last."""
Figures = dict[str, float]


class Watch:
    """Real time and processor time from now on."""

    def __init__(self) -> None:
        self._began, self._worked = time.perf_counter(), time.process_time()

    def figures(self, turns: int) -> Figures:
        """What has passed, and by turn."""
        seconds, cpu = time.perf_counter() - self._began, time.process_time() - self._worked
        return {
            "turns": turns,
            "seconds": seconds,
            "turns_per_s": turns / seconds,
            "cpu_us_per_turn": cpu / turns * 1e6,
        }


class Counting(ScriptedEngine):
    """Notes which texts it was asked to count."""

    def __init__(self, words: Callable[[Request], str]) -> None:
        super().__init__(words)
        self.counted, self.texts = 0, set[str]()

    def count_tokens(self, text: str) -> int:
        """Words."""
        self.counted += 1
        self.texts.add(text)
        return super().count_tokens(text)

    def size_of(self, request: Request) -> int:
        """Words of a prompt."""
        return self._size(request)


def speak(request: Request) -> str:
    """Words that cost nothing to make."""
    return f"I am for it, since {request.seed % 1000}."


def speak_at_length(request: Request) -> str:
    """Ten words."""
    return f"I am for it, I said so to {request.seed % 1000} people."


def world(agents: int, rounds: int, memory: int = SHORT_CONTEXT) -> Scenario:
    """A small world of bare agents, without surveys.

    Args:
        agents: Their number.
        rounds: Turns of each.
        memory: Tokens that each remembers.
    """
    people = tuple(Agent(f"a{i:07d}", f"Agent {i}") for i in range(agents))
    return Scenario(
        name="bench",
        title="?",
        topic="tea",
        agents=people,
        ties=seat_graph(make_graph("small-world", agents, 1), people),
        opening="Tea.",
        turns=Rounds(rounds),
        sampling=Sampling(max_tokens=16),
        memory=MemorySpec(memory, memory // 4),
    )


def recorded(agents: int, rounds: int) -> Figures:
    """Turns a second with the record on, no latency."""
    began = time.perf_counter()
    scenario = world(agents, rounds)
    made = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        watch = Watch()
        asyncio.run(simulate(scenario, ScriptedEngine(speak), Path(folder)))
        figures = watch.figures(agents * rounds)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    return figures | {"making_the_scenario_s": made, "bytes": size}


def unrecorded(agents: int, rounds: int) -> Figures:
    """Turns a second with the record off, no latency."""
    scenario = world(agents, rounds)

    async def go() -> None:
        desk = Desk(scenario, ScriptedEngine(speak), None)
        await drive([Room(scenario, "talk", desk.post)], desk)

    watch = Watch()
    asyncio.run(go())
    return watch.figures(agents * rounds)


def assembling(agents: int, rounds: int) -> Figures:
    """Processor time of putting together contexts that are full, with the request's key."""
    # A window is between three quarters full and full: about this long on average.
    scenario = world(agents, rounds, LONG_CONTEXT * 4 // 3)
    engine = Counting(speak_at_length)
    spent, measured, tokens = 0.0, 0, 0
    prepare = Assembly.prepare

    def timed(assembly: Assembly, promise: Promise) -> Job:
        nonlocal spent, measured, tokens
        began = time.process_time()
        job = prepare(assembly, promise)
        request_key(engine.identity, job.request)
        if job.first:  # something has dropped: the window is full
            spent += time.process_time() - began
            measured += 1
            tokens += engine.size_of(job.request)
        return job

    with tempfile.TemporaryDirectory() as folder, patch.object(Assembly, "prepare", timed):
        asyncio.run(simulate(scenario, engine, Path(folder)))
    return {
        "full_contexts": measured,
        "words": tokens / measured,
        "cpu_us_per_turn": spent / measured * 1e6,
        "counted": engine.counted,
        "counted_twice": engine.counted - len(engine.texts),
    }


def waiting(agents: int, rounds: int) -> Figures:
    """Share of the least possible time: a round cannot take less than the latency."""
    scenario = world(agents, rounds)
    engine = ScriptedEngine(speak, latency=lambda _: LATENCY)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        asyncio.run(simulate(scenario, engine, Path(folder), in_flight=agents))
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "least": LATENCY * rounds, "efficiency": LATENCY * rounds / seconds}


def resuming(agents: int, rounds: int) -> Figures:
    """Seconds until a finished run has been gone through again."""
    scenario = world(agents, rounds)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(simulate(scenario, ScriptedEngine(speak), Path(folder)))
        watch = Watch()
        asyncio.run(simulate(scenario, ScriptedEngine(speak), Path(folder)))
        return watch.figures(agents * rounds)


def in_a_process(part: Callable[[int, int], Figures], agents: int, rounds: int) -> Figures:
    """A part's figures, with the peak memory of its process in MiB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_with_memory, (part, agents, rounds))


def _with_memory(part: Callable[[int, int], Figures], agents: int, rounds: int) -> Figures:
    found = part(agents, rounds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found | {"agents": agents, "rounds": rounds, "peak_mib": peak}


def tell(name: str, figures: Figures) -> Figures:
    """Prints figures as they come."""
    print(name, {key: round(value, 3) for key, value in figures.items()}, flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--waiting-rounds", type=int, default=10)
    parser.add_argument(
        "--only", choices=["recorded", "unrecorded", "waiting", "resuming", "assembling", "scale"]
    )
    parser.add_argument("--largest", type=int, default=max(SCALES), help="agents, for --only scale")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures there")
    options = parser.parse_args()
    parts: Mapping[str, tuple[Callable[[int, int], Figures], int]] = {
        "recorded": (recorded, options.rounds),
        "unrecorded": (unrecorded, options.rounds),
        "waiting": (waiting, options.waiting_rounds),
        "resuming": (resuming, options.rounds),
        "assembling": (assembling, options.rounds),
    }
    found: dict[str, object] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }
    for name, (part, rounds) in parts.items():
        if options.only in (None, name):
            found[name] = tell(name, in_a_process(part, options.agents, rounds))
    if options.only == "scale":
        found["scale"] = [
            tell("scale", in_a_process(recorded, agents, rounds))
            for agents, rounds in SCALES.items()
            if agents <= options.largest
        ]
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
