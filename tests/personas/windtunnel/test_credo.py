"""A credo is true to the person, short, and headed by nothing but name and year."""

import random
from itertools import islice

from personas.persona import LIBRARY
from personas.windtunnel.credo import QUESTIONS, credo, tuning_documents
from personas.windtunnel.life import read_person
from personas.windtunnel.proposals import BY_KEY
from personas.windtunnel.reader import read

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
