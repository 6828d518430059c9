"""Random scenarios for property tests."""

from dataclasses import replace
from math import ceil
from pathlib import Path

import networkx as nx
from hypothesis import strategies as st

from agents.agent import Agent
from agents.memory import MemorySpec, Retrieval, Summary
from personas.adapter import Adapter
from personas.model import Sampling
from personas.persona import Persona, Stage
from simulation.arms import CONTROLS
from simulation.dyads import Dyads
from simulation.floor import GIVINGS, Floor
from simulation.graph import Tie
from simulation.questions import Interview
from simulation.scenario import Scenario, seat_graph
from simulation.survey import Survey
from simulation.swaps import Swap
from simulation.timeline import AddTie, Join, Leave, Post, RemoveTie
from simulation.turntaking import ORDERS, Poisson, Replies, Rounds

YES_NO = Survey("tea", ("Tea? {options} One letter.",), ("yes", "no"), (1.0, -1.0))

DELAYS = (0.01, 0.3, 0.5, 1.0, 1.7, 4.0)
UNTIL = st.sampled_from([2.0, 3.0, 0.7])


def people(n: int) -> tuple[Agent, ...]:
    """Bare agents with keys whose order differs from that of their seats."""
    return tuple(Agent(f"{(5 * i + 3) % 11:02d}-agent", f"Person {i}") for i in range(n))


@st.composite
def graphs(draw, n: int) -> nx.Graph:
    """Sparse or dense, directed or not, some ties with a weight or a delay."""
    chance = draw(st.sampled_from([1.0, 0.6, 0.3, 0.0]))
    rng = draw(st.randoms(use_true_random=False))
    plain, directed = draw(st.booleans()), draw(st.booleans())
    graph = nx.gnp_random_graph(n, chance, seed=draw(st.integers(0, 999)), directed=directed)
    for _, _, data in graph.edges(data=True):
        if not plain and rng.random() < 0.5:
            data["weight"] = rng.choice([0.1, 0.5, 0.9])
        if not plain and rng.random() < 0.5:
            data["delay"] = rng.choice(DELAYS)
    return graph


PROFILED = Stage("then", (1990, 2000), "Likes coffee.")
WEARERS = (
    Agent("base", "Base Model"),
    Agent("cy", "Cy", Persona("cy", "Cy", (PROFILED,), Path()), PROFILED, "prompt"),
    Agent("new", "New", voice="lora", bare=Adapter("0123abcd", Path(), "", 8)),
    Agent("other", "Other", voice="lora", bare=Adapter("4567cdef", Path(), "", 8)),
)
"""Casts that differ in the prompt or in the weights."""
TRAINED = Stage("now", (2001, 2010), "Likes tea.", Adapter("89ab4567", Path(), "", 8))
DI = Agent("di", "Di", Persona("di", "Di", (PROFILED, TRAINED), Path()), TRAINED, "lora")
"""Wears an adapter that has a profile as well."""


def moments(end: float) -> st.SearchStrategy[float]:
    """Times up to the end, some at the very moment of a turn."""
    return st.integers(1, ceil(end)).map(float) | st.floats(0.01, ceil(end))


@st.composite
def swaps(draw, agents: tuple[Agent, ...], end: float) -> tuple[Swap, ...]:
    """Changes of persona, some at the very moment of a turn, several for one seat."""
    seats = st.sampled_from([agent.key for agent in agents])
    asked = draw(st.lists(st.tuples(moments(end), seats), max_size=4, unique=True))
    return tuple(Swap(time, seat, draw(st.sampled_from(WEARERS))) for time, seat in asked)


@st.composite
def rounds(draw) -> Rounds:
    """A few rounds in any order."""
    return Rounds(draw(st.sampled_from([3, 2, 1])), draw(st.sampled_from(ORDERS)))


@st.composite
def poissons(draw, keys: list[str]) -> Poisson:
    """A few activations a head, some people more or less lively."""
    rates = draw(st.dictionaries(st.sampled_from(keys), st.sampled_from([0, 0.5, 3]), max_size=2))
    rate, time = draw(st.sampled_from([2.0, 1.0])), draw(st.sampled_from([0.01, 0.4]))
    return Poisson(rate, draw(UNTIL), rates, time)


@st.composite
def replies(draw) -> Replies:
    """Answers, sometimes at fixed delays so that several fall on one moment."""
    return Replies(
        chance=draw(st.sampled_from([1.0, 0.5])),
        wait=draw(st.sampled_from([0.2, 0.5])),
        until=draw(st.sampled_from([4.0, 2.0])),
        spread=draw(st.sampled_from(["exponential", "none"])),
        depth=draw(st.sampled_from([2, 1])),
    )


@st.composite
def floors(draw, keys: list[str]) -> Floor:
    """A floor however given; half of the ways depend on what was said."""
    giving = draw(st.sampled_from(GIVINGS))
    moderator = draw(st.sampled_from(keys)) if giving == "moderator" else ""
    return Floor(draw(st.integers(4, 9)), giving, moderator, draw(st.sampled_from([0.25, 0.5, 1])))


@st.composite
def dyads(draw) -> Dyads:
    """Meetings, some of them longer than the time between two."""
    gap = draw(st.sampled_from([0.05, 0.3]))
    return Dyads(draw(st.sampled_from([4.0, 1.5])), draw(UNTIL), draw(st.sampled_from([2, 1])), gap)


@st.composite
def policies(draw, keys: list[str]) -> tuple:
    """One to three ways of taking turns, side by side."""
    talking = rounds() | poissons(keys) | floors(keys) | dyads()
    return (draw(talking), *draw(st.lists(talking | replies(), max_size=2)))


@st.composite
def timelines(draw, agents: tuple[Agent, ...], ties: tuple[Tie, ...], end: float) -> tuple:
    """Posts, comings and goings, and ties made and cut, each possible at its time."""
    keys = [agent.key for agent in agents]
    times = sorted(draw(st.lists(moments(end), max_size=6)))
    coming = set(draw(st.lists(st.sampled_from(keys), max_size=1)))
    absent, joined, heard = set(coming), [], {(tie.speaker, tie.listener) for tie in ties}
    for number, time in enumerate(times):
        kind = draw(st.sampled_from(["post", "presence", "tie"]))
        if kind == "post":
            to = draw(st.lists(st.sampled_from(keys), max_size=2, unique=True))
            unrelated = f"Weather {number}."
            joined.append(Post(time, f"News {number}.", tuple(to), unrelated=unrelated))
        elif kind == "presence":
            key = draw(st.sampled_from(keys))
            joined.append(Join(time, key) if key in absent else Leave(time, key))
            absent ^= {key}
        elif heard and draw(st.booleans()):
            pair = draw(st.sampled_from(sorted(heard)))
            joined.append(RemoveTie(time, *pair))
            heard.remove(pair)
        else:
            pair = draw(st.tuples(st.sampled_from(keys), st.sampled_from(keys)))
            if pair[0] != pair[1]:
                joined.append(AddTie(time, Tie(*pair, 1.0, draw(st.sampled_from([None, *DELAYS])))))
                heard.add(pair)
    # Who was meant to come and never did, comes at the end.
    named = {one.agent for one in joined if isinstance(one, Join | Leave)}
    return (*joined, *(Join(float(ceil(end)), key) for key in sorted(coming - named)))


WIDE = MemorySpec(100_000, 1000)
NARROW = (
    MemorySpec(30, 10),
    MemorySpec(24, 24),
    MemorySpec(30, 10, Retrieval(2, 12)),
    MemorySpec(40, 20, Retrieval(1, 60, cues=3)),
    MemorySpec(30, 10, Summary(8)),
    MemorySpec(16, 4, Summary(5)),
)
"""Small ones; a heard line is 4 tokens here, an own one 10."""


@st.composite
def memories(draw, keys: list[str]) -> dict[str, MemorySpec]:
    """Some remember otherwise."""
    return draw(st.dictionaries(st.sampled_from(keys), st.sampled_from(NARROW), max_size=3))


@st.composite
def controlled(draw) -> Scenario:
    """Any small scenario with two or three controls beside the talk."""
    scenario = draw(scenarios(unrelated_opening="Let us talk about rain."))
    controls = draw(st.lists(st.sampled_from(CONTROLS), min_size=2, max_size=3, unique=True))
    agents = list(scenario.agents)
    agents[0] = agents[0].wearing(DI)
    swaps = scenario.swaps
    if "prompt" in controls:  # an adapter without a persona has nothing to tell
        swaps = tuple(swap for swap in swaps if swap.cast.bare is None)
    interviews = draw(st.sampled_from([(), (Interview("tea", ("How do you like tea?",), 20),)]))
    return replace(
        scenario,
        agents=tuple(agents),
        swaps=swaps,
        controls=tuple(controls),
        interviews=interviews,
    )


@st.composite
def scenarios(draw, **fixed) -> Scenario:
    """Any small scenario of bare agents."""
    agents = people(draw(st.sampled_from([4, 3, 5, 6, 2, 1])))
    keys = [agent.key for agent in agents]
    turns = fixed.get("turns") or draw(policies(keys))
    end = max(policy.end() for policy in (turns if isinstance(turns, tuple) else (turns,)))
    ties = seat_graph(draw(graphs(len(agents))), agents)
    fields = {
        "name": "random",
        "title": "?",
        "topic": "tea",
        "agents": agents,
        "ties": ties,
        "opening": "Let us talk about tea.",
        "turns": turns,
        "surveys": draw(st.sampled_from([(YES_NO,), ()])),
        "seed": draw(st.integers(0, 1000)),
        "sampling": Sampling(max_tokens=40),
        "memory": draw(st.sampled_from([WIDE, *NARROW])),
        "memories": draw(memories(keys)),
        "attention": draw(st.sampled_from([None, 1, 3, 0])),
        "swaps": draw(swaps(agents, end)),
        "timeline": draw(timelines(agents, ties, end)),
    }
    return Scenario(**(fields | fixed))
