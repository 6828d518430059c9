"""`symposion persona build`, `ablate`, `table`: whole ways at one go, and a table of several."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from experiments.__main__ import app
from personas.examination.results import DIFFERENCES, EXAM, FIGURES
from personas.persona import LIBRARY, load_persona

TINY = ("--items", "24", "--set", "sft.silent=0", "--set", "sft.repeats=1", "--set",
        "dpo.full_strength_items=40")  # fmt: skip


def call(*words: str):
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["persona", *words])


def examination(folder: Path, persona: str, value: float) -> Path:
    """A finished examination with one figure."""
    folder.mkdir()
    row = f"SFT,all,point in time,{value},,,9,0"
    (folder / FIGURES).write_text(f"arm,stage,measure,value,low,high,items,seeds\n{row}\n")
    (folder / DIFFERENCES).write_text("arm\n")
    (folder / EXAM).write_text(json.dumps({"persona": persona}))
    return folder


def test_a_table_tells_means_and_the_least_and_most(tmp_path):
    values = {"ada": 0.5, "bo": 1.0, "cy": 0.9}
    folders = [str(examination(tmp_path / key, key, value)) for key, value in values.items()]
    done = call("table", *folders, "--csv", str(tmp_path / "pooled.csv"))
    assert done.exit_code == 0, done.stderr
    assert "0.80 [0.5" in done.stdout
    assert "0.50 to 1.00" in done.stdout
    assert "ada,1.0,bo,3,3" in (tmp_path / "pooled.csv").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["build"], "build needs a persona"),
        (["build", "adda"], "unknown persona 'adda'"),
        (["build", "rosa", "--set", "sft.bach=2"], "did you mean 'batch'?"),
        (["ablate", "rosa"], "copy the folder"),
        (["table", "nowhere"], "holds no finished examination"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(tmp_path, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    done = call(*words)
    assert done.exit_code == 2, done.output
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_from_raw_text_to_a_card_at_one_go_and_on_to_ablations(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("new", "zora", "--seed", "3").exit_code == 0
    words = ("build", "zora", *TINY, "--arm", "annotator")
    done = call(*words)
    assert done.exit_code == 0, done.output
    assert "zora, training: " in done.stdout
    card = json.loads(Path("runs/exam-zora/card.json").read_text())
    assert {one["arm"] for one in card["adapters"]} == {"SFT", "SFT+DPO"}
    in_use = [stage.adapter for stage in load_persona(Path("zora")).stages]
    replies = Path("runs/exam-zora/replies.jsonl").read_bytes()
    assert call(*words).exit_code == 0
    assert Path("runs/exam-zora/replies.jsonl").read_bytes() == replies
    done = call("ablate", "zora", *TINY, "--part", "general")
    assert done.exit_code == 0, done.output
    card = json.loads(Path("runs/ablations-zora/card.json").read_text())
    arms = {one["arm"]: one["card"]["preset"]["parts"]["general"] for one in card["adapters"]}
    assert arms == {"whole method": True, "without general": False}
    assert [stage.adapter for stage in load_persona(Path("zora")).stages] == in_use


@pytest.mark.slow
def test_who_ships_is_examined_and_never_trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(LIBRARY.rglob("*"))
    done = call("build", "rosa", "--items", "12", "--arm", "none")
    assert done.exit_code == 0, done.output
    card = json.loads(Path("runs/exam-rosa/card.json").read_text())
    shipped = {stage.adapter.fingerprint for stage in load_persona(LIBRARY / "rosa").stages}
    assert {one["fingerprint"] for one in card["adapters"]} == shipped
    assert not Path("runs/train-rosa").exists()
    assert sorted(LIBRARY.rglob("*")) == before
