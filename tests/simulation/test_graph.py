"""Generators of ties: sizes and degrees by hand, and what must hold whatever the draw."""

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.errors import InputError
from simulation.graph import GENERATORS, homophilous, make_graph, rewired, ties_of


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(GENERATORS)), st.integers(1, 20), st.integers(0, 999))
def test_every_generator_gives_a_node_an_agent_and_the_same_again(name, n, seed):
    graph = make_graph(name, n, seed)
    assert set(graph.nodes) == set(range(n))
    assert set(graph.edges) == set(make_graph(name, n, seed).edges)
    ties = graph.number_of_edges() - nx.number_of_selfloops(graph)  # a ring of one
    assert len(ties_of(graph, [str(i) for i in range(n)])) == 2 * ties


def test_two_halves_hear_mostly_themselves():
    graphs = [make_graph("stochastic-block", 40, seed) for seed in range(50)]
    ties = [(a < 20) == (b < 20) for graph in graphs for a, b in graph.edges]
    # Expected: 40 * 4 / 2 ties a graph, 9 in 10 of them inside a half.
    assert len(ties) / 50 == pytest.approx(80, abs=5)
    assert sum(ties) / len(ties) == pytest.approx(0.9, abs=0.02)


OPINIONS = st.lists(st.floats(-1, 1), min_size=1, max_size=15)


@settings(max_examples=40, deadline=None)
@given(OPINIONS, st.integers(0, 99), st.floats(0, 9), st.integers(1, 6))
def test_the_number_of_homophilous_ties_does_not_depend_on_opinions(opinions, seed, strength, head):
    graph = homophilous(opinions, seed, strength, head)
    n = len(opinions)
    assert set(graph.nodes) == set(range(n))
    assert graph.number_of_edges() == min(n * (n - 1) // 2, n * head // 2)


def test_birds_of_a_feather():
    two_camps = [-1.0] * 10 + [1.0] * 10
    graphs = [homophilous(two_camps, seed, 10.0) for seed in range(20)]
    assert all((a < 10) == (b < 10) for graph in graphs for a, b in graph.edges)
    even = [homophilous(two_camps, seed, 0.0) for seed in range(50)]
    across = [(a < 10) != (b < 10) for graph in even for a, b in graph.edges]
    # Without homophily 100 of the 190 pairs lie across.
    assert sum(across) / len(across) == pytest.approx(100 / 190, abs=0.05)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["small-world", "complete", "star", "random"]), st.integers(1, 15))
def test_rewiring_keeps_everybodys_number_of_ties(name, n):
    graph = make_graph(name, n, 5)
    other = rewired(graph, 3)
    assert dict(other.degree) == dict(graph.degree)
    assert nx.number_of_selfloops(other) == 0
    assert set(other.edges) == set(rewired(graph, 3).edges)


def test_rewiring_mixes_the_camps():
    two_camps = [-1.0] * 10 + [1.0] * 10
    graph = homophilous(two_camps, 1, 10.0)
    across = [(a < 10) != (b < 10) for a, b in rewired(graph, 2).edges]
    # Of random partners 10 of the 19 others are of the other camp.
    assert 0.3 < sum(across) / len(across) < 0.75


@pytest.mark.parametrize(
    ("opinions", "strength", "head", "words"),
    [
        ([0.0], -1.0, 4, "strength must be at least 0"),
        ([0.0], 1.0, 0, "head must be at least 1"),
        ([float("nan")], 1.0, 4, "opinions must be finite"),
    ],
)
def test_homophily_out_of_range_is_refused(opinions, strength, head, words):
    with pytest.raises(InputError, match=words):
        homophilous(opinions, 0, strength, head)
