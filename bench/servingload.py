"""What `bench.serving` asks of vLLM: people with random adapters, talks, and who listens in."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import numpy as np
from safetensors.numpy import load_file, save_file

from agents.agent import Agent
from agents.engines.prompting import Prompting
from agents.memory import MemorySpec
from personas.adapter import Adapter, load_adapter
from personas.model import Model, Reply, Request, Sampling, Scores
from simulation.graph import make_graph
from simulation.scenario import Scenario, seat_graph
from simulation.survey import Survey
from simulation.turntaking import Poisson, Rounds
from tests.tiny import tiny_adapter

RANK = 8
STRENGTH = 0.02  # of random adapters: enough to be computed, too little to make a model babble
SHORT = MemorySpec(240, 60)  # tokens
QUESTION = Survey(
    "bike lanes",
    ("What about the bike lanes? {options} Answer with one letter.",),
    ("for", "undecided", "against"),
    (1.0, 0.0, -1.0),
)

Arrival = Literal["rounds", "poisson"]
Asked = tuple[Request, Sequence[str] | None, Reply | Scores]
"""A request, the options where it was scored, and what came back."""


def random_adapters(home: Path, base: Path, count: int) -> list[Adapter]:
    """Adapters of one shape, on all linear layers, with different faint weights."""
    first = tiny_adapter(home / "shape", base, 0, RANK)
    shapes = load_file(first.folder / "adapter_model.safetensors")
    made = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        folder = home / f"adapter{seed}"
        folder.mkdir()
        for name in ("adapter_config.json", "card.json"):
            (folder / name).write_bytes((first.folder / name).read_bytes())
        weights = {
            name: (STRENGTH * rng.standard_normal(one.shape)).astype(np.float32)
            for name, one in shapes.items()
        }
        save_file(weights, folder / "adapter_model.safetensors")
        made.append(load_adapter(folder, first.base))
    return made


def people(count: int, adapters: Sequence[Adapter]) -> tuple[Agent, ...]:
    """That many agents, who share the adapters evenly; without any, the bare base."""
    names = [(f"a{i:05d}", f"Person {i}") for i in range(count)]
    if not adapters:
        return tuple(Agent(key, label) for key, label in names)
    return tuple(
        Agent(key, label, voice="lora", bare=adapters[i % len(adapters)])
        for i, (key, label) in enumerate(names)
    )


def crowd(
    agents: int,
    turns: int,
    adapters: Sequence[Adapter],
    seed: int,
    arrival: Arrival = "rounds",
    new_tokens: int = 24,
) -> Scenario:
    """A small world with short memories. Its seed is in every prompt: no two share a prefix."""
    group = people(agents, adapters)
    return Scenario(
        name="serving",
        title="?",
        topic="bike lanes",
        agents=group,
        ties=seat_graph(make_graph("small-world", agents, 1), group),
        opening=f"Evening {seed}. What about the bike lanes?",
        turns=Rounds(turns) if arrival == "rounds" else Poisson(1.0, until=float(turns)),
        seed=seed,
        sampling=Sampling(max_tokens=new_tokens),
        memory=SHORT,
    )


def discussion(
    agents: int, rounds: int, adapters: Sequence[Adapter], seed: int, *, asked: bool
) -> Scenario:
    """Everybody hears everybody, with long memories; `asked` in both orders after every round."""
    scenario = crowd(agents, rounds, adapters, seed, new_tokens=48)
    group = scenario.agents
    return replace(
        scenario,
        ties=seat_graph(make_graph("complete", agents, 1), group),
        memory=MemorySpec(),
        surveys=(QUESTION,) if asked else (),
    )


class Listening:
    """Passes everything on to an engine, and keeps what was asked and answered."""

    def __init__(self, engine: Model) -> None:
        self._engine = engine
        self.identity, self.context_tokens = engine.identity, engine.context_tokens
        self.heard: list[Asked] = []

    def count_tokens(self, text: str) -> int:
        """The engine's."""
        return self._engine.count_tokens(text)

    async def generate(self, request: Request) -> Reply:
        """The engine's reply."""
        reply = await self._engine.generate(request)
        self.heard.append((request, None, reply))
        return reply

    async def score(self, request: Request, options: Sequence[str]) -> Scores:
        """The engine's scores."""
        scores = await self._engine.score(request, options)
        self.heard.append((request, options, scores))
        return scores


def cacheable(prompting: Prompting, heard: Iterable[Asked], block: int) -> tuple[int, int]:
    """What a prefix cache of whole blocks could have found at best, were nothing ever dropped.

    A block is found if the same adapter has read or said it before, with all that precedes it; at
    least the last token of a prompt is always computed.

    Returns:
        Tokens that could have been found, and tokens of all prompts.
    """
    seen: set[bytes] = set()
    found = total = 0
    for request, _, reply in sorted(heard, key=lambda one: one[0].priority):
        prompt = prompting.renderer.render(request.prompt)
        said = prompting.renderer.encode(reply.text) if isinstance(reply, Reply) else ()
        adapter = request.adapter.fingerprint if request.adapter else ""
        names = block_names([*prompt, *said], block, adapter)
        most = (len(prompt) - 1) // block
        known = next((n for n, name in enumerate(names[:most]) if name not in seen), most)
        found, total = found + known * block, total + len(prompt)
        seen.update(names)
    return found, total


def block_names(tokens: Sequence[int], block: int, adapter: str) -> list[bytes]:
    """A name for each full block that depends on everything up to its end."""
    names, before = [], adapter.encode()
    for start in range(0, len(tokens) - block + 1, block):
        raw = json.dumps(tokens[start : start + block]).encode()
        before = blake2b(before + raw, digest_size=16).digest()
        names.append(before)
    return names


def shuffled(seed: int, items: Sequence[str]) -> list[str]:
    """The items in an order of its own for every seed, so that nobody always goes first."""
    order = list(items)
    random.Random(seed).shuffle(order)
    return order
