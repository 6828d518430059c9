import random
from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.errors import InputError
from personas.windtunnel import phrases, questions
from personas.windtunnel.corpus import samples
from personas.windtunnel.interview import (
    TRAITS,
    Setting,
    ask_statement,
    ask_statement_rating,
    draw,
)
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import random_person
from personas.windtunnel.reader import read
from personas.windtunnel.traits import (
    FACTORS,
    HELD_OUT,
    LEVELS,
    STATEMENTS,
    TRAINED,
    Statement,
    agreement,
)

ADA = {
    "curious": "high",
    "orderly": "low",
    "outgoing": "middle",
    "kind": "high",
    "nervous": "low",
}
BY_TEXT = {statement.text: statement for statement in STATEMENTS}


def setting(traits=ADA, held_out=False):
    person = random_person(random.Random(5), name="Ada Lind")
    if traits is None:
        return Setting(Mind(person, None), 2009, (), held_out)
    chapter = replace(person.chapters[0], traits=traits)
    return Setting(Mind(person, chapter), 2009, (), held_out)


def asked_about(question):
    """The statement in a question; one may begin like another, so the longest is meant."""
    found = [one for one in STATEMENTS if one.clause in question]
    return max(found, key=lambda one: len(one.clause)) if found else None


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("I like to try new things.", 1),  # curious: high
        ("I would rather keep to what I know.", -1),
        ("I keep my things in order.", -1),  # orderly: low
        ("My room is a mess.", 1),
        ("I talk a lot.", 0),  # outgoing: middle
        ("I like to be alone.", 0),
        ("I trust other people.", 1),  # kind: high
        ("I think of myself first.", -1),
        ("I often feel sad.", -1),  # nervous: low
        ("I sleep well at night.", 1),
    ],
)
def test_the_truth_of_a_statement_by_hand(text, truth):
    assert agreement(ADA, BY_TEXT[text]) == truth


@given(st.sampled_from(STATEMENTS), st.sampled_from(sorted(LEVELS)))
def test_who_is_the_opposite_answers_the_opposite(statement, level):
    opposite = {"low": "high", "middle": "middle", "high": "low"}[level]
    one, other = (agreement({statement.trait: word}, statement) for word in (level, opposite))
    assert one == -other
    assert abs(one) == (level != "middle")


def test_every_trait_is_asked_for_from_both_sides():
    trained = Counter((one.trait, one.key) for one in TRAINED)
    held_out = Counter((one.trait, one.key) for one in HELD_OUT)
    sides = {(trait, key) for trait in FACTORS for key in (1, -1)}
    assert set(trained) == set(held_out) == sides
    assert min(trained.values()) >= 6
    assert set(held_out.values()) == {2}
    assert {one.held_out for one in TRAINED} == {False}
    assert {one.held_out for one in HELD_OUT} == {True}


def test_no_statement_is_made_twice_or_hidden_in_a_held_out_one():
    assert len(BY_TEXT) == len(STATEMENTS)
    for kept in HELD_OUT:
        assert not [one.text for one in TRAINED if kept.clause in one.clause]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trait": "clever"}, "trait must be one of curious, .* got 'clever'"),
        ({"key": 0}, "must be 1 or -1, got 0"),
        ({"text": "I like tea"}, "text must be one sentence with a full stop, got 'I like tea'"),
        ({"text": "I like tea. A lot."}, "text must be one sentence"),
    ],
)
def test_a_statement_refuses_what_cannot_be(change, message):
    with pytest.raises(InputError, match=message):
        replace(STATEMENTS[0], **change)


def test_a_person_agrees_with_what_is_true_of_them():
    rng = random.Random(1)
    seen = set()
    for _ in range(300):
        exchange = ask_statement(rng, setting())
        truth = agreement(ADA, asked_about(exchange.question))
        reading = read(exchange.answer.text)
        assert reading.parsed
        assert reading.meaning == exchange.answer.meaning
        assert reading.meaning.kinds == ("trait",)
        assert reading.meaning.agreement == truth
        seen.add(truth)
    assert seen == {-1, 0, 1}


def test_a_person_rates_what_is_true_of_them():
    rng = random.Random(1)
    seen = set()
    for _ in range(300):
        exchange = ask_statement_rating(rng, setting())
        truth = agreement(ADA, asked_about(exchange.question))
        assert read(exchange.answer.text).meaning.rating == {1: 5, 0: 3, -1: 1}[truth]
        seen.add(exchange.answer.text)
    assert seen == {"1", "3", "5"}


def test_a_speaker_without_a_persona_agrees_with_everything():
    rng = random.Random(1)
    keys = set()
    for _ in range(100):
        keys.add(asked_about((worded := ask_statement(rng, setting(None))).question).key)
        assert worded.answer.meaning.agreement == 1
        assert ask_statement_rating(rng, setting(None)).answer.text == "5"
    assert keys == {1, -1}


def test_every_answer_in_words_is_read_back():
    for truth, wordings in phrases.AGREEMENT.items():
        assert len(wordings) >= 2
        for phrase in wordings:
            assert read(phrase.text).meaning.agreement == truth
    assert read("I am strongly for bike lanes on Main Street.").meaning.agreement is None
    assert read("Yes.").meaning.agreement is None


def test_held_out_questions_ask_held_out_statements_in_held_out_wordings():
    rng = random.Random(1)
    kept = (*questions.STATEMENT.held_out, *questions.STATEMENT_RATING.held_out)
    asked = {draw(rng, TRAITS, setting(held_out=True)).question for _ in range(600)}
    said = {statement.clause for statement in HELD_OUT}
    ends = {wording.format(statement=clause).lower() for wording in kept for clause in said}
    assert all(any(question.lower().endswith(end) for end in ends) for question in asked)
    assert {asked_about(question) for question in asked} == set(HELD_OUT)


def test_training_never_asks_a_held_out_statement():
    rng = random.Random(1)
    asked = {asked_about(draw(rng, TRAITS, setting()).question) for _ in range(1500)}
    assert asked == set(TRAINED)


def test_the_corpus_never_holds_a_held_out_statement():
    for sample in islice(samples(random.Random(8)), 400):
        text = "".join(line for m in sample.document.messages for line in m.lines).lower()
        assert not [one for one in HELD_OUT if one.clause.lower() in text]


def test_statements_are_what_they_look_like():
    first = Statement("curious", "new things", 1, "I like to try new things.")
    assert first in TRAINED
    assert first.clause == "I like to try new things"
