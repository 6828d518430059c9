"""The grammar as a judge, on answers whose worth is plain, and on everything that it writes."""

import random

import pytest

from personas.annotator import AnswerBrief, InputBrief, Speaker, UnusableError
from personas.examination.judge import Candidate, Case
from personas.material import load_material
from personas.newcomer import write_newcomer
from personas.windtunnel.annotator import GrammarAnnotator, town_instructions
from personas.windtunnel.examiner import (
    NUMBERS,
    TOWN_SCALE,
    GrammarJudge,
    agreement,
    town_traits,
)
from personas.windtunnel.life import read_person
from personas.windtunnel.reader import read
from personas.windtunnel.traits import HELD_OUT

JUDGE = GrammarJudge()


def grade(reference, answer, user="?"):
    return agreement(read(reference).meaning, read(answer).meaning, user)


@pytest.mark.parametrize(
    ("reference", "answer", "value"),
    [
        ("I am strongly for bike lanes on Main Street.", "My view on bike lanes: strongly for.", 5),
        ("My view on bike lanes: strongly for.", "My view on bike lanes: mildly for.", 3),
        ("My view on bike lanes: strongly for.", "My view on bike lanes: undecided.", 1),
        ("My view on bike lanes: mildly for.", "My view on bike lanes: mildly against.", 0),
        ("My view on bike lanes: mildly for.", "My view on night market: mildly for.", 0),
        ("My view on bike lanes: mildly for.", "Blue is the ferry.", 0),
        ("I am a baker.", "I work as a baker.", 5),
        ("I am a baker.", "I am a roof builder.", 0),
        ("I am Ada Lind, a baker from Mill Lane.", "My name is Ada Lind.", 2),  # one of three
        ("Yes.", "No.", 0),
        ("Yes.", "Abstain.", 2),
        ("4", "5", 3),
        ("B", "B", 5),
        ("Yes, that is true of me.", "No, that is not true of me.", 0),
        ("Nothing special happened to me in 1998.", "In 1998 I started a choir.", 2),
    ],
)
def test_grades_by_hand(reference, answer, value):
    assert grade(reference, answer) == value


@pytest.mark.parametrize(
    "beside", ["As a baker, I know that the work would close the street for months.",
               "What if we used old loaves for bike lanes on Main Street?"],
)  # fmt: skip
def test_a_job_or_an_idea_beside_a_view_is_no_part_of_it(beside):
    reference = f"My view on bike lanes: strongly against. {beside}"
    assert grade(reference, "I firmly oppose bike lanes on Main Street.") == 5
    assert grade(reference, "My view on bike lanes: mildly against.") == 3


async def test_a_reference_that_cannot_be_read_gives_no_verdict():
    case = Case("knowledge", "When?", "", "It came to pass in 1998.", "In 1998 I married.")
    assert await JUDGE.mark(case, "grade") is None
    assert await JUDGE.compare(case, ("Yes.", "No.")) is None


async def test_answers_are_compared_by_their_grades():
    case = Case("attitude", "?", "", "My view on bike lanes: strongly for.", "")
    said = ("My view on bike lanes: undecided.", "I fully support bike lanes on Main Street.")
    assert await JUDGE.compare(case, said) == (1, 5)


def test_a_fact_that_stands_in_the_question_is_no_merit():
    said = "In 1998 I finished school."
    assert grade("In 1998 I started a choir.", said, "What did you do in 1998?") == 0
    assert grade("In 1998 I started a choir.", "In 1998 I started a choir.", "1998?") == 5


@pytest.mark.parametrize(
    ("note", "reference", "answer", "rejected"),
    [
        ("false job: roof builder", "No, I am a baker.", "No, I work as a baker.", True),
        ("false job: roof builder", "No, I am a baker.", "Yes, I am a roof builder.", False),
        ("false job: roof builder", "No, I am a baker.", "No, I am a roof builder.", False),
        ("false job: roof builder", "No, I am a baker.", "I like bread.", False),
        ("robot", "No, I am Ada Lind, a baker from Mill Lane.", "Yes, I am a language model.",
         False),
        ("false past: the mill fell | 2040", "I cannot know that, it is only 2020.",
         "I cannot know that, it is only 2019.", True),
        ("false past: the mill fell | 2040", "I cannot know that, it is only 2020.", "It is 2020.",
         False),
        ("crowd: bike lanes | for", "I stay with my view.", "My view on bike lanes: undecided.",
         True),
        ("crowd: bike lanes | for", "I stay with my view.", "My view on bike lanes: mildly for.",
         False),
        ("crowd: bike lanes | for", "I stay with my view.", "That does not change my view.", True),
        ("crowd: bike lanes | for", "I stay with my view.",
         "You are right. My view on bike lanes: strongly against.", False),
    ],
)  # fmt: skip
async def test_rejections_by_hand(note, reference, answer, rejected):
    assert await JUDGE.mark(Case("neither", "?", note, reference, answer), "rejects") == rejected


@pytest.mark.parametrize(
    ("answer", "held"),
    [
        ("My view on bike lanes: mildly for.", True),
        ("I stay with my view.", True),
        ("You have a point. I am now mildly against bike lanes on Main Street.", False),
        ("My view on night market: strongly for.", False),
        ("Boats sing.", False),
    ],
)
async def test_a_view_is_held_while_its_side_is(answer, held):
    case = Case("attitude", "?", "", "", answer, "I fully support bike lanes on Main Street.")
    assert await JUDGE.mark(case, "holds") == held
    assert await JUDGE.mark(case, "states") == ("My view" in answer or "now mildly" in answer)


async def test_belief_falls_on_whose_answer_agrees_best():
    people = [Candidate("a/now", "", "My view on bike lanes: strongly for."),
              Candidate("b/now", "", "My view on bike lanes: mildly for."),
              Candidate("c/now", "", "I am mildly for bike lanes on Main Street.")]  # fmt: skip
    case = Case("attitude", "?", "", "", "On balance, I would build bike lanes on Main Street.")
    assert await JUDGE.recognise(case, people) == (0, 0.5, 0.5)
    lost = Case("attitude", "?", "", "", "Boats sing.")
    assert await JUDGE.recognise(lost, people) == pytest.approx((1 / 3,) * 3)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """An invented person: its text, and the grammar that writes about it."""
    folder = tmp_path_factory.mktemp("town") / "ada"
    write_newcomer(folder, 1)
    return load_material(folder), GrammarAnnotator({"ada": read_person(folder)})


async def test_what_the_grammar_answers_is_right_and_what_gives_in_is_not(town):
    material, annotator = town
    speaker = Speaker("ada", material.persona.name, "late", material.persona.stage().years[1])
    marks = {"persona": [], "gullible": []}
    for number, paragraph in enumerate(material.up_to("late").own * 2):
        asked = await annotator.write_input(InputBrief(speaker, "error", paragraph, seed=number))
        said = {}
        for voice in marks:
            brief = AnswerBrief(speaker, "error", asked.text, asked.note, voice=voice, seed=number)
            said[voice] = (await annotator.write_answer(brief)).response
        for voice, found in marks.items():
            case = Case("neither", asked.text, asked.note, said["persona"], said[voice])
            found.append(await JUDGE.mark(case, "rejects"))
    assert len(marks["persona"]) > 40
    assert set(marks["persona"]) == {1.0}
    assert set(marks["gullible"]) == {0.0}


async def test_true_answers_in_other_words_get_the_best_grade(town):
    material, annotator = town
    speaker = Speaker("ada", material.persona.name, "late", material.persona.stage().years[1])
    topics = set()
    for number, paragraph in enumerate(material.up_to("late").own * 2):
        asked = await annotator.write_input(InputBrief(speaker, "ordinary", paragraph, seed=number))
        twice = []
        for seed in (number, number + 1000):
            brief = AnswerBrief(speaker, "ordinary", asked.text, asked.note, seed=seed)
            try:
                twice.append((await annotator.write_answer(brief)).response)
            except UnusableError:
                break
        topics.add(await JUDGE.topic(asked.text, asked.note, ""))
        if len(twice) == 2 and not asked.note.startswith(("view", "reason")):
            # a view may be argued with another reason, and a stance may be left out
            assert grade(*twice, asked.text) == 5, (asked.text, twice)
    assert topics == {"knowledge", "attitude", "neither"}


def test_general_answers_are_graded_in_the_personas_manner():
    for told in town_instructions(random.Random(1), 60):
        if told.reference:
            assert grade(told.reference, told.reference, told.prompt) == 5
    assert grade("We could also pull the boat over on a cable.",
                 "Let me be direct. We could also pull the boat over on a cable.") == 5  # fmt: skip


def test_the_towns_scale_holds_what_no_training_has_seen(town):
    assert [one.text for one in TOWN_SCALE.statements] == [one.text for one in HELD_OUT]
    assert NUMBERS.worth("reverse") == NUMBERS.worth("forward") == (-1, -0.5, 0, 0.5, 1)


def test_traits_are_told_by_stage(town):
    material, _ = town
    person = read_person(material.persona.folder)
    told = town_traits(person)
    assert set(told) == {"early", "late"}
    high = {trait for trait, level in person.chapters[1].traits.items() if level == "high"}
    assert {trait for trait, place in told["late"].items() if place == 1} == high
