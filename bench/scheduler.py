"""What the scheduler and the record cost: turns a second, waiting, resuming, peak memory.

    python -m bench.scheduler --json figures.json

Each part runs in a process of its own, so that its peak memory is its own.
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
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from agents.agent import Agent
from agents.engines.scripted import ScriptedEngine
from agents.memory import MemorySpec
from personas.model import Request, Sampling
from simulation.desk import Desk
from simulation.graph import make_graph
from simulation.record import Entry
from simulation.room import Room
from simulation.run import drive, simulate
from simulation.scenario import Scenario, seat_graph
from simulation.turntaking import Rounds

SHORT_CONTEXT = 64  # tokens, half a dozen lines
LATENCY = 0.5  # seconds
Figures = dict[str, float]


class Unrecorded:
    """A ledger that forgets: what a run costs without its record."""

    def __init__(self, counts: object) -> None:
        self.replies: dict[str, object] = {}
        self.counts = counts

    def write(self, entries: Iterable[Entry]) -> None:
        """Forgets."""
        self.counts.fresh.clear()


def speak(request: Request) -> str:
    """Words that cost nothing to make."""
    return f"I am for it, since {request.seed % 1000}."


def world(agents: int, rounds: int) -> Scenario:
    """A small world of bare agents with short memories, without surveys."""
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
        memory=MemorySpec(SHORT_CONTEXT, SHORT_CONTEXT // 4),
    )


def recorded(agents: int, rounds: int) -> Figures:
    """Turns a second with the record on, no latency."""
    scenario = world(agents, rounds)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        asyncio.run(simulate(scenario, ScriptedEngine(speak), Path(folder)))
        seconds = time.perf_counter() - began
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    turns = agents * rounds
    return {"turns": turns, "seconds": seconds, "turns_per_s": turns / seconds, "bytes": size}


def unrecorded(agents: int, rounds: int) -> Figures:
    """Turns a second with the record off, no latency."""
    from simulation.counts import Counts

    scenario = world(agents, rounds)

    async def go() -> None:
        desk = Desk(scenario, ScriptedEngine(speak), Unrecorded(Counts({})))
        await drive([Room(scenario, "talk", desk.post)], desk)

    began = time.perf_counter()
    asyncio.run(go())
    seconds = time.perf_counter() - began
    return {"turns": agents * rounds, "seconds": seconds, "turns_per_s": agents * rounds / seconds}


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
        began = time.perf_counter()
        asyncio.run(simulate(scenario, ScriptedEngine(speak), Path(folder)))
        seconds = time.perf_counter() - began
    turns = agents * rounds
    return {"turns": turns, "seconds": seconds, "turns_per_s": turns / seconds}


def in_a_process(part: Callable[[int, int], Figures], agents: int, rounds: int) -> Figures:
    """A part's figures, with the peak memory of its process in MiB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_with_memory, (part, agents, rounds))


def _with_memory(part: Callable[[int, int], Figures], agents: int, rounds: int) -> Figures:
    found = part(agents, rounds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found | {"agents": agents, "rounds": rounds, "peak_mib": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--waiting-rounds", type=int, default=10)
    parser.add_argument("--only", choices=["recorded", "unrecorded", "waiting", "resuming"])
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures there")
    options = parser.parse_args()
    parts: Mapping[str, tuple[Callable[[int, int], Figures], int]] = {
        "recorded": (recorded, options.rounds),
        "unrecorded": (unrecorded, options.rounds),
        "waiting": (waiting, options.waiting_rounds),
        "resuming": (resuming, options.rounds),
    }
    found: dict[str, object] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }
    for name, (part, rounds) in parts.items():
        if options.only in (None, name):
            figures = in_a_process(part, options.agents, rounds)
            found[name] = figures
            print(name, {key: round(value, 3) for key, value in figures.items()}, flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
