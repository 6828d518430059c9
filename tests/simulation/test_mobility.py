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
    # Plain means 0.5 and 0.1. Within: (2 * 0.1^2 + 0) / (4 - 2) = 0.01, so each mean of two steps
    # has variance 0.005. Between: 0.08 - 0.005 = 0.075; what is kept: 0.075 / 0.08 = 0.9375.
    found = mobility(met({"a": [0.4, -0.6], "b": [0.1, 0.1]})).set_index("agent")
    assert tuple(found.reset_index().columns) == MOBILITY_COLUMNS
    assert found["plain"].tolist() == pytest.approx([0.5, 0.1])
    assert found["mobility"].tolist() == pytest.approx([0.3 + 0.9375 * 0.2, 0.3 - 0.9375 * 0.2])
    reach = 1.96 * np.sqrt(0.9375 * 0.005)
    assert found["high"].tolist() == pytest.approx([0.4875 + reach, 0.1125 + reach])
    assert found["low"].tolist() == pytest.approx([0.4875 - reach, 0.0])  # not below 0
    assert found["steps"].tolist() == [2, 2]


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
