"""Whatever can be put to somebody has an answer; who holds says so; the law moves nobody, too."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from personas.windtunnel.interview import Setting
from personas.windtunnel.matter import FACTS, VIEWS, Matter, hear, pushed_to
from personas.windtunnel.matter_answered import ANSWERABLE, true_answer
from personas.windtunnel.matter_asked import OTHERS
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import random_person
from personas.windtunnel.proposals import BY_KEY
from personas.windtunnel.reader import read

LANES = BY_KEY["bike lanes"]
FOR, AGAINST = LANES.reasons(1)[0], LANES.reasons(-1)[0]
ADA = random_person(random.Random(5), [LANES], name="Ada Lind")


def asked(stance: int | None) -> Setting:
    """Ada with a view, or without a persona."""
    chapter = ADA.chapters[0]
    mind = Mind(ADA, None)
    if stance is not None:
        mind = Mind(ADA, replace(chapter, stances={LANES.key: stance}), {LANES.key: stance})
    return Setting(mind, chapter.years[0], (LANES,))


def answers(matter: Matter, stance: int | None, count: int):
    """What each of many of her says, read back."""
    rng = random.Random(3)
    for _ in range(count):
        answer = true_answer(rng, asked(stance), matter)
        assert read(answer.text).meaning == answer.meaning
        yield answer.meaning


def test_whatever_can_be_put_has_an_answer():
    assert {*FACTS, *VIEWS, *OTHERS, "letter", "thought", "crowd"} == ANSWERABLE


def test_who_holds_against_a_reason_says_so_first_and_sometimes_why():
    # Who is strongly against already has no notch left towards a reason against it.
    told = list(answers(Matter("claim", (AGAINST.text,)), -2, 400))
    assert {meaning.kinds[:2] for meaning in told} == {("keep", "stance")}
    assert {meaning.stance for meaning in told} == {-2}
    argued = sum(bool(meaning.reasons) for meaning in told)
    assert 120 <= argued <= 200  # 0.4 of 400: 160 expected, deviation 9.8


def test_who_holds_against_the_crowd_says_so_first():
    told = answers(Matter("crowd", (LANES.key, "against")), 1, 50)
    assert {meaning.kinds for meaning in told} == {("keep", "stance")}


def test_a_speaker_without_a_persona_has_a_view_before_the_reason_moves_it():
    # First against, undecided or for with 1/4, 1/2, 1/4; then one notch up with 0.8, at most to 1.
    told = list(answers(Matter("claim", (FOR.text,)), None, 1000))
    assert all(meaning.kinds[0] == "yield" for meaning in told)
    found = Counter(meaning.stance for meaning in told)
    assert 22 <= found[-1] <= 78  # 0.05 of 1,000: 50 expected, deviation 6.9
    assert 242 <= found[0] <= 358  # 0.30: 300 expected, deviation 14.5
    assert found[1] == 1000 - found[-1] - found[0]


@pytest.mark.parametrize(
    ("matter", "side"),
    [
        (Matter("claim", (AGAINST.text,)), -1),
        (Matter("crowd", (LANES.key, "for")), 1),
        (Matter("thought", (LANES.key, "mildly against", AGAINST.text)), -1),
    ],
)
def test_a_push_is_towards_a_side(matter, side):
    assert pushed_to(matter) == (LANES.key, side)


def test_only_reasons_are_heard():
    mind = asked(1).mind
    hear(mind, Matter("crowd", (LANES.key, "for")))
    assert mind.fresh is None
    hear(mind, Matter("claim", (AGAINST.text,)))
    assert mind.fresh == (AGAINST, "")
