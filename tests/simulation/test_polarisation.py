"""Polarisation against closed forms, a linear program and SciPy, and its invariants."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from personas.errors import InputError
from simulation.analysis.dip import dip_p_value, dip_statistic
from simulation.analysis.opinion import (
    flip_rates,
    flips_between_waves,
    mean_absolute_drift,
    opinions,
    side_changes,
)
from simulation.analysis.polarisation import (
    INDICES,
    bimodality,
    camps,
    esteban_ray,
    mean_distance,
    polarisation,
    population_shift,
    variance,
)

from .worlds import survey

POLES = np.array([-1.0, -1.0, -1.0, 1.0, 1.0, 1.0])
points = st.integers(-100, 100).map(lambda step: step / 100)
populations = st.lists(points, min_size=4, max_size=14).map(np.array)


def read(courses: dict[str, list[float]]) -> pd.DataFrame:
    """What `opinions` gives for agents with these opinions, wave by wave."""
    held = {
        ("talk", agent, wave): value
        for agent, course in courses.items()
        for wave, value in enumerate(course)
    }
    return opinions(survey(held))


def test_indices_at_the_poles_and_of_a_consensus():
    assert variance(POLES) == 1
    assert mean_distance(POLES) == pytest.approx(2 * 9 / 15)  # 9 of 15 pairs stand 2 apart.
    assert esteban_ray(POLES) == pytest.approx(1)
    assert dip_statistic(POLES) == pytest.approx(0.25)
    alike = np.full(6, 0.3)
    assert [variance(alike), mean_distance(alike), esteban_ray(alike)] == [0, 0, 0]
    assert math.isnan(bimodality(alike))


def test_bimodality_by_hand_and_in_its_limits():
    # Two and two: skewness 0; the unbiased excess kurtosis of four is
    # 3 / (2 * 1) * (5 * -2 + 6) = -6, and the correction 3 * 9 / 2.
    assert bimodality(np.array([-1.0, -1.0, 1.0, 1.0])) == pytest.approx(1 / (-6 + 13.5))
    assert bimodality(np.repeat([-1.0, 1.0], 5_000)) == pytest.approx(1, abs=1e-3)
    assert bimodality(np.linspace(-1, 1, 20_001)) == pytest.approx(5 / 9, abs=1e-3)
    assert math.isnan(bimodality(np.array([-1.0, 0.0, 1.0])))


def test_esteban_ray_by_hand():
    # Shares 1/2 at -1, 1/4 at 0 and 1/4 at 1; alpha 1.
    held = np.array([-1.0, -1.0, 0.0, 1.0])
    raw = 0.25 * (0.25 * 1 + 0.25 * 2) + 0.0625 * (0.5 * 1 + 0.25 * 1) + 0.0625 * (0.5 * 2 + 0.25)
    assert esteban_ray(held, alpha=1) == pytest.approx(2 * raw)


def test_a_border_between_groups_goes_outwards_on_both_sides():
    # Five groups: the middle one ends at 0.2, which belongs to the group outside it.
    assert esteban_ray(np.array([0.2, 0.59])) == 0
    assert esteban_ray(np.array([-0.2, -0.59])) == 0
    assert esteban_ray(np.array([0.19, 0.2])) > 0


@pytest.mark.parametrize("field", [{"alpha": 0}, {"alpha": 1.7}, {"bins": 1}, {"bins": 4}])
def test_esteban_ray_refuses_what_it_is_not_defined_for(field):
    with pytest.raises(InputError, match=f"{next(iter(field))} must"):
        esteban_ray(POLES, **field)


def nearest_unimodal(values: np.ndarray) -> float:
    """The dip by its definition: a linear program for each place at which the mode may be."""
    places, counts = np.unique(values, return_counts=True)
    reached = np.cumsum(counts) / len(values)
    below = reached - counts / len(values)
    best = min(_program(places, below, reached, mode) for mode in range(len(places)))
    return max(best, 1 / (2 * len(values)))


def _program(places, below, reached, mode) -> float:
    """Least distance of a function that is convex up to `mode`, may jump there, then concave."""
    left, right = mode + 1, len(places) - mode
    size = left + right + 1
    rows, bounds = [], []

    def at_most(terms, bound):
        row = np.zeros(size)
        for place, factor in terms:
            row[place] += factor
        rows.append(row)
        bounds.append(bound)

    def within(place, low, high):
        at_most([(place, -1), (size - 1, -1)], -low)
        at_most([(place, 1), (size - 1, -1)], high)

    for k in range(left):
        within(k, below[k] if k == mode else reached[k], below[k])
    for k in range(right):
        within(left + k, reached[mode + k], (reached if k == 0 else below)[mode + k])
    at_most([(mode, 1), (left, -1)], 0)
    for offset, xs, sign in ((0, places[:left], 1), (left, places[mode:], -1)):
        for k in range(len(xs) - 1):
            at_most([(offset + k, 1), (offset + k + 1, -1)], 0)
        for k in range(1, len(xs) - 1):
            one, two = 1 / (xs[k] - xs[k - 1]), 1 / (xs[k + 1] - xs[k])
            here = offset + k
            at_most(
                [(here, sign * (one + two)), (here - 1, -sign * one), (here + 1, -sign * two)], 0
            )
    goal = np.eye(size)[-1]
    found = linprog(goal, A_ub=rows, b_ub=bounds, bounds=[(None, None)] * size, method="highs")
    return float(found.fun)


@pytest.mark.parametrize("seed", range(40))
def test_the_dip_is_the_distance_to_the_nearest_unimodal_distribution(seed):
    rng = np.random.default_rng(seed)
    kinds = (rng.random, lambda n: rng.integers(0, 5, n) / 5, lambda n: rng.normal(size=n).round(1))
    values = kinds[seed % 3](int(rng.integers(4, 14)))
    assert dip_statistic(values) == pytest.approx(nearest_unimodal(values), abs=1e-7)


def test_the_dip_where_rounding_once_hid_the_widest_place():
    held = [-0.8, -0.7, -0.7, 0.0, 1.2, 1.7, 1.7, 2.3, 2.3]
    assert dip_statistic(held) == pytest.approx(2.8 / 18)


def test_a_dip_has_its_least_value_for_even_steps_and_none_without_values():
    assert dip_statistic(np.arange(10)) == pytest.approx(1 / 20)
    assert math.isnan(dip_statistic([]))
    with pytest.raises(InputError, match="finite"):
        dip_statistic([0.1, math.nan])


def test_the_p_value_of_a_dip_tells_two_camps_from_one():
    rng = np.random.default_rng(3)
    camps_apart = np.concatenate([rng.normal(-0.7, 0.1, 20), rng.normal(0.7, 0.1, 20)])
    assert dip_p_value(camps_apart, rng, draws=199) == pytest.approx(1 / 200)
    assert dip_p_value(np.linspace(-1, 1, 40), rng, draws=99) == 1


@settings(max_examples=60, deadline=None)
@given(populations, st.randoms())
def test_range_mirror_and_relabelling(held, random):
    shuffled = np.array(random.sample(list(held), len(held)))
    tops = {"mean distance": 2.0, "dip": 0.25}
    for name, index in INDICES.items():
        value = index(held)
        if not math.isnan(value):
            assert -1e-12 <= value <= tops.get(name, 1.0) + 1e-9, name
        for other in (shuffled, -held):
            assert index(other) == pytest.approx(value, abs=1e-9, nan_ok=True), name


@settings(max_examples=40, deadline=None)
@given(populations, st.integers(1, 10))
def test_scale(held, parts):
    smaller = held / parts
    assert variance(smaller) == pytest.approx(variance(held) / parts**2)
    assert mean_distance(smaller) == pytest.approx(mean_distance(held) / parts)
    assert bimodality(smaller) == pytest.approx(bimodality(held), nan_ok=True)
    assert dip_statistic(smaller) == pytest.approx(dip_statistic(held))


@settings(max_examples=30, deadline=None)
@given(populations)
def test_mean_distance_is_that_of_all_pairs(held):
    n = len(held)
    pairs = [abs(held[i] - held[j]) for i in range(n) for j in range(i)]
    assert mean_distance(held) == pytest.approx(np.mean(pairs))


def test_all_indices_for_each_survey():
    frame = polarisation(read({"a": [-1, 0], "b": [-1, 0], "c": [1, 0], "d": [1, 0]}))
    assert len(frame) == 2 * len(INDICES)
    table = frame.pivot(index="wave", columns="measure", values="value")
    assert table.loc[0, "variance"] == pytest.approx(1)
    assert table.loc[1, "variance"] == pytest.approx(0)
    assert set(frame["agents"]) == {4}


def test_camps_by_hand():
    cut = camps(read({"a": [-0.9], "b": [-0.7], "c": [0.6], "d": [0.7], "e": [0.8]})).iloc[0]
    assert (cut.low, cut.high) == pytest.approx((-0.8, 0.7))
    assert (cut.apart, cut.smaller) == pytest.approx((1.5, 0.4))
    within = (2 * 0.1**2 + 2 * 0.1**2) / 5
    assert cut.explained == pytest.approx(1 - within / np.var([-0.9, -0.7, 0.6, 0.7, 0.8]))


def test_camps_of_an_even_crowd_and_of_a_consensus():
    even = {f"a{place:03}": [value] for place, value in enumerate(np.linspace(-1, 1, 200))}
    assert camps(read(even)).iloc[0].explained == pytest.approx(0.75, abs=0.01)
    assert math.isnan(camps(read({"a": [0.5], "b": [0.5]})).iloc[0].explained)


def test_a_population_that_swaps_places_has_not_shifted():
    frame = read({"a": [-0.5, 0.5], "b": [0.5, -0.5]})
    assert population_shift(frame)["value"].tolist() == pytest.approx([0, 0])
    assert mean_absolute_drift(frame)["value"].tolist() == pytest.approx([0, 1])
    moved = read({"a": [-0.5, 0.0], "b": [0.5, 0.6]})
    assert population_shift(moved)["value"].tolist() == pytest.approx([0, 0.3])


def test_changes_of_mind_by_hand():
    # Modal answers: for, against, for; then undecided throughout.
    frame = read({"a": [1, -1, 1], "b": [0, 0.1, 0]})
    assert flips_between_waves(frame)["value"].tolist() == [0.5, 0.5]
    rates = flip_rates(frame).set_index("agent")
    assert rates["value"].to_dict() == {"a": 1.0, "b": 0.0}
    assert rates["steps"].tolist() == [2, 2]
    assert side_changes(frame)["value"].tolist() == [0, 0.5, 0]


def test_a_missing_wave_makes_no_step():
    frame = read({"a": [1, -1, 1], "b": [0, 0, 0]})
    gap = frame[~((frame["agent"] == "a") & (frame["wave"] == 1))]
    assert flip_rates(gap).set_index("agent")["steps"].to_dict() == {"b": 2}
