"""What so many seeds can find, against the arithmetic of flips of signs."""

import numpy as np
import pytest

from personas.errors import InputError
from simulation.analysis.excess import MEASURES
from simulation.analysis.inference import sign_flip_p
from simulation.analysis.reach import SEEDS, least_pairs, smallest_p, too_few
from simulation.studyplan import StudyPlan


@pytest.mark.parametrize(("tests", "pairs"), [(1, 6), (2, 7), (3, 7), (4, 8), (6, 8), (12, 9)])
def test_least_pairs(tests, pairs):
    assert least_pairs(tests) == pairs
    assert smallest_p(pairs) * tests <= 0.05 < smallest_p(pairs - 1) * tests


@pytest.mark.parametrize("pairs", [1, 2, 6, 8, 13])
def test_no_p_is_smaller_than_that_of_differences_all_alike(pairs):
    assert sign_flip_p(np.ones(pairs), np.random.default_rng(0)) == smallest_p(pairs)


def test_errors_name_the_remedy():
    with pytest.raises(InputError, match="tests must be at least 1"):
        least_pairs(0)
    with pytest.raises(InputError, match="alpha must lie in"):
        least_pairs(1, 1.0)


def test_the_default_finds_one_effect_on_any_measure_of_a_page():
    assert least_pairs(len(MEASURES)) == SEEDS
    assert StudyPlan({"rounds": (4, 8)}).seeds == SEEDS
    assert StudyPlan({"rounds": (4, 8)}).too_few_seeds == ""


def test_words_say_which_p_can_be_reached():
    # 2 / 2^6 = 0.031; over 2 x 6 tests 0.375; 2 / 2^9 * 12 = 0.047.
    words = StudyPlan({"rounds": (4, 8, 12)}, seeds=6).too_few_seeds
    assert "no p below 0.031" in words
    assert "0.38 when 12 contrasts are corrected together; 9 seeds would do" in words
    seats = StudyPlan({"swap": ("none", "1 ada=bo", "1 cy=bo")}, seeds=7)
    assert seats.too_few_seeds == ""  # two tests: 2 / 2^7 * 2 = 0.031
    assert too_few(1, 0).startswith("1 seed is too few for an interval (at least 6)")
    assert "no p below 0.5," in too_few(2, 3)
    assert too_few(6, 0) == too_few(6, 1) == too_few(9, 12) == ""
