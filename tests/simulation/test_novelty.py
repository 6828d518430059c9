"""Novelty and uptake against closed forms and hand counts, and their invariants."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from personas.embedding import HashedWords
from personas.errors import InputError
from simulation.analysis.novelty import mean_divergences, novelty, topic_mixture, word_mixture
from simulation.analysis.uptake import SimilarityReplies, uptake

from .talks import turns_of

HALF, TILTED = (0.5, 0.5), (0.25, 0.75)
LINES = [("ada", "half"), ("bo", "tilted"), ("ada", "tilted"), ("bo", "tilted")]


def by_name(texts):
    return np.array([HALF if text == "half" else TILTED for text in texts])


def test_novelty_closed_form():
    found = novelty(turns_of(LINES), 1, by_name)
    there = 0.25 * math.log2(0.5) + 0.75 * math.log2(1.5)  # KL(tilted || half)
    back = 0.5 * math.log2(2) + 0.5 * math.log2(0.5 / 0.75)  # KL(half || tilted)
    assert found["novelty"].tolist() == pytest.approx([math.nan, there, 0, 0], nan_ok=True)
    assert found["transience"].tolist() == pytest.approx([back, 0, 0, math.nan], nan_ok=True)
    # What was new in the second turn stayed.
    assert found["resonance"].tolist() == pytest.approx([math.nan, there, 0, math.nan], nan_ok=True)


def test_novelty_agrees_with_scipy_over_a_window():
    mixes = np.random.default_rng(5).dirichlet(np.ones(4), size=7)
    before, after = mean_divergences(mixes, 2)
    for row in range(2, 5):
        past = [stats.entropy(mixes[row], mixes[other], base=2) for other in (row - 1, row - 2)]
        future = [stats.entropy(mixes[row], mixes[other], base=2) for other in (row + 1, row + 2)]
        assert before[row] == pytest.approx(np.mean(past))
        assert after[row] == pytest.approx(np.mean(future))
    assert np.isnan(before[:2]).all()
    assert np.isnan(after[-2:]).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4), st.integers(0, 9), st.integers(0, 2**32))
def test_time_reversed_novelty_is_transience_and_topics_have_no_names(window, turns, seed):
    rng = np.random.default_rng(seed)
    mixes = rng.dirichlet(np.ones(3), size=turns) if turns else np.zeros((0, 3))
    before, after = mean_divergences(mixes, window)
    past, future = mean_divergences(mixes[::-1][:, rng.permutation(3)], window)
    np.testing.assert_allclose(before, future[::-1], atol=1e-12)
    np.testing.assert_allclose(after, past[::-1], atol=1e-12)
    assert np.nanmin([*before, *after, 0]) >= 0


def test_arms_do_not_mix_and_bad_input_is_refused():
    two = pd.concat([turns_of(LINES), turns_of(LINES[:2], "scrambled")])
    found = novelty(two, 1, by_name)
    assert found.groupby("arm")["resonance"].count().to_dict() == {"scrambled": 0, "talk": 2}
    assert novelty(turns_of([]), 1).empty
    with pytest.raises(InputError, match="at least 1 turn"):
        novelty(two, 0)
    with pytest.raises(InputError, match="sum 1"):
        novelty(two, 1, lambda texts: np.tile([0.0, 1.0], (len(texts), 1)))
    with pytest.raises(InputError, match="one a turn"):
        novelty(two, 1, lambda texts: np.ones((1, 1)))


def test_word_mixture_by_hand():
    # Words a, b; counts (2, 1) and (0, 0), half a count added to each.
    np.testing.assert_allclose(word_mixture(["a B a", ""]), [[2.5 / 4, 1.5 / 4], [0.5, 0.5]])
    with pytest.raises(InputError, match="no word"):
        word_mixture(["", "..."])
    with pytest.raises(InputError, match="more than 0"):
        word_mixture(["a"], smoothing=0)


def test_topics_learnt_from_texts_tell_two_subjects_apart():
    about = ["bees hives honey wax bees", "boats oars tides ropes boats"]
    mixes = topic_mixture(2, seed=1)(about * 10)
    np.testing.assert_allclose(mixes.sum(axis=1), 1)
    assert abs(mixes[0] - mixes[1]).max() > 0.5
    assert abs(mixes[0] - mixes[2]).max() < 1e-6
    with pytest.raises(InputError, match="at least 2"):
        topic_mixture(1, seed=1)


class Fixed:
    """A reply model with a table; 0.5 where it cannot tell."""

    def __init__(self, table):
        self._table = table

    def probability(self, heard, reply):
        return self._table.get((heard, reply), 0.5)


PAIRS = pd.DataFrame(
    [("talk", "bees and bees", "bees, yes"), ("talk", "boats", "no")],
    columns=["arm", "heard", "reply"],
)


def test_uptake_closed_form():
    model = Fixed({("bees and bees", "bees, yes"): 0.8, ("bees and bees", "no"): 0.25})
    found = uptake(PAIRS, model, np.random.default_rng(0))
    assert found["uptake"].tolist() == pytest.approx(
        [1 + (math.log2(0.8) + math.log2(0.75)) / 2, 0.0]  # who cannot tell finds none
    )
    assert found["repeated"].tolist() == pytest.approx([0.5, 0.0])


def test_the_mean_uptake_under_the_true_model_is_the_divergence():
    # Two things heard equally often, two replies; what is heard shifts which reply comes.
    shares = {("x", "r0"): 0.9, ("x", "r1"): 0.1, ("y", "r0"): 0.1, ("y", "r1"): 0.9}
    rows = [("talk", *pair) for pair, share in shares.items() for _ in range(round(10 * share))]
    pairs = pd.DataFrame(rows, columns=["arm", "heard", "reply"])
    model = Fixed(shares)  # the other's share is 1 minus one's own, so D is the share itself
    found = uptake(pairs, model, np.random.default_rng(0))
    # Jensen-Shannon divergence of (.9, .1) and (.1, .9): 1 - H(.9).
    expected = 1 + 0.9 * math.log2(0.9) + 0.1 * math.log2(0.1)
    assert found["uptake"].mean() == pytest.approx(expected)


def test_uptake_without_other_replies_and_with_a_broken_model():
    lone = uptake(PAIRS[:1], Fixed({}), np.random.default_rng(0))
    assert math.isnan(lone["uptake"].iloc[0])
    assert uptake(PAIRS[:0], Fixed({}), np.random.default_rng(0)).empty
    with pytest.raises(InputError, match="gave 2"):
        uptake(PAIRS, Fixed({("boats", "no"): 2}), np.random.default_rng(0))


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_uptake_is_at_most_one_bit(real, false):
    model = Fixed({("bees and bees", "bees, yes"): real, ("bees and bees", "no"): false})
    value = uptake(PAIRS, model, np.random.default_rng(0))["uptake"].iloc[0]
    assert value <= 1
    assert (value > 0) == (real * (1 - false) > 0.25) or value == pytest.approx(0, abs=1e-9)


def test_similar_replies_are_recognised_after_learning():
    things = ["bees", "boats", "bread", "buses", "gardens", "houses", "numbers", "weather"]
    pairs = pd.DataFrame(
        [("talk", f"I like {x} most", f"tell me about {x} then") for x in things],
        columns=["arm", "heard", "reply"],
    )
    rng = np.random.default_rng(3)
    model = SimilarityReplies.fit(pd.concat([pairs] * 5), HashedWords(), rng)
    assert model.slope > 0
    right = model.probability("I like bees most", "tell me about bees then")
    assert right > model.probability("I like bees most", "tell me about boats then")
    with pytest.raises(InputError, match="at least 2"):
        SimilarityReplies.fit(pairs[:1], HashedWords(), rng)
