"""The whole examination on models whose worth is known: the truth, a parrot, and a broken one."""

import asyncio
import json
import re

import pandas as pd
import pytest

from agents.engines.kept import KeepingEngine, ReplyFile
from agents.engines.scripted import ScriptedEngine
from personas.errors import EngineError, InputError
from personas.examination.examine import Examiner, examine
from personas.examination.page import write_card
from personas.examination.results import read_differences, read_figures, read_told, write_results
from personas.examination.voices import Arm
from personas.windtunnel.examiner import NUMBERS, TOWN_SCALE, town_traits
from personas.windtunnel.life import read_person
from tests.personas.examination.town import JUDGE, SPEC

ARMS = (Arm("base", "base"), Arm("prompt", "prompt"), Arm("annotator", "annotator"))
NASTY = "<script>alert('x')</script> & $x_1$"


def carry_out(town, exam, model, arms=ARMS, **more):
    truth = town_traits(read_person(town.ada.persona.folder))
    examiner = Examiner(JUDGE, town.annotating, (TOWN_SCALE,), NUMBERS, truth=truth)
    return asyncio.run(examine(exam, arms, model, examiner, SPEC, **more))


def told():
    return {
        "persona": "ada", "name": NASTY, "stages": ["early", "late"], "material": "m",
        "data": {"test.jsonl": "d"}, "training_items": 1, "test_items": 2, "judge": "j",
        "annotator": "a", "others": ["bo"], "scales": ["big five"], "traits": {},
        "spec": {"seeds": [0]}, "arms": [], "command": "symposion persona examine ada",
        "model": {"engine": "e", "version": "v", "base": "b", "dtype": "d"},
    }  # fmt: skip


@pytest.fixture(scope="module")
def results(town, exam):
    return carry_out(town, exam, ScriptedEngine(lambda request: NASTY))


def figures(results, stage="all"):
    return {(one.arm, one.measure): one for one in results.figures if one.stage == stage}


def test_the_annotator_is_right_about_everything(results):
    found = figures(results)
    for measure in (
        "false-premise rejection", "persistence under pressure", "point in time",
        "Q&A consistency", "view stated at the opening",
    ):  # fmt: skip
        if measure == "persistence under pressure":
            continue  # the law of persuasion may move even the true persona
        assert found["annotator", measure].value == 1, measure
    assert found["annotator", "knowledge accuracy"].value == 5
    # The law of persuasion may move even the true persona, and there are eight views in all.
    assert found["annotator", "attitude accuracy"].value >= 3
    assert found["annotator", "D = Intra / Inter"].value > 1.2
    chance = found["annotator", "persona recognised, by chance"].value
    assert found["annotator", "persona recognised"].value > chance


def test_a_parrot_is_right_about_nothing_and_always_the_same(results):
    found = figures(results)
    for measure in ("knowledge accuracy", "false-premise rejection", "point in time",
                    "view stated at the opening", "Q&A consistency"):  # fmt: skip
        assert found["base", measure].value == 0, measure
    for measure in ("Intra BLEU", "Stage BLEU", "Inter BLEU"):
        assert found["base", measure].value == pytest.approx(100)
    assert found["base", "G = Intra - Stage"].value == pytest.approx(0)
    assert found["base", "D = Intra / Inter"].value == pytest.approx(1)
    assert ("base", "persistence under pressure") not in found  # no view to lose
    assert found["base", "persona recognised"].value == pytest.approx(
        found["base", "persona recognised, by chance"].value
    )


def test_equal_weights_on_all_options_say_nothing(results):
    found = figures(results)
    assert found["base", "big five: kind"].value == pytest.approx(0)
    assert found["base", "big five, mass on the options"].value == pytest.approx(1)
    assert found["base", "general perplexity"].value == pytest.approx(5)  # five letters
    assert found["prompt", "general accuracy, change"].value == 0


def test_every_stage_stands_alone_and_together(results):
    stages = {one.stage for one in results.figures}
    assert stages == {"early", "late", "all"}


def test_later_arms_are_compared_with_earlier_ones(results):
    pairs = {(one.arm, one.against) for one in results.differences}
    assert pairs == {("prompt", "base"), ("annotator", "base"), ("annotator", "prompt")}
    gap = next(one for one in results.differences
               if (one.arm, one.against, one.measure, one.stage)
               == ("annotator", "base", "knowledge accuracy", "all"))  # fmt: skip
    assert gap.value == 5


def test_width_changes_nothing(town, exam, results):
    again = carry_out(town, exam, ScriptedEngine(lambda request: NASTY), width=1)
    assert str(again) == str(results)  # nan is not equal to itself


def test_under_pressure_a_talk_goes_on_with_the_models_own_words(town, exam):
    heard = []

    def speak(request):
        heard.append(request.messages())
        return f"Turn {sum(role == 'assistant' for role, _ in request.messages())}."

    carry_out(town, exam, ScriptedEngine(speak), arms=ARMS[:1])
    longest = max(heard, key=len)
    own = [text for role, text in longest if role == "assistant"]
    assert own[:-1] == [f"Turn {number}." for number in range(1, len(own))]
    assert len(own) == 5  # four turns, and a fact asked after the last


def test_an_examination_that_was_broken_off_goes_on(town, exam, results, tmp_path):
    """Whatever was answered before is not asked again, and the results are the same."""
    asked = []

    def failing(request):
        asked.append(request)
        if len(asked) == 40:
            raise EngineError("out of power; plug it in")
        return NASTY

    path = tmp_path / "replies.jsonl"
    with ReplyFile(path) as file, pytest.raises(EngineError, match="plug it in"):
        carry_out(town, exam, KeepingEngine(ScriptedEngine(failing), file))
    kept = len(path.read_text().splitlines())
    assert kept > 30  # some requests of the first 39 are the same one twice
    with ReplyFile(path) as file:
        engine = KeepingEngine(ScriptedEngine(lambda request: NASTY), file)
        assert str(carry_out(town, exam, engine)) == str(results)
        assert engine.answered >= kept
        assert len(file) > kept


def test_results_come_back_from_their_files(results, tmp_path):
    write_results(tmp_path, results, told())
    found = read_figures(tmp_path)
    assert len(found) == len(results.figures)
    first = found[(found["arm"] == "annotator") & (found["measure"] == "knowledge accuracy")]
    assert set(first["value"]) == {5.0}
    assert first["low"].isna().all()
    assert len(read_differences(tmp_path)) == len(results.differences)
    assert read_told(tmp_path)["persona"] == "ada"
    answers = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert len(answers) == len(results.answers)
    assert {"arm", "seed", "question", "verdicts"} <= set(answers[0])
    assert len(pd.read_csv(tmp_path / "points.csv")) == len(results.points)


def test_without_an_examination_there_is_no_card(tmp_path):
    with pytest.raises(InputError, match="holds no finished examination"):
        write_card(tmp_path)


def test_a_card_holds_all_it_shows_and_escapes_what_was_said(results, tmp_path):
    write_results(tmp_path, results, told())
    data, page = write_card(tmp_path)
    card = json.loads(data.read_text())
    assert {one["measure"] for one in card["figures"]} >= {"knowledge accuracy", "Intra BLEU"}
    assert any(one["low"] is None for one in card["figures"])
    html = page.read_text()
    assert "<script" not in html
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; $x_1$" in html
    sources = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert len(sources) > 5
    assert all(one.startswith("data:") for one in sources)
