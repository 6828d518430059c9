"""Drills of sides and reactions tell the truth of the town, and all of it can be read."""

import random
from itertools import islice

import pytest

from personas.windtunnel.dispute import TOLD, reaction, reactions, side_drills
from personas.windtunnel.document import Document
from personas.windtunnel.proposals import REASONS
from personas.windtunnel.reader import read
from personas.windtunnel.script import Sample


def answered(document: Document) -> list[tuple[str, str]]:
    """What was heard last, and what was said to it."""
    messages = document.messages[1:]
    return [
        (heard.lines[-1], said.lines[0])
        for heard, said in zip(messages[::2], messages[1::2], strict=True)
    ]


@pytest.fixture(scope="module")
def about_sides() -> list[tuple[str, str]]:
    drills = islice(side_drills(random.Random(3)), 150)
    return [pair for document in drills for pair in answered(document)]


@pytest.fixture(scope="module")
def reacting() -> list[Sample]:
    rng = random.Random(4)
    return [reaction(rng) for _ in range(200)]


def named_in(question: str) -> str:
    """The longest reason of the town that stands in a question."""
    return max((text for text in REASONS if text in question), key=len)


def test_a_reason_is_on_the_side_that_the_town_gives_it(about_sides):
    verdicts = [(question, read(said).meaning) for question, said in about_sides]
    judged = [(q, m) for q, m in verdicts if m.kinds == ("side",)]
    assert len(judged) > 300
    for question, meaning in judged:
        assert meaning.side == REASONS[named_in(question)].side
    assert {meaning.side for _, meaning in judged} == {1, -1}


def test_a_reason_asked_for_is_on_the_side_that_was_asked(about_sides):
    found = [
        (q, read(said).reasons)
        for q, said in about_sides
        if read(said).meaning.kinds == ("reason",)
    ]
    assert len(found) > 150
    for question, (reason,) in found:
        assert f" {'for' if reason.side > 0 else 'against'} " in question


def test_whoever_weighs_names_one_reason_of_each_side(about_sides):
    weighed = [
        read(said).reasons for _, said in about_sides if read(said).meaning.kinds == ("balance",)
    ]
    assert len(weighed) > 150
    for first, second in weighed:
        assert (first.proposal, first.side) == (second.proposal, -second.side)


def test_a_reaction_is_a_turn_that_can_be_read_and_states_where_the_speaker_stands(reacting):
    for sample in reacting:
        said = [text for _, text in answered(sample.document)]
        assert 5 <= len(said) <= 9
        for text, truth in zip(said, sample.truths, strict=True):
            reading = read(text)
            assert reading.parsed, text
            assert (reading.proposal, reading.stance) == (truth.proposal, truth.stance)


def test_whose_openness_is_low_never_moves_and_others_do_as_often_as_the_law_says(reacting):
    moves = {"low": [], "middle": [], "high": []}
    for sample in reacting:
        header = sample.document.messages[0].lines[0]
        if "Openness" not in header:
            continue
        (openness,) = (word for word in moves if f"Openness: {word}." in header)
        moves[openness] += [read(text).meaning.moved for _, text in answered(sample.document)]
    shares = {word: sum(found) / len(found) for word, found in moves.items()}
    assert shares["low"] == 0
    assert 0.02 < shares["middle"] < shares["high"] < 0.8


def test_the_header_tells_what_a_reaction_depends_on_and_no_more(reacting):
    headers = [sample.document.messages[0].lines[0] for sample in reacting]
    told = [header for header in headers if not header.startswith("You are ")]
    assert 0.75 < len(told) / len(headers) < 0.95
    for header in told:
        labels = [part.split(": ")[0] for part in header.rstrip(".").split(". ")][:-1]
        assert tuple(labels) == TOLD


def test_nobody_speaks_under_the_name_of_who_reacts(reacting):
    for sample in reacting:
        lines = [line for m in sample.document.messages for line in m.lines if m.role == "user"]
        assert not any(line.startswith(f"{sample.person.name}: ") for line in lines)


def test_one_seed_gives_one_stream():
    first, second = (list(islice(reactions(random.Random(9)), 5)) for _ in range(2))
    assert first == second
    assert first != list(islice(reactions(random.Random(10)), 5))
