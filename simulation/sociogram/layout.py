"""Where to draw each agent of a social graph."""

import math
from collections.abc import Sequence

import networkx as nx

from simulation.graph import Tie

RING_UP_TO = 24
"""Agents up to which a ring is drawn: names stand outside it and never overlap."""


def layout(ties: Sequence[Tie], agents: Sequence[str]) -> dict[str, tuple[float, float]]:
    """A place for every agent, the same at every call, in the unit circle.

    Small, dense or disconnected graphs get a ring that starts at the top and runs clockwise in
    the order of `agents`; the others are laid out by Kamada & Kawai (1989), from that ring.
    """
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(agents)
    graph.add_edges_from((tie.speaker, tie.listener) for tie in ties)
    turn = {agent: 2 * math.pi * place / len(agents) for place, agent in enumerate(agents)}
    ring = {agent: (math.sin(angle), math.cos(angle)) for agent, angle in turn.items()}
    if len(agents) <= RING_UP_TO or nx.density(graph) > 0.6 or not nx.is_connected(graph):
        return ring
    places = nx.kamada_kawai_layout(graph, pos=ring)
    return {agent: (float(places[agent][0]), float(places[agent][1])) for agent in agents}
