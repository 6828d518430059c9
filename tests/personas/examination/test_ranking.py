"""Answers ranked together: ties, shuffled positions, judges without a verdict."""

import asyncio
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.examination.ranking import STANDING, points, rank_all, standings
from tests.personas.examination.answered import answer


class ByLength:
    """A judge who likes long answers, and keeps what it was shown."""

    def __init__(self, silent=()):
        self.shown, self._silent = [], silent

    async def compare(self, case, answers):
        self.shown.append(tuple(answers))
        if len(self.shown) in self._silent:
            return None
        return tuple(len(one) for one in answers)


def ranked(judge, said):
    found = asyncio.run(rank_all(said, judge, asyncio.Semaphore(1)))
    return {one.arm: one.value for one in points(found)}


def rivals(**texts):
    return [answer(text, arm=arm, reference="r") for arm, text in texts.items()]


def test_ties_share_their_mean_rank():
    assert standings([3, 1, 3, 0]) == [pytest.approx(5 / 6), 1 / 3, pytest.approx(5 / 6), 0]


@given(st.lists(st.integers(0, 5), min_size=2, max_size=8))
def test_standings_are_one_half_on_average(scores):
    assert fmean(standings(scores)) == pytest.approx(0.5)


def test_a_standing_does_not_depend_on_where_an_answer_was_shown():
    judge = ByLength()
    assert ranked(judge, rivals(base="a", prompt="abc", sft="ab")) == {
        "base": 0, "prompt": 1, "sft": 0.5
    }  # fmt: skip
    assert len(judge.shown) == 2
    assert all(sorted(one) == ["a", "ab", "abc"] for one in judge.shown)


def test_orders_are_drawn_by_question():
    judge = ByLength()
    said = [answer(text, arm=arm, reference="r", question=f"q{n}")
            for n in range(20) for arm, text in (("base", "a"), ("sft", "ab"))]  # fmt: skip
    ranked(judge, said)
    assert set(judge.shown) == {("a", "ab"), ("ab", "a")}


def test_an_order_without_a_verdict_does_not_count():
    said = rivals(base="a", sft="ab")
    assert ranked(ByLength(silent=(1,)), said) == {"base": 0, "sft": 1}
    assert ranked(ByLength(silent=(1, 2)), said) == {}


def test_only_answers_to_one_question_under_one_seed_are_rivals():
    said = [
        *rivals(base="a"),
        answer("b", arm="sft", reference="r", seed=1),
        answer("c", arm="dpo", reference="r", stage="early"),
        answer("d", arm="x", reference="r", kind="error"),
        answer("e", "again", arm="y", reference="r"),
    ]
    assert ranked(ByLength(), said) == {}
    assert STANDING not in {one.measure for one in points(said)}
