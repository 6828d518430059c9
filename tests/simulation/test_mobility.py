"""Mobility against hand counts, the formula of its shrinkage, and the town's law."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.lawtown import circle, talks, townspeople
from simulation.analysis.mobility import MOBILITY_COLUMNS, mobility
from simulation.analysis.transitions import MEETING_COLUMNS, meetings


def met(moves):
    """Steps of agents that each hear "z", from {agent: [moves]}."""
    rows = [
        {"run": 0, "arm": "talk", "question": "tea", "agent": agent, "wave": wave}
        | {"other": "z", "weight": 1.0, "start": 0.0, "now": 0.0, "next": move, "theirs": 1.0}
        for agent, own in moves.items()
        for wave, move in enumerate(own)
    ]
    return pd.DataFrame(rows, columns=list(MEETING_COLUMNS))


def test_by_hand():
    # Means 0.5, 0.1, 0.3, 0.3. Within: 2 * 0.1^2 / (8 - 4) = 0.005, so means of two steps have the
    # variance 0.0025; those seen vary by 0.08 / 3. Drawn: (4 - 3) / (4 - 1) * 0.0025 / (0.08 / 3).
    moves = {"a": [0.4, -0.6], "b": [0.1, 0.1], "c": [0.3, 0.3], "d": [0.3, -0.3]}
    found = mobility(met(moves)).set_index("agent")
    assert tuple(found.reset_index().columns) == MOBILITY_COLUMNS
    assert found["plain"].tolist() == pytest.approx([0.5, 0.1, 0.3, 0.3])
    assert found["mobility"].tolist() == pytest.approx([0.49375, 0.10625, 0.3, 0.3])
    reach = 1.96 * np.sqrt((1 - 0.03125) * 0.0025)
    assert found["high"].tolist()[:2] == pytest.approx([0.49375 + reach, 0.10625 + reach])
    assert found["low"].tolist()[:2] == pytest.approx([0.49375 - reach, 0.10625 - reach])
    assert found["steps"].tolist() == [2, 2, 2, 2]


def test_three_are_left_as_they_are_and_no_interval_goes_below_0():
    found = mobility(met({"a": [0.0, 0.6], "b": [0.0, 0.1], "c": [0.0, 0.0]}))
    assert found["mobility"].tolist() == found["plain"].tolist() == pytest.approx([0.3, 0.05, 0])
    assert (found["low"] >= 0).all()


def test_the_order_is_kept_where_chance_could_explain_all_of_it():
    found = mobility(met({f"a{place}": [0.0, 0.1 * (place % 2)] for place in range(8)}))
    assert found["mobility"].nunique() == 2


def test_few_steps_are_drawn_further_than_many():
    steady = {f"a{place}": [place / 20] * 2 + [place / 20 + 0.1] * 2 for place in range(10)}
    found = mobility(met({**steady, "few": [0.6]})).set_index("agent")
    few, many = found.loc["few"], found.loc["a9"]
    assert abs(few["plain"] - few["mobility"]) > abs(many["plain"] - many["mobility"]) > 0


def test_one_step_each_is_left_as_it_is():
    found = mobility(met({"a": [0.5], "b": [0.0]}))
    assert found["mobility"].tolist() == [0.5, 0.0]
    assert found["low"].isna().all()
    assert found["words"].str.contains("no error can be given").all()


def test_nobody_moves():
    found = mobility(met({"a": [0.0, 0.0], "b": [0.0, 0.0]}))
    assert found["mobility"].tolist() == [0, 0] == found["high"].tolist()


@given(st.lists(st.lists(st.floats(-1, 1), min_size=3, max_size=3), min_size=2, max_size=6))
def test_with_as_many_steps_the_order_is_that_of_the_plain_means(moves):
    found = mobility(met({f"a{place}": own for place, own in enumerate(moves)}))
    ordered = found.sort_values("plain")["mobility"]
    assert (ordered.diff().dropna() >= -1e-9).all()
    inside = found["mobility"].between(found["plain"].min() - 1e-9, found["plain"].max() + 1e-9)
    assert inside.all()


def test_it_ranks_people_by_the_openness_of_the_law():
    people = townspeople(60, 1)
    ties = circle(list(people), 1)
    found = mobility(meetings(talks(people, ties, 4, 1, topics=3), ties))
    truth = found["agent"].map({key: mind.openness for key, mind in people.items()})
    assert stats.spearmanr(found["mobility"], truth).statistic > 0.85
