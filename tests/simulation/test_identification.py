"""Identification against planted speakers, hand counts and chance."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.errors import InputError
from simulation.analysis.identification import (
    EVERYBODY,
    identification,
    identify,
    shuffled_accuracies,
)

GROUPS = 8
TOPICS = ["bus", "bread", "boat", "house"]


def planted(own) -> pd.DataFrame:
    """Two speakers in eight talks; `own` gives what a label adds to what anybody could say."""
    return pd.DataFrame(
        [
            (f"we talk about the {topic} {own(label)}", label, talk)
            for talk in range(GROUPS)
            for topic in TOPICS
            for label in ("ada", "bo")
        ],
        columns=["text", "label", "group"],
    )


def accuracy(guesses, **options) -> pd.Series:
    frame = identification(guesses, np.random.default_rng(1), **options)
    return frame.set_index("label").loc[EVERYBODY]


def test_speakers_with_words_of_their_own_are_recognised():
    guesses = identify(planted({"ada": "friends", "bo": "sirs"}.get), np.random.default_rng(0))
    one = accuracy(guesses)
    assert (one.value, one.chance, one.texts, one.groups) == (1.0, 0.5, 64, 8)
    assert (one.low, one.high) == (1.0, 1.0)


def test_hidden_words_give_nobody_away():
    texts = planted({"ada": "I am Ada", "bo": "I am Bo"}.get)
    seen = accuracy(identify(texts, np.random.default_rng(0)))
    hidden = accuracy(identify(texts, np.random.default_rng(0), hidden=["Ada", "Bo"]))
    assert seen.value == 1.0
    assert hidden.value == pytest.approx(0.5)  # the texts are the same: one guess for both


def test_labels_without_meaning_are_recognised_by_chance():
    rng = np.random.default_rng(4)
    texts = planted(lambda label: " ".join(rng.choice(list("abcdefgh"), 3)))
    value = accuracy(identify(texts, np.random.default_rng(0))).value
    null = shuffled_accuracies(texts, np.random.default_rng(0), permutations=19)["value"]
    assert (1 + (null >= value).sum()) / (1 + len(null)) > 0.05
    assert null.mean() == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(64 * 19) + 0.02)


def test_real_speakers_beat_every_shuffled_one():
    texts = planted({"ada": "friends", "bo": "sirs"}.get)
    null = shuffled_accuracies(texts, np.random.default_rng(0), permutations=5)["value"]
    assert (null < 1.0).all()
    assert null.between(0, 1).all()
    with pytest.raises(InputError, match="permutations must be at least 1"):
        shuffled_accuracies(texts, np.random.default_rng(0), permutations=0)


def test_a_group_is_never_split_and_folds_repeat_under_a_seed():
    texts = planted(lambda label: "ok")
    one, again = (identify(texts, np.random.default_rng(2), folds=4) for _ in range(2))
    assert (one.groupby("group")["fold"].nunique() == 1).all()
    assert one["fold"].nunique() == 4
    pd.testing.assert_frame_equal(one, again)


def guessed(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["label", "guess", "group"])


def test_balanced_accuracy_by_hand():
    rows = [("ada", "ada", 0), ("ada", "ada", 1), ("ada", "bo", 1), ("ada", "ada", 0)]
    found = identification(guessed([*rows, ("bo", "ada", 0)]), np.random.default_rng(0))
    table = found.set_index("label")
    assert table["value"].to_dict() == pytest.approx({EVERYBODY: 0.375, "ada": 0.75, "bo": 0.0})
    assert table["texts"].to_dict() == {EVERYBODY: 5, "ada": 4, "bo": 1}
    assert table["groups"].to_dict() == {EVERYBODY: 2, "ada": 2, "bo": 1}
    assert table["low"].isna().all()  # two groups: no interval
    assert table.loc[EVERYBODY, "chance"] == 0.5
    assert math.isnan(table.loc["bo", "chance"])


@pytest.mark.parametrize("constant", ["ada", "bo", "cy"])
def test_a_guess_that_pays_no_heed_scores_chance_however_frequent_it_is(constant):
    labels = ["ada"] * 9 + ["bo"] * 2 + ["cy"]
    one = accuracy(guessed([(label, constant, 0) for label in labels]))
    assert one.value == pytest.approx(one.chance) == pytest.approx(1 / 3)


def test_the_interval_is_that_of_the_binomial_where_groups_are_single_texts():
    # One label, 100 groups of one text, 60 right: the bootstrap of a share is binomial.
    rows = [("ada", "ada" if i < 60 else "bo", i) for i in range(100)]
    one = accuracy(guessed(rows))
    deviation = math.sqrt(0.6 * 0.4 / 100)
    assert one.low == pytest.approx(0.6 - 1.96 * deviation, abs=0.015)
    assert one.high == pytest.approx(0.6 + 1.96 * deviation, abs=0.015)


def test_groups_of_unequal_size_do_not_widen_an_interval_without_errors():
    rows = [(who, who, group) for group in range(8) for who in ["ada"] * (group + 1) + ["bo"]]
    one = accuracy(guessed(rows))
    assert (one.low, one.value, one.high) == (1.0, 1.0, 1.0)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.integers(0, 7)), min_size=1
    ),
    st.permutations("abc"),
)
def test_names_of_labels_mean_nothing(rows, names):
    rename = dict(zip("abc", names, strict=True))
    one = accuracy(guessed(rows))
    other = accuracy(guessed([(rename[a], rename[b], group) for a, b, group in rows]))
    assert 0 <= one.value <= 1
    assert one.value == pytest.approx(other.value)
    if not math.isnan(one.low):
        assert 0 <= one.low <= one.high <= 1


def test_what_cannot_be_told_apart_is_refused():
    texts = planted(lambda label: "ok")
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="at least 2 values"):
        identify(texts[texts["label"] == "ada"], rng)
    with pytest.raises(InputError, match="take fewer folds or more runs"):
        identify(texts[(texts["group"] < 3) | (texts["label"] == "bo")], rng)
    with pytest.raises(InputError, match="folds must be at least 2"):
        identify(texts, rng, folds=1)
    with pytest.raises(InputError, match="at least one row"):
        identification(guessed([]), rng)
    with pytest.raises(InputError, match="confidence"):
        identification(guessed([("a", "a", 0)]), rng, confidence=95)
