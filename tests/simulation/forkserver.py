"""Runs that are killed at an instant, from one process that imports nothing heavy.

Reads a line ``{"folder": …, "seed": …, "kill_after": seconds or null}`` at a time, forks a child
that runs or goes on with a small scenario there, kills it with signal 9, and answers with the
seconds that it lived.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from agents.agent import Agent
from agents.engines.scripted import ScriptedEngine
from personas.model import request_key
from simulation.graph import make_graph
from simulation.run import run
from simulation.scenario import Scenario, seat_graph
from simulation.survey import Survey
from simulation.turntaking import Rounds

LONGEST_LATENCY = 0.03  # seconds
IDENTITY = ScriptedEngine().identity


def talk() -> Scenario:
    """Six people on a ring, three rounds, a survey, a control."""
    agents = tuple(Agent(f"p{i}", f"Person {i}") for i in range(6))
    return Scenario(
        name="talk",
        title="?",
        topic="tea",
        agents=agents,
        ties=seat_graph(make_graph("ring", 6, 0), agents),
        opening="Tea.",
        turns=Rounds(3),
        surveys=(Survey("tea", ("Tea? {options} One letter.",), ("yes", "no"), (1.0, -1.0)),),
        controls=("scrambled",),
        unrelated_opening="Rain.",
        seed=3,
    )


def echo(request) -> str:
    """Words in which any change anywhere in the request shows."""
    return "said " + request_key(IDENTITY, request)


def live(folder: Path, seed: int) -> None:
    """The child: a run with replies that take their time."""
    rng = random.Random(seed)
    engine = ScriptedEngine(echo, latency=lambda _: rng.uniform(0, LONGEST_LATENCY))
    run(talk(), engine, folder)


def main() -> None:
    assert "torch" not in sys.modules
    for line in sys.stdin:
        order = json.loads(line)
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            try:
                live(Path(order["folder"]), order["seed"])
                os._exit(0)
            finally:  # an error never reaches the server's loop
                os._exit(1)
        if order["kill_after"] is not None:
            time.sleep(order["kill_after"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        answer = {"lived": time.monotonic() - began, "failed": os.WIFEXITED(status) and status != 0}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
