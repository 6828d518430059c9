"""Null experiments have no effect in them, and no seed twice."""

import numpy as np
import pytest

from bench.falsealarms import CELLS, differences


def test_a_null_experiment_pairs_talks_of_one_seed():
    rng = np.random.default_rng(0)
    values = np.arange(20.0)[:, None] * 100 + np.arange(CELLS)  # seeds lie a hundred apart
    drawn = differences(values, 6, 3_000, rng)
    assert drawn.shape == (3_000, 6)
    assert set(np.unique(drawn)) == {-3, -2, -1, 1, 2, 3}
    assert drawn.mean() == pytest.approx(0, abs=0.05)


def test_no_seed_stands_twice_in_an_experiment():
    values = 2.0 ** np.arange(12)[:, None] * np.array([0.0, 1.0, 1.0, 1.0])
    drawn = differences(values, 12, 200, np.random.default_rng(1))
    for one in np.abs(drawn):
        told = one[one > 0]
        assert len(set(told)) == len(told)
