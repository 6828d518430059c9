"""A branch equals a run from scratch, and computes exactly the causal cone of its swap."""

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.engines.scripted import ScriptedEngine
from agents.memory import MemorySpec
from personas.errors import InputError
from simulation.chance import uniform
from simulation.record import FILE
from simulation.run import read_manifest_of, run, simulate
from simulation.scenario import Scenario, seat_graph
from simulation.swaps import Swap
from simulation.turntaking import Rounds

from .strategies import WEARERS, graphs, people
from .test_crash import TABLES, rows
from .test_record import small
from .test_serial_equality import echo

MEMORY = MemorySpec(100_000, 1000)
"""Long enough that nothing is forgotten: whatever was heard is still in every later prompt."""


def turn_graph(scenario: Scenario, rounds: Rounds) -> nx.DiGraph:
    """Who depends on whom: a node a turn (agent, counter), and one (agent, wave, "asked") a survey.

    Written from the definitions alone: a turn depends on the agent's own turn before it, and on
    what it noticed among all that arrived strictly before.
    """
    n, graph = len(scenario.agents), nx.DiGraph()
    gap = 0.5 / n if rounds.order == "sequential" else 0.5
    for place, agent in enumerate(scenario.agents):
        offset = place / n if rounds.order == "sequential" else 0.0
        for count in range(rounds.count):
            graph.add_node((agent.key, count), agent=agent.key, time=count + 1 + offset)
        for wave in range(rounds.count + 1):
            time = wave + 1 - gap / 2
            graph.add_node((agent.key, wave, "asked"), agent=agent.key, time=time)
    said = [node for node in graph if len(node) == 2]
    for node, about in list(graph.nodes(data=True)):
        for earlier in said:
            speaker, then = earlier[0], graph.nodes[earlier]["time"]
            if speaker == about["agent"] and then < about["time"]:
                graph.add_edge(earlier, node)
            for tie in scenario.ties:
                if (tie.speaker, tie.listener) != (speaker, about["agent"]):
                    continue
                arrives = then + (gap if tie.delay is None else tie.delay)
                draw = uniform(scenario.seed, "notice", tie.listener, speaker, earlier[1])
                if arrives < about["time"] and draw < tie.weight:
                    graph.add_edge(earlier, node)
    return graph


def cone(graph: nx.DiGraph, swap: Swap) -> set[tuple]:
    """Everything that the swap can reach."""
    changed = {
        node
        for node, about in graph.nodes(data=True)
        if about["agent"] == swap.seat and about["time"] >= swap.time
    }
    return changed.union(*(nx.descendants(graph, node) for node in changed))


def computed(folder: Path) -> set[tuple]:
    """Turns and surveys whose call was not taken from the parent."""
    with closing(sqlite3.connect(folder / FILE)) as database:
        turns = database.execute(
            "SELECT agent, counter FROM turns JOIN calls ON key = call WHERE NOT inherited"
        ).fetchall()
        asked = database.execute(
            "SELECT DISTINCT agent, wave, 'asked' FROM surveys JOIN calls ON key = call "
            "WHERE NOT inherited"
        ).fetchall()
    return {*turns, *asked}


def branch(scenario: Scenario, parent: Path, folder: Path, engine: ScriptedEngine) -> None:
    """Runs a scenario as a branch."""
    asyncio.run(simulate(scenario, engine, folder, parent=parent))


@st.composite
def branches(draw) -> tuple[Scenario, Rounds, Swap]:
    """A talk, and a swap in it that changes the seat's prompt or weights."""
    agents = people(draw(st.integers(1, 6)))
    rounds = Rounds(draw(st.integers(1, 4)), draw(st.sampled_from(["simultaneous", "sequential"])))
    scenario = small(
        agents=agents,
        ties=seat_graph(draw(graphs(len(agents))), agents),
        turns=rounds,
        controls=(),
        seed=draw(st.integers(0, 1000)),
        memory=MEMORY,
    )
    seat = draw(st.sampled_from([agent.key for agent in agents]))
    time = draw(st.integers(1, rounds.count).map(float) | st.floats(0.01, rounds.count + 0.5))
    return scenario, rounds, Swap(time, seat, draw(st.sampled_from(WEARERS[1:])))


def check_cone(scenario: Scenario, rounds: Rounds, swap: Swap) -> None:
    """A branch equals the run from scratch, and computes what the swap can reach, no more."""
    branched = replace(scenario, swaps=(swap,))
    with tempfile.TemporaryDirectory() as name:
        parent, scratch, folder = (Path(name) / part for part in ("parent", "scratch", "branch"))
        run(scenario, ScriptedEngine(echo), parent)
        run(branched, ScriptedEngine(echo), scratch)
        branch(branched, parent, folder, ScriptedEngine(echo))
        assert rows(folder) == rows(scratch)
        assert computed(folder) == cone(turn_graph(scenario, rounds), swap)


@settings(max_examples=15, deadline=None)
@given(branches())
def test_a_branch_computes_exactly_the_causal_cone(drawn):
    check_cone(*drawn)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(branches())
def test_many_branches_compute_exactly_the_causal_cone(drawn):
    check_cone(*drawn)


@settings(max_examples=30, deadline=None)
@given(branches())
def test_words_that_do_not_change_are_not_computed_again(drawn):
    """People who say the same whatever they hear: beyond the seat itself nothing changes."""
    scenario, rounds, swap = drawn

    def stubborn(request) -> str:
        return f"I said {request.seed}"

    with tempfile.TemporaryDirectory() as name:
        parent, folder = Path(name) / "parent", Path(name) / "branch"
        run(scenario, ScriptedEngine(stubborn), parent)
        branch(replace(scenario, swaps=(swap,)), parent, folder, ScriptedEngine(stubborn))
        allowed = cone(turn_graph(scenario, rounds), swap)
        found = computed(folder)
        assert found <= allowed
        assert {node[0] for node in found} <= {swap.seat}


def swapped(**changes) -> Scenario:
    """The small scenario with one seat changed in round 2."""
    agent = small().agents[2]
    return small(swaps=(Swap(2.0, agent.key, WEARERS[1]),), memory=MEMORY, **changes)


def test_an_interrupted_branch_goes_on_and_says_where_it_branched(tmp_path):
    run(small(memory=MEMORY), ScriptedEngine(echo), tmp_path / "parent")
    told = 0

    def fragile(request) -> str:
        nonlocal told
        told += 1
        if told > 3:
            raise RuntimeError("the plug was pulled")
        return echo(request)

    with pytest.raises(RuntimeError):
        branch(swapped(), tmp_path / "parent", tmp_path / "branch", ScriptedEngine(fragile))
    branch(swapped(), tmp_path / "parent", tmp_path / "branch", ScriptedEngine(echo))
    run(swapped(), ScriptedEngine(echo), tmp_path / "scratch")
    assert {t: rows(tmp_path / "branch")[t] for t in TABLES} == rows(tmp_path / "scratch")
    assert read_manifest_of(tmp_path / "branch")["branch"]["time"] == 2.0


def test_what_changed_besides_the_swap_is_named_and_refused(tmp_path):
    run(small(memory=MEMORY), ScriptedEngine(echo), tmp_path / "parent")
    newer = ScriptedEngine(echo, version="2")
    with pytest.raises(InputError, match=r"model version: 1 then, 2 now.*--accept-changes"):
        branch(swapped(), tmp_path / "parent", tmp_path / "branch", newer)
    assert not (tmp_path / "branch").exists()
