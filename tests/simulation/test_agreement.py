"""Krippendorff's alpha: published, by hand, and what must hold for all tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from personas.errors import InputError
from simulation.analysis.agreement import LEVELS, krippendorff_alpha

NONE = float("nan")
PUBLISHED = [  # Krippendorff 2011, part C: four observers, twelve units, data missing
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
    [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
]


@pytest.mark.parametrize(("level", "alpha"), [("interval", 0.849), ("ordinal", 0.815)])
def test_the_published_example(level, alpha):
    assert krippendorff_alpha(PUBLISHED, level) == pytest.approx(alpha, abs=5e-4)


def test_two_values_by_hand():
    # Coincidences: 1-1 twice, 2-2 twice, 1-2 and 2-1 once; totals 3 and 3 of 6.
    # Observed 2, expected 2 * 3 * 3 = 18: alpha = 1 - 5 * 2 / 18.
    assert krippendorff_alpha([[1, 1, 2], [1, 2, 2]], "interval") == pytest.approx(4 / 9)


def test_ranks_by_hand():
    # Totals 2, 1, 3; middles of the ranks 1, 2.5, 4.5. Observed 2 * (4.5 - 2.5)**2 = 8, expected
    # 2 * (2 * 1 * 1.5**2 + 2 * 3 * 3.5**2 + 1 * 3 * 2**2) = 180: alpha = 1 - 5 * 8 / 180.
    table = [[1, 2, 3], [1, 3, 3]]
    assert krippendorff_alpha(table, "ordinal") == pytest.approx(7 / 9)
    # Interval: observed 2 * 1, expected 2 * (2 * 1 * 1 + 2 * 3 * 4 + 1 * 3 * 1) = 58.
    assert krippendorff_alpha(table, "interval") == pytest.approx(1 - 5 * 2 / 58)


def test_systematic_disagreement_is_below_zero():
    # Observed 4 * 16, expected 2 * 2 * 2 * 16: alpha = 1 - 3 * 64 / 128.
    assert krippendorff_alpha([[1, 5], [5, 1]]) == pytest.approx(-0.5)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "table", [[[1, 2, 3]], [[1, NONE], [NONE, 2]], [[4, 4], [4, 4]], [[NONE], [NONE]], [[], []]]
)
def test_it_is_not_defined_without_pairs_or_without_difference(table, level):
    assert np.isnan(krippendorff_alpha(table, level))


def test_bad_input():
    with pytest.raises(InputError, match="raters x units, got 1"):
        krippendorff_alpha([1, 2])
    with pytest.raises(InputError, match="unknown level 'ordnal': did you mean 'ordinal'"):
        krippendorff_alpha([[1], [2]], "ordnal")


TABLES = arrays(
    float, some.tuples(some.integers(2, 4), some.integers(1, 8)),
    elements=some.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, NONE]),
)  # fmt: skip


@given(TABLES, some.sampled_from(LEVELS), some.randoms())
def test_who_is_who_and_which_is_first_do_not_matter(table, level, rng):
    shuffled = table[rng.sample(range(len(table)), len(table))]
    shuffled = shuffled[:, rng.sample(range(table.shape[1]), table.shape[1])]
    expected = krippendorff_alpha(table, level)
    assert krippendorff_alpha(shuffled, level) == pytest.approx(expected, nan_ok=True)


@given(TABLES)
def test_only_ranks_count_for_ordinal_and_only_ratios_of_distances_for_interval(table):
    ordinal, interval = (krippendorff_alpha(table, level) for level in ("ordinal", "interval"))
    assert krippendorff_alpha(table**3, "ordinal") == pytest.approx(ordinal, nan_ok=True)
    assert krippendorff_alpha(7 - 2 * table) == pytest.approx(interval, nan_ok=True)


@given(TABLES)
def test_alpha_is_one_exactly_where_all_agree(table):
    alike = np.nanmax(table, axis=0, initial=1, keepdims=True) + 0 * table
    for level in LEVELS:
        alpha = krippendorff_alpha(alike, level)
        assert np.isnan(alpha) or alpha == 1.0
