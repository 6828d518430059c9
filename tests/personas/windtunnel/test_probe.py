"""The probe's judgement on answers written by hand, and its intervals against closed forms."""

import math
import random
from collections import Counter

import pytest

from personas.windtunnel import questions
from personas.windtunnel.document import Document
from personas.windtunnel.people import Townsperson, random_person
from personas.windtunnel.probe import (
    Question,
    about_persona,
    about_strangers,
    letter_verdicts,
    verdicts,
    wilson,
)
from personas.windtunnel.proposals import PROPOSALS

NOTHING = Document(())


def stance_question(stance: int) -> Question:
    return Question("stance", NOTHING, "", stance, proposal="bike lanes")


@pytest.mark.parametrize(
    ("answer", "exact", "sign", "parsed"),
    [
        ("I am strongly for bike lanes on Main Street.", 1, 1, 1),
        ("I fully support bike lanes on Main Street. I hear you, Ada.", 1, 1, 1),
        ("I am mildly for bike lanes on Main Street.", 0, 1, 1),
        ("I am strongly against bike lanes on Main Street.", 0, 0, 1),
        ("I am undecided about bike lanes on Main Street.", 0, 0, 1),
        ("I am strongly for a free ferry across the river.", 0, 0, 1),
        ("Bike bike lanes.", 0, 0, 0),
        ("", 0, 0, 0),
    ],
)
def test_an_open_answer_counts_only_with_the_right_stance_on_the_right_proposal(
    answer: str, exact: int, sign: int, parsed: int
) -> None:
    found = verdicts(stance_question(2), answer)
    assert found == {"stance_exact": exact, "stance_sign": sign, "stance_parsed": parsed}


@pytest.mark.parametrize(
    ("kind", "truth", "answer", "right"),
    [
        ("rating", "4", "4", 1),
        ("rating", "4", "5", 0),
        ("vote", "Abstain", "Abstain.", 1),
        ("vote", "No", "Yes. No.", 0),
        ("job", "kite mender", "I work as a kite mender.", 1),
        ("job", "kite mender", "I am a kite seller.", 0),
        ("age", "41", "I am 14.", 0),
    ],
)
def test_other_answers(kind: str, truth: str, answer: str, right: int) -> None:
    assert verdicts(Question(kind, NOTHING, truth), answer) == {kind: right}


def test_a_letter_means_the_option_that_was_shown_beside_it() -> None:
    likeliest_a = [math.log(p) for p in (0.5, 0.1, 0.1, 0.1, 0.1)]
    forward = Question("letter", NOTHING, "", 2)
    found = letter_verdicts(forward, likeliest_a)
    assert found["letter_exact"] == found["letter_sign"] == 1.0
    assert found["letter_mass"] == pytest.approx(0.9)
    backward = Question("letter", NOTHING, "", 2, reverse=True)
    assert letter_verdicts(backward, likeliest_a)["letter_exact"] == 1.0
    opposed = Question("letter", NOTHING, "", -2, reverse=True)
    assert letter_verdicts(opposed, likeliest_a)["letter_exact"] == 0.0


def test_the_interval_has_wilsons_closed_form() -> None:
    all_right = wilson([1.0] * 10)
    assert (all_right.share, all_right.high) == (1.0, 1.0)
    assert all_right.low == pytest.approx(10 / (10 + 1.96**2), abs=1e-4)
    half = wilson([1.0, 0.0] * 50)
    width = 1.96 / math.sqrt(100 + 1.96**2)  # of the interval's half, at a share of one half
    assert (half.low, half.high) == pytest.approx((0.5 - width / 2, 0.5 + width / 2), abs=1e-4)


def two_chapters() -> Townsperson:
    rng = random.Random(4)
    one, other = random_person(rng), random_person(rng)
    chapters = sorted((one.chapters[0], other.chapters[0]), key=lambda chapter: chapter.years)
    return Townsperson(one.name, tuple(chapters))


def test_a_persona_is_asked_everything_in_every_chapter_in_held_out_words() -> None:
    asked = list(about_persona(two_chapters()))
    count = Counter(question.kind for question in asked)
    assert count["stance"] == 2 * len(PROPOSALS) * len(questions.STANCE.held_out)
    assert count["vote"] == count["rating"] == 2 * len(PROPOSALS)
    assert count["name"] == 2 * len(questions.NAME.held_out)
    lines = {question.prompt.messages[-1].lines[0] for question in asked}
    for wording in questions.NAME.train + questions.JOB.train:
        assert f"Moderator: {wording}\n" not in lines


def test_a_persona_is_not_told_who_it_is() -> None:
    person = two_chapters()
    headers = {question.prompt.messages[0].lines[0] for question in about_persona(person)}
    years = [sum(chapter.years) // 2 for chapter in person.chapters]
    assert headers == {f"You are {person.name}. The year is {year}." for year in years}


def test_strangers_are_told_who_they_are_and_never_asked_what_they_cannot_know() -> None:
    for question in about_strangers(5):
        header = question.prompt.messages[0].lines[0]
        if question.kind in {"name", "age", "job", "home", "hobby"}:
            assert question.answer in header
        else:
            assert f"{question.proposal}: " in header


def test_one_seed_asks_the_same() -> None:
    assert list(about_strangers(2)) == list(about_strangers(2))
    assert list(about_strangers(2)) != list(about_strangers(2, seed=5))
