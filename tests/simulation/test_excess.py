"""The excess over the floor by hand, and intervals that say when they cannot be given."""

import math
from dataclasses import replace

import numpy as np
import pytest

from simulation.analysis.excess import MEASURES, excess_over_floor, interval_over_runs

from .worlds import HELD, run_of

AGENTS = {"ada": "Ada Lind", "bo": "Bo Reed"}


def table_of(*runs):
    return excess_over_floor(runs).set_index(["run", "measure"])


def test_who_stops_answering_does_not_shift_the_mean():
    run = run_of(HELD, AGENTS)
    surveys = run.surveys.copy()
    silent = (surveys["arm"] == "talk") & (surveys["agent"] == "ada") & (surveys["wave"] == 1)
    surveys["logprobs"] = [
        tuple(lp + math.log(0.1) for lp in row) if gone else row
        for row, gone in zip(surveys["logprobs"], silent, strict=True)
    ]
    table = table_of(replace(run, surveys=surveys))
    # Only Bo answers at both ends of the talk: 0.3 before, 0.1 after.
    assert table.loc[(0, "shift of the mean")].talk == pytest.approx(-0.2)
    assert table.loc[(0, "change of spread")].talk == pytest.approx(0.0)
    assert table.loc[(0, "shift of the mean")].floor == pytest.approx(0.05)


def test_every_measure_by_hand():
    table = table_of(run_of(HELD, AGENTS))
    expected = {
        "mean absolute drift": (0.7, 0.05),
        "share who flipped": (1.0, 0.0),
        "shift of the mean": (0.5, 0.05),
        "change of spread": (0.25 - 0.45, 0.4 - 0.45),
        "change of assortativity": (0.0, 0.0),  # two agents, one tie: -1 throughout
        "order consistency": (1.0, 1.0),
    }
    assert set(expected) == set(MEASURES)
    for measure, (talk, floor) in expected.items():
        row = table.loc[(0, measure)]
        assert row.talk == pytest.approx(talk), measure
        assert row.floor == pytest.approx(floor), measure
        assert row.excess == pytest.approx(talk - floor), measure
        assert (row.seed, row.floor_arm) == (7, "scrambled")


def test_runs_are_paired_within_themselves():
    calmer = {key: (-0.6 if key[1] == "ada" else 0.3) for key in HELD}
    table = table_of(run_of(HELD, AGENTS), run_of(calmer, AGENTS, seed=8))
    assert table.loc[(1, "mean absolute drift")].excess == pytest.approx(0.0)
    assert table.loc[(1, "mean absolute drift")].seed == 8


def test_the_silent_arm_is_the_floor_where_nothing_better_was_run():
    held = {("silent" if arm == "scrambled" else arm, *rest): v for (arm, *rest), v in HELD.items()}
    table = table_of(run_of(held, AGENTS, arms=["talk", "silent"]))
    assert set(table["floor_arm"]) == {"silent"}
    assert table.loc[(0, "mean absolute drift")].excess == pytest.approx(0.65)


def test_without_a_control_there_is_no_excess():
    held = {key: value for key, value in HELD.items() if key[0] == "talk"}
    table = table_of(run_of(held, AGENTS, arms=["talk"]))
    assert table["excess"].isna().all()
    assert table.loc[(0, "mean absolute drift")].talk == pytest.approx(0.7)


def test_an_arm_that_has_not_begun_counts_as_missing():
    held = {key: value for key, value in HELD.items() if key[0] == "talk"}
    assert table_of(run_of(held, AGENTS))["excess"].isna().all()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "not measured"),
        ([0.3], "one run: no interval; the run is the unit of replication"),
        ([0.3, float("nan")], "one run: no interval"),
        ([0.1] * 5, "5 runs: too few"),
        ([0.1] * 6, "all 6 runs alike"),
    ],
)
def test_no_interval_is_invented(values, words):
    found = interval_over_runs(values, np.random.default_rng(0))
    assert (found.low, found.high) == (None, None)
    assert words in found.words


def test_an_interval_by_hand():
    # Means of the 255 subsets of 1, 2, 4, ..., 128: the six least are 1, 1.5, 2, 7/3, 2.5, 3.
    values = [2.0**power for power in range(8)]
    found = interval_over_runs(values, np.random.default_rng(0))
    assert found.low == pytest.approx(3.0)
    # The greatest: 128, 96, 80, 224/3, 72, 208/3, ...
    assert found.high == pytest.approx(208 / 3)
    assert (
        "too few for 99%"
        in interval_over_runs(values[:6], np.random.default_rng(0), confidence=0.99).words
    )


def test_the_interval_of_many_normal_runs_is_that_of_the_textbook():
    values = np.random.default_rng(1).normal(0.2, 0.1, 400)
    found = interval_over_runs(list(values), np.random.default_rng(2))
    half = 1.96 * values.std(ddof=1) / np.sqrt(400)
    assert found.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_an_interval_moves_with_its_values_and_is_drawn_from_the_given_generator():
    values = [0.1, 0.2, 0.15, 0.3, 0.05, 0.25]
    here = interval_over_runs(values, np.random.default_rng(3))
    again = interval_over_runs(values, np.random.default_rng(3))
    there = interval_over_runs([value + 1 for value in values], np.random.default_rng(3))
    assert here == again
    assert here.low is not None
    assert here.high is not None
    assert here.low < np.mean(values) < here.high
    assert there.low == pytest.approx(here.low + 1)
    assert there.high == pytest.approx(here.high + 1)


def test_on_a_complete_graph_assortativity_does_not_change_by_rounding():
    people = {key: key.title() for key in ("a", "b", "c", "d")}
    ties = [[a, b, 1.0] for a in people for b in people if a != b]
    held = {
        (arm, agent, wave): round(math.sin(17 * place + 5 * wave), 2)
        for arm in ("talk", "scrambled")
        for place, agent in enumerate(people)
        for wave in (0, 1)
    }
    found = excess_over_floor([run_of(held, people, ties=ties)]).set_index("measure")
    # Everybody hears everybody: always -1 / (n - 1).
    assert found.loc["change of assortativity", ["talk", "floor", "excess"]].tolist() == [0, 0, 0]
