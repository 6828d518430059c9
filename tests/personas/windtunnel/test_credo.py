"""A credo is true to the person, short, and headed by nothing but name and year."""

import random
from itertools import islice

from personas.persona import LIBRARY
from personas.windtunnel.credo import QUESTIONS, credo, reaction, tuning_documents
from personas.windtunnel.life import read_person
from personas.windtunnel.proposals import BY_KEY
from personas.windtunnel.reader import read
from personas.windtunnel.traits import HELD_OUT, TRAINED, Statement, agreement

ROSA = read_person(LIBRARY / "rosa")


def test_the_header_tells_name_and_a_year_of_the_chapter() -> None:
    rng = random.Random(1)
    for _ in range(40):
        header = credo(rng, ROSA).messages[0].lines[0]
        year = int(header.removeprefix("You are Rosa Adler. The year is ").rstrip("."))
        assert any(first <= year <= last for first, last in (c.years for c in ROSA.chapters))


def test_every_stance_is_the_persons_own_in_that_year() -> None:
    rng = random.Random(2)
    stances = 0
    for _ in range(60):
        document = credo(rng, ROSA)
        chapter = ROSA.chapter(int(document.messages[0].lines[0][-5:-1]))
        for message in document.messages[2::2]:
            reading = read(message.lines[0])
            if reading.stance is not None and reading.proposal in BY_KEY:
                assert reading.stance == chapter.stances[reading.proposal]
                stances += 1
    assert stances > 100


def test_questions_are_few_and_none_comes_twice() -> None:
    rng = random.Random(3)
    for _ in range(40):
        asked = [message.lines[0] for message in credo(rng, ROSA).messages[1::2]]
        assert len(set(asked)) == len(asked) <= QUESTIONS


def test_the_stream_also_holds_group_talk() -> None:
    documents = list(islice(tuning_documents(random.Random(4), ROSA), 80))
    lines = [max(len(message.lines) for message in doc.messages) for doc in documents]
    assert 0 < sum(count > 1 for count in lines) < len(documents) / 2


def test_traits_and_field_are_asked_for_and_told_as_they_are() -> None:
    """Statements held out for the probes are never among them."""
    rng = random.Random(5)
    credos = about_traits = fields = 0
    for _ in range(600):
        document = credo(rng, ROSA)
        chapter = ROSA.chapter(int(document.messages[0].lines[0][-5:-1]))
        asked = [message.lines[0] for message in document.messages[1::2]]
        answers = [message.lines[0] for message in document.messages[2::2]]
        stated = [
            max((s for s in TRAINED if s.clause in q), key=_length, default=None) for q in asked
        ]
        for statement, answer in zip(stated, answers, strict=True):
            meaning = read(answer).meaning
            if statement:
                truth = agreement(chapter.traits, statement)
                assert truth in (meaning.agreement, meaning.rating and (meaning.rating - 3) / 2)
            fields += ("field", chapter.field) in meaning.facts
            assert not any(
                name == "field" and told != chapter.field for name, told in meaning.facts
            )
        assert not any(s.clause in question for s in HELD_OUT for question in asked)
        about_traits += all(stated)
        credos += 1
    # Five standard errors of a share of 0.15 in 600 are 0.073.
    assert abs(about_traits / credos - 0.15) < 0.073
    assert fields > 20


def _length(statement: Statement) -> int:
    return len(statement.clause)


def test_a_reaction_ends_with_a_survey_on_the_topic_and_on_something_else() -> None:
    """Where the talk has left the person on the topic, and where the life has on the other."""
    rng, harun = random.Random(6), read_person(LIBRARY / "harun")
    moved = stated = 0
    for _ in range(300):
        document = reaction(rng, harun)
        chapter = harun.chapter(int(document.messages[0].lines[0][-5:-1]))
        readings = [read(m.lines[0]) for m in document.messages if m.role == "assistant"]
        assert all(reading.parsed for reading in readings)
        *talk, on_topic, elsewhere = readings
        if on_topic.stance is not None:
            assert on_topic.stance == talk[-1].stance
            moved += on_topic.stance != chapter.stances[str(on_topic.proposal)]
        if elsewhere.stance is not None:
            assert elsewhere.proposal != talk[-1].proposal
            assert elsewhere.stance == chapter.stances[str(elsewhere.proposal)]
            stated += 1
    assert moved > 10
    assert stated > 60
