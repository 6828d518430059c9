"""The shuffled control: against all permutations, counted by hand."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from personas.errors import InputError
from simulation.analysis.opinion import opinions
from simulation.analysis.shuffled import (
    Shuffled,
    shuffled,
    shuffled_assortativity,
    shuffled_coordination,
)
from simulation.graph import Tie

from .worlds import survey


def test_floor_excess_and_p_by_hand():
    found = Shuffled(0.5, np.array([0.1, 0.5, 0.3, np.nan]))
    assert found.floor == pytest.approx(0.3)
    assert found.excess == pytest.approx(0.2)
    assert found.p == (1 + 1) / (1 + 3)
    nothing = Shuffled(float("nan"), np.array([np.nan]))
    assert all(np.isnan(value) for value in nothing.row)


def test_the_null_is_that_of_scipy():
    """Difference of two means; scipy permutes the same labels."""
    values = np.array([3.0, 5.0, 4.0, 8.0, 9.0, 7.5, 2.0, 6.0])
    labels = pd.Series(list("aaaabbbb"))

    def difference(given: pd.Series) -> float:
        return float(values[given == "b"].mean() - values[given == "a"].mean())

    found = shuffled(difference, labels, np.random.default_rng(1), permutations=999)
    exact = stats.permutation_test(
        (values[4:], values[:4]),
        lambda one, other: one.mean() - other.mean(),
        alternative="greater",
        n_resamples=np.inf,
    )
    assert found.p == pytest.approx(exact.pvalue, abs=0.04)  # 3 standard errors of 999 draws
    assert found.floor == pytest.approx(0, abs=0.2)


def test_labels_are_exchanged_within_groups_only():
    labels, groups = pd.Series(list("abxy")), [1, 1, 2, 2]
    seen = set()
    shuffled(
        lambda given: seen.add("".join(given)) or 0.0,
        labels,
        np.random.default_rng(1),
        groups,
        permutations=60,
    )
    assert seen == {"abxy", "baxy", "abyx", "bayx"}


def test_assortativity_of_a_path_against_all_its_arrangements():
    held = dict(zip("abcd", (-0.5, -0.5, 0.5, 0.5), strict=True))
    ties = [Tie("a", "b"), Tie("b", "c"), Tie("c", "d")]
    answers = opinions(survey({("talk", agent, 0): value for agent, value in held.items()}))
    found = shuffled_assortativity(answers, ties, np.random.default_rng(2), permutations=300)
    # By hand: each tie both ways, opinions +-1 of some unit.
    every = []
    for arranged in permutations((-1, -1, 1, 1)):
        here = [arranged[i] for i in (0, 1, 1, 2, 2, 3)]
        there = [arranged[i] for i in (1, 0, 2, 1, 3, 2)]
        every.append(np.corrcoef(here, there)[0, 1])
    row = found.iloc[0]
    assert row["value"] == pytest.approx(1 / 3)
    assert row["floor"] == pytest.approx(np.mean(every), abs=0.1)
    assert row["p"] == pytest.approx(np.mean(np.array(every) >= 1 / 3 - 1e-9), abs=0.09)


def test_coordination_is_more_than_that_of_shuffled_replies():
    """Everybody who hears a question with 'the' answers with 'the', and without one without."""
    said = ["the tea", "tea"] * 20
    pairs = pd.DataFrame(
        {"arm": "talk", "agent": ["ada", "bo"] * 20, "to": "cy", "weight": 1.0}
    ).assign(heard=[*said[:20], *said[1:21]], reply=[*said[:20], *said[1:21]])
    found = shuffled_coordination(pairs, np.random.default_rng(3), 39).iloc[0]
    assert found["value"] == pytest.approx(0.5)  # articles alone: 1 - 1/2
    assert abs(found["floor"]) < 0.1
    assert found["p"] == 1 / 40


def test_what_cannot_be_shuffled_is_refused():
    with pytest.raises(InputError, match="permutations must be at least 1"):
        shuffled(lambda _: 0.0, pd.Series(["a"]), np.random.default_rng(0), permutations=0)
    with pytest.raises(InputError, match="each of 1 labels"):
        shuffled(lambda _: 0.0, pd.Series(["a"]), np.random.default_rng(0), ["x", "y"])
