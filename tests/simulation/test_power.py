"""Power against what can be worked out."""

import numpy as np
import pytest
from scipy import stats

from personas.errors import InputError
from simulation.analysis.power import POWER_COLUMNS, power_curve

RNG = np.random.default_rng


def test_power_of_six_pairs_is_that_of_one_sign():
    # With six pairs only six equal signs give p <= 0.05.
    table = power_curve([0.0, 1.0], [6], RNG(0))
    assert tuple(table.columns) == POWER_COLUMNS
    up = stats.norm.sf(-1.0)
    for row, expected in zip(table.itertuples(), (2 / 64, up**6 + (1 - up) ** 6), strict=True):
        assert row.low <= expected <= row.high
        assert row.low < row.power < row.high


def test_power_of_many_pairs_is_near_that_of_the_t_test():
    (row,) = power_curve([0.6], [20], RNG(0)).itertuples()
    critical, spread = stats.t.ppf(0.975, 19), 0.6 * np.sqrt(20)
    expected = stats.nct.sf(critical, 19, spread) + stats.nct.cdf(-critical, 19, spread)
    assert row.power == pytest.approx(expected, abs=0.04)


def test_fewer_than_six_pairs_find_nothing_and_a_family_costs_power():
    assert power_curve([5.0], [5], RNG(0), experiments=10)["power"].tolist() == [0]
    # Among four tests, six pairs cannot reach 0.05 / 4.
    assert power_curve([5.0], [6], RNG(0), tests=4, experiments=10)["power"].tolist() == [0]
    assert power_curve([5.0], [8], RNG(0), tests=4, experiments=10)["power"].tolist() == [1]


def test_errors():
    for wrong in ({"pairs": [0]}, {"tests": 0}, {"experiments": 0}):
        given = {"pairs": [6], "tests": 1, "experiments": 5} | wrong
        with pytest.raises(InputError, match=f"{next(iter(wrong))} must be at least 1, got 0"):
            power_curve([0.5], rng=RNG(0), **given)
    with pytest.raises(InputError, match="alpha must lie"):
        power_curve([0.5], [6], RNG(0), alpha=0)
