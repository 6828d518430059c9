"""Kinds of question: asked as they should be, recorded, and read by hand counts."""

import asyncio
import math
import sqlite3
from contextlib import closing

import numpy as np
import pandas as pd
import pytest

from agents.engines.scripted import ScriptedEngine
from personas.errors import InputError
from simulation.analysis.annotation import Stance
from simulation.analysis.answers import allocations, read_interviews
from simulation.analysis.excess import population_measures
from simulation.analysis.human import agent_shares
from simulation.analysis.opinion import flips, levels, opinions, order_consistency
from simulation.analysis.town import TownReader
from simulation.questions import Allocation, Interview, Likert, OneOf, asked
from simulation.reading import read_run
from simulation.record import FILE
from simulation.replay import replay
from simulation.run import run
from simulation.scenario import fingerprint
from simulation.survey import Survey
from simulation.turntaking import Rounds

from .strategies import YES_NO
from .test_crash import rows
from .test_record import small
from .test_serial_equality import echo, transcript

PAPER = OneOf("paper", ("Which paper? {options}", "You read? {options}"), ("Mail", "Post", "none"))
BUDGET = Allocation("budget", ("How much should {item} get? {options}",), ("parks", "roads"))


def test_a_likert_question_is_a_survey_in_equal_steps():
    (survey,) = Likert("lanes", ("We need bike lanes.", "Bike lanes help."), every=2).surveys
    assert survey.values == (1, 0.5, 0, -0.5, -1)
    assert survey.line(1, "forward").text == (
        'How far do you agree? "Bike lanes help." A: strongly agree. B: agree. C: neither. '
        "D: disagree. E: strongly disagree. Answer with one letter."
    )
    assert survey.asked_at(5) == (0, 2, 4)


def test_times_are_listed_or_regular(tmp_path):
    late = OneOf("paper", ("Which? {options}",), ("Mail", "Post"), waves=(0, 3))
    scenario = small(surveys=asked(YES_NO, late), controls=())
    run(scenario, ScriptedEngine(echo), tmp_path)
    waves = read_run(tmp_path).surveys.groupby("question")["wave"].unique()
    assert list(waves["tea"]) == [0, 1, 2, 3]
    assert list(waves["paper"]) == [0, 3]
    assert scenario.size == (18, 6 * 2 * (4 + 2))
    assert scenario.waves == 4


def test_options_without_an_order_have_a_mode_and_no_opinion(tmp_path):
    def weigh(request, options) -> list[float]:
        told = "".join(getattr(part, "text", "") for part in request.prompt)
        letter = told[told.rindex(": Post") - 1]
        return [0.6 if one == letter else 0.2 for one in options]

    scenario = small(surveys=asked(PAPER), turns=Rounds(1))
    run(scenario, ScriptedEngine(echo, weigh), tmp_path)
    frames = read_run(tmp_path)
    read = opinions(frames.surveys)
    assert len(read) == 6 * 2 * 2  # agents, arms, waves
    assert set(read["modal"]) == {"Post"}
    assert read["opinion"].isna().all()
    assert not read["degenerate"].any()
    assert read["margin"].tolist() == pytest.approx([0.4] * 24)
    assert order_consistency(read)["value"].tolist() == [1] * 4
    assert flips(read)["value"].tolist() == [0] * 4
    assert levels(read).empty
    shares = agent_shares(frames.surveys)
    assert shares.groupby("option")["share"].first().to_dict() == pytest.approx(
        {"Mail": 0.2, "Post": 0.6, "none": 0.2}
    )
    measured = population_measures(frames).set_index(["arm", "measure"])["value"]
    assert measured["talk", "share who flipped"] == 0
    assert ("talk", "shift of the mean") not in measured.index


def rated(parks: float, roads: float, **changes: object) -> pd.DataFrame:
    one = {"arm": "talk", "agent": "ada", "wave": 0, "degenerate": False}
    return pd.DataFrame(
        [
            one | {"question": "budget: parks", "opinion": parks},
            one | {"question": "budget: roads", "opinion": roads} | changes,
            one | {"question": "other", "opinion": 1.0},
        ]
    )


def test_points_are_each_items_part_by_hand():
    found = allocations(rated(1.0, -0.5), "budget")
    # Full and a quarter: 1 / 1.25 and 0.25 / 1.25.
    assert found["points"].tolist() == pytest.approx([80, 20])
    assert found["item"].tolist() == ["parks", "roads"]
    assert set(found["question"]) == {"budget"}
    assert set(found["reason"]) == {""}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (rated(1.0, math.nan), "an item has no usable rating"),
        (rated(1.0, 0.0, degenerate=True), "an item has no usable rating"),
        (rated(-1.0, -1.0), "nothing was given to any item"),
    ],
)
def test_an_allocation_that_is_none_says_why(answers, reason):
    found = allocations(answers, "budget")
    assert found["points"].isna().all()
    assert set(found["reason"]) == {reason}


def test_an_allocation_is_asked_item_by_item(tmp_path):
    run(small(surveys=asked(BUDGET), turns=Rounds(1)), ScriptedEngine(echo), tmp_path)
    found = allocations(opinions(read_run(tmp_path).surveys), "budget")
    assert found["points"].tolist() == pytest.approx([50] * 48)  # a tie everywhere
    with pytest.raises(InputError, match="no allocation 'purse'"):
        allocations(opinions(read_run(tmp_path).surveys), "purse")


def test_degenerate_answers_say_why():
    frame = pd.DataFrame(
        [
            {
                "arm": "talk", "agent": agent, "wave": 0, "time": 0.0, "question": "q",
                "wording": 0, "order": "forward", "options": ("yes", "no"), "values": (1.0, -1.0),
                "logprobs": tuple(np.log([mass / 2, mass / 2]) if mass else (-math.inf,) * 2),
            }
            for agent, mass in (("ada", 0.9), ("bo", 0.2), ("cy", 0.0))
        ]
    )  # fmt: skip
    assert opinions(frame)["reason"].tolist() == [
        "",
        "probability 0.2 on the options, below 0.5",
        "no option has any probability",
    ]


INTERVIEW = Interview("bike lanes", ("Where do you stand on bike lanes?", "Bike lanes?"), 20)


def test_interviews_are_recorded_and_heard_by_nobody(tmp_path):
    plain, asking = tmp_path / "plain", tmp_path / "asking"
    run(small(controls=("silent",)), ScriptedEngine(echo), plain)
    scenario = small(controls=("silent",), interviews=(INTERVIEW,))
    progress = run(scenario, ScriptedEngine(echo), asking)
    assert transcript(asking) == transcript(plain)
    assert rows(asking)["surveys"] == rows(plain)["surveys"]
    assert (progress.turns, progress.answers) == scenario.size == (18, 2 * 6 * 4 * (2 + 2))
    told = read_run(asking).interviews
    assert len(told) == 2 * 6 * 4 * 2
    assert set(told["wording"]) == {0, 1}
    assert told["text"].is_unique is False  # nobody speaks in one arm: what is asked is the same
    found = asyncio.run(replay(scenario, asking))
    assert (found.differences, found.rows) == ((), 18 + 96 + 96)
    run(scenario, ScriptedEngine(lambda _: "never"), asking)  # resumed: nothing is asked again
    with closing(sqlite3.connect(asking / FILE)) as database:
        assert database.execute("SELECT count(*) FROM interviews").fetchone() == (96,)


def test_what_was_said_in_an_interview_is_read_by_a_judge():
    said = {
        ("ada", 0): "I am strongly for it.",
        ("ada", 1): "for",
        ("bo", 0): "Nice weather.",
        ("bo", 1): "",
        ("cy", 0): "against, no: for",
        ("cy", 1): "Nice weather.",
    }
    frame = pd.DataFrame(
        [
            {
                "arm": "talk", "agent": agent, "wave": 0, "time": 0.0, "question": "lanes",
                "wording": wording, "text": text,
            }
            for (agent, wording), text in said.items()
        ]
    )  # fmt: skip

    class Reader:
        def stances(self, text: str) -> list[Stance]:
            value = {"for": 0.5, "against": -0.5}
            words = text.replace(",", "").replace(":", "").split()
            if "strongly" in words:
                return [Stance("lanes", 1.0), Stance("weather", -1.0)]
            return [Stance("lanes", value[word]) for word in words if word in value]

    found = read_interviews(frame, Reader()).set_index("agent")
    assert found["opinion"].tolist() == pytest.approx([0.75, math.nan, 0.5], nan_ok=True)
    assert found["answers"].tolist() == [2, 0, 1]
    assert found["reason"].tolist() == ["", "no stance was stated", ""]
    assert found["degenerate"].tolist() == [False, True, False]


def test_the_towns_reader_reads_an_interview():
    text = "I am mildly against bike lanes on Main Street."
    assert TownReader().stances(text)
    frame = pd.DataFrame(
        [("talk", "ada", 0, 0.0, "bike lanes", 0, text)],
        columns=["arm", "agent", "wave", "time", "question", "wording", "text"],
    )
    assert read_interviews(frame, TownReader())["opinion"].tolist() == [-0.5]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Likert("q", ("x",), asking="{options}"), "a place {statement}"),
        (lambda: Likert("q", ("x",), scale=("yes",)), "2 to 10"),
        (lambda: OneOf("q", ("x",), ("a", "b")), "options"),
        (lambda: Allocation("q", ("x {options}",), ("a", "b")), "a place {item}"),
        (lambda: Allocation("q", ("{item} {options}",), ("a", "a")), "all different"),
        (lambda: Interview("q", ()), "wordings of one line"),
        (lambda: Interview("q", ("a\nb",)), "wordings of one line"),
        (lambda: Interview("q", ("a",), tokens=0), "tokens must be at least 1, got 0"),
        (lambda: Interview("q", ("a",), waves=(3, 1)), "must go up"),
        (lambda: Survey("q", ("{options}",), ("a", "b"), (1, 0), waves=(-1, 2)), "at least 0"),
        (lambda: Survey("q", ("{options}",), ("a", "b"), (1, 0), waves=()), "must go up"),
        (lambda: small(interviews=(Interview("q", ("a",), waves=(0, 9)),)), "at most 3.*got 9"),
        (lambda: small(interviews=(INTERVIEW, INTERVIEW)), "questions must differ"),
    ],
)
def test_what_is_no_question_is_refused(build, message):
    with pytest.raises(InputError, match=message):
        build()


def test_a_survey_at_listed_times_is_another_run_and_a_regular_one_keeps_its_name():
    identity = ScriptedEngine().identity
    listed = small(surveys=(Survey("tea", YES_NO.wordings, ("yes", "no"), (1, -1), waves=(0,)),))
    names = {fingerprint(one.describe(identity)) for one in (small(), listed)}
    assert len(names) == 2
    assert "9b3dc74e8d901bdf" in names
