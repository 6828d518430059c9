"""Scenarios, graphs, surveys and chance: what they refuse, and what they mean."""

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.agent import Agent
from agents.engines.scripted import ScriptedEngine
from agents.memory import MemorySpec
from personas.errors import InputError
from simulation.chance import seed_for, uniform
from simulation.graph import GENERATORS, Tie, make_graph, ties_of
from simulation.reading import read_run
from simulation.run import run
from simulation.scenario import recast
from simulation.survey import Survey
from simulation.turntaking import Rounds

from .strategies import YES_NO, people
from .test_record import small


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Rounds(0), "rounds must be at least 1, got 0"),
        (lambda: Rounds(2, "randm"), "unknown order 'randm'.*did you mean 'random'"),
        (lambda: make_graph("ring", -3, 0), "agents must be at least 1, got -3"),
        (lambda: make_graph("smal-world", 5, 0), "did you mean 'small-world'"),
        (lambda: ties_of(nx.path_graph(4), ["a", "b"]), "graph has 4 nodes for 2 agents"),
        (lambda: Tie("a", "b", weight=0), "weight.*got 0"),
        (lambda: Tie("a", "b", delay=0), "delay.*got 0"),
        (lambda: Tie("a", "b", delay=float("inf")), "delay.*got inf"),
        (lambda: small(agents=()), "agents must be at least 1"),
        (lambda: small(agents=(Agent("a", "A"), Agent("a", "B"))), "key.*got twice: a"),
        (lambda: small(agents=(Agent("a", "A"), Agent("b", "A"))), "label.*got twice: A"),
        (lambda: small(seed=-1), "seed.*-1"),
        (lambda: small(attention=-1), "attention.*-1"),
        (lambda: small(controls=("scrambeld",)), "did you mean 'scrambled'"),
        (lambda: small(unrelated_opening=""), "unrelated_opening"),
        (lambda: small(surveys=(YES_NO, YES_NO)), "survey questions must differ"),
        (lambda: Survey("q", (), ("a", "b"), (1, -1)), "at least one wording"),
        (lambda: Survey("q", ("no place",), ("a", "b"), (1, -1)), "options"),
        (lambda: Survey("q", ("{options}",), ("a", "a"), (1, -1)), "distinct"),
        (lambda: Survey("q", ("{options}",), ("a", "b"), (1,)), "value in"),
        (lambda: Survey("q", ("{options}",), ("a", "b"), (1, -2)), "value in"),
        (lambda: Survey("q", ("{options}",), ("a", "b"), (1, -1), every=0), "every.*got 0"),
        (lambda: recast(people(2), {"ada": Agent("x", "X")}), "'ada', who is not in the room"),
        (lambda: Agent("", "x"), "key"),
        (lambda: Agent("x", "two\nlines"), "one-line label"),
    ],
)
def test_bad_input_names_field_value_and_remedy(build, message):
    with pytest.raises(InputError, match=message):
        build()


def test_memory_beyond_the_models_context_is_refused(tmp_path):
    scenario, engine = small(memory=MemorySpec(1990)), ScriptedEngine(context_tokens=2048)
    with pytest.raises(InputError, match=r"memory tokens must be at most \d+.*2048, got 1990"):
        run(scenario, engine, tmp_path)


def test_a_directed_tie_goes_from_speaker_to_listener():
    graph = nx.DiGraph([("ada", "bo")])
    assert ties_of(graph, ["bo", "ada"]) == (Tie("ada", "bo"),)


def test_nodes_of_other_names_are_matched_in_order_and_attributes_kept():
    graph = nx.Graph()
    graph.add_edge(0, 1, weight=0.5, delay=2.0)
    assert ties_of(graph, ["x", "y"]) == (Tie("x", "y", 0.5, 2.0), Tie("y", "x", 0.5, 2.0))


@given(st.sampled_from(sorted(GENERATORS)), st.integers(1, 40), st.integers(0, 9))
def test_generators_are_seeded_and_have_the_nodes_asked_for(name, n, seed):
    graph = make_graph(name, n, seed)
    assert len(graph) == n
    assert nx.utils.graphs_equal(graph, make_graph(name, n, seed))


def test_option_orders_mirror_each_other():
    survey = Survey("q", ("Mark. {options} Go.",), ("yes", "maybe", "no"), (1, 0, -1))
    assert survey.letters == ("A", "B", "C")
    assert survey.line(0, "forward").text == "Mark. A: yes. B: maybe. C: no. Go."
    assert survey.line(0, "reverse").text == "Mark. A: no. B: maybe. C: yes. Go."


def test_options_may_keep_their_letters():
    survey = Survey("q", ("{options}",), ("yes", "maybe", "no"), (1, 0, -1), relabel=False)
    assert survey.line(0, "forward").text == "A: yes. B: maybe. C: no."
    assert survey.line(0, "reverse").text == "C: no. B: maybe. A: yes."
    assert survey.shown("reverse") == ("yes", "maybe", "no")
    assert survey.values_shown("reverse") == (1, 0, -1)


def test_a_swapped_seat_keeps_its_face():
    bo, eve = Agent("bo", "Bo"), Agent("eve", "Eve")
    assert recast((bo, eve), {"bo": eve})[0].label == "Bo"


@given(st.integers(0, 2**31), st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_streams_of_different_names_are_different(seed, one, other):
    if one != other:
        assert seed_for(seed, *one) != seed_for(seed, *other)
    assert 0 <= seed_for(seed, *one) < 2**63


def test_uniform_draws_are_uniform():
    draws = sorted(uniform(7, "x", i) for i in range(4000))
    # Kolmogorov-Smirnov: the largest gap exceeds 1.63 / sqrt(n) with probability 0.01.
    assert max(abs(u - (i + 0.5) / 4000) for i, u in enumerate(draws)) < 1.63 / 4000**0.5


def test_weight_is_the_share_of_messages_noticed(tmp_path):
    agents = people(2)
    ties = (Tie(agents[0].key, agents[1].key, weight=0.3),)
    scenario = small(agents=agents, ties=ties, turns=Rounds(400), surveys=(), controls=())
    run(scenario, ScriptedEngine(lambda _: "hm"), tmp_path)
    noticed = read_run(tmp_path).exposures["noticed"]
    assert len(noticed) == 399
    assert abs(noticed.mean() - 0.3) < 3 * (0.3 * 0.7 / 399) ** 0.5  # three standard errors
