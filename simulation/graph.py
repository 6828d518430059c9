"""Who hears whom: any networkx graph, and seeded generators by name.

In a directed graph a tie (a, b) carries what a says to b. A tie may have two attributes:
``weight`` in (0, 1], the probability that a message is noticed, and ``delay`` > 0, the virtual
time that a message takes.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from math import exp, isfinite
from operator import attrgetter
from typing import Any

import networkx as nx
import numpy as np

from personas.errors import InputError, nearest

Generator = Callable[[int, int], "nx.Graph[int]"]

HEAD = 4
"""Ties a head, on average, of the graphs that draw them."""


def small_world(n: int, seed: int) -> "nx.Graph[int]":
    """Ring of 4 neighbours each, 1 tie in 10 rewired (Watts & Strogatz 1998, Nature 393:440)."""
    graph: nx.Graph[int] = (
        nx.path_graph(n)
        if n < 3
        else nx.connected_watts_strogatz_graph(n, min(4, n - 1), 0.1, seed=seed)
    )
    return graph


def scale_free(n: int, seed: int) -> "nx.Graph[int]":
    """Two ties per newcomer, to whoever has many (Barabasi & Albert 1999, Science 286:509)."""
    graph: nx.Graph[int] = nx.path_graph(n) if n < 3 else nx.barabasi_albert_graph(n, 2, seed=seed)
    return graph


def random_ties(n: int, seed: int) -> "nx.Graph[int]":
    """Each tie with the probability that gives 4 a head on average (Erdos & Renyi 1959)."""
    graph: nx.Graph[int] = nx.gnp_random_graph(n, min(1.0, HEAD / max(1, n - 1)), seed=seed)
    return graph


def stochastic_block(n: int, seed: int) -> "nx.Graph[int]":
    """Two halves, 4 ties a head on average, 9 in 10 of them inside one's own half.

    Source: Holland, Laskey & Leinhardt 1983, Social Networks 5:109.
    """
    halves = [n - n // 2, n // 2]
    inside = min(1.0, 0.9 * HEAD / max(1.0, n / 2 - 1))
    across = min(1.0, 0.1 * HEAD / max(1.0, n / 2))
    graph: nx.Graph[int] = nx.stochastic_block_model(
        halves, [[inside, across], [across, inside]], seed=seed
    )
    return graph


def homophilous(
    opinions: Sequence[float], seed: int, strength: float = 3.0, head: int = HEAD
) -> "nx.Graph[int]":
    """Ties among people who think alike: one at a distance d is drawn with weight exp(-strength d).

    Source: after Boguna et al. 2004, Physical Review E 70:056122, where ties fall with distance in
    a social space; here the number of ties is fixed, so that only who is tied to whom differs.

    Args:
        opinions: Of the nodes 0, 1, ..., in order, finite.
        seed: Of the draws.
        strength: At least 0; at 0 any two people are as likely.
        head: Ties a head on average, at least 1.

    Raises:
        InputError: A number is out of range.
    """
    if not (isfinite(strength) and strength >= 0):
        raise InputError(f"strength must be at least 0 and finite, got {strength}")
    if head < 1:
        raise InputError(f"head must be at least 1 tie, got {head}")
    if not all(map(isfinite, opinions)):
        raise InputError(f"opinions must be finite, got {list(opinions)}")
    people = len(opinions)
    pairs = list(combinations(range(people), 2))
    weights = np.array([exp(-strength * abs(opinions[a] - opinions[b])) for a, b in pairs])
    count = min(len(pairs), people * head // 2)
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(pairs), count, replace=False, p=weights / weights.sum()) if count else ()
    graph: nx.Graph[int] = nx.empty_graph(people)
    graph.add_edges_from(pairs[place] for place in drawn)
    return graph


def rewired(graph: "nx.Graph[int]", seed: int, swaps: int = 10) -> "nx.Graph[int]":
    """The same number of ties of everybody, to others: what is left of a graph is its degrees.

    Source: Maslov & Sneppen 2002, Science 296:910.

    Args:
        graph: Undirected; not changed.
        seed: Of the draws.
        swaps: How often two ties exchange ends, for each tie.
    """
    other = graph.copy()
    ties = other.number_of_edges()
    if other.number_of_nodes() >= 4 and ties >= 2:
        # A graph in which hardly a swap is possible, such as a complete one, stays as it is.
        with suppress(nx.NetworkXAlgorithmError):
            nx.double_edge_swap(other, swaps * ties, max_tries=100 * swaps * ties, seed=seed)
    return other


GENERATORS: dict[str, Generator] = {
    "complete": lambda n, _seed: nx.complete_graph(n),
    "ring": lambda n, _seed: nx.cycle_graph(n),
    "star": lambda n, _seed: nx.star_graph(n - 1),
    "small-world": small_world,
    "scale-free": scale_free,
    "random": random_ties,
    "stochastic-block": stochastic_block,
}
"""Names for ``--graph``; each takes the number of agents and a seed."""


def make_graph(name: str, n: int, seed: int) -> "nx.Graph[int]":
    """A graph of n nodes by its generator's name.

    Raises:
        InputError: No generator has that name, or n is below 1.
    """
    if n < 1:
        raise InputError(f"agents must be at least 1, got {n}")
    if name not in GENERATORS:
        raise InputError(f"unknown graph {name!r}: {nearest(name, GENERATORS)}")
    return GENERATORS[name](n, seed)


@dataclass(frozen=True, slots=True)
class Tie:
    """One listener of a speaker."""

    speaker: str
    listener: str
    weight: float = 1.0
    """Probability in (0, 1] that a message is noticed."""
    delay: float | None = None
    """Virtual time that a message takes; None leaves it to the turn-taking policy."""

    def __post_init__(self) -> None:
        if not 0 < self.weight <= 1:
            raise InputError(f"weight of {self._name} must lie in (0, 1], got {self.weight}")
        if self.delay is not None and not (self.delay > 0 and isfinite(self.delay)):
            raise InputError(f"delay of {self._name} must be positive and finite, got {self.delay}")

    @property
    def _name(self) -> str:
        return f"tie {self.speaker!r} to {self.listener!r}"


def ties_of(graph: "nx.Graph[Any]", agents: Sequence[str]) -> tuple[Tie, ...]:
    """The directed ties among agents, sorted.

    Args:
        graph: Its nodes are the agents' keys, or anything else in equal number, which is then
            matched with the agents in order.
        agents: Keys in order.

    Raises:
        InputError: The graph has another number of nodes, or a tie's attribute is out of range.
    """
    nodes = list(graph.nodes)
    if len(nodes) != len(agents):
        raise InputError(
            f"graph has {len(nodes)} nodes for {len(agents)} agents: "
            "give it one node per agent, or change the number of agents"
        )
    names = (
        {node: node for node in nodes}
        if set(nodes) == set(agents)
        else dict(zip(nodes, agents, strict=True))
    )
    ties = []
    for one, other, data in graph.edges(data=True):
        ends = [(one, other)] if graph.is_directed() else [(one, other), (other, one)]
        for speaker, listener in ends:
            if speaker != listener:
                weight, delay = data.get("weight", 1.0), data.get("delay")
                ties.append(Tie(str(names[speaker]), str(names[listener]), weight, delay))
    return tuple(sorted(ties, key=attrgetter("speaker", "listener")))
