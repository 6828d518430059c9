import dataclasses
import random

import pytest

from personas.errors import InputError
from personas.windtunnel.names import spelling, with_article
from personas.windtunnel.people import (
    Chapter,
    Event,
    Townsperson,
    invented_proposal,
    profile,
    random_person,
)
from personas.windtunnel.proposals import BY_KEY, PROPOSALS

EARLY = Chapter(
    name="early",
    years=(2008, 2010),
    age=25,
    job="baker",
    home="Mill Lane",
    hobby="chess",
    field="bees",
    style="plain",
    openness="low",
    traits={
        "curious": "high",
        "orderly": "low",
        "outgoing": "middle",
        "kind": "high",
        "nervous": "low",
    },
    stances={"bike lanes": 2, "new library": 0},
    events=(Event(2004, "opened a small shop"),),
)
LATE = dataclasses.replace(EARLY, name="late", years=(2024, 2026), age=41)
TRAITS_TOLD = "Traits: curious: high; orderly: low; outgoing: middle; kind: high; nervous: low."
ADA = Townsperson("Ada Lind", (EARLY, LATE))


def test_a_profile_is_written_in_the_words_of_the_answers():
    assert profile(ADA, LATE, [BY_KEY["bike lanes"], BY_KEY["new library"]]) == (
        "Name: Ada Lind. Age: 41. Job: baker. Home: Mill Lane. Hobby: chess. Field: bees. "
        "Style: plain. Openness: low. "
        "Traits: curious: high; orderly: low; outgoing: middle; kind: high; nervous: low. "
        "Life: in 2004 I opened a small shop. Past: opened a small shop in 2004. "
        "Views: bike lanes: strongly for; new library: undecided."
    )


def test_a_profile_can_leave_out_views_and_events():
    text = profile(ADA, EARLY, [], with_events=False)
    assert text.endswith("Openness: low. " + TRAITS_TOLD)


@pytest.mark.parametrize(
    ("year", "name"), [(1999, "early"), (2009, "early"), (2015, "early"), (2024, "late")]
)
def test_a_year_lies_in_the_chapter_that_has_begun(year, name):
    assert ADA.chapter(year).name == name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"years": (2010, 2008)}, "years of chapter 'early' must ascend"),
        ({"field": "cats"}, "field must be one of bees, boats, .* got 'cats'"),
        ({"style": "loud"}, "style must be one of plain, .* got 'loud'"),
        ({"openness": "0.3"}, "openness must be low, middle or high, got '0.3'"),
        ({"traits": {"curious": "high"}}, "traits must tell all of .*, missing 'orderly'"),
        ({"traits": EARLY.traits | {"kind": "very"}}, "trait 'kind' must be low, .* got 'very'"),
        ({"traits": EARLY.traits | {"clever": "low"}}, "traits must be curious, .* got 'clever'"),
        ({"stances": {"bike lanes": 3}}, "stance on 'bike lanes' must lie in -2..2, got 3"),
        ({"events": (Event(2009, "broke a leg"),)}, "must have happened when it begins in 2008"),
    ],
)
def test_a_chapter_refuses_what_cannot_be(change, message):
    with pytest.raises(InputError, match=message):
        dataclasses.replace(EARLY, **change)


def test_a_person_has_two_names_and_a_life():
    with pytest.raises(InputError, match="name must have a first and a last part, got 'Ada'"):
        Townsperson("Ada", (EARLY,))
    with pytest.raises(InputError, match="must hold at least one chapter"):
        Townsperson("Ada Lind", ())


def test_the_same_generator_invents_the_same_person():
    assert random_person(random.Random(4)) == random_person(random.Random(4))
    assert random_person(random.Random(4)) != random_person(random.Random(5))


def test_invented_people_have_a_view_on_everything_and_a_plausible_past():
    rng = random.Random(0)
    levels = set()
    for _ in range(300):
        chapter = random_person(rng).chapters[0]
        assert set(chapter.stances) == {p.key for p in PROPOSALS}
        levels |= set(chapter.traits.items())
        years = [event.year for event in chapter.events]
        assert years == sorted(set(years))
        assert years[0] >= chapter.years[0] - chapter.age + 10
    assert len(levels) == 5 * 3  # each of the traits at each of its levels


def test_names_are_an_open_set():
    rng = random.Random(0)
    # 25 onsets and 9 vowels give 225 syllables: 400 draws of two rarely meet.
    assert len({spelling(rng) for _ in range(400)}) > 390


def test_invented_proposals_are_none_of_the_town():
    rng = random.Random(0)
    for _ in range(300):
        proposal = invented_proposal(rng)
        assert proposal.key not in BY_KEY
        assert not proposal.pro


def test_an_article_goes_by_the_first_letter():
    assert [with_article(job) for job in ("engineer", "baker")] == ["an engineer", "a baker"]
