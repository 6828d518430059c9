"""A scenario: everything that decides what happens, frozen, and checked on construction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

import networkx as nx

from agents.agent import Agent
from agents.memory import MemorySpec
from personas.errors import InputError, nearest
from personas.model import ModelIdentity, Sampling
from simulation.graph import Tie, ties_of
from simulation.survey import Survey
from simulation.turntaking import Rounds

Control = Literal["scrambled", "silent"]
CONTROLS: tuple[str, ...] = ("scrambled", "silent")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One question, asked of one group under one seed."""

    name: str
    """Of the scenario file; names the run's folder."""
    title: str
    """The question in one sentence; heads the report."""
    topic: str
    """Short name of what is talked about."""
    agents: tuple[Agent, ...]
    """In order of seats; keys and labels are unique."""
    ties: tuple[Tie, ...]
    """Who hears whom; make them with `seat_graph`."""
    opening: str
    """The moderator's first line, heard by everybody before the first turn."""
    turns: Rounds
    surveys: tuple[Survey, ...] = ()
    controls: tuple[Control, ...] = ()
    """Arms that run beside the talk: ``scrambled`` (the same people talk as much about something
    else), ``silent`` (nobody speaks)."""
    unrelated_opening: str = ""
    """Opening of the scrambled control."""
    seed: int = 0
    sampling: Sampling = Sampling()
    memory: MemorySpec = MemorySpec()
    attention: int | None = None
    """Most messages an agent takes in between two of its own turns, the latest ones; None: all."""

    def __post_init__(self) -> None:
        if not self.agents:
            raise InputError("agents must be at least 1, got 0")
        for field in ("key", "label"):
            values = [getattr(agent, field) for agent in self.agents]
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise InputError(
                    f"{field} of an agent must be unique, got twice: {', '.join(twice)}"
                )
        if not 0 <= self.seed < 2**31:
            raise InputError(f"seed must lie in 0..2147483647, got {self.seed}")
        if self.attention is not None and self.attention < 0:
            raise InputError(f"attention must be at least 0 messages, got {self.attention}")
        for control in self.controls:
            if control not in CONTROLS:
                raise InputError(f"unknown control {control!r}: {nearest(control, CONTROLS)}")
        if "scrambled" in self.controls and not self.unrelated_opening:
            raise InputError("control 'scrambled' needs an unrelated_opening to talk about")
        questions = [survey.question for survey in self.surveys]
        if len(set(questions)) < len(questions):
            raise InputError(f"survey questions must differ, got {', '.join(questions)}")

    @property
    def arms(self) -> tuple[str, ...]:
        """The talk and its controls."""
        return ("talk", *self.controls)

    @property
    def waves(self) -> int:
        """Times that surveys are asked, the one before the talk included."""
        return max((self.turns.count // s.every + 1 for s in self.surveys), default=0)

    @property
    def size(self) -> tuple[int, int]:
        """Number of turns and of survey answers in all arms."""
        people, talking = len(self.agents), len(self.arms) - ("silent" in self.arms)
        asked = sum((self.turns.count // s.every + 1) * len(s.wordings) * 2 for s in self.surveys)
        return people * self.turns.count * talking, people * asked * len(self.arms)

    def describe(self, identity: ModelIdentity) -> dict[str, object]:
        """All that a transcript depends on, as JSON-ready data; its hash names the run."""
        return {
            "name": self.name,
            "topic": self.topic,
            "opening": self.opening,
            "unrelated_opening": self.unrelated_opening,
            "agents": [_describe_agent(agent) for agent in self.agents],
            "ties": [[tie.speaker, tie.listener, tie.weight, tie.delay] for tie in self.ties],
            "turns": [type(self.turns).__name__, self.turns.count, self.turns.order],
            "surveys": [_describe_survey(survey) for survey in self.surveys],
            "arms": list(self.arms),
            "seed": self.seed,
            "sampling": [self.sampling.max_tokens, self.sampling.temperature, self.sampling.top_p],
            "memory": [self.memory.tokens, self.memory.block_tokens],
            "attention": self.attention,
            "model": [identity.engine, identity.version, identity.base, identity.dtype],
        }


def recast(agents: Sequence[Agent], cast: dict[str, Agent]) -> tuple[Agent, ...]:
    """The same seats with some personas swapped.

    Args:
        agents: As the scenario seats them.
        cast: New wearers by the key of the seat.

    Raises:
        InputError: A key names nobody; the message suggests the nearest.
    """
    keys = [agent.key for agent in agents]
    for key in cast:
        if key not in keys:
            raise InputError(f"cast names {key!r}, who is not in the room: {nearest(key, keys)}")
    return tuple(a.wearing(cast[a.key]) if a.key in cast else a for a in agents)


def seat_graph(graph: "nx.Graph[Any]", agents: Sequence[Agent]) -> tuple[Tie, ...]:
    """The ties of a graph among these agents; see `simulation.graph.ties_of`."""
    return ties_of(graph, [agent.key for agent in agents])


def fingerprint(description: dict[str, object]) -> str:
    """Hash of a description: 16 hexadecimal digits."""
    canonical = json.dumps(description, sort_keys=True, ensure_ascii=True)
    return blake2b(canonical.encode(), digest_size=8).hexdigest()


def _describe_agent(agent: Agent) -> dict[str, object]:
    return {
        "key": agent.key,
        "label": agent.label,
        "persona": agent.persona.key if agent.persona else None,
        "stage": agent.stage.name if agent.stage else None,
        "voice": agent.voice,
        "system": agent.system_text,
        "adapter": agent.adapter.fingerprint if agent.adapter else None,
    }


def _describe_survey(survey: Survey) -> list[object]:
    asked = [survey.question, survey.wordings, survey.options, survey.values]
    return [*asked, survey.relabel, survey.every]
