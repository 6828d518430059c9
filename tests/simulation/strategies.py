"""Random scenarios for property tests."""

import networkx as nx
from hypothesis import strategies as st

from agents.agent import Agent
from agents.memory import MemorySpec
from personas.model import Sampling
from simulation.scenario import Scenario, seat_graph
from simulation.survey import Survey
from simulation.turntaking import Rounds

YES_NO = Survey("tea", ("Tea? {options} One letter.",), ("yes", "no"), (1.0, -1.0))


def people(n: int) -> tuple[Agent, ...]:
    """Bare agents with keys whose order differs from that of their seats."""
    return tuple(Agent(f"{(5 * i + 3) % 11:02d}-agent", f"Person {i}") for i in range(n))


@st.composite
def graphs(draw, n: int) -> nx.Graph:
    """Any directed or undirected graph, some ties with a weight or a delay."""
    graph = draw(st.sampled_from([nx.Graph, nx.DiGraph]))()
    graph.add_nodes_from(range(n))
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    for one, other in draw(st.lists(pairs, max_size=3 * n, unique=True)):
        data = {}
        if draw(st.booleans()):
            data["weight"] = draw(st.floats(0.05, 1.0))
        if draw(st.booleans()):
            data["delay"] = draw(st.sampled_from([0.01, 0.3, 0.5, 1.0, 1.7, 4.0]))
        graph.add_edge(one, other, **data)
    return graph


@st.composite
def scenarios(draw, **fixed) -> Scenario:
    """Any small scenario of bare agents."""
    agents = people(draw(st.integers(1, 7)))
    order = draw(st.sampled_from(["simultaneous", "sequential"]))
    fields = {
        "name": "random",
        "title": "?",
        "topic": "tea",
        "agents": agents,
        "ties": seat_graph(draw(graphs(len(agents))), agents),
        "opening": "Let us talk about tea.",
        "turns": Rounds(draw(st.integers(1, 4)), order),
        "surveys": draw(st.sampled_from([(), (YES_NO,)])),
        "seed": draw(st.integers(0, 1000)),
        "sampling": Sampling(max_tokens=40),
        "memory": MemorySpec(100_000, 1000),
        "attention": draw(st.sampled_from([None, 0, 1, 3])),
    }
    return Scenario(**(fields | fixed))
