"""Places at the engine: questions that nobody waits for leave room for turns."""

import asyncio
from dataclasses import replace

import pytest

from agents.agent import Agent
from agents.engines.scripted import ScriptedEngine
from agents.memory import MemorySpec
from personas.model import Sampling
from simulation.desk import PRIVATE_SHARE
from simulation.graph import make_graph
from simulation.run import simulate
from simulation.scenario import Scenario, seat_graph
from simulation.survey import Survey
from simulation.turntaking import Rounds

PEOPLE = tuple(Agent(f"p{i}", f"Person {i}") for i in range(12))
TALK = Scenario(
    name="tea", title="Tea?", topic="tea", agents=PEOPLE,
    ties=seat_graph(make_graph("ring", len(PEOPLE), 0), PEOPLE), opening="Tea?", turns=Rounds(3),
    surveys=(Survey("tea", ("Do you like tea? {options}",), ("no", "yes"), (-1.0, 1.0)),),
    sampling=Sampling(max_tokens=8), memory=MemorySpec(128, 32),
)  # fmt: skip


class Crowded(ScriptedEngine):
    """Answers scores only when no reply is due, as engines do; notes how many are there."""

    def __init__(self) -> None:
        super().__init__()
        self.replies, self.scores = 0, 0
        self.most_scores, self.most = 0, 0
        self.quiet = asyncio.Event()
        self.quiet.set()

    def at_once(self, request, options=None) -> None:
        """Never."""

    async def generate(self, request):
        """After a moment."""
        self.replies += 1
        self.quiet.clear()
        self.most = max(self.most, self.replies + self.scores)
        await asyncio.sleep(0.001)
        self.replies -= 1
        if not self.replies:
            self.quiet.set()
        return await super().generate(request)

    async def score(self, request, options):
        """When nobody speaks."""
        self.scores += 1
        self.most_scores = max(self.most_scores, self.scores)
        self.most = max(self.most, self.replies + self.scores)
        await asyncio.sleep(0.001)
        await self.quiet.wait()
        self.scores -= 1
        return await super().score(request, options)


@pytest.mark.parametrize("places", [1, 2, 8, 16])
async def test_surveys_hold_a_share_of_the_places(tmp_path, places):
    engine = Crowded()
    progress = await simulate(TALK, engine, tmp_path, in_flight=places)
    assert (progress.turns, progress.answers) == TALK.size
    assert engine.most_scores == max(1, places // PRIVATE_SHARE)
    assert engine.most <= places


async def test_who_only_asks_needs_no_more(tmp_path):
    silent = replace(TALK, controls=("silent",))
    engine = Crowded()
    progress = await simulate(silent, engine, tmp_path, in_flight=4)
    assert (progress.turns, progress.answers) == silent.size
    assert engine.most_scores == 1
