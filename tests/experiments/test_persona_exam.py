"""`symposion persona examine` and `card`: what the user sees, real adapters, kill -9."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from agents.engines.scripted import ScriptedEngine
from experiments.__main__ import app
from experiments.commands import exam_room, persona_data
from experiments.commands.exam_arms import ArmWish, arms_of, wearable
from personas.errors import InputError
from personas.examination.results import read_figures, read_told
from personas.persona import LIBRARY, load_persona
from tests.experiments.terminal import CTRL_C, Terminal

SMALL = ("--items", "100")
ROSA = ("rosa@late", "--other", "bruno", "--out", "exam")


def call(*words: str):
    return CliRunner().invoke(app, ["persona", *words])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Rosa's data and an invented person's."""
    home = tmp_path_factory.mktemp("data")
    assert call("new", str(home / "zora"), "--seed", "3").exit_code == 0
    for name in ("rosa", str(home / "zora")):
        done = call("data", name, *SMALL, "--out", str(home / f"data-{Path(name).name}"))
        assert done.exit_code == 0, done.stderr
    return home


@pytest.fixture
def here(written, tmp_path, monkeypatch):
    """A folder of its own with both data sets where the commands look for them."""
    monkeypatch.chdir(tmp_path)
    for name in ("rosa", "zora"):
        shutil.copytree(written / f"data-{name}", tmp_path / "runs" / f"data-{name}")
    shutil.copytree(written / "zora", tmp_path / "zora")
    return tmp_path


def test_an_invented_person_is_examined_and_gets_a_card(here):
    done = call("examine", "zora", "--engine", "scripted", "--other", "bruno")
    assert done.exit_code == 0, done.stderr
    assert "next: symposion persona card zora" in done.stdout
    assert "knowledge accuracy" in done.stdout
    folder = here / "runs" / "exam-zora"
    told = read_told(folder)
    assert [arm["name"] for arm in told["arms"]] == ["base", "prompt", "few-shot", "annotator"]
    assert (told["judge"], told["others"]) == ("larkhaven reader 2", ["bruno"])
    found = read_figures(folder)
    assert set(found["arm"]) == {"base", "prompt", "few-shot", "annotator"}
    made = call("card", "zora")
    assert made.exit_code == 0, made.stderr
    assert json.loads((folder / "card.json").read_text())["name"] == told["name"]
    assert "<svg" not in (folder / "card.html").read_text()  # pictures are addresses of data


def test_the_same_call_finds_all_replies_and_more_seeds_ask_more(here):
    words = ("examine", *ROSA, "--engine", "scripted", "--arm", "base")
    assert call(*words).exit_code == 0
    replies, figures = here / "exam" / "replies.jsonl", here / "exam" / "figures.csv"
    before = replies.read_bytes(), figures.read_bytes()
    assert call(*words).exit_code == 0
    assert (replies.read_bytes(), figures.read_bytes()) == before
    assert call(*words, "--seeds", "2").exit_code == 0
    assert replies.read_bytes().startswith(before[0])
    assert set(read_figures(here / "exam")["seeds"]) >= {"0 1"}


def test_a_users_scale_is_asked(here):
    (here / "pets.csv").write_text("trait,key,text\ndogs,1,I like dogs.\ndogs,-1,I fear dogs.\n")
    done = call("examine", *ROSA, "--engine", "scripted", "--arm", "base", "--scale", "pets.csv")
    assert done.exit_code == 0, done.stderr
    assert "pets: dogs" in set(read_figures(here / "exam")["measure"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nobody"], "unknown persona 'nobody'"),
        (["rosa@now"], "has no stage 'now'"),
        (["bruno"], "runs/data-bruno/test.jsonl cannot be read"),
        (["rosa", "--arm", "bse"], "unknown arm 'bse': did you mean 'base'?"),
        (["rosa", "--arm", "none", "--arm", "base"], "arm none goes with no other"),
        (["rosa", "--judge", "me"], "judge must be grammar or engine, got 'me'"),
        (["rosa", "--judge-model", "x"], "judge_engine is for --judge engine"),
        (["rosa", "--adapter", "sft"], "adapter must be ARM=FOLDER or ARM@STAGE=FOLDER"),
        (["rosa", "--adapter", "sft=x"], "lies in no stage's folder; say sft@late=x"),
        (["rosa", "--adapter", "sft@late=x"], "adapter folder x does not exist"),
        (["rosa", "--engine", "scripted", "--temperature", "-1"], "temperature must be at least 0"),
        (["zora", "--engine", "scripted", "--arm", "none"], "there is no arm to examine"),
        (["rosa", "--engine", "scripted", "--scale", "x.csv"], "x.csv cannot be read as CSV"),
    ],
)
def test_what_cannot_be_examined_is_said_in_a_line(here, words, told):
    done = call("examine", *words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_there_is_no_card_without_an_examination(here):
    done = call("card", "zora")
    assert done.exit_code == 2
    assert "holds no finished examination" in done.stderr


def test_adapters_that_went_on_from_others_make_two_arms(tmp_path):
    home = tmp_path / "rosa"
    shutil.copytree(LIBRARY / "rosa", home)
    for stage in ("early", "late"):
        adapters = home / stage / "adapters"
        current = adapters / (adapters / "CURRENT").read_text().strip()
        shutil.copytree(current, adapters / "before")
        card = json.loads((current / "card.json").read_text()) | {"after": "before"}
        (current / "card.json").write_text(json.dumps(card))
    rosa = load_persona(home)
    arms = arms_of(ArmWish(baselines=("none",)), rosa, [], home, None, True)
    assert [arm.name for arm in arms] == ["SFT", "SFT+DPO"]
    folders = [arm.adapters["rosa", "late"].folder.name for arm in arms]
    assert folders == ["before", rosa.stage().adapter.folder.name]


def test_a_named_adapter_stands_in_for_its_stage_alone():
    rosa = load_persona(LIBRARY / "rosa")
    early, late = (stage.adapter for stage in rosa.stages)
    wish = ArmWish((f"new@late={early.folder}",), ("none",))
    (arm,) = arms_of(wish, rosa, [], LIBRARY, None, True)
    assert arm.adapters == {("rosa", "early"): early, ("rosa", "late"): early}
    (read_off,) = arms_of(ArmWish((f"n={late.folder}",), ("none",)), rosa, [], LIBRARY, None, True)
    assert read_off.adapters["rosa", "late"] == late
    with pytest.raises(InputError, match="names new@late twice"):
        arms_of(ArmWish(wish.adapters * 2), rosa, [], LIBRARY, None, True)
    with pytest.raises(InputError, match="cannot be called 'base'"):
        arms_of(ArmWish((f"base@late={late.folder}",)), rosa, [], LIBRARY, None, True)


def test_adapters_of_another_base_are_not_worn():
    rosa = load_persona(LIBRARY / "rosa")
    assert all(stage.adapter is None for stage in wearable(rosa, "another").stages)
    assert wearable(rosa, rosa.stage().adapter.base) == rosa


@pytest.mark.slow
def test_a_shipped_adapter_is_more_of_a_person_than_the_bare_base(here):
    """Real model, real adapters: what the base cannot know, the adapter does."""
    done = call("examine", *ROSA, "--arm", "base", "--arm", "annotator")
    assert done.exit_code == 0, done.stderr
    table = read_figures(here / "exam").set_index(["arm", "measure"])["value"]
    for measure in ("knowledge accuracy", "point in time", "Q&A consistency"):
        base, adapter, truth = (table[arm, measure] for arm in ("base", "adapter", "annotator"))
        assert base < adapter <= truth
    assert table["adapter", "big five, mass on the options"] > 0.5
    assert call("card", "rosa@late", "--out", "exam").exit_code == 0
    card = json.loads((here / "exam" / "card.json").read_text())
    (worn,) = (one for one in card["adapters"] if one["stage"] == "late")
    assert worn["fingerprint"] == load_persona(LIBRARY / "rosa").stage().adapter.fingerprint
    assert worn["bytes"] > 0


@pytest.mark.slow
def test_a_killed_examination_goes_on_to_the_same_figures(here):
    words = [sys.executable, "-m", "experiments", "persona", "examine", *ROSA, "--arm", "none"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    first = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL)
    replies = here / "exam" / "replies.jsonl"
    end = time.monotonic() + 300
    while not replies.exists() or replies.read_bytes().count(b"\n") < 60:
        assert first.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert not (here / "exam" / "exam.json").exists()
    kept = replies.read_bytes()
    subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, check=True)
    whole = kept[: kept.rfind(b"\n") + 1]
    assert replies.read_bytes().startswith(whole)
    subprocess.run([*words[:-3], "fresh", *words[-2:]], env=environment,
                   stdout=subprocess.DEVNULL, check=True)  # fmt: skip
    for name in ("figures.csv", "points.csv"):
        after, unbroken = (pd.read_csv(here / folder / name) for folder in ("exam", "fresh"))
        # Words are the same to the letter; probabilities are, up to the rounding of another cache.
        pd.testing.assert_frame_equal(after, unbroken, rtol=0, atol=1e-6)
    told = [(here / folder / "answers.jsonl").read_text() for folder in ("exam", "fresh")]
    first, second = ([json.loads(line) for line in text.splitlines()] for text in told)
    assert [one["text"] for one in first] == [one["text"] for one in second]


def test_any_model_writes_and_judges_by_the_same_command(here, monkeypatch):
    """No grammar anywhere: an engine writes the data, its questions on time, and all verdicts."""

    def speak(request) -> str:
        system = request.messages()[0][1]
        if "[Verdict]" in system:
            verdict = "yes" if "yes or no" in system else "attitude"
            letters = request.messages()[1][1]
            if "from best to worst" in system:
                verdict = " = ".join(one for one in "ABCDE" if f"\n{one}: " in letters)
            return f"So. [Verdict] {'4' if '0 to 5' in system else verdict}"
        if "[Analysis]" in system:
            return f"[Analysis] Hm. [Response] I have {request.seed % 7} boats and no more."
        return (
            f"[False] No. [Input] What about {request.seed}?" if "[Input]" in system else "Boats."
        )

    engine = ScriptedEngine(speak)
    for module in (persona_data, exam_room):
        monkeypatch.setattr(module, "open_engine", lambda *args: engine)
    shutil.rmtree(here / "runs" / "data-zora")
    made = call("data", "zora", "--annotator", "engine", "--items", "20", "--other", "bruno")
    assert made.exit_code == 0, made.stderr
    done = call("examine", "zora", "--engine", "scripted", "--other", "bruno", "--seeds", "2")
    assert done.exit_code == 0, done.stderr
    assert "the examined model judges itself" in done.stdout
    told = read_told(here / "runs" / "exam-zora")
    assert told["judge"].startswith("scripted 1")
    assert [arm["name"] for arm in told["arms"]] == ["base", "prompt", "few-shot"]
    table = read_figures(here / "runs" / "exam-zora")
    values = table[table["stage"] == "all"].set_index(["arm", "measure"])["value"]
    assert values["prompt", "attitude accuracy"] == 4  # as the judge says
    assert values["base", "standing among the arms"] == 0.5
    assert values["base", "point in time"] == 1
    assert values["few-shot", "persona recognised"] == pytest.approx(0.5)
    assert len([one for one in values.index if one[1].startswith("big five: ")]) == 3 * 5
    assert call("card", "zora").exit_code == 0


@pytest.mark.slow
def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(here):
    terminal = Terminal(here, "persona", "examine", *ROSA, "--arm", "none")
    terminal.wait_for("asking  ", 120)
    terminal.press(CTRL_C)
    assert terminal.end() == 130
    assert "interrupted: everything committed is kept. The same command goes on." in terminal.shown
    assert not (here / "exam" / "exam.json").exists()


def test_a_stage_without_an_adapter_cannot_be_examined_but_another_can(here):
    home = here / "rosa"
    shutil.copytree(LIBRARY / "rosa", home)
    (home / "early" / "adapters" / "CURRENT").unlink()
    words = (
        "--data",
        "runs/data-rosa",
        "--engine",
        "scripted",
        "--arm",
        "none",
        "--other",
        "bruno",
    )
    both = call("examine", str(home), *words)
    assert both.exit_code == 2
    assert "arm 'adapter' has no adapter for rosa@early; give --adapter adapter@early=" in (
        both.stderr
    )
    late = call("examine", f"{home}@late", *words, "--out", "exam")
    assert late.exit_code == 0, late.stderr
    assert "no adapter for rosa@early: no Stage BLEU" in late.stdout
    measures = set(read_figures(here / "exam")["measure"])
    assert "Inter BLEU" in measures
    assert "Stage BLEU" not in measures


def test_data_of_another_grammar_is_pointed_out(here):
    path = here / "runs" / "data-rosa" / "test.jsonl"
    path.write_text(path.read_text().replace("larkhaven grammar", "larkhaven grammar 0."))
    done = call("examine", *ROSA, "--engine", "scripted", "--arm", "base")
    assert done.exit_code == 0, done.stderr
    assert "the data is by larkhaven grammar 0." in done.stdout
    assert "write it anew" in done.stdout
