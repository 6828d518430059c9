"""A scenario: everything that decides what happens, frozen, and checked on construction."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field
from hashlib import blake2b
from math import ceil
from typing import Any

import networkx as nx

from agents.agent import Agent
from agents.memory import MemorySpec
from personas.errors import InputError, nearest
from personas.model import ModelIdentity, Sampling
from simulation.arms import ARMS, CONTROLS, Control, check_promptable
from simulation.floor import LETTERS, Floor
from simulation.graph import Tie, ties_of
from simulation.human import Human
from simulation.questions import Interview
from simulation.survey import Survey
from simulation.swaps import Swap, Wardrobe, Worn
from simulation.timeline import Intervention, check_timeline, in_order
from simulation.turntaking import Poisson, Policy


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
    turns: Policy | tuple[Policy, ...]
    """Who speaks when; several policies may run side by side."""
    surveys: tuple[Survey, ...] = ()
    interviews: tuple[Interview, ...] = ()
    """Questions that are answered in words; nobody hears the answers."""
    controls: tuple[Control, ...] = ()
    """Arms that run beside the talk: ``scrambled`` (the same people talk as much about something
    else), ``silent`` (nobody speaks), ``base`` (the bare model in every seat), ``prompt`` (personas
    in the prompt, no adapters), ``alone`` (everybody speaks as often and hears nobody)."""
    unrelated_opening: str = ""
    """Opening of the scrambled control."""
    seed: int = 0
    sampling: Sampling = Sampling()
    memory: MemorySpec = MemorySpec()
    memories: Mapping[str, MemorySpec] = field(default_factory=dict)
    """Who remembers otherwise, by key."""
    attention: int | None = None
    """Most messages an agent takes in between two of its own turns, the latest ones; None: all."""
    swaps: tuple[Swap, ...] = ()
    """Changes of persona at a virtual time, in all arms."""
    timeline: tuple[Intervention, ...] = ()
    """Posts from outside, and agents and ties that come and go, in all arms."""
    humans: tuple[Human, ...] = ()
    """Seats whose words come from a person."""
    unit: str = "rounds"
    """What one unit of virtual time is called, such as ``hours``."""

    def __post_init__(self) -> None:
        if not self.agents:
            raise InputError("agents must be at least 1, got 0")
        for name in ("key", "label"):
            found = Counter(getattr(agent, name) for agent in self.agents)
            twice = sorted(value for value, times in found.items() if times > 1)
            if twice:
                raise InputError(
                    f"{name} of an agent must be unique, got twice: {', '.join(twice)}"
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
        self._check_turns()
        self._check_questions()
        end = self.rest(self.waves_of_time)
        for swap in self.swaps:
            if swap.time > end:
                raise InputError(
                    f"swap time of {swap.seat!r} must be at most {end:g}, when all is said and "
                    f"asked, got {swap.time:g}"
                )
        wardrobe = self.wardrobe  # checks the swaps' seats
        if "prompt" in self.controls:
            check_promptable(wardrobe)
        keys = [agent.key for agent in self.agents]
        check_timeline(self.timeline, keys, self.ties, "scrambled" in self.controls)

    def _check_turns(self) -> None:
        """Everybody named by a policy, a memory or a human's seat must be in the room."""
        if not self.policies:
            raise InputError("turns must hold at least 1 policy, got 0")
        keys = [agent.key for agent in self.agents]
        named = [("memories", key) for key in self.memories]
        named += [("humans", human.seat) for human in self.humans]
        for policy in self.policies:
            if isinstance(policy, Poisson):
                named += [("rates", key) for key in policy.rates]
            elif isinstance(policy, Floor) and policy.moderator:
                named.append(("moderator", policy.moderator))
                if len(keys) - 1 > len(LETTERS):
                    raise InputError(
                        f"a moderator can choose among {len(LETTERS)} at most, got {len(keys) - 1}"
                    )
        for what, key in named:
            if key not in keys:
                raise InputError(
                    f"{what} names {key!r}, who is not in the room: {nearest(key, keys)}"
                )

    def _check_questions(self) -> None:
        for asked in (self.surveys, self.interviews):
            questions = [one.question for one in asked]
            if len(set(questions)) < len(questions):
                raise InputError(f"survey questions must differ, got {', '.join(questions)}")
            for one in asked:
                if one.waves is not None and max(one.waves) > self.waves_of_time:
                    raise InputError(
                        f"waves of {one.question!r} must be at most {self.waves_of_time}, when the "
                        f"talk is over, got {max(one.waves)}"
                    )

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The turn-taking, as a tuple always."""
        return self.turns if isinstance(self.turns, tuple) else (self.turns,)

    @property
    def waves_of_time(self) -> int:
        """The last survey wave that can be asked: when everybody has finished."""
        return max(ceil(policy.end()) for policy in self.policies)

    def rest(self, wave: int) -> float:
        """Virtual time of a survey wave; wave 0 is before the talk."""
        times = [policy.rest(wave, len(self.agents)) for policy in self.policies]
        return max(times) if wave else min(times)

    def memory_of(self, key: str) -> MemorySpec:
        """How an agent remembers."""
        return self.memories.get(key, self.memory)

    @property
    def wardrobe(self) -> Wardrobe:
        """Who is worn in every seat at every time."""
        return Wardrobe(self.agents, self.swaps)

    @property
    def arms(self) -> tuple[str, ...]:
        """The talk and its controls."""
        return ("talk", *self.controls)

    @property
    def waves(self) -> int:
        """Times that surveys are asked, the one before the talk included."""
        last = self.waves_of_time
        return max((len(one.asked_at(last)) for one in self._questions), default=0)

    @property
    def _questions(self) -> list[Survey | Interview]:
        return [*self.surveys, *self.interviews]

    @property
    def size(self) -> tuple[int, int]:
        """Number of turns and of survey answers in all arms; expected ones, where chance draws."""
        people, talking = len(self.agents), sum(ARMS[arm].speaks for arm in self.arms)
        last = self.waves_of_time
        asked = sum(len(s.asked_at(last)) * len(s.wordings) * 2 for s in self.surveys)
        asked += sum(len(i.asked_at(last)) * len(i.wordings) for i in self.interviews)
        turns = sum(policy.turns(people) for policy in self.policies)
        return round(turns) * talking, people * asked * len(self.arms)

    def describe(self, identity: ModelIdentity) -> dict[str, object]:
        """All that a transcript depends on, as JSON-ready data; its hash names the run."""
        model = [identity.engine, identity.version, identity.base, identity.dtype]
        return {**self.describe_without_model(), "model": model}

    def describe_without_model(self) -> dict[str, object]:
        """The same, whatever model speaks."""
        swaps = [
            [one.seat, one.since, _describe_agent(one.agent) | _describe_newest(one)]
            for one in self.wardrobe
            if one.since
        ]
        return {
            "name": self.name,
            "topic": self.topic,
            "opening": self.opening,
            "unrelated_opening": self.unrelated_opening,
            "agents": [_describe_agent(agent) for agent in self.agents],
            "ties": [[tie.speaker, tie.listener, tie.weight, tie.delay] for tie in self.ties],
            "turns": _describe_turns(self.policies),
            "surveys": [_describe_survey(survey) for survey in self.surveys],
            "arms": list(self.arms),
            "seed": self.seed,
            "sampling": [self.sampling.max_tokens, self.sampling.temperature, self.sampling.top_p],
            "memory": self.memory.describe(),
            "attention": self.attention,
            # Without any, runs keep their older names.
            **({"swaps": swaps} if swaps else {}),
            **{key: value for key, value in self._describe_rest().items() if value},
        }

    def _describe_rest(self) -> dict[str, object]:
        return {
            "memories": {key: memory.describe() for key, memory in self.memories.items()},
            "timeline": [[type(one).__name__, *astuple(one)] for one in in_order(self.timeline)],
            "interviews": [interview.describe() for interview in self.interviews],
            "humans": [human.seat for human in self.humans],
            "prompted": self._prompted(),
            "unit": "" if self.unit == "rounds" else self.unit,
        }

    def _prompted(self) -> list[str]:
        """What the control ``prompt`` tells everybody; the talk itself may not depend on it."""
        if "prompt" not in self.controls:
            return []
        return [worn.agent.system.text for worn in ARMS["prompt"].dressed(self.wardrobe)]


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
        "system": agent.system.text,
        "adapter": agent.adapter.fingerprint if agent.adapter else None,
    }


def _describe_newest(worn: Worn) -> dict[str, object]:
    """The run is the same whatever is trained until then."""
    return {"adapter": None, "newest": True} if worn.newest else {}


def _describe_turns(policies: Sequence[Policy]) -> list[object]:
    described: list[object] = [
        [type(policy).__name__, *asdict(policy).values()]  # type: ignore[call-overload]
        for policy in policies
    ]
    return described if len(described) > 1 else described[0]  # type: ignore[return-value]


def _describe_survey(survey: Survey) -> list[object]:
    asked = [survey.question, survey.wordings, survey.options, survey.values]
    waves = [] if survey.waves is None else [survey.waves]
    return [*asked, survey.relabel, survey.every, *waves]
