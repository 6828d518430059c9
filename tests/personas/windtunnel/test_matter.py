"""A paragraph tells what can be asked about it, and a note holds all of a matter."""

import pytest

from personas.windtunnel.matter import Matter, told_by


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("I work as a carpenter (doors and stairs).", ["job"]),
        ("My name is Bruno Keller. I am 27 years old.", ["name", "age"]),
        ("In 2001 I finished school (last).", ["event: 2001 | finished school"]),
        ("I am very outgoing. I am hardly ever nervous.", ["trait: outgoing", "trait: nervous"]),
        ("I know that a full square is safer than an empty one.", ["reason: night market"]),
        (
            'At noon I said: "I firmly oppose a stove ban in the old town. Wood grows again and '
            'oil does not."',
            ["stance: stove ban", "reason: stove ban"],
        ),
        ("Give me a new reason and I gladly change my mind.", ["introduction"]),
    ],
)
def test_a_paragraph_tells_what_can_be_asked(text, told):
    assert [matter.note for matter in told_by(text)] == told


def test_a_note_is_read_back():
    for matter in (Matter("robot"), Matter("crowd", ("bike lanes", "for")), Matter("job")):
        assert Matter.of(matter.note) == matter
