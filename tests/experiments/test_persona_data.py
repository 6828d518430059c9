"""The commands that make a persona and its data: they go on, and say what they cannot do."""

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

from agents.engines.scripted import ScriptedEngine
from experiments.__main__ import app
from experiments.commands import persona_data
from personas.datafolder import read_data
from personas.windtunnel.life import read_person


@pytest.fixture
def zora(tmp_path, monkeypatch):
    """A townsperson invented on the spot, in the current folder."""
    monkeypatch.chdir(tmp_path)
    assert call("new", "zora", "--seed", "3").exit_code == 0
    return tmp_path


def call(*words: str, typed: str = ""):
    return CliRunner().invoke(app, ["persona", *words], input=typed)


def test_a_newcomer_is_told_and_can_be_read(zora):
    person = read_person(zora / "zora")
    assert person.first == "Zora"
    again = call("new", "zora")
    assert again.exit_code == 2
    assert "zora exists already; choose another name" in again.stderr


def test_data_is_written_and_a_second_call_finds_it_done(zora):
    first = call("data", "zora", "--items", "15")
    assert first.exit_code == 0, first.stderr
    data = read_data(zora / "runs" / "data-zora")
    told = re.search(r"(\d+) to train, (\d+) to examine, (\d+) pairs", first.stdout)
    counts = [len(data.train), len(data.test), len(data.preferences)]
    assert [int(count) for count in told.groups()] == counts
    assert {pair.negative for pair in data.preferences} >= {"other persona", "other stage"}
    items = (zora / "runs" / "data-zora" / "items.jsonl").read_bytes()
    assert call("data", "zora", "--items", "15").exit_code == 0
    assert (zora / "runs" / "data-zora" / "items.jsonl").read_bytes() == items
    other = call("data", "zora", "--items", "16")
    assert other.exit_code == 2
    assert "recipe.items 15, got 16" in other.stderr


def test_a_neighbours_data_is_mined(zora):
    call("data", "bruno", "--items", "40", "--other", "zora", "--out", "bruno-data")
    done = call("data", "zora", "--items", "40", "--neighbour", "bruno-data", "--other", "bruno")
    assert done.exit_code == 0, done.stderr
    mix = json.loads((zora / "runs" / "data-zora" / "mix.json").read_text())["mix"]
    kinds = {(one["negative"], one["route"]) for one in mix if one["pairs"]}
    assert ("other persona", "mined") in kinds


def test_a_draft_is_shown_until_it_is_approved(zora):
    done = call("data", "zora", "--items", "4", "--calibrate", typed="Shorter!\nok\n")
    assert done.exit_code == 0, done.stderr
    lines = (zora / "runs" / "data-zora" / "wishes.jsonl").read_text().splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["Shorter!", ""]


def test_a_language_model_writes_by_the_same_command(zora, monkeypatch):
    def speak(request) -> str:
        told = request.messages()[0][1]
        asks = "[Analysis]" not in told
        return (
            f"[False] No. [Input] Say {request.seed}!"
            if asks
            else f"[Analysis] a [Response] {told[:9]}"
        )

    monkeypatch.setattr(persona_data, "open_engine", lambda *args: ScriptedEngine(speak))
    done = call("data", "zora", "--annotator", "engine", "--items", "5")
    assert done.exit_code == 0, done.stderr
    data = read_data(zora / "runs" / "data-zora")
    assert {item.origin.pattern for item in data.train} <= {
        "ordinary",
        "thought",
        "error",
        "pressure",
    }
    assert data.train[0].origin.annotator.startswith("scripted")
    assert data.train[0].origin.context


def test_a_model_that_keeps_to_no_form_is_given_up_with_reasons(zora):
    done = call("data", "zora", "--annotator", "engine", "--engine", "scripted", "--items", "3")
    assert done.exit_code == 1
    assert "4 attempts at stage 'early' were rejected" in done.stderr
    rejected = (zora / "runs" / "data-zora" / "rejected.jsonl").read_text().splitlines()
    reasons = [json.loads(line)["reason"] for line in rejected]
    assert len(reasons) == 4
    assert all(
        re.match(r"no \[(Input|False)\] in '.* \(last of 5 attempts\)", one) for one in reasons
    )


def test_an_empty_folder_tells_what_to_do_and_is_no_material_yet(zora):
    assert "fill it" in call("new", "ada", "--empty", "--stage", "young", "--stage", "old").stdout
    empty = call("data", "ada", "--annotator", "engine", "--engine", "scripted")
    assert empty.exit_code == 2
    assert "young: empty stage" in empty.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("data", "zoro"), "unknown persona 'zoro'"),
        (("data", "zora", "--annotator", "grammer"), "annotator must be grammar or engine"),
        (("data", "zora", "--server", "http://x"), "server is for an engine"),
        (("data", "zora", "--embedder", "word"), "did you mean 'words'?"),
        (("data", "zora", "--neighbour", "nowhere"), "order.json cannot be read"),
        (("data", "zora", "--general", "nothing.jsonl"), "nothing.jsonl cannot be read"),
        (("data", "zora", "--items", "0"), "items must be at least 1, got 0"),
        (("new", "a b"), "must be letters, digits"),
        (("new", "eve", "--stage", "young"), "add --empty"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(zora, words, told):
    done = call(*words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.json*")}


@pytest.mark.slow
def test_a_command_that_is_killed_goes_on_to_the_same_files(zora):
    root = str(Path(persona_data.__file__).parents[2])
    command = [sys.executable, "-m", "experiments", "persona", "data", str(zora / "zora")]
    command += ["--items", "150", "--width", "3", "--out"]
    place = {"cwd": root, "stdout": subprocess.DEVNULL}
    subprocess.run([*command, str(zora / "whole")], check=True, **place)
    killed = zora / "killed"
    for name, bytes_written in (("items", 30_000), ("items", 90_000), ("answered", 20_000)):
        path = killed / f"{name}.jsonl"
        process = subprocess.Popen([*command, str(killed)], **place)
        while process.poll() is None and (not path.exists() or path.stat().st_size < bytes_written):
            time.sleep(0.002)
        assert process.poll() is None, "finished before it could be killed"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run([*command, str(killed)], check=True, **place)
    assert content(killed) == content(zora / "whole")
