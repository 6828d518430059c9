"""Models of opinion dynamics: closed forms on two people, and parameters put in and got back."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from personas.errors import InputError
from simulation.analysis.confidence import deffuant, hegselmann_krause
from simulation.analysis.dynamics import (
    degroot,
    degroot_each,
    friedkin_johnsen,
    friedkin_johnsen_free,
    susceptibilities,
)
from simulation.analysis.modelfit import COMPARISON_COLUMNS, MODELS, NO_CHANGE, compare_models
from simulation.analysis.slopes import PARAMETER_COLUMNS
from simulation.analysis.transitions import MEETING_COLUMNS, meetings, meetings_heard, steps
from simulation.graph import Tie

RNG = np.random.default_rng
PAIR = [Tie("ada", "bo")]


def held(courses, question="q", **more):
    """Opinions of {agent: [at wave 0, at wave 1, ...]}."""
    rows = [
        {"arm": "talk", "question": question, "agent": agent, "wave": wave}
        | {"time": float(wave), "opinion": value, "degenerate": False, **more}
        for agent, course in courses.items()
        for wave, value in enumerate(course)
    ]
    return pd.DataFrame(rows)


def world(count, rng, density=0.3):
    """A connected random graph's ties, and its matrix with rows that sum to 1."""
    names = [f"a{i:02}" for i in range(count)]
    linked = rng.random((count, count)) < density
    linked |= np.eye(count, k=1, dtype=bool)
    linked = np.triu(linked, 1)
    ties = [Tie(names[i], names[j]) for i, j in np.argwhere(linked)]
    both = (linked | linked.T).astype(float)
    return names, ties, both / both.sum(axis=1, keepdims=True)


def simulated(step, names, rng, waves=8, cases=4, noise=0.0):
    """Opinions of several talks in which ``step(now, start)`` gives what is thought next."""
    frames = []
    for case in range(cases):
        now = start = rng.uniform(-1, 1, len(names))
        course = [now]
        for _ in range(waves):
            now = step(now, start) + rng.normal(0, noise, len(names))
            course.append(now)
        columns = dict(zip(names, np.array(course).T, strict=True))
        frames.append(held(columns, question=f"q{case}"))
    return pd.concat(frames)


def value_of(table, parameter, column="value"):
    return float(table.loc[table["parameter"] == parameter, column].iloc[0])


def test_steps_of_two_people():
    table = meetings(held({"ada": [-0.5, 0.0, 0.2], "bo": [0.5, 0.4, 0.3]}), PAIR)
    assert tuple(table.columns) == MEETING_COLUMNS
    ada = table[table["agent"] == "ada"]
    assert ada[["wave", "start", "now", "next", "theirs", "weight"]].to_numpy() == pytest.approx(
        np.array([[0, -0.5, -0.5, 0.0, 0.5, 1], [1, -0.5, 0.0, 0.2, 0.4, 1]])
    )
    one_way = meetings(held({"ada": [-0.5, 0.0], "bo": [0.5, 0.4]}), PAIR, directed=True)
    assert one_way["agent"].tolist() == ["bo"]


def test_weights_are_shares_and_missing_opinions_leave_their_step():
    ties = [Tie("bo", "ada", 0.2), Tie("cy", "ada", 0.6)]
    frame = held({"ada": [0.0, 0.1, 0.2], "bo": [1.0, 1.0, 1.0], "cy": [-1.0, -1.0, -1.0]})
    table = steps(meetings(frame, ties, directed=True))
    assert table["heard"].tolist() == pytest.approx([0.25 - 0.75] * 2)
    frame.loc[(frame["agent"] == "cy") & (frame["wave"] == 1), "degenerate"] = True
    assert steps(meetings(frame, ties, directed=True))["heard"].tolist() == pytest.approx([-0.5, 1])
    frame.loc[(frame["agent"] == "ada") & (frame["wave"] == 1), "opinion"] = np.nan
    assert meetings(frame, ties, directed=True).empty


def test_who_was_heard_counts_by_the_message():
    frame = held({"ada": [0.0, 0.5, 0.5], "bo": [1.0, 1.0, 1.0], "cy": [-1.0, -1.0, -1.0]})
    heard = pd.DataFrame(
        [("bo", 0.5, 1), ("bo", 1.0, 1), ("cy", 0.5, 1), ("cy", 0.7, 0), ("cy", 1.5, 1)],
        columns=["speaker", "time", "noticed"],
    ).assign(arm="talk", listener="ada")
    table = steps(meetings_heard(frame, heard))
    assert table["agent"].tolist() == ["ada", "ada"]
    assert table["heard"].tolist() == pytest.approx([2 / 3 - 1 / 3, -1.0])


def test_runs_have_ties_of_their_own():
    frame = pd.concat(
        [held({"ada": [0.0, 0.1], "bo": [1.0, 1.0]}, run=run) for run in ("one", "two")]
    )
    both = meetings(frame, {"one": PAIR, "two": []})
    assert set(both["run"]) == {"one"}
    with pytest.raises(InputError, match="run 'two' is missing"):
        meetings(frame, {"one": PAIR})


def test_degroot_on_two_people_by_hand():
    # Each keeps 0.75 of its own: (-1, 1) -> (-0.5, 0.5) -> (-0.25, 0.25).
    table = degroot(meetings(held({"ada": [-1, -0.5, -0.25], "bo": [1, 0.5, 0.25]}), PAIR))
    assert tuple(table.columns) == PARAMETER_COLUMNS
    assert value_of(table, "self-weight") == pytest.approx(0.75)
    each = degroot_each(meetings(held({"ada": [-1, -0.5], "bo": [1, 1.0]}), PAIR))
    assert each["value"].tolist() == pytest.approx([0.75, 1.0])


def test_friedkin_johnsen_on_two_people_by_hand():
    # s = 0.5 each, so m = 0.5: one step is 0.5 (0.5 x + 0.5 h) + 0.5 x0.
    first = (0.5 * 0.0 + 0.5 * -1.0, 0.5 * 0.0 + 0.5 * 1.0)
    second = tuple(
        0.5 * (0.5 * a + 0.5 * b) + 0.5 * s for a, b, s in ((-0.5, 0.5, -1), (0.5, -0.5, 1))
    )
    frame = held({"ada": [-1.0, first[0], second[0]], "bo": [1.0, first[1], second[1]]})
    assert friedkin_johnsen(meetings(frame, PAIR))["value"].tolist() == pytest.approx([0.5, 0.5])
    # Without a weight of oneself one step gives s at once: -1 -> -0.2 of the way to 1.
    alone = held({"ada": [-1.0, -0.2], "bo": [1.0, 1.0]})
    plain = friedkin_johnsen(meetings(alone, PAIR), self_weight=0.0)
    assert plain["value"].tolist() == pytest.approx([0.4, 0.0])


def test_friedkin_johnsen_gives_back_what_was_put_in():
    rng = RNG(1)
    names, ties, matrix = world(20, rng)
    put_in = rng.uniform(0, 1, 20)

    def step(now, start):
        return put_in * (put_in * (matrix @ now) + (1 - put_in) * now) + (1 - put_in) * start

    clean = susceptibilities(meetings(simulated(step, names, rng), ties))
    assert clean["susceptibility"].to_numpy() == pytest.approx(put_in, abs=1e-6)
    noisy = susceptibilities(meetings(simulated(step, names, rng, noise=0.05), ties))
    assert noisy["susceptibility"].to_numpy() == pytest.approx(put_in, abs=0.25)
    inside = (noisy["low"] <= put_in) & (put_in <= noisy["high"])
    assert inside.sum() >= 17  # 19 of 20 expected


def test_a_free_self_weight_is_got_back_too():
    rng = RNG(8)
    names, ties, matrix = world(10, rng)
    put_in = rng.uniform(0.1, 0.9, 10)

    def step(now, start):
        return put_in * (0.4 * now + 0.6 * matrix @ now) + (1 - put_in) * start

    for noise, near in ((0.0, 1e-9), (0.02, 0.1)):
        frame = simulated(step, names, rng, cases=2, noise=noise)
        table = friedkin_johnsen_free(meetings(frame, ties))
        assert value_of(table, "self-weight") == pytest.approx(0.4, abs=near)
        assert table["value"].to_numpy()[:-1] == pytest.approx(put_in, abs=max(near, 1e-6))
        assert value_of(table, "self-weight", "low") <= 0.4
        assert value_of(table, "self-weight", "high") >= 0.4
    alone = friedkin_johnsen_free(meetings(held({"ada": [-1.0, -0.2], "bo": [1.0, 1.0]}), PAIR))
    assert alone["value"].tolist() == pytest.approx([0.4, 0.0, 0.0])
    assert "taken as 0" in alone["words"].iloc[-1]


def test_intervals_cover_and_cling_to_the_bounds():
    rng = RNG(2)
    names, ties, matrix = world(400, rng, density=0.005)
    put_in = np.linspace(0, 1, 400)

    def step(now, start):
        return put_in * (put_in * (matrix @ now) + (1 - put_in) * now) + (1 - put_in) * start

    found = susceptibilities(
        meetings(simulated(step, names, rng, waves=5, cases=2, noise=0.1), ties)
    ).set_index("agent")
    truth = pd.Series(put_in, names).reindex(found.index)
    assert found["susceptibility"].between(found["low"], found["high"]).all()
    inside = (found["low"] <= truth) & (truth <= found["high"])
    assert inside.mean() == pytest.approx(0.95, abs=0.035)


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_the_fit_is_the_bounded_least_squares_of_scipy(key):
    rng = RNG(key)
    met = meetings(held({"ada": rng.uniform(-1, 1, 5), "bo": rng.uniform(-1, 1, 5)}), PAIR)
    ada = steps(met)[lambda f: f["agent"] == "ada"]
    start, now, after, heard = ada[["start", "now", "next", "heard"]].to_numpy().T
    for weight in (None, 0.3):
        found = friedkin_johnsen(met, weight).set_index("agent").loc["ada", "value"]

        def errors(s, weight=weight):
            own = 1 - s if weight is None else weight
            return s * (own * now + (1 - own) * heard) + (1 - s) * start - after

        every = [(errors(s) ** 2).sum() for s in np.linspace(0, 1, 1001)]
        assert (errors(found) ** 2).sum() <= min(every) + 1e-12
        # From the best place of the grid, scipy's own bounded search goes no further down.
        at = np.clip(np.argmin(every) / 1000, 0.001, 0.999)
        best = optimize.least_squares(lambda s: errors(s[0]), [at], bounds=(0, 1))
        assert (errors(found) ** 2).sum() <= 2 * best.cost + 1e-9


def test_degenerate_courses_are_said():
    table = susceptibilities(meetings(held({"ada": [0.3, 0.3, 0.3], "bo": [0.3, 0.3, 0.3]}), PAIR))
    assert table["susceptibility"].isna().all()
    assert table["words"].str.startswith("heard nothing that differs").all()
    one_step = susceptibilities(meetings(held({"ada": [0.0, 0.1], "bo": [1.0, 1.0]}), PAIR))
    assert one_step["low"].isna().all()
    assert one_step["words"].str.startswith("as many parameters as steps").all()
    with pytest.raises(InputError, match="self_weight must lie in"):
        friedkin_johnsen(meetings(held({"ada": [0, 1], "bo": [1, 1]}), PAIR), self_weight=2)


def test_deffuant_on_two_people_by_hand():
    # Distance 0.4 is bridged by a quarter; distance 1.5 by nothing.
    ties = [Tie("bo", "ada"), Tie("dee", "cy")]
    frame = held({"ada": [0.0, 0.1], "bo": [0.4, 0.4], "cy": [-0.7, -0.7], "dee": [0.8, 0.8]})
    table = deffuant(meetings(frame, ties, directed=True))
    assert value_of(table, "convergence rate") == pytest.approx(0.25)
    assert value_of(table, "confidence bound") == pytest.approx((0.4 + 1.5) / 2)
    assert value_of(table, "confidence bound", "low") == pytest.approx(0.4)
    assert value_of(table, "confidence bound", "high") == pytest.approx(1.5)


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_bounds_and_rates_are_got_back(noise):
    rng = RNG(4)
    names, ties, matrix = world(20, rng)

    def near(now):
        gaps = now[None, :] - now[:, None]
        return gaps, abs(gaps) <= 0.6

    def drawn(now, _start):
        gaps, close = near(now)
        return now + 0.3 * (matrix * gaps * close).sum(axis=1)

    table = deffuant(meetings(simulated(drawn, names, rng, waves=3, noise=noise), ties))
    assert value_of(table, "convergence rate") == pytest.approx(0.3, abs=0.02)
    assert value_of(table, "confidence bound") == pytest.approx(0.6, abs=0.05)

    def averaged(now, _start):
        gaps, close = near(now)
        close = close & (matrix > 0)
        return now + (gaps * close).sum(axis=1) / (1 + close.sum(axis=1))

    frame = simulated(averaged, names, rng, waves=3, noise=noise)
    table = hegselmann_krause(meetings(frame, ties))
    assert value_of(table, "confidence bound") == pytest.approx(0.6, abs=0.05)
    low, high = (value_of(table, "confidence bound", end) for end in ("low", "high"))
    assert low <= 0.6 <= high


def test_nobody_moves():
    met = meetings(held({"ada": [0.0, 0.0, 0.0], "bo": [1.0, 1.0, 1.0]}), PAIR)
    bound = deffuant(met)
    assert value_of(bound, "convergence rate") == 0
    assert np.isnan(value_of(bound, "confidence bound"))
    assert "no bound can be told" in bound["words"].iloc[0]
    table = compare_models(met)
    assert table["r2"].isna().all()
    assert table["words"].str.startswith("nobody moved").all()


def test_the_true_model_wins():
    rng = RNG(5)
    names, ties, matrix = world(12, rng)
    put_in = rng.uniform(0.2, 0.9, 12)

    def anchored(now, start):
        return put_in * (put_in * (matrix @ now) + (1 - put_in) * now) + (1 - put_in) * start

    def averaged(now, _start):
        return 0.7 * now + 0.3 * matrix @ now

    for step, winner in ((anchored, "Friedkin"), (averaged, "DeGroot")):
        met = meetings(simulated(step, names, rng, cases=2, noise=0.02), ties)
        table = compare_models(met, folds=2)
        assert tuple(table.columns) == COMPARISON_COLUMNS
        best = table.loc[table["delta_aicc"] == 0, "model"].iloc[0]
        assert best.startswith(winner)
        by_name = table.set_index("model")
        assert by_name.loc[NO_CHANGE, ["r2", "held_out_r2"]].tolist() == pytest.approx([0, 0])
        assert by_name.loc[best, "held_out_r2"] > 0.3
        assert (table["held_out_rmse"] >= table["rmse"] - 1e-12).all()


def test_goodness_of_fit_by_hand():
    met = meetings(held({"ada": [-1, -0.5, -0.5], "bo": [1, 0.5, 0.5]}), PAIR)
    table = compare_models(met, MODELS[:2]).set_index("model")
    assert table.loc[NO_CHANGE, "rmse"] == pytest.approx(np.sqrt(2 * 0.25 / 4))
    # Two steps of -2w and two of -w to the others': w = (2 * 1.5 * 2 + 1 * 1 * 1 ...) by hand:
    # now - heard is -2, 2, -1, 1; next - heard is -1.5, 1.5, -1, 1; w = 8 / 10.
    left = 2 * (0.8 * -2 + 1.5) ** 2 + 2 * (0.8 * -1 + 1) ** 2
    assert table.loc["DeGroot", "r2"] == pytest.approx(1 - left / 0.5)
    # Held out: the second step fits w = 1 and predicts the first (no move); the first fits 0.75.
    unseen = 2 * 0.5**2 + 2 * (0.75 * -1 + 1) ** 2
    assert table.loc["DeGroot", "held_out_r2"] == pytest.approx(1 - unseen / 0.5)
    aicc = 4 * np.log(0.5 / 4) + 2 + 4 / (4 - 1 - 1)
    assert table.loc[NO_CHANGE, "aicc"] == pytest.approx(aicc)


def test_names_and_order_do_not_matter():
    rng = RNG(6)
    names, ties, matrix = world(5, rng)
    frame = simulated(
        lambda now, _: 0.5 * now + 0.5 * matrix @ now, names, rng, waves=3, cases=1, noise=0.1
    )
    rename = dict(zip(names, names[::-1], strict=True))
    other = frame.assign(agent=frame["agent"].map(rename)).sample(frac=1, random_state=1)
    others = [Tie(rename[tie.speaker], rename[tie.listener]) for tie in ties]
    one = compare_models(meetings(frame, ties), folds=2).drop(columns="words")
    two = compare_models(meetings(other, others), folds=2).drop(columns="words")
    pd.testing.assert_frame_equal(one, two)
    there = susceptibilities(meetings(frame, ties)).set_index("agent")["susceptibility"]
    back = susceptibilities(meetings(other, others)).set_index("agent")["susceptibility"]
    assert back.rename(index=rename).sort_index().to_numpy() == pytest.approx(there.to_numpy())


def test_errors():
    met = meetings(held({"ada": [0, 1], "bo": [1, 1]}), PAIR)
    with pytest.raises(InputError, match="folds must be at least 2"):
        compare_models(met, folds=1)
    with pytest.raises(InputError, match="at least one step"):
        compare_models(met.iloc[:0])
    with pytest.raises(InputError, match="no column 'degenerate'"):
        meetings(held({"ada": [0, 1]}).drop(columns="degenerate"), PAIR)
