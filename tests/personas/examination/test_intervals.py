"""From points to figures, against closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from personas.examination.answers import Point
from personas.examination.intervals import differences, figures, interval, ratio_interval


def points(values, measure="false-premise rejection", arm="sft", stage="late", seed=0):
    return [Point(measure, arm, stage, f"i{n}", seed, v) for n, v in enumerate(values)]


def test_a_bootstrap_of_shares_comes_close_to_the_binomials_interval():
    values = [1.0] * 60 + [0.0] * 40
    (found,) = figures(points(values))
    assert found.value == pytest.approx(0.6)
    # The bootstrap of a mean of zeros and ones is binomial(n, p) / n exactly.
    low, high = stats.binom(100, 0.6).ppf([0.025, 0.975]) / 100
    assert found.low == pytest.approx(low, abs=0.015)
    assert found.high == pytest.approx(high, abs=0.015)
    assert (found.items, found.seeds) == (100, (0,))


def test_where_all_is_right_there_is_wilsons_interval():
    (found,) = figures(points([1.0] * 20))
    z2 = stats.norm.ppf(0.975) ** 2
    assert found.low == pytest.approx(20 / (20 + z2))  # Wilson's lower end at a share of 1
    assert found.high == 1


@pytest.mark.parametrize("measure", ["general accuracy, change", "knowledge accuracy"])
def test_what_is_no_share_gets_no_interval_from_equal_values(measure):
    (found,) = figures(points([1.0] * 20, measure))
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_too_few_items_have_no_interval():
    assert math.isnan(interval(np.array([0.0, 1.0]), 0, True)[0])


def test_seeds_are_averaged_before_items_are_resampled():
    both = points([1.0, 0.0, 1.0, 0.0]) + points([0.0, 1.0, 0.0, 1.0], seed=1)
    (found,) = figures(both)
    assert (found.value, found.items, found.seeds) == (0.5, 4, (0, 1))
    assert math.isnan(found.low)  # every item has 0.5: nothing varies over items


def test_several_stages_are_pooled_as_well():
    found = figures(points([1.0, 1.0, 0.0]) + points([0.0], stage="early"))
    shares = {one.stage: (one.value, one.items) for one in found}
    assert shares == {"late": (pytest.approx(2 / 3), 3), "early": (0, 1), "all": (0.5, 4)}


def test_d_is_the_ratio_of_means_on_the_same_questions():
    found = figures(points([40.0, 60.0, 10.0], "Intra BLEU") + points([20.0, 30.0], "Inter BLEU"))
    (ratio,) = (one for one in found if one.measure == "D = Intra / Inter")
    assert (ratio.value, ratio.items) == (2.0, 2)


def test_a_ratio_of_proportional_columns_is_certain():
    bottom = np.arange(1.0, 11.0)
    assert ratio_interval(3 * bottom, bottom, 0) == (pytest.approx(3), pytest.approx(3))


def test_perplexity_is_the_exponential_of_the_loss():
    loss = "general log-loss, out of character"
    found = {one.measure: one for one in figures(points([0.0, 1.0, 2.0, 3.0], loss))}
    told, perplexity = found[loss], found["general perplexity"]
    assert perplexity.value == pytest.approx(math.exp(1.5))
    assert perplexity.high == pytest.approx(math.exp(told.high))


def test_differences_are_taken_on_items_that_both_were_asked():
    rows = points([1.0, 1.0, 1.0, 0.0]) + points([0.0, 1.0, 0.0], arm="prompt")
    (found,) = differences(rows, [("sft", "prompt")])
    assert (found.value, found.items) == (pytest.approx(2 / 3), 3)


def test_a_figure_does_not_depend_on_what_else_is_counted():
    own = points([0.0, 1.0, 1.0, 0.0, 1.0])
    alone = figures(own)
    assert [one for one in figures(points([0.3, 0.4], arm="base") + own) if one.arm == "sft"] == (
        alone
    )


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=3, max_size=30))
def test_an_interval_holds_the_mean_and_stays_among_the_values(values):
    low, high = interval(np.array(values), 0, True)
    if not math.isnan(low):
        mean = sum(values) / len(values)
        assert low - 1e-9 <= mean <= high + 1e-9
        if len(set(values)) > 1:  # Wilson's interval may leave them
            assert min(values) - 1e-9 <= low
            assert high <= max(values) + 1e-9
