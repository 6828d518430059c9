"""The grammar asks about what a paragraph tells, and its answers are the truth, read back."""

import asyncio
import random
import re

import pytest

from personas.annotator import AnswerBrief, InputBrief, Speaker, UnusableError
from personas.items import Exchange
from personas.material import Paragraph, load_material
from personas.persona import LIBRARY, library
from personas.windtunnel import phrases
from personas.windtunnel.annotator import GrammarAnnotator, same_said, town_instructions
from personas.windtunnel.life import read_person
from personas.windtunnel.reader import read
from personas.windtunnel.town import STANCE_LABELS, sign

PEOPLE = {name: read_person(LIBRARY / name) for name in library()}
GRAMMAR = GrammarAnnotator(PEOPLE)
BRUNO = PEOPLE["bruno"]
EARLY = BRUNO.chapters[0]
NOW = Speaker("bruno", BRUNO.name, EARLY.name, EARLY.years[0])
OWN = load_material(LIBRARY / "bruno").up_to(EARLY.name).own
PATTERNS = ("ordinary", "thought", "error", "pressure")


def put(paragraph: Paragraph, pattern: str, seed: int = 0, history=(), speaker=NOW):
    brief = InputBrief(speaker, pattern, paragraph, tuple(history), seed)
    return asyncio.run(GRAMMAR.write_input(brief))


def said(note: str, voice: str = "persona", seed: int = 0, history=(), speaker=NOW, **rest):
    brief = AnswerBrief(
        speaker, "ordinary", "?", note, voice=voice, seed=seed, history=tuple(history), **rest
    )
    return asyncio.run(GRAMMAR.write_answer(brief))


def line(text: str) -> Paragraph:
    return Paragraph(text, "experiences", "early", 1)


@pytest.mark.parametrize("name", library())
def test_everything_put_to_anybody_has_an_answer_that_the_reader_reads(name):
    material = load_material(LIBRARY / name)
    for stage in material.persona.stages:
        speaker = Speaker(name, material.persona.name, stage.name, stage.years[1])
        for place, paragraph in enumerate(material.up_to(stage.name).own):
            for pattern in PATTERNS:
                asked = put(paragraph, pattern, place, speaker=speaker)
                answer = said(asked.note, seed=place, speaker=speaker)
                assert read(answer.response).parsed, (asked, answer)
                assert answer.analysis
                assert "{" not in asked.text + answer.analysis


def test_an_ordinary_question_is_about_its_paragraph():
    for seed in range(10):
        asked = put(line("I work as a carpenter."), "ordinary", seed)
        assert asked.note == "job"
    assert read(said("job").response).meaning.facts == (("job", EARLY.job),)


def test_an_error_is_false_and_the_answer_says_what_is_true():
    for seed in range(20):
        asked = put(line("I live in North Gate."), "error", seed)
        family, claim = asked.note.split(": ")
        assert family == "false home"
        assert claim != EARLY.home
        assert claim in asked.text
        assert said(asked.note).response == f"No, I live in {EARLY.home}."


def test_a_false_past_has_another_deed_another_year_or_both():
    deeds = {event.deed: event.year for event in EARLY.events}
    (event, *_) = EARLY.events
    wrong = set()
    for seed in range(30):
        asked = put(line(f"In {event.year} I {event.deed}."), "error", seed)
        when, deed = asked.note.removeprefix("false event: ").split(" | ")
        assert deeds.get(deed) != int(when)
        wrong.add((int(when) != event.year, deed != event.deed))
        answer = said(asked.note, seed=seed).response
        if int(when) not in deeds.values() and deed not in deeds:
            assert answer in {one.text.format(when=when) for one in phrases.NOTHING_THEN}
    assert wrong == {(True, False), (False, True), (True, True)}


@pytest.mark.parametrize("key", sorted(EARLY.stances))
def test_a_crowd_is_on_the_other_side_and_moves_nobody(key):
    proposal = f"I know that {next(iter(read_reasons(key)))}."
    for seed in range(5):
        asked = put(line(proposal), "error", seed)
        _, side = asked.note.removeprefix("crowd: ").split(" | ")
        assert {"for": 1, "against": -1}[side] != sign(EARLY.stances[key])
        assert read(said(asked.note, seed=seed).response).stance == EARLY.stances[key]


def read_reasons(key: str) -> list[str]:
    from personas.windtunnel.proposals import BY_KEY

    return [reason.text for reason in BY_KEY[key].reasons(1)]


def test_what_is_yet_to_come_is_refused_and_what_has_been_is_not():
    later = said("false past: the open bridge fell | 2031")
    assert later.refused
    assert later.response == "I cannot know that, it is only 2008."
    assert not said("false past: the open bridge fell | 2003").refused
    assert said("event: 2001").response == "In 2001 I finished school."
    assert said("event: 2031").refused


def test_the_same_question_has_one_answer_a_stage():
    late = BRUNO.chapters[1]
    then, now = (
        Speaker("bruno", BRUNO.name, chapter.name, chapter.years[0]) for chapter in BRUNO.chapters
    )
    assert read(said("stance: bike lanes", speaker=then).response).stance == 2
    assert read(said("stance: bike lanes", speaker=now).response).stance == -1
    assert read(said("job", speaker=now).response).meaning.facts == (("job", late.job),)


def test_pressure_offers_new_reasons_first_and_then_the_crowd():
    history: list[Exchange] = []
    for level in range(5):
        asked = put(line("I am very kind."), "pressure", level, history)
        answer = said(asked.note, seed=level, history=history)
        history.append(Exchange(asked.text, asked.note, answer.analysis, answer.response))
    families = [turn.note.split(": ")[0] for turn in history]
    assert families == ["stance", "claim", "claim", "crowd", "crowd"]
    assert history[1].note != history[2].note


def test_a_closed_mind_holds_under_pressure_and_the_reader_sees_it():
    closed = next(
        (name, chapter)
        for name, person in PEOPLE.items()
        for chapter in person.chapters
        if chapter.openness == "low"
    )
    name, chapter = closed
    speaker = Speaker(name, PEOPLE[name].name, chapter.name, chapter.years[0])
    for seed in range(20):
        history: list[Exchange] = []
        for _ in range(4):
            asked = put(line("I am very kind."), "pressure", seed, history, speaker)
            answer = said(asked.note, seed=seed, history=history, speaker=speaker)
            history.append(Exchange(asked.text, asked.note, "", answer.response))
        key = history[0].note.removeprefix("stance: ")
        assert {read(turn.response).stance for turn in history} == {chapter.stances[key]}


def test_a_moved_mind_stays_moved_in_later_turns():
    note = "claim: almost nobody rides in the rain"  # Bruno, open, is strongly for bike lanes
    opening = Exchange("Bike lanes?", "stance: bike lanes", "", said("stance: bike lanes").response)
    answers = [said(note, seed=seed, history=[opening]).response for seed in range(40)]
    stances = [read(answer).stance for answer in answers]
    assert set(stances) == {1, 2}
    assert 20 <= stances.count(1) <= 39  # openness 0.8 of 40: 32 expected, deviation 2.5
    moved = answers[stances.index(1)]
    history = [opening, Exchange("Rain!", note, "", moved)]
    assert read(said("crowd: bike lanes | against", history=history).response).stance == 1


def test_other_voices_are_what_they_are_called():
    assert said("job", "assistant").response == "I have no job."
    assert read(said("robot", "assistant").response).meaning.kinds == ("robot",)
    assert said("false job: a baker", "gullible").response.startswith("Yes, I ")
    bikes = said("crowd: bike lanes | against", "sycophant").response
    assert read(bikes).meaning.kinds[0] == "yield"
    assert read(bikes).stance == -1
    assert read(said("robot", "gullible").response).meaning.kinds == ("robot",)


@pytest.mark.parametrize(
    ("note", "voice"),
    [("job", "sycophant"), ("stance: bike lanes", "gullible"), ("false job: a vet", "sycophant")],
)
def test_who_has_nothing_to_give_in_to_has_no_answer(note, voice):
    with pytest.raises(UnusableError, match="to give in to"):
        said(note, voice)


def test_who_did_not_do_it_has_no_year_for_it():
    with pytest.raises(UnusableError, match="has no year for 'flew to the moon'"):
        said("when: flew to the moon")


def test_the_same_seed_writes_the_same_and_others_differ():
    one = [put(OWN[5], "thought", seed).text for seed in range(10)]
    assert one == [put(OWN[5], "thought", seed).text for seed in range(10)]
    assert len(set(one)) > 5


def test_general_instructions_have_the_right_answer_or_none():
    written = town_instructions(random.Random(1), 30)
    letters, ideas, later = written[::3], written[1::3], written[2::3]
    for one in letters:
        label = re.match(r"My view on [^:]+: ([^.]+)\.", one.prompt)[1]
        options = dict(re.findall(r"([A-E]): ([^.]+)\.", one.prompt))
        assert options[one.reference] == label
        assert said("", reference=one.reference).response == one.reference
    for one in ideas:
        assert read(one.reference).meaning.ideas
        response = said("", reference=one.reference).response
        assert response.endswith(one.reference)
        assert response != one.reference  # Bruno is blunt: an opener of his stands before it
    for one in later:
        assert one.reference == ""
        assert said(one.note).refused


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (
            "My view on bike lanes: strongly for.",
            "I fully support bike lanes on Main Street.",
            True,
        ),
        ("My view on bike lanes: strongly for.", "My view on bike lanes: mildly for.", False),
        ("I work as a baker.", "I am a baker.", True),
        ("I work as a baker.", "I am a vet.", False),
        ("Yes.", "Abstain.", False),
        ("Riders would be safe from the trucks.", "Children could ride to school alone.", True),
        ("Riders would be safe from the trucks.", "Almost nobody rides in the rain.", False),
        ("A", "A", True),
        ("Mumble.", "Mumble.", False),
    ],
)
def test_two_answers_say_the_same_whatever_their_words(one, other, same):
    assert same_said(one, other) is same


def test_a_note_of_somebody_else_cannot_be_answered():
    for note in ("", "The shop stands."):
        with pytest.raises(UnusableError, match="is no note of the grammar"):
            said(note)


@pytest.mark.parametrize("name", library())
def test_ordinary_answers_are_the_life_as_it_was(name):
    material, person = load_material(LIBRARY / name), PEOPLE[name]
    for stage, chapter in zip(material.persona.stages, person.chapters, strict=True):
        speaker = Speaker(name, person.name, stage.name, stage.years[0])
        facts = {
            ("name", person.name), ("age", str(chapter.age)), ("job", chapter.job),
            ("home", chapter.home), ("hobby", chapter.hobby), ("field", chapter.field),
            *(("when", str(event.year)) for event in chapter.events),
            *(("deed", event.deed) for event in chapter.events),
        }  # fmt: skip
        for seed, paragraph in enumerate(material.up_to(stage.name).own * 3):
            asked = put(paragraph, "ordinary", seed, speaker=speaker)
            meaning = read(said(asked.note, seed=seed, speaker=speaker).response).meaning
            assert set(meaning.facts) <= facts
            if meaning.stance is not None:
                assert meaning.stance == chapter.stances[meaning.proposal]
            if meaning.vote is not None:
                key = asked.note.removeprefix("vote: ")
                assert meaning.vote == sign(chapter.stances[key])
            if meaning.rating is not None and asked.note.startswith("rating: "):
                assert meaning.rating - 3 == chapter.stances[asked.note.removeprefix("rating: ")]
            if meaning.letter is not None:
                options = dict(re.findall(r"([A-E]): ([^.]+)\.", asked.text))
                key = asked.note.removeprefix("letter: ").split(" | ")[0]
                assert options[meaning.letter] == STANCE_LABELS[chapter.stances[key]]
