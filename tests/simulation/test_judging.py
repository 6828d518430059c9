"""A language model as the judge of a talk: what it is asked, what is kept, what a page counts."""

import asyncio
import json

import pandas as pd
import pytest

from agents.engines.catalogue import open_engine
from agents.engines.scripted import ScriptedEngine
from personas.errors import EngineError, InputError
from simulation import page
from simulation.analysis.consistency import line_to_line, prompt_to_line
from simulation.analysis.frames import RunFrames
from simulation.analysis.town import TownReader
from simulation.judging.asking import judge_run, questions_of
from simulation.judging.judge import ModelJudge
from simulation.judging.reader import ITSELF, reader_of
from simulation.judging.verdicts import FILE, FITTING, NO_VIEW, STANCES, UNUSABLE, Question, kept
from simulation.sections.annotated import town_reader
from simulation.sections.judged import judged_by, verdict_counts
from simulation.sections.quotations import quotations
from simulation.sections.section import Part, Section

from .talks import all_hear_all, turns_of
from .test_sections import told
from .worlds import manifest, survey

PEOPLE = {"ada": "Ada Lind", "bo": "Bo Ek"}
ACCOUNT = {"ada": "Ada keeps bees and is for vans.", "bo": "Bo drives a van."}
LINES = [
    ("ada", "I keep bees. Vans are good."),
    ("bo", "Vans are bad."),
    ("ada", "Vans are bad after all."),
    ("bo", "Never mind what I say."),
    ("ada", "Mumble."),
    ("bo", ""),
]
HELD = {(arm, who, wave): 0.0 for arm in ("talk", "scrambled") for who in PEOPLE for wave in (0, 1)}


def town(**changes) -> RunFrames:
    turns = turns_of(LINES)
    return RunFrames(manifest(PEOPLE, **changes), turns, all_hear_all(turns), survey(HELD))


def speak(request) -> str:
    """Bad against good contradicts; a mumble is never judged."""
    task, case = (text for _, text in request.messages()[:2])
    if "Mumble" in case:
        return "Hard to say. [Verdict] perhaps"
    if "What view" in task:
        line = case.rpartition("Line: ")[2]
        view = "mildly for" if "good" in line else "strongly against" if "bad" in line else "none"
        return f"It says so. **[Verdict]**: {view}"
    first, _, second = case.partition("\n")
    if "bad" in second and ("for vans" in first or "good" in first):
        return "They cannot both be. [Verdict] Contradicts."
    return "Fine. [Verdict] agrees" if "bees" in second else "No link. [Verdict] unrelated"


def asked(**changes) -> list[Question]:
    return questions_of(town(), lambda worn: ACCOUNT[worn.persona], **changes)


def judged(folder, engine=None, questions=None) -> int:
    judge = ModelJudge(engine or ScriptedEngine(speak), attempts=2)
    return asyncio.run(judge_run(questions or asked(), judge, folder))


def test_every_line_and_every_pair_is_asked_about_once():
    kinds = pd.Series([one.kind for one in asked()]).value_counts()
    # Six lines, each of its own; three lines of two people make three pairs each.
    assert dict(kinds) == {"persona": 6, "stance": 6, "lines": 6}
    assert {one.who for one in asked() if one.kind == "persona"} == {"ada@late", "bo@late"}
    assert len([one for one in asked(most_pairs=2) if one.kind == "lines"]) == 4
    assert asked(most_pairs=2) == asked(most_pairs=2)
    with pytest.raises(InputError, match="judge_pairs must be at least 1, got 0"):
        asked(most_pairs=0)


def test_verdicts_are_kept_and_asked_for_once(tmp_path):
    assert judged(tmp_path) == 18
    assert judged(tmp_path) == 0
    other = ScriptedEngine(speak, version="2")
    assert judged(tmp_path, other) == 18
    assert len(kept(tmp_path)) == 18
    assert kept(tmp_path)[0].judge.startswith("scripted 2")
    assert kept(tmp_path, "scripted 1 attempts=2")[0].judge.startswith("scripted 1")
    assert kept(tmp_path / "nowhere") == []


def test_what_cannot_be_read_is_a_verdict_with_its_reason(tmp_path):
    judged(tmp_path)
    said = {one.question.key: one for one in kept(tmp_path)}
    lost = said["stance", "bike lanes", "Mumble."]
    assert lost.verdict == UNUSABLE
    assert lost.reason == (
        "no verdict in 2 attempts; the last reply: Hard to say. [Verdict] perhaps"
    )
    found = said["stance", "bike lanes", "I keep bees. Vans are good."]
    assert (found.verdict, found.reason) == ("mildly for", "It says so.")
    empty = said["stance", "bike lanes", ""]
    assert (empty.verdict, empty.reason) == ("none", "nothing was said")


def test_what_does_not_fit_in_the_judges_window_is_not_cut(tmp_path):
    judged(tmp_path, ScriptedEngine(speak, context_tokens=230))
    reasons = {one.reason for one in kept(tmp_path) if one.verdict == UNUSABLE}
    assert any("do not fit in the judge's context of 230" in reason for reason in reasons)


def test_a_broken_judge_is_an_error_and_what_it_said_is_kept(tmp_path):
    calls = []

    def breaks(request):
        calls.append(request)
        if len(calls) > 3:
            raise EngineError("the server is gone")
        return "[Verdict] unrelated"

    with pytest.raises(EngineError, match="gone"):
        judged(tmp_path, ScriptedEngine(breaks))
    done = len(kept(tmp_path))
    assert 0 < done < 18
    assert judged(tmp_path) == 18 - done


def test_consistency_by_a_judge_is_counted_by_hand(tmp_path):
    judged(tmp_path)
    run = town()
    (reading,) = page.read([run], lambda one: reader_of(one, tmp_path))
    beside = prompt_to_line(reading.annotated.claim_verdicts).set_index("agent")
    # Ada: agrees, contradicts, and one that cannot be told: half of two.
    assert beside.loc["ada", ["value", "lines", "unusable"]].tolist() == [0.5, 3, 1]
    assert beside.loc["ada", "value_related"] == 0.5
    assert beside.loc["bo", ["value", "unusable"]].tolist() == [1.0, 0]
    pairs = line_to_line(reading.annotated.pair_verdicts).set_index("agent")
    assert pairs.loc["ada", ["value", "pairs", "unusable"]].tolist() == [0.0, 3, 2]
    stances = reading.annotated.stances.set_index(["agent", "counter"])["stance"]
    assert stances.to_dict() == {("ada", 0): 0.5, ("bo", 0): -1.0, ("ada", 1): -1.0}


def test_a_model_that_knows_the_grammar_finds_what_the_grammar_finds(tmp_path):
    grammar, run = TownReader(), in_the_towns_words()

    def speak(request) -> str:
        task, case = (text for _, text in request.messages()[:2])
        first, line = (part.partition(": ")[2] for part in case.split("\n"))
        if "What view" in task:
            held = [one.value for one in grammar.stances(line) if one.subject == first]
            names = {value: name for name, value in STANCES.items()}
            return f"[Verdict] {names[held[-1]] if held else NO_VIEW}"
        return f"[Verdict] {grammar.judge(first, line)}"

    questions = questions_of(run, lambda _: "")
    judged(tmp_path, ScriptedEngine(speak), questions)
    by_model, by_grammar = (
        page.read([run], reader)[0].annotated
        for reader in (lambda one: reader_of(one, tmp_path), town_reader)
    )
    assert by_grammar.reader is not None
    verdicts = by_grammar.pair_verdicts["verdict"]
    assert set(verdicts) == {"agrees", "contradicts", "unrelated"}
    pd.testing.assert_frame_equal(by_model.pair_verdicts, by_grammar.pair_verdicts)
    topic = by_grammar.stances["subject"] == run.facts.topic
    pd.testing.assert_frame_equal(
        by_model.stances, by_grammar.stances[topic].reset_index(drop=True)
    )


def in_the_towns_words() -> RunFrames:
    turns = turns_of(
        [
            ("ada", "My view on bike lanes: strongly for."),
            ("bo", "My view on bike lanes: strongly against."),
            ("ada", "My view on bike lanes: mildly for."),
            ("bo", "My view on night market: strongly for."),
            ("ada", "My view on bike lanes: strongly against."),
            ("bo", "My view on bike lanes: strongly for."),
        ]
    )
    return RunFrames(manifest(PEOPLE), turns, all_hear_all(turns), survey(HELD))


def test_the_page_says_who_judged_and_how_many_verdicts_are_unusable(tmp_path):
    judged(tmp_path)
    run = town()
    (reading,) = page.read([run], lambda one: reader_of(one, tmp_path))
    pieces = [judged_by(reading), *verdict_counts([reading]), *quotations(reading)]
    words = told(Section("", "", "", (Part("", tuple(pieces)),)))
    assert "Judged by a language model (scripted 1 attempts=2)" in words
    assert "no verdict in 2 attempts" in words
    # Ada's third line: once beside her account, twice in pairs, once for its view.
    assert "line beside line | unrelated 3, contradicts 1 | 6 | 2" in words
    assert "line beside persona | unrelated 3, agrees 1, contradicts 1 | 6 | 1" in words
    assert "the judge | Ada keeps bees and is for vans. | Vans are bad after all." in words
    assert ITSELF not in words
    twice = Section("", "", "", (Part("", tuple(verdict_counts([reading, reading]))),))
    assert "line beside line | unrelated 6, contradicts 2 | 12 | 4" in told(twice)
    (unread,) = page.read([run])
    assert "--judge engine" in judged_by(unread).text
    assert verdict_counts([unread]) == []


def test_a_model_that_judges_its_own_talk_is_named(tmp_path):
    judged(tmp_path)
    file = tmp_path / FILE
    file.write_text(file.read_text().replace("scripted 1", "embedded 1 abc"))
    reader = reader_of(town(), tmp_path)
    assert reader is not None
    assert ITSELF in reader.rule


def test_a_damaged_file_of_verdicts_is_named(tmp_path):
    (tmp_path / FILE).write_text(json.dumps({"judge": 1}) + "\n")
    with pytest.raises(InputError, match=r"verdicts\.jsonl, line 1"):
        reader_of(town(), tmp_path)


@pytest.mark.slow
def test_the_real_small_model_is_asked_and_kept(tmp_path):
    """The plumbing: whatever it says is a verdict or a reason, and is asked for once."""

    async def go() -> list[int]:
        async with open_engine("embedded") as engine:
            judge = ModelJudge(engine, attempts=1)
            few = asked()[:6]
            return [await judge_run(few, judge, tmp_path) for _ in range(2)]

    assert asyncio.run(go()) == [6, 0]
    said = kept(tmp_path)
    assert len(said) == 6
    assert all(one.verdict in (*FITTING, *STANCES, NO_VIEW, UNUSABLE) for one in said)
    assert all(one.reason for one in said if one.verdict == UNUSABLE)
    assert reader_of(town(), tmp_path) is not None
