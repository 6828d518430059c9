"""What is asked: held out, of the right stage, and about the right point in time."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from personas.errors import InputError
from personas.examination.exam import contemporary
from personas.examination.spec import ExamSpec
from personas.persona import Persona, Stage
from personas.windtunnel.reader import read
from tests.personas.examination.town import SPEC


def years(text):
    return [int(year) for year in re.findall(r"\b[12]\d{3}\b", text)]


def test_items_are_held_out_and_general_ones_left_to_general_questions(town, exam):
    trained = {item.name for item in town.data.train}
    assert exam.items
    assert not trained & {item.name for item in exam.items}
    assert {item.origin.pattern for item in exam.items} == {
        "ordinary", "thought", "error", "pressure"
    }  # fmt: skip


def test_no_more_items_of_a_stage_are_put_than_asked_for(town, exam):
    few = town.exam(replace(SPEC, items=3))
    assert {item.stage for item in few.items} == {"early", "late"}
    for stage in few.stages:
        assert len(few.of_stage(stage)) <= 3
        assert set(few.of_stage(stage)) < set(exam.of_stage(stage))


def test_points_in_time_are_what_their_kind_says(exam):
    stages = {stage.name: stage for stage in exam.stages}
    kinds = Counter((one.kind, one.item.stage) for one in exam.timed)
    assert kinds["future", "early"] == kinds["past-absence", "late"] == SPEC.times
    assert ("past-only", "early") not in kinds  # a first stage remembers nothing
    for kind, item in ((one.kind, one.item) for one in exam.timed):
        said, asked = item.turns[0].response, item.turns[0].user
        now = stages[item.stage].years[1]
        if kind == "future":
            assert "I cannot know that" in said
            assert max(years(asked)) > now
        elif kind == "past-absence":
            assert re.match(r"(No,|That is not|Nothing)", said), said
        else:
            assert read(said).parsed
            assert max(years(asked + said)) <= now
            assert exam.topics[item.name] == "knowledge"


def test_no_question_about_time_is_one_of_training(town, exam):
    trained = {item.question for item in town.data.train}
    assert not trained & {one.item.question for one in exam.timed}


def test_compared_questions_know_who_else_could_answer(exam):
    counts = Counter(name.split("/")[1] for name in exam.rivals)
    assert set(counts) == {"early", "late"}
    assert max(counts.values()) == SPEC.distinct
    notes = {item.name: item.turns[0].note for item in exam.items}
    for name, candidates in exam.rivals.items():
        _, stage, _ = name.split("/")
        other = "early" if stage == "late" else "late"
        speakers = [one.speaker for one in candidates]
        assert speakers[0] == f"ada/{stage}"
        if f"ada/{other}" in speakers[1:]:
            assert speakers[1] == f"ada/{other}"
        else:  # what has not happened to her yet can be dated by nobody else
            assert (other, notes[name].partition(":")[0], speakers[1:]) == ("early", "when", [])
        assert [one.partition("/")[0] for one in speakers[2:]] in (["bo"], [])
        assert all(one.told.startswith("Name: ") for one in candidates)
        assert len(candidates[0].reference.split()) >= 4


def test_examples_are_of_training_and_everybody_has_their_own(town, exam):
    asked = {item.turns[0].user for item in town.data.train}
    for who in (("ada", "early"), ("ada", "late")):
        assert len(exam.shots[who]) == SPEC.shots
        assert {shot.user for shot in exam.shots[who]} <= asked
    answers = {who: {shot.answer for shot in shots} for who, shots in exam.shots.items()}
    assert any(who[0] == "bo" for who in answers)
    assert not answers["ada", "late"] & answers["ada", "early"]


def test_facts_do_not_depend_on_the_year(exam):
    for stage in exam.stages:
        for item in exam.facts(stage):
            assert exam.topics[item.name] == "knowledge"
            assert str(item.year) not in item.turns[0].response


def test_general_questions_can_be_answered_and_are_no_training(town, exam):
    trained = {item.question for item in town.data.train}
    assert len(exam.general) == SPEC.general
    assert all(one.reference and one.prompt not in trained for one in exam.general)


def test_one_stage_alone_is_examined(town):
    exam = town.exam(stages=("late",))
    assert {item.stage for item in exam.items} == {"late"}
    assert {one.item.stage for one in exam.timed} == {"late"}


def test_data_without_a_stage_is_refused(town):
    only = tuple(item for item in town.data.test if item.stage == "early")
    bare = replace(town, data=replace(town.data, test=only))
    with pytest.raises(InputError, match="no test item of stage 'late'"):
        bare.exam()


def test_others_are_asked_as_they_were_at_the_time(tmp_path):
    life = Persona("bo", "Bo", (Stage("a", (1990, 1992), "p"), Stage("b", (2010, 2012), "p")),
                   tmp_path)  # fmt: skip
    found = {year: contemporary(life, year) for year in (1985, 1991, 2000, 2002, 2030)}
    assert {year: (who.stage, who.year) for year, who in found.items()} == {
        1985: ("a", 1990), 1991: ("a", 1991), 2000: ("a", 1992), 2002: ("b", 2010),
        2030: ("b", 2012),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"seeds": ()}, "seeds must be different whole numbers"),
        ({"seeds": (1, 1)}, "seeds must be different whole numbers"),
        ({"others": -1}, "others must be at least 0, got -1"),
        ({"temperature": -1.0}, "temperature must be at least 0"),
    ],
)
def test_a_wrong_specification_is_refused(wrong, words):
    with pytest.raises(InputError, match=words):
        ExamSpec(**wrong)
