"""Where two runs part, counted by hand."""

import math

import pytest

from simulation.comparison import parting_lines, parting_words
from simulation.divergence import Parting, partings
from simulation.page import read

from .worlds import HELD, run_of

PEOPLE = {"ada": "Ada Lind", "bo": "Bo Reed"}
SAID = [
    ("talk", "ada", 1, "Good morning."),
    ("talk", "bo", 1, "Good morning."),
    ("talk", "ada", 2, "I am for it."),
    ("talk", "bo", 2, "So am I."),
]


def town(speeches, **changes):
    return run_of(HELD, PEOPLE, speeches, **changes)


def test_a_run_does_not_part_from_itself():
    found = {
        (p.arm, p.what): (p.same, p.different, p.time) for p in partings(town(SAID), town(SAID))
    }
    assert found == {
        ("talk", "turns"): (4, 0, None),
        ("talk", "answers"): (8, 0, None),  # two people, two waves, two orders
        ("scrambled", "answers"): (8, 0, None),
    }


def test_the_first_difference_is_the_earliest_in_virtual_time():
    other = [*SAID[:2], ("talk", "ada", 2, "I am against it."), ("talk", "bo", 2, "I am not.")]
    turns, answers, _ = partings(town(SAID), town(other))
    texts = ("I am for it.", "I am against it.")
    assert turns == Parting("talk", "turns", 2, 2, 2.0, "ada", texts)
    assert answers.different == 0


@pytest.mark.parametrize(("shift", "different"), [(6e-6, 0), (2e-4, 8), (-math.inf, 8)])
def test_an_answer_may_differ_by_rounding_and_no_more(shift, different):
    other = town(SAID)
    surveys = other.surveys
    talk = surveys["arm"] == "talk"
    surveys.loc[talk, "logprobs"] = surveys.loc[talk, "logprobs"].map(
        lambda logs: tuple(log + shift for log in logs)
    )
    _, answers, floor = partings(town(SAID), other)
    assert (answers.different, floor.different) == (different, 0)


def test_a_turn_that_only_one_run_has_is_a_difference():
    turns, *_ = partings(town(SAID[:3]), town(SAID))
    assert turns == Parting("talk", "turns", 3, 1, 2.0, "bo", (None, "So am I."))
    turns, *_ = partings(town(SAID), town(SAID[:3]))
    assert turns.texts == ("So am I.", None)


def test_partings_are_told_in_words():
    readings = read([town(SAID), town(SAID[:3])])
    assert parting_lines(readings)[:2] == [
        "Run A and Run B, talk: 1 of 4 turns differ, first at round 2, Bo Reed.",
        "Run A and Run B, talk: all 8 answers are the same.",
    ]
    nowhere = Parting("talk", "turns", 4, 0)
    assert parting_words(nowhere, readings[0]) == "–"  # noqa: RUF001
