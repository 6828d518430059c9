import math
import random
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.errors import InputError
from personas.windtunnel.corpus import samples
from personas.windtunnel.fields import (
    FIELD_BY_KEY,
    FIELD_OF_CONCEPT,
    FIELDS,
    Field,
    find_field,
)
from personas.windtunnel.interview import Setting, ask_field, ask_idea
from personas.windtunnel.mind import Heard, Mind
from personas.windtunnel.people import Townsperson, random_person
from personas.windtunnel.phrases import FIELD, FIELD_IDEA, IDEA, JOINED_IDEA
from personas.windtunnel.proposals import BY_KEY, IDEAS, PROPOSALS, REASONS
from personas.windtunnel.reader import read
from personas.windtunnel.speech import Meaning, say
from personas.windtunnel.turn import FIELD_SHARE, IDEA_SHARE, UPTAKE_SHARE, take_turn

LANES = BY_KEY["bike lanes"]
CONCEPTS = sorted(FIELD_OF_CONCEPT)


def beekeeper() -> Mind:
    """Somebody who knows a lot about bees and cannot be moved."""
    rng = random.Random(1)
    while True:
        person = random_person(rng)
        chapter = person.chapters[0]
        if (chapter.field, chapter.openness) == ("bees", "low"):
            return Mind(person, chapter, dict(chapter.stances))


def nobody() -> Mind:
    return Mind(Townsperson("Ada Lind", random_person(random.Random(1)).chapters), None)


def named(*concepts: str) -> Heard:
    return Heard("Bruno", 2, Meaning(kinds=("idea",), concepts=concepts, idea_for="bike lanes"))


def close(count: int, n: int, share: float) -> bool:
    """Whether a binomial count lies within five standard errors."""
    return abs(count / n - share) <= 5 * math.sqrt(share * (1 - share) / n)


def test_ten_fields_of_ten_concepts_and_no_concept_twice():
    assert len(FIELDS) == len(FIELD_BY_KEY) == 10
    assert {len(field.concepts) for field in FIELDS} == {10}
    assert len(FIELD_OF_CONCEPT) == 100
    assert FIELD_OF_CONCEPT["rain barrels"] == "gardens"


@pytest.mark.parametrize("concept", CONCEPTS)
def test_a_concept_gives_away_its_own_field_and_no_reason(concept):
    foreign = set(FIELD_BY_KEY) - {FIELD_OF_CONCEPT[concept]}
    # Neither "houses" nor "house".
    assert not {key.removesuffix("s") for key in foreign} & {
        word.removesuffix("s") for word in concept.split()
    }
    assert not [text for text in (*REASONS, *IDEAS) if concept in text]
    assert not [p.key for p in PROPOSALS if concept in p.noun]
    assert not [other for other in CONCEPTS if concept in other and concept != other]


def test_a_field_refuses_what_cannot_be():
    ten = FIELDS[0].concepts
    with pytest.raises(
        InputError, match=r"concepts of field 'cats' must hold at least 10 .* got 9"
    ):
        Field("cats", (*ten[:9], ten[0]))
    with pytest.raises(InputError, match=r"must be one or two words .* got 'the old cat'"):
        Field("cats", (*ten, "the old cat"))
    with pytest.raises(InputError, match=r"must be one or two words .* got 'Cats'"):
        Field("cats", (*ten, "Cats"))


def test_an_unknown_field_is_answered_with_the_known_ones():
    assert find_field("bees") is FIELDS[0]
    with pytest.raises(InputError, match=r"field must be one of bees, boats, .* got 'cats'"):
        find_field("cats")


@given(
    st.sampled_from(PROPOSALS),
    st.sampled_from([*FIELD_IDEA, *JOINED_IDEA]),
    st.sampled_from(CONCEPTS),
    st.sampled_from(CONCEPTS),
)
def test_every_analogy_is_read_back(proposal, phrase, first, second):
    two = {"concept2": second} if phrase in JOINED_IDEA else {}
    said = say(phrase, proposal, concept=first, **two)
    reading = read(said.text)
    assert reading.parsed
    assert reading.meaning == said.meaning
    assert reading.meaning.kinds == ("idea",)
    assert reading.meaning.concepts == (first, *two.values())
    assert reading.meaning.idea_for == proposal.key
    assert reading.stance is None


@given(st.sampled_from(IDEA), st.sampled_from(sorted(IDEAS)))
def test_every_ready_made_idea_is_read_back(phrase, idea):
    said = say(phrase, None, idea=idea)
    meaning = read(said.text).meaning
    assert meaning == said.meaning
    assert (meaning.ideas, meaning.concepts, meaning.idea_for) == ((idea,), (), IDEAS[idea])


@given(st.from_regex(r"[a-z]{2,8}( [a-z]{2,8})?", fullmatch=True), st.sampled_from(CONCEPTS))
def test_a_concept_that_no_field_knows_is_not_read(word, concept):
    known = word in FIELD_OF_CONCEPT
    assert read(f"For {LANES.noun} we could learn from {word}.").parsed == known
    assert read(f"For {LANES.noun} we could join {concept} with {word}.").parsed == known
    assert read(f"What if we used {word} for {LANES.noun}?").parsed == known


def test_an_idea_for_no_proposal_of_the_town():
    assert not read("For the moon we could learn from rain barrels.").parsed
    invented = read("For a blue bridge in Canal Row we could learn from rain barrels.").meaning
    assert (invented.concepts, invented.idea_for) == (("rain barrels",), None)


def test_a_whole_turn_keeps_all_concepts_and_the_last_matter():
    reading = read(
        "What if we used slow dough for mill flats for young families? "
        "What about wax lids together with time tables for a tourist fee for every visitor?"
    )
    assert reading.meaning.concepts == ("slow dough", "wax lids", "time tables")
    assert reading.meaning.idea_for == "tourist fee"


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.key)
def test_a_field_is_told_and_read(field):
    for phrase in FIELD:
        assert read(say(phrase, field=field.key).text).meaning.facts == (("field", field.key),)


def test_a_field_that_the_town_does_not_know_is_not_read():
    assert not read("I know a lot about cats.").parsed


def test_concepts_new_to_the_talk_come_first():
    rng, one = random.Random(1), beekeeper()
    every = FIELD_BY_KEY["bees"].concepts
    one.spoke(Meaning(concepts=every[:5]))
    one.hear(named(*every[5:8]))
    assert one.concepts == set(every[:8])
    for _ in range(30):
        assert set(one.pick_concepts(rng, 2)) == set(every[8:])
    assert sorted(one.pick_concepts(rng, 10)) == sorted(every)
    assert nobody().pick_concepts(rng, 2) == []


def test_only_the_last_line_offers_a_concept_and_only_of_another_field():
    one = beekeeper()
    assert one.foreign_concept() is None
    one.hear(named("slow dough", "rain barrels", "wax lids"))
    assert one.foreign_concept() == "rain barrels"
    one.hear(named("wax lids"))
    assert one.foreign_concept() is None
    one.hear(named("slow dough"))
    one.spoke(Meaning())
    assert one.foreign_concept() is None


def turns(n: int, *lines: Heard) -> list[Meaning]:
    """Turns of as many talks, each after the same lines."""
    rng, meanings = random.Random(7), []
    for _ in range(n):
        one = beekeeper()
        for line in lines:
            one.hear(line)
        meanings.append(take_turn(rng, one, LANES).meaning)
    return meanings


def test_a_concept_just_heard_is_joined_with_one_of_the_own_in_half_of_all_turns():
    n = 1000
    joined = [m for m in turns(n, named("slow dough")) if "slow dough" in m.concepts]
    assert close(len(joined), n, UPTAKE_SHARE)
    for meaning in joined:
        heard, own = meaning.concepts
        assert (heard, FIELD_OF_CONCEPT[own]) == ("slow dough", "bees")
        assert meaning.idea_for == "bike lanes"


@pytest.mark.parametrize(
    "lines",
    [(), (named("wax lids"),), (named("slow dough"), named())],
    ids=["nothing heard", "own field", "not the last line"],
)
def test_without_a_concept_just_heard_the_fields_are_not_joined(lines):
    n = 1000
    ideas = [m for m in turns(n, *lines) if "idea" in m.kinds]
    assert close(len(ideas), n, IDEA_SHARE)
    own = [m for m in ideas if m.concepts]
    assert close(len(own), len(ideas), FIELD_SHARE)
    assert {FIELD_OF_CONCEPT[c] for m in own for c in m.concepts} == {"bees"}
    assert {len(m.concepts) for m in own} == {1, 2}


def test_a_speaker_without_a_persona_has_only_ready_made_ideas():
    rng = random.Random(7)
    ready = 0
    for _ in range(300):
        one = nobody()
        one.hear(named("slow dough"))
        meaning = take_turn(rng, one, LANES).meaning
        assert meaning.concepts == ()
        ready += bool(meaning.ideas)
    assert ready


def test_in_the_corpus_a_foreign_concept_has_been_heard_before():
    joined = 0
    for sample in islice(samples(random.Random(21)), 800):
        field = sample.person.chapters[0].field
        heard = ""
        for i, truth in enumerate(sample.truths):
            heard += "".join(sample.document.messages[1 + 2 * i].lines)
            for concept in truth.said.meaning.concepts:
                if FIELD_OF_CONCEPT[concept] != field:
                    assert concept in heard
                    joined += 1
    assert joined


def test_people_are_asked_for_their_field_and_for_ideas():
    rng = random.Random(3)
    at = Setting(beekeeper(), 2009, (LANES,))
    assert ask_field(rng, at).answer.meaning.facts == (("field", "bees"),)
    lengths = set()
    for _ in range(60):
        exchange = ask_idea(rng, at)
        assert (exchange.family, exchange.proposal) == ("idea", "bike lanes")
        assert LANES.noun in exchange.question
        meaning = exchange.answer.meaning
        assert {FIELD_OF_CONCEPT[c] for c in meaning.concepts} == {"bees"}
        assert meaning.idea_for == "bike lanes"
        lengths.add(len(meaning.concepts))
    assert lengths == {1, 2}


def test_a_speaker_without_a_persona_has_no_field():
    rng = random.Random(3)
    at = Setting(nobody(), 2009, (LANES,), held_out=True)
    assert ask_field(rng, at).answer.text == "I have no field."
    assert read("I have no field.").parsed
    for _ in range(20):
        assert ask_idea(rng, at).answer.meaning.ideas[0] in LANES.ideas
