"""What was asked before goes, in whichever stage; nothing of the test part is learnt."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas import dedup
from personas.dedup import split_items
from personas.embedding import HashedWords
from personas.errors import InputError
from personas.items import Exchange, Item, Provenance

ORIGIN = Provenance("ordinary", "knowledge", "x:1", (), "", "me", 0)


class Angles:
    """A question is a number of degrees on the circle."""

    def embed(self, text: str) -> np.ndarray:
        angle = np.deg2rad(float(text))
        return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)


def item(stage: str, index: int, question: str) -> Item:
    turn = Exchange(question, "", "", f"Answer {index}.")
    return Item("ada", stage, index, 2020, (turn,), False, False, ORIGIN)


def items(early: list[float], late: list[float]) -> list[Item]:
    return [
        *(item("early", index, str(angle)) for index, angle in enumerate(early)),
        *(item("late", index, str(angle)) for index, angle in enumerate(late)),
    ]


def test_a_question_asked_before_goes_in_whichever_stage():
    # cos 18.19 degrees = 0.95
    split = split_items(items([0, 40], [18, 59]), Angles())
    kept = {one.question for one in (*split.train, *split.test)}
    (gone,) = split.duplicates
    assert len(kept) == 3
    assert "40" in kept
    assert "59" in kept
    assert {gone.item, gone.twin} == {"ada/early/0", "ada/late/0"}
    assert gone.similarity == pytest.approx(np.cos(np.deg2rad(18)), abs=1e-4)


def test_the_first_item_is_checked_like_any_other():
    # the authors' code keeps whatever comes first unchecked
    one = [item("early", index, "0") for index in range(5)]
    split = split_items(one, Angles())
    assert len(split.train) == 1
    assert len(split.duplicates) == 4


def test_no_stage_is_favoured():
    early_stays = 0
    for seed in range(40):
        split = split_items(items([0], [1]), Angles(), seed, test_share=0)
        early_stays += split.train[0].stage == "early"
    assert 10 <= early_stays <= 30  # 20 expected, deviation 3.2


def test_a_fifth_of_each_stage_is_set_aside():
    many = items([360 / 19 * n for n in range(9)], [360 / 19 * n for n in range(9, 19)])
    split = split_items(many, Angles(), threshold=0.96)
    assert Counter(one.stage for one in split.test) == {"early": 1, "late": 2}
    assert len(split.train) == 16


def test_the_seed_decides_and_the_order_stays():
    many = items([20 * n for n in range(9)], [20 * n for n in range(9, 18)])
    splits = [split_items(many, Angles(), seed, 0.999) for seed in range(6)]
    assert splits[0] == split_items(many, Angles(), 0, 0.999)
    assert len({one.test for one in splits}) > 1
    for split in splits:
        assert list(split.train) == [one for one in many if one in split.train]


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.integers(0, 359), max_size=25),
    st.lists(st.integers(0, 359), max_size=25),
    st.integers(0, 3),
)
def test_nothing_leaks_and_nothing_is_lost(early, late, seed):
    every = items(early, late)
    split = split_items(every, Angles(), seed)
    names = [one.name for one in (*split.train, *split.test)] + [d.item for d in split.duplicates]
    assert sorted(names) == sorted(one.name for one in every)
    places = np.array([Angles().embed(one.question) for one in (*split.train, *split.test)])
    if len(places) > 1:
        closeness = places @ places.T - 2 * np.eye(len(places))
        assert closeness.max() < 0.95 + 1e-6
    by_name = {one.name: one for one in every}
    for gone in split.duplicates:
        pair = (
            Angles().embed(by_name[gone.item].question),
            Angles().embed(by_name[gone.twin].question),
        )
        assert pair[0] @ pair[1] >= 0.95 - 1e-4


@pytest.mark.parametrize("size", [1, 2, 7])
def test_items_are_compared_across_blocks_as_within(monkeypatch, size):
    many = items([11 * n % 360 for n in range(40)], [13 * n % 360 for n in range(40)])
    whole = split_items(many, Angles())
    monkeypatch.setattr(dedup, "BLOCK", size)
    assert split_items(many, Angles()) == whole


def test_real_words():
    asked = ["What is your job?", "What is your job, please?", "Where do you live?"]
    split = split_items([item("now", n, text) for n, text in enumerate(asked * 2)], HashedWords())
    assert len(split.train) + len(split.test) == 3


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"threshold": 0}, r"threshold must lie in \(0, 1\], got 0"),
        ({"test_share": 1}, r"test_share must lie in \[0, 1\), got 1"),
    ],
)
def test_shares_out_of_range_are_refused(wrong, words):
    with pytest.raises(InputError, match=words):
        split_items([], Angles(), **wrong)
