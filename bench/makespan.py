"""How long a run takes against a schedule that knows everything, lockstep rounds, and one by one.

    python -m bench.makespan --json makespan.json

People on a small world speak at random moments of their own, at heavy-tailed length, to a model of
an engine on a GPU (`bench.gpu`). The product's own scheduler runs in an event loop whose waiting
takes no time, so its seconds are the model's; what the scheduler itself costs is measured by
`bench.scheduler`.
"""

import argparse
import asyncio
import json
from collections.abc import Iterator
from functools import partial
from math import ceil, exp, inf
from pathlib import Path
from statistics import NormalDist
from typing import TypedDict

from agents.agent import Agent
from agents.memory import MemorySpec
from bench.gpu import GpuModel, Service, clairvoyant, lockstep, longest_paths, serial
from bench.instant import InstantLoop
from personas.model import Sampling
from simulation.chance import seed_for, uniform
from simulation.desk import Desk
from simulation.graph import make_graph
from simulation.promise import Promise, Speech
from simulation.room import Room
from simulation.run import drive
from simulation.scenario import Scenario, seat_graph
from simulation.turntaking import Poisson

MEDIAN, SIGMA, MOST = 40, 1.0, 512  # new tokens of a turn: lognormal, cut off
MESSAGE_TIME = 0.05  # units of virtual time; on average everybody speaks once in a unit
IN_FLIGHT = 4096  # above every number of slots here: the queue of the engine goes by priority


class Row(TypedDict):
    """One regime; times in seconds of the service-time model."""

    regime: str
    slots: int
    turns: int
    clairvoyant: float
    ours: float
    lockstep: float
    serial: float
    bound: float
    """No schedule can be shorter: the longest path alone, or all tokens in full batches."""
    ours_to_clairvoyant: float
    lockstep_to_ours: float
    serial_to_ours: float


def world(agents: int, until: float, seed: int) -> Scenario:
    """Random activation on a small world."""
    people = tuple(Agent(f"a{i:05d}", f"Agent {i}") for i in range(agents))
    return Scenario(
        name="makespan",
        title="?",
        topic="tea",
        agents=people,
        ties=seat_graph(make_graph("small-world", agents, seed), people),
        opening="Tea.",
        turns=Poisson(1.0, until, message_time=MESSAGE_TIME),
        seed=seed,
        sampling=Sampling(max_tokens=MOST),
        memory=MemorySpec(100, 50),
    )


def length(seed: int) -> int:
    """New tokens of the turn with this seed of its own: many short ones and a few very long."""
    normal = NormalDist().inv_cdf(max(1e-12, uniform(seed, "length")))
    return min(MOST, ceil(MEDIAN * exp(SIGMA * normal)))


def graph_of_turns(scenario: Scenario) -> tuple[list[Speech], dict[Promise, int]]:
    """Every turn with what waits for it, and its length: virtual time runs ahead to the end."""
    turns: list[Speech] = []

    def note(promise: Promise) -> None:
        assert isinstance(promise, Speech)
        turns.append(promise)

    room = Room(scenario, "talk", note)
    while room.next_time < inf:
        room.advance()
    return turns, {t: length(seed_for(scenario.seed, "speak", t.agent, t.counter)) for t in turns}


def ours(scenario: Scenario, service: Service) -> float:
    """Seconds until the product's scheduler has kept every promise."""

    async def go() -> float:
        model = GpuModel(service, lambda request: length(request.seed))
        desk = Desk(scenario, model, None, in_flight=IN_FLIGHT)
        await drive([Room(scenario, "talk", desk.post)], desk)
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=InstantLoop) as runner:
        return runner.run(go())


def compare(agents: int, until: float, seed: int) -> Iterator[Row]:
    """One row a regime."""
    scenario = world(agents, until, seed)
    turns, tokens = graph_of_turns(scenario)
    longest, work = max(longest_paths(turns, tokens).values()), sum(tokens.values())
    width = work / longest  # turns that could go on side by side, on average
    for regime, slots in (
        ("latency-bound", 8 * width), ("balanced", width), ("throughput-bound", width / 8),
    ):  # fmt: skip
        service = Service(max(1, round(slots)))
        known, found = clairvoyant(turns, tokens, service), ours(scenario, service)
        rounds, alone = (
            lockstep(turns, tokens, service, MESSAGE_TIME),
            serial(turns, tokens, service),
        )
        full = work / service.slots * service.step(service.slots)
        yield Row(
            regime=regime,
            slots=service.slots,
            turns=len(turns),
            clairvoyant=known,
            ours=found,
            lockstep=rounds,
            serial=alone,
            bound=max(longest * service.step(1), full),
            ours_to_clairvoyant=found / known,
            lockstep_to_ours=rounds / found,
            serial_to_ours=alone / found,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--until", type=float, default=10.0, help="turns of an agent, on average")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures there")
    options = parser.parse_args()
    rows = []
    for seed in range(options.seeds):
        for row in compare(options.agents, options.until, seed):
            rows.append({"seed": seed, **row})
            show = partial(_shown, row)
            print(seed, *map(show, row), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


def _shown(row: Row, name: str) -> str:
    value = dict(row)[name]
    return f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"


if __name__ == "__main__":
    main()
