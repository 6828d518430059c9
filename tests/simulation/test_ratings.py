"""Means of ratings with their intervals, and agreement over what several raters rated."""

import numpy as np
import pandas as pd
import pytest

from personas.errors import InputError
from simulation.analysis.ratings import (
    GROUP,
    interval_of_mean,
    mean_ratings,
    rater_agreement,
)
from simulation.chat.desk import Desk, read_chat
from simulation.chat.rating import Rating, read_rating
from simulation.chat.reading import read_ratings
from simulation.chat.record import ChatRecord
from simulation.chat.rerating import copy_for_rating, spec_for_rating

from .chats import close, closing_talks, talk_in  # noqa: F401

pytestmark = pytest.mark.usefixtures("closing_talks")


def frame(rows: list[tuple], scale: str = "naturalness") -> pd.DataFrame:
    """Ratings (rater, talk, turn, rating) of one persona."""
    table = pd.DataFrame(rows, columns=["rater", "talk", "turn", "rating"]).astype(
        {"rating": float}
    )
    fixed = {"record": "r", "seat": 0, "scale": scale, **dict.fromkeys(GROUP, "x")}
    return table.assign(**fixed)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_over_talks_an_interval_is_as_wide_as_talks_differ(rng):
    # 40 talks of 4 answers that are all alike within a talk: only talks tell anything.
    means = [1 + talk % 5 for talk in range(40)]
    rows = [("ada", t, turn, mean) for t, mean in enumerate(means) for turn in range(4)]
    found = interval_of_mean(frame(rows), rng)
    half = 1.96 * np.std(means) / np.sqrt(40)  # normal theory
    assert found.over == "40 talks"
    assert found.low == pytest.approx(3 - half, abs=0.06)
    assert found.high == pytest.approx(3 + half, abs=0.06)


def test_long_talks_weigh_more_as_in_the_mean(rng):
    # Five short talks rated 1 and two long ones rated 5: a mean of talks would be 2.1.
    rows = [
        ("ada", t, turn, 1 if t < 5 else 5) for t in range(7) for turn in range(1 + 9 * (t > 4))
    ]
    table = mean_ratings(frame(rows), rng).iloc[0]
    assert table["mean"] == pytest.approx((5 * 1 + 20 * 5) / 25)
    assert table["low"] < table["mean"] < table["high"]
    assert (table["answers"], table["talks"], table["raters"]) == (25, 7, 1)


def test_over_few_talks_the_interval_says_that_it_is_over_answers(rng):
    values = [1, 2, 3, 4, 5] * 8
    found = interval_of_mean(frame([("ada", 0, t, value) for t, value in enumerate(values)]), rng)
    half = 1.96 * np.std(values) / np.sqrt(40)
    assert found.over == "40 answers of one talk"
    assert found.low == pytest.approx(3 - half, abs=0.06)
    assert found.high == pytest.approx(3 + half, abs=0.06)


def test_several_raters_of_one_answer_are_not_several_answers(rng):
    values = [1, 2, 3, 4, 5] * 8
    once = [("ada", 0, turn, value) for turn, value in enumerate(values)]
    often = [(rater, *row[1:]) for row in once for rater in ("ada", "ben", "cy", "dee")]
    one, four = (interval_of_mean(frame(rows), np.random.default_rng(0)) for rows in (once, often))
    assert (one.low, one.high) == pytest.approx((four.low, four.high))


@pytest.mark.parametrize(
    ("values", "words"),
    [([4] * 9, "all ratings alike"), ([1, 2, 3], "fewer than 6 answers")],
)
def test_where_there_is_no_interval_words_say_why(values, words, rng):
    found = interval_of_mean(frame([("ada", 0, t, v) for t, v in enumerate(values)]), rng)
    assert (found.low, found.high) == (None, None)
    assert words in found.over


def test_agreement_counts_answers_that_two_raters_rated():
    ada = [("ada", 0, 0, 1), ("ada", 0, 1, 1), ("ada", 0, 2, 2), ("ada", 9, 0, 5)]
    ben = [("ben", 0, 0, 1), ("ben", 0, 1, 2), ("ben", 0, 2, 2), ("ben", 8, 0, 1)]
    found = rater_agreement(frame([*ada, *ben])).set_index("level")
    assert found.loc["interval", "alpha"] == pytest.approx(4 / 9)  # by hand in test_agreement
    assert tuple(found.loc["interval", ["raters", "answers", "note"]]) == (2, 3, "")


def test_without_agreement_words_say_why():
    alone = rater_agreement(frame([("ada", 0, 0, 1)]))
    apart = rater_agreement(frame([("ada", 0, 0, 1), ("ben", 1, 0, 1)]))
    alike = rater_agreement(frame([("ada", 0, 0, 3), ("ben", 0, 0, 3)]))
    notes = [set(found["note"]) for found in (alone, apart, alike)]
    assert notes == [{"one rater"}, {"no answer has two raters"}, {"all ratings alike"}]


def test_a_rater_who_rated_an_answer_twice_is_refused():
    with pytest.raises(InputError, match="rater 'ada' rated the same answer more than once"):
        rater_agreement(frame([("ada", 0, 0, 1), ("ada", 0, 0, 2)]))


@pytest.mark.parametrize(
    ("typed", "rating"),
    [
        ("4 5 3", Rating(4, 5, 3)), (" 4,5,3 ", Rating(4, 5, 3)), ("4 - 3", Rating(4, None, 3)),
        ("", Rating()), ("- - -", Rating()), ("1 1 1", Rating(1, 1, 1)),
    ],
)  # fmt: skip
def test_a_rating_as_it_is_typed(typed, rating):
    assert read_rating(typed) == rating
    assert read_rating(str(rating)) == rating


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("4 5", "rating must be 3 numbers"), ("4 5 3 2", "rating must be 3 numbers"),
        ("0 5 3", r"naturalness must lie in 1\.\.5, got 0"),
        ("4 6 3", r"consistency must lie in 1\.\.5, got 6"),
        ("4 5 x", "knowledge must be a whole number in 1..5, or - to skip it, got 'x'"),
        ("4 5 3.5", "got '3.5'"), ("4 5 ³", "got '³'"), ("-1 5 3", "got '-1'"),
    ],
)  # fmt: skip
def test_a_rating_that_is_none(typed, words):
    with pytest.raises(InputError, match=words):
        read_rating(typed)


async def test_from_two_raters_records_to_the_figures(tmp_path, rng):
    talk = talk_in(tmp_path / "ada", "rosa", "prompt:ilse", blind=True, rater="ada", seed=1)
    given = {"rosa": iter([5, 4]), "prompt:ilse": iter([1, 2])}
    for question in ("Tea?", "Why?"):
        for shown in await talk.ask(question):
            cast = next(s.cast for s in talk.sitting if s.letter == shown.name)
            talk.desk.rate(shown, Rating(next(given[cast]), None, 3))
    await talk.ask("And?")  # not rated
    close(talk)
    manifest, source = read_chat(tmp_path / "ada")
    spec = spec_for_rating(manifest, tmp_path / "ada", "ben", 7)
    record = ChatRecord(tmp_path / "ben", {"spec": spec.as_json()})
    copy_for_rating(record, source, 7)
    desk = Desk(record)
    for _, waiting in desk.view.unrated():
        for shown in waiting:
            desk.rate(shown, Rating(3, None, 3))
    record.close()
    ratings = read_ratings([tmp_path / "ada", tmp_path / "ben"])
    assert len(ratings) == 2 * 4 + 2 * 6  # two scales; ada rated four answers, ben all six
    assert set(ratings["scale"]) == {"naturalness", "knowledge"}
    means = mean_ratings(ratings, rng).set_index(["persona", "arm", "scale"])["mean"]
    assert means["rosa", "lora", "naturalness"] == pytest.approx((5 + 4 + 3 * 3) / 5)
    assert means["ilse", "prompt", "naturalness"] == pytest.approx((1 + 2 + 3 * 3) / 5)
    found = rater_agreement(ratings).set_index(["scale", "level"])
    assert found.loc[("naturalness", "interval"), "answers"] == 4
    # Ada 5, 4, 1, 2 and Ben 3 four times. Observed 2 * (4 + 1 + 4 + 1) = 20. Expected, over all
    # ordered pairs of the eight values, 2 * (8 * (sum of squares 82) - (sum 24)**2) = 160.
    assert found.loc[("naturalness", "interval"), "alpha"] == pytest.approx(1 - 7 * 20 / 160)
    assert found.loc[("knowledge", "interval"), "note"] == "all ratings alike"


def test_records_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="no chat in"):
        read_ratings([tmp_path])
    close(talk_in(tmp_path / "ada", "rosa"))
    with pytest.raises(InputError, match="nothing was rated in"):
        read_ratings([tmp_path / "ada"])
    with pytest.raises(InputError, match="named twice"):
        read_ratings([tmp_path / "ada", tmp_path / "ada" / "..", tmp_path / "ada"])
