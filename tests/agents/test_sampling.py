import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.engines.sampling import draw, nucleus, uniform
from personas.model import Sampling

LOGITS = np.log(np.array([0.1, 0.4, 0.2, 0.3], dtype=np.float32))
WHOLE = Sampling(temperature=1.0, top_p=1.0)


@pytest.mark.parametrize(
    ("point", "token"),
    [(0.0, 0), (0.09, 0), (0.11, 1), (0.49, 1), (0.51, 2), (0.69, 2), (0.71, 3), (0.9999, 3)],
)
def test_the_distribution_function_is_inverted(point: float, token: int) -> None:
    assert draw(LOGITS, WHOLE, point) == token


def test_temperature_zero_takes_the_first_of_the_likeliest() -> None:
    assert draw(np.array([0, 2, 2], dtype=np.float32), Sampling(temperature=0), 0.99) == 1


def test_temperature_sharpens() -> None:
    # p^(1/T) with T = 1/2: 0.01, 0.16, 0.04, 0.09 of 0.30; the first ends at 1/30.
    half = Sampling(temperature=0.5, top_p=1.0)
    assert draw(LOGITS, half, 1 / 30 - 1e-6) == 0
    assert draw(LOGITS, half, 1 / 30 + 1e-6) == 1


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(0.3, [1]), (0.4, [1]), (0.5, [1, 3]), (0.75, [1, 2, 3]), (0.95, [0, 1, 2, 3])],
)
def test_the_nucleus_is_the_smallest_set_that_holds_the_mass(top_p: float, kept: list[int]) -> None:
    assert nucleus(np.array([0.1, 0.4, 0.2, 0.3]), top_p).tolist() == kept


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30).filter(lambda w: sum(w) > 0.01),
    st.floats(0.01, 1),
)
def test_the_short_sort_finds_the_same_nucleus_as_a_full_one(
    weights: list[float], top_p: float
) -> None:
    total = sum(weights)
    order = sorted(range(len(weights)), key=lambda i: (-weights[i], i))
    kept, mass = [], 0.0
    for index in order:
        if mass >= top_p or weights[index] == 0:
            break
        kept.append(index)
        mass += weights[index] / total
    found = nucleus(np.array(weights), top_p).tolist()
    edge = abs(sum(weights[i] for i in found) - sum(weights[i] for i in kept)) / total
    assert found == sorted(kept) or edge < 1e-9  # rounding may move a vanishing token


@given(st.integers(0, 2**63 - 1), st.integers(0, 5000))
def test_points_lie_in_the_unit_interval(seed: int, step: int) -> None:
    assert 0 <= uniform(seed, step) < 1


def test_points_are_even_and_independent() -> None:
    points = np.array([[uniform(seed, step) for step in range(100)] for seed in range(100)])
    counts, _ = np.histogram(points, bins=10, range=(0, 1))
    chi2 = ((counts - 1000) ** 2 / 1000).sum()
    assert chi2 < 27.9  # 0.001 of chi-square with 9 degrees of freedom
    neighbours = np.corrcoef(points[:, :-1].ravel(), points[:, 1:].ravel())[0, 1]
    seeds = np.corrcoef(points[:-1].ravel(), points[1:].ravel())[0, 1]
    assert max(abs(neighbours), abs(seeds)) < 3.5 / math.sqrt(9_900)


def test_frequencies_follow_the_distribution() -> None:
    drawn = [draw(LOGITS, WHOLE, uniform(seed, 0)) for seed in range(4_000)]
    for token, share in enumerate([0.1, 0.4, 0.2, 0.3]):
        error = math.sqrt(share * (1 - share) / 4_000)
        assert abs(drawn.count(token) / 4_000 - share) < 3.5 * error
