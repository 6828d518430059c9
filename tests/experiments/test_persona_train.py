"""`symposion persona train`: one command, errors in one line, and any stop is survived."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agents.agent import seat
from experiments.commands import persona_train
from experiments.commands.persona import app
from personas.datafolder import PREFERENCES, TRAIN
from personas.persona import load_persona
from tests.experiments.terminal import CTRL_C, Terminal
from tests.personas.persllm.apprentice import course_in

QUICK = ("--set", "sft.batch=4", "--set", "dpo.batch=2", "--set", "dpo.full_strength_items=10")
LONG = (
    *QUICK,
    "--set",
    "sft.repeats=60",
    "--set",
    "dpo.epochs=30",
    "--set",
    "machine.save_steps=10",
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with a persona `ada`, her data where it is looked for, and a tiny base."""
    course_in(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "data").rename(tmp_path / "runs" / "data-ada")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str):
    return CliRunner(env={"COLUMNS": "300"}).invoke(app, list(words))


def in_use(home: Path) -> str:
    return (home / "ada" / "late" / "adapters" / "CURRENT").read_text().strip()


def test_one_command_from_data_to_an_adapter_that_can_be_cast(home):
    done = call("train", "ada@late", "--model", "base", *QUICK)
    assert done.exit_code == 0, done.output
    told = re.search(r"ada@late: (\S+)\n  sft: loss .* to .*; dpo: loss .* of pairs", done.stdout)
    assert told
    assert Path(told[1]).name == in_use(home)
    agent = seat("ada@late")
    assert agent.adapter is not None
    assert agent.adapter.fingerprint == in_use(home)
    assert sorted(path.name for path in (home / "runs" / "train-ada").iterdir()) == ["late-0"]
    assert not (home / "ada" / "early").exists()
    only_sft = call("train", "ada@late", "--model", "base", "--no-dpo", "--out", "other", *QUICK)
    assert only_sft.exit_code == 0, only_sft.output
    assert "dpo" not in only_sft.stdout.rpartition("ada@late:")[2]
    assert in_use(home) != agent.adapter.fingerprint


def test_every_stage_is_trained_where_none_is_named(home):
    done = call("train", "ada", "--model", "base", "--no-dpo", *QUICK)
    assert done.exit_code == 0, done.output
    adapters = [stage.adapter for stage in load_persona(home / "ada").stages]
    assert all(adapters)
    assert adapters[0] != adapters[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("train", "adda"), "unknown persona 'adda'"),
        (("train", "ada@later"), "did you mean 'late'?"),
        (("train", "rosa"), "write one with `symposion persona data rosa`"),
        (("train", "ada", "--model", "nowhere"), "has no *.safetensors"),
        (("train", "ada", "--model", "base", "--preset", "paper"), "did you mean 'paper-"),
        (("train", "ada", "--model", "base", "--set", "sft.bach=3"), "did you mean 'batch'?"),
        (("train", "ada", "--model", "base", "--general", "no.jsonl"), "no.jsonl cannot be read"),
        (("train", "ada", "rosa", "--data", "runs", "--model", "base"), "for one persona"),
        (("train", "ada", "--grammar", "--no-dpo"), "no-dpo is for training on data"),
        (("train", "ada", "--grammar", "--set", "longest=9"), "set is for training on data"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(home, words, told):
    done = call(*words)
    assert done.exit_code == 2, done.output
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_missing_extra_is_told(home, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = call("train", "ada", "--model", "base")
    assert done.exit_code == 2
    assert "pip install 'symposion[train]'" in done.stderr


def test_four_bits_need_their_extra(home, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    done = call("train", "ada", "--model", "base", "--set", "machine.four_bit=true")
    assert done.exit_code == 2
    assert "install the extra symposion[four-bit]" in done.stderr


def command(home: Path, *words: str) -> list[str]:
    arguments = ("persona", "train", str(home / "ada@late"), "--model", str(home / "base"))
    return [*arguments, "--data", str(home / "runs" / "data-ada"), *words]


@pytest.mark.slow
def test_a_command_that_is_killed_goes_on_to_the_same_adapter(home):
    root = str(Path(persona_train.__file__).parents[2])
    start = [sys.executable, "-m", "experiments", *command(home, *LONG)]
    place = {"cwd": root, "stdout": subprocess.DEVNULL}
    subprocess.run([*start, "--out", str(home / "whole")], check=True, **place)
    whole = in_use(home)
    (home / "ada" / "late" / "adapters" / "CURRENT").unlink()
    killed = home / "killed" / "late-0"
    for phase, step in (("sft", 10), ("sft", 70), ("dpo", 20), ("dpo", 60)):
        process = subprocess.Popen([*start, "--out", str(home / "killed")], **place)
        while process.poll() is None and not reached(killed / phase, step):
            time.sleep(0.002)
        assert process.poll() is None, "finished before it could be killed"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run([*start, "--out", str(home / "killed")], check=True, **place)
    assert in_use(home) == whole


def reached(folder: Path, step: int) -> bool:
    """Whether a checkpoint of that step or a later one has been begun."""
    steps = [int(path.name.rpartition("-")[2]) for path in folder.glob("checkpoint-*")]
    return bool(steps) and max(steps) >= step


@pytest.mark.slow
def test_ctrl_c_ends_it_cleanly_and_the_same_command_goes_on(home):
    words = command(home, *LONG, "--out", str(home / "stopped"))
    terminal = Terminal(home, *words)
    terminal.wait_for("late sft  loss", 120)
    while not reached(home / "stopped" / "late-0" / "sft", 10):
        terminal.wait_for("sft", 1)
    terminal.press(CTRL_C)
    assert terminal.end() == 130
    assert "interrupted: everything committed is kept. The same command goes on" in terminal.shown
    assert "Traceback" not in terminal.shown
    again = Terminal(home, *words)
    assert again.end() == 0
    whole = Terminal(home, *command(home, *LONG, "--out", str(home / "whole")))
    stopped = in_use(home)
    assert whole.end() == 0
    assert in_use(home) == stopped


@pytest.mark.slow
def test_a_newcomer_is_trained_on_the_small_model_that_ships(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("new", "zora", "--seed", "3").exit_code == 0
    assert call("data", "zora", "--items", "150").exit_code == 0
    assert (tmp_path / "runs" / "data-zora" / TRAIN).stat().st_size > 0
    assert (tmp_path / "runs" / "data-zora" / PREFERENCES).stat().st_size > 0
    done = call("train", "zora@late", "--set", "dpo.full_strength_items=40")
    assert done.exit_code == 0, done.output
    adapter = load_persona(tmp_path / "zora").stage("late").adapter
    assert adapter is not None
    card = json.loads((adapter.folder / "card.json").read_text())
    assert card["sft"]["loss_last"] < 0.7 * card["sft"]["loss_first"]
    assert card["dpo"]["margin_last"] > 0
    assert card["preset"]["name"] == "windtunnel"
