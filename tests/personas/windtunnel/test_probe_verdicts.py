"""The probe's judgement on answers written by hand, and its intervals against closed forms."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.windtunnel.document import Document
from personas.windtunnel.probe_verdicts import (
    Question,
    Verdict,
    letter_verdicts,
    pooled,
    tally,
    verdicts,
    wilson,
)
from personas.windtunnel.speech import Meaning
from personas.windtunnel.survey import LETTERS, survey_letter
from personas.windtunnel.town import STANCES

NOTHING = Document(())
UNREAD = "Bike bike lanes."


def judged(kind: str, truth: Meaning, text: str, proposal: str = "") -> dict[str, list[float]]:
    """Verdicts by figure."""
    return dict(tally(verdicts(Question(kind, NOTHING, truth, proposal), text)))


@pytest.mark.parametrize(
    ("answer", "exact", "sign", "parsed"),
    [
        ("I am strongly for bike lanes on Main Street.", 1, 1, 1),
        ("I fully support bike lanes on Main Street. I hear you, Ada.", 1, 1, 1),
        ("I am mildly for bike lanes on Main Street.", 0, 1, 1),
        ("I am strongly against bike lanes on Main Street.", 0, 0, 1),
        ("I am undecided about bike lanes on Main Street.", 0, 0, 1),
        ("I am strongly for a free ferry across the river.", 0, 0, 1),
        (UNREAD, 0, 0, 0),
        ("", 0, 0, 0),
    ],
)
def test_an_open_answer_counts_only_with_the_right_stance_on_the_right_proposal(
    answer, exact, sign, parsed
):
    truth = Meaning(proposal="bike lanes", stance=2)
    found = judged("stance", truth, answer, "bike lanes")
    assert found["stance_exact"] == [exact]
    assert found["stance_sign"] == [sign]
    assert found["stance_parsed"] == [parsed]


@pytest.mark.parametrize(
    ("kind", "truth", "answer", "right"),
    [
        ("rating", Meaning(rating=4), "4", 1),
        ("rating", Meaning(rating=4), "5", 0),
        ("rating", Meaning(rating=4), "Yes.", 0),
        ("vote", Meaning(kinds=("vote",), vote=0), "Abstain.", 1),
        ("vote", Meaning(kinds=("vote",), vote=-1), "Yes. No.", 0),
        ("job", Meaning(facts=(("job", "kite mender"),)), "I work as a kite mender.", 1),
        ("job", Meaning(facts=(("job", "kite mender"),)), "I am a kite seller.", 0),
        ("job", Meaning(facts=(("job", "kite mender"),)), "I have no job.", 0),
        ("age", Meaning(facts=(("age", "41"),)), "I am 41 years old.", 1),
        ("age", Meaning(facts=(("age", "41"),)), "I am 14 years old.", 0),
        ("age", Meaning(facts=(("age", "41"),)), "I am 14 years old. I am 41 years old.", 0),
        ("field", Meaning(facts=(("field", "bees"),)), "My field is bees.", 1),
        ("field", Meaning(facts=(("field", "bees"),)), "My field is boats.", 0),
        ("statement", Meaning(kinds=("trait",), agreement=0), "That is a little like me.", 1),
        ("statement", Meaning(kinds=("trait",), agreement=0), "Yes, that is true of me.", 0),
        ("statement_rating", Meaning(rating=1), "1", 1),
        ("statement_rating", Meaning(rating=1), "5", 0),
    ],
)
def test_other_answers(kind, truth, answer, right):
    assert judged(kind, truth, answer)[kind] == [right]


def test_first_and_last_name_count_apart():
    truth = Meaning(facts=(("name", "Ada Lind"),))
    found = judged("name", truth, "My name is Ada Brandt.")
    assert (found["first_name"], found["last_name"], found["name"]) == ([1], [0], [0])
    found = judged("name", truth, "I am Ada Lind.")
    assert (found["first_name"], found["last_name"], found["name"]) == ([1], [1], [1])


@pytest.mark.parametrize(
    ("kind", "truth", "answer", "right"),
    [
        ("event", (("when", "2004"), ("deed", "wrote a book")), "In 2004 I wrote a book.", 1),
        ("event", (("when", "2004"), ("deed", "wrote a book")), "In 2014 I wrote a book.", 0),
        ("event", (("when", "2004"), ("deed", "wrote a book")), "In 2004 I sold my boat.", 0),
        ("when", (("when", "2004"), ("deed", "wrote a book")), "I wrote a book in 2004.", 1),
        ("when", (("when", "2004"), ("deed", "wrote a book")), "I wrote a book in 2005.", 0),
        ("later", (("year", "2009"),), "I cannot know that, it is only 2009.", 1),
        ("later", (("year", "2009"),), "In 2020 I started a choir.", 0),
        ("later", (("year", "2009"),), "Nothing special happened to me in 2020.", 0),
    ],
)
def test_dated_events_count_for_their_own_figure_and_for_life(kind, truth, answer, right):
    figure = "later_unknown" if kind == "later" else kind
    found = judged(kind, Meaning(facts=truth), answer)
    assert found[figure] == found["life"] == [right]


def test_every_sentence_is_counted_as_read_or_not():
    truth = Meaning(facts=(("age", "41"),))
    assert judged("age", truth, f"I am 41 years old. {UNREAD} I like chess.")["parsed"] == [1, 1, 0]
    assert judged("age", truth, "")["parsed"] == [0]
    assert "parsed" not in judged("rating", Meaning(rating=4), "4")


def test_a_letter_means_the_option_that_was_shown_beside_it():
    likeliest_a = [math.log(p) for p in (0.5, 0.1, 0.1, 0.1, 0.1)]
    right = survey_letter(2, False)
    assert right == "A"
    forward = Question("letter", NOTHING, Meaning(stance=2))
    found = dict(letter_verdicts(forward, likeliest_a))
    assert found["letter_exact"] == found["letter_sign"] == 1.0
    assert found["letter_mass"] == pytest.approx(0.9)
    # In reverse order A is strongly against.
    backward = Question("letter", NOTHING, Meaning(stance=2), reverse=True)
    assert dict(letter_verdicts(backward, likeliest_a))["letter_exact"] == 0.0
    opposed = Question("letter", NOTHING, Meaning(stance=-2), reverse=True)
    assert dict(letter_verdicts(opposed, likeliest_a))["letter_exact"] == 1.0


@given(st.sampled_from(STANCES), st.booleans())
def test_the_grammars_own_letter_is_always_right(stance, reverse):
    right = survey_letter(stance, reverse)
    logprobs = [math.log(0.8 if letter == right else 0.05) for letter in LETTERS]
    question = Question("letter_seen", NOTHING, Meaning(stance=stance), "", reverse)
    found = dict(letter_verdicts(question, logprobs))
    assert found["letter_seen_exact"] == found["letter_seen_sign"] == 1.0


def test_the_interval_has_wilsons_closed_form():
    all_right = wilson([1.0] * 10)
    assert (all_right.share, all_right.high) == (1.0, 1.0)
    assert all_right.low == pytest.approx(10 / (10 + 1.96**2), abs=1e-4)
    half = wilson([1.0, 0.0] * 50)
    width = 1.96 / math.sqrt(100 + 1.96**2)  # of the interval's half, at a share of one half
    assert (half.low, half.high) == pytest.approx((0.5 - width / 2, 0.5 + width / 2), abs=1e-4)


def test_pooling_counts_answers_and_not_people():
    one = tally([Verdict("job", 1.0)] * 3)
    other = tally([Verdict("job", 0.0), Verdict("age", 1.0)])
    assert pooled([one, other]) == {"age": [1.0], "job": [1.0, 1.0, 1.0, 0.0]}
