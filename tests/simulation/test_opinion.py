"""Opinion measures against hand counts, closed forms and networkx, and their invariants."""

import math
from itertools import pairwise

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.errors import InputError
from simulation.analysis.opinion import (
    assortativity,
    drift,
    flips,
    levels,
    mean_absolute_drift,
    opinions,
    order_consistency,
)
from simulation.graph import Tie

from .worlds import answer, survey

FOR, LEAN = (1, 0, 0, 0, 0), (0, 1, 0, 0, 0)
AGAINST = (0, 0, 0, 0, 1)


def read(*answers: dict[str, object]) -> pd.Series:
    """The one opinion that a few answers add up to."""
    frame = opinions(pd.DataFrame(answers))
    assert len(frame) == 1
    return frame.iloc[0]


def both(shares, **fields) -> list[dict[str, object]]:
    return [answer(shares, order=order, **fields) for order in ("forward", "reverse")]


def test_opinion_is_the_expectation_over_the_options():
    # 0.5 * 1 + 0.25 * 0.5 + 0.25 * (-1)
    assert read(*both((0.5, 0.25, 0, 0, 0.25))).opinion == pytest.approx(0.375)


def test_opinion_does_not_depend_on_the_mass():
    one = read(*both((0.5, 0.25, 0, 0, 0.25), mass=0.6))
    assert one.opinion == pytest.approx(0.375)
    assert one.mass == pytest.approx(0.6)
    assert not one.degenerate


def test_orders_weigh_the_same_however_many_wordings_each_has():
    one = read(
        answer(FOR, order="forward", wording=0),
        answer(FOR, order="forward", wording=1),
        answer(AGAINST, order="reverse", wording=0),
    )
    assert one.opinion == pytest.approx(0.0)


def test_modal_answers_margin_and_consistency_by_hand():
    one = read(
        answer((0.6, 0.4, 0, 0, 0), order="forward"), answer((0.3, 0.7, 0, 0, 0), order="reverse")
    )
    assert (one.modal_forward, one.modal_reverse) == ("strongly for", "mildly for")
    assert one.consistent == 0.0
    assert one.modal == "mildly for"  # 0.45 against 0.55
    assert one.margin == pytest.approx(0.1)


@pytest.mark.parametrize("shares", [(0.4, 0, 0.4, 0, 0.2), (0.2, 0, 0.4, 0, 0.4)])
def test_ties_go_to_the_least_extreme_option_in_both_orders(shares):
    one = read(*both(shares))
    assert (one.modal, one.modal_forward, one.modal_reverse) == ("undecided",) * 3
    assert one.consistent == 1.0
    assert one.margin == pytest.approx(0.0)


def test_one_order_alone_has_no_consistency():
    one = read(answer(FOR))
    assert one.modal_forward == "strongly for"
    assert pd.isna(one.modal_reverse)
    assert math.isnan(one.consistent)


@pytest.mark.parametrize(("mass", "degenerate"), [(0.49, True), (0.51, False)])
def test_an_answer_with_little_mass_is_degenerate(mass, degenerate):
    assert read(*both(FOR, mass=mass)).degenerate == degenerate


def test_an_answer_without_any_mass_is_data_not_a_crash():
    one = read(*both((0, 0, 0, 0, 0)))
    assert one.degenerate
    assert math.isnan(one.opinion)


def test_tiny_masses_do_not_underflow():
    answers = both(FOR)
    for row in answers:
        row["logprobs"] = tuple(-1000.0 - 1.0 * (value < 1) * 50 for value in row["values"])
    assert read(*answers).opinion == pytest.approx(1.0)


def test_bad_surveys_are_refused_in_one_line():
    good = pd.DataFrame(both(FOR))
    with pytest.raises(InputError, match="no column 'wave'"):
        opinions(good.drop(columns="wave"))
    with pytest.raises(InputError, match="differ in length"):
        opinions(good.assign(logprobs=[(0.0,)] * 2))
    with pytest.raises(InputError, match=r"\[-1, 1\]"):
        opinions(good.assign(values=[(5, 4, 3, 2, 1)] * 2))


def test_an_empty_survey_has_no_opinions():
    empty = opinions(pd.DataFrame(both(FOR)).iloc[:0])
    assert empty.empty
    assert drift(empty).empty
    assert levels(empty).empty
    assert assortativity(empty, []).empty


HELD = {
    ("talk", "ada", 0): -0.6,
    ("talk", "ada", 1): 0.0,
    ("talk", "ada", 2): 0.6,
    ("talk", "bo", 0): 0.3,
    ("talk", "bo", 1): 0.3,
    ("talk", "bo", 2): 0.1,
}


def by_wave(frame: pd.DataFrame, column: str = "value") -> list[float]:
    return [float(value) for value in frame.sort_values("wave")[column]]


def test_drift_by_hand():
    frame = drift(opinions(survey(HELD))).set_index(["agent", "wave"])["drift"]
    assert frame["ada"].tolist() == pytest.approx([0, 0.6, 1.2])
    assert frame["bo"].tolist() == pytest.approx([0, 0, -0.2])


def test_population_measures_by_hand():
    read = opinions(survey(HELD))
    assert by_wave(mean_absolute_drift(read)) == pytest.approx([0, 0.3, 0.7])
    # Ada: mildly against, undecided, mildly for. Bo: mildly for (0.6), then undecided (0.8).
    assert by_wave(flips(read)) == pytest.approx([0, 0.5, 1.0])
    assert by_wave(levels(read), "mean") == pytest.approx([-0.15, 0.15, 0.35])
    assert by_wave(levels(read), "spread") == pytest.approx([0.45, 0.15, 0.25])
    assert by_wave(order_consistency(read)) == [1.0, 1.0, 1.0]


def test_degenerate_answers_are_counted_by_no_measure():
    frame = survey(HELD)
    lost = (frame["agent"] == "bo") & (frame["wave"] == 2)
    frame.loc[lost, "logprobs"] = pd.Series([(-9.0,) * 5] * len(frame))[lost]
    read = opinions(frame)
    assert by_wave(mean_absolute_drift(read)) == pytest.approx([0, 0.3, 1.2])
    assert by_wave(mean_absolute_drift(read), "agents") == [2, 2, 1]
    assert by_wave(levels(read), "mean")[2] == pytest.approx(0.6)
    assert len(read) == len(HELD)


def test_an_agent_without_a_start_has_no_drift():
    held = {key: value for key, value in HELD.items() if key != ("talk", "bo", 0)}
    assert set(drift(opinions(survey(held)))["agent"]) == {"ada"}


def test_order_consistency_by_agent():
    answers = [
        *both(FOR, agent="ada"),
        answer(FOR, agent="bo", order="forward"),
        answer(LEAN, agent="bo", order="reverse"),
    ]
    found = order_consistency(opinions(pd.DataFrame(answers)), by=["agent"])
    assert dict(zip(found["agent"], found["value"], strict=True)) == {"ada": 1.0, "bo": 0.0}


def alike(values, ties, **fields) -> float:
    held = {("talk", agent, 0): value for agent, value in values.items()}
    return float(assortativity(opinions(survey(held)), ties, **fields)["value"].iloc[0])


def test_assortativity_of_a_ring_by_hand():
    ring = [Tie("a", "b"), Tie("b", "c"), Tie("c", "d"), Tie("d", "a")]
    assert alike({"a": 1, "b": -1, "c": 1, "d": -1}, ring) == pytest.approx(-1)
    assert alike({"a": 1, "b": 1, "c": -1, "d": -1}, ring) == pytest.approx(0)
    pairs = [Tie("a", "b"), Tie("c", "d")]
    assert alike({"a": 1, "b": 1, "c": -1, "d": -1}, pairs) == pytest.approx(1)


def test_assortativity_without_variance_or_ties_is_not_a_number():
    assert math.isnan(alike({"a": 0.5, "b": 0.5}, [Tie("a", "b")]))
    assert math.isnan(alike({"a": 0.5, "b": 0.1}, []))


def test_ties_count_by_their_weight():
    # Opinions +1 and -1 balance over the ends of the ties, so their mean is 0, their variance 1
    # and r the weighted mean of the products: two pairs agree, one does not.
    values = {"a": 1, "b": 1, "c": -1, "d": -1, "e": 1, "f": -1}
    ties = [Tie("a", "b"), Tie("c", "d"), Tie("e", "f")]
    assert alike(values, ties) == pytest.approx(1 / 3)
    lighter = [*ties[:2], Tie("e", "f", 0.5)]
    assert alike(values, lighter) == pytest.approx((2 - 0.5) / 2.5)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_assortativity_equals_networkx_where_ties_weigh_the_same(seed, directed):
    graph = nx.gnp_random_graph(9, 0.4, seed=seed, directed=directed)
    values = {
        node: float(v) for node, v in enumerate(np.random.default_rng(seed).uniform(-1, 1, 9))
    }
    nx.set_node_attributes(graph, values, "opinion")
    expected = nx.numeric_assortativity_coefficient(graph, "opinion")
    ties = [Tie(str(a), str(b)) for a, b in graph.edges]
    named = {str(node): value for node, value in values.items()}
    assert alike(named, ties, directed=directed) == pytest.approx(expected)


weights = st.lists(st.floats(0.001, 1), min_size=5, max_size=5)


@settings(max_examples=40, deadline=None)
@given(weights, weights, st.floats(-30, 0))
def test_range_symmetry_and_scale_of_an_opinion(forward, reverse, shift):
    def shares(raw):
        return tuple(share / sum(raw) for share in raw)

    def asked(agent, first, second):
        return [
            answer(first, order="forward", agent=agent),
            answer(second, order="reverse", agent=agent),
        ]

    quiet = asked("quieter", shares(forward), shares(reverse))
    for row in quiet:
        row["logprobs"] = tuple(lp + shift for lp in row["logprobs"])
    rows = [
        *asked("here", shares(forward), shares(reverse)),
        *asked("swapped", shares(reverse), shares(forward)),
        *asked("mirrored", shares(forward)[::-1], shares(reverse)[::-1]),
        *quiet,
    ]
    found = opinions(pd.DataFrame(rows)).set_index("agent")
    assert len(found) == 4
    here, swapped, mirrored, quieter = (
        found.loc[agent] for agent in ("here", "swapped", "mirrored", "quieter")
    )
    assert -1 <= here.opinion <= 1
    assert 0 <= here.margin <= 1
    # The name of an order does not matter, and mirrored answers mirror the opinion.
    assert swapped.opinion == pytest.approx(here.opinion)
    assert swapped.consistent == here.consistent
    assert mirrored.opinion == pytest.approx(-here.opinion)
    # Only relative probabilities matter for the opinion; the mass takes the rest.
    assert quieter.opinion == pytest.approx(here.opinion)
    assert quieter.mass == pytest.approx(math.exp(shift))


points = st.floats(-1, 1).map(lambda value: round(value, 3))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(points, points), min_size=2, max_size=6), st.randoms())
def test_measures_do_not_depend_on_the_names_of_agents(courses, random):
    names = [f"agent {place}" for place in range(len(courses))]
    shuffled = random.sample(names, len(names))

    def measured(keys):
        held = {
            ("talk", key, wave): value
            for key, course in zip(keys, courses, strict=True)
            for wave, value in enumerate(course)
        }
        found = opinions(survey(held))
        ties = [Tie(one, two) for one, two in pairwise(keys)]
        columns = [mean_absolute_drift(found), flips(found), assortativity(found, ties)]
        spread = levels(found)["spread"]
        return np.concatenate([*(frame["value"] for frame in columns), spread])

    here = measured(names)
    np.testing.assert_allclose(measured(shuffled), here, atol=1e-9)
    drifts, flipped, alike, spread = np.split(here, 4)
    assert np.all((drifts >= 0) & (drifts <= 2))
    assert np.all((flipped >= 0) & (flipped <= 1))
    assert np.all(np.isnan(alike) | (np.abs(alike) <= 1))
    assert np.all((spread >= 0) & (spread <= 1))
