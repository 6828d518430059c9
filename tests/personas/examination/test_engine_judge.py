"""Any model as a judge: what it is told, how it is read, and when it is asked again."""

import pytest

from agents.engines.scripted import ScriptedEngine
from personas.errors import InputError
from personas.examination.engine_judge import EngineJudge
from personas.examination.judge import Candidate, Case

CASE = Case("knowledge", "Your job?", "a note", "I bake.", "I am a baker.", "I said so.", seed=1)


def judging(*replies, told=None):
    """A judge whose model gives these replies in turn."""
    left = list(replies)

    def speak(request):
        if told is not None:
            told.append(request.messages())
        return left.pop(0)

    return EngineJudge(ScriptedEngine(speak, version=str(replies)))


@pytest.mark.parametrize(
    ("what", "reply", "value"),
    [
        ("grade", "They agree. [Verdict] 5", 5.0),
        ("grade", "[VERDICT]: 0", 0.0),
        ("rejects", "It does. [Verdict] Yes.", 1.0),
        ("holds", "[Verdict] no", 0.0),
        ("states", "[Verdict] maybe [Verdict] yes", 1.0),
    ],
)
async def test_a_verdict_is_read(what, reply, value):
    assert await judging(reply).mark(CASE, what) == value


async def test_an_unreadable_verdict_is_asked_for_again_and_then_there_is_none():
    assert await judging("5", "[Verdict] 6", "[Verdict] 4").mark(CASE, "grade") == 4
    assert await judging("5", "5", "5").mark(CASE, "grade") is None


async def test_a_judge_sees_what_a_mark_is_about_and_nothing_else():
    told = []
    await judging("[Verdict] 1", told=told).mark(CASE, "grade")
    await judging("[Verdict] yes", told=told).mark(CASE, "rejects")
    grade, rejects = (messages[1][1] for messages in told)
    assert "Reference: I bake." in grade
    assert "a note" not in grade
    assert "a note" in rejects
    assert "I bake." not in rejects


async def test_a_topic_is_one_of_three():
    assert await judging("[Verdict] attitude").topic("?", "", "") == "attitude"
    assert await judging("[Verdict] x", "", "").topic("?", "", "") == "neither"


async def test_candidates_are_recognised_whatever_their_letters():
    people = [Candidate(f"p/{n}", f"person {n}", "") for n in range(4)]

    def weigh(request, options):
        lines = request.messages()[1][1].splitlines()
        return [0.6 if "person 2" in line else 0.1 for line in lines[: len(options)]]

    judge = EngineJudge(ScriptedEngine(weigh=weigh))
    for seed in range(5):
        case = Case("attitude", "?", "", "", "Me.", seed=seed)
        belief = await judge.recognise(case, people)
        assert belief == pytest.approx((1 / 9, 1 / 9, 6 / 9, 1 / 9))


async def test_there_are_not_more_candidates_than_letters():
    people = [Candidate(f"p/{n}", "", "") for n in range(27)]
    with pytest.raises(InputError, match="others must be at most 24"):
        await judging().recognise(CASE, people)


def test_a_judge_tries_at_least_once():
    with pytest.raises(InputError, match="attempts must be at least 1, got 0"):
        EngineJudge(ScriptedEngine(), attempts=0)


@pytest.mark.parametrize(
    ("reply", "scores"),
    [
        ("A is thin. [Verdict] B > A = C", (-1, 0, -1)),
        ("[verdict]: c>b>a", (-2, -1, 0)),
        ("[Verdict] A = B = C", (0, 0, 0)),
    ],
)
async def test_a_ranking_is_read(reply, scores):
    assert await judging(reply).compare(CASE, ("x", "y", "z")) == scores


async def test_a_ranking_must_hold_every_answer_once():
    replies = ("[Verdict] A > B", "[Verdict] A > B > B > C", "[Verdict] C > A > B")
    assert await judging(*replies).compare(CASE, ("x", "y", "z")) == (-1, -2, 0)
    assert await judging("A", "B", "[Verdict] A").compare(CASE, ("x", "y")) is None
