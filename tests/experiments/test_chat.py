"""`symposion chat` and `symposion persona ratings`: by lines, at a terminal, killed and resumed."""

import asyncio
import io
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from agents.engines.scripted import ScriptedEngine
from experiments.__main__ import app
from experiments.commands.chat_screen import Screen, printable
from experiments.commands.chat_shell import Shell
from simulation.chat.rating import Rating
from tests.simulation.chats import close, closing_talks, talk_in  # noqa: F401

from .terminal import CTRL_C, ROOT, Terminal
from .test_command import one_line_error

pytestmark = pytest.mark.usefixtures("closing_talks")
CTRL_D = "\x04"
SCRIPTED = ("--engine", "scripted", "--seed", "4", "--out", "here")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def chat(*words: str, typed: str = ""):
    """Runs the command with lines on its standard input."""
    return CliRunner().invoke(app, ["chat", *words], input=typed)


def rows(where: str | Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(Path(where) / "chat.sqlite")) as database:
        return database.execute(query).fetchall()


def test_a_talk_by_lines_is_shown_and_kept(folder):
    typed = "Tea?\n4 5 3\n/stage early\nAnd now?\n\n//help\n- - 1\n/export out.jsonl\n"
    result = chat("rosa", "--rater", "ada", *SCRIPTED, typed=typed)
    assert result.exit_code == 0, result.output
    assert "you> Tea?\nRosa Adler: " in result.output
    assert "left: all is kept in here" in result.output
    told = rows(
        "here", "SELECT question, stage, naturalness, consistency, knowledge FROM transcript"
    )
    assert told == [
        ("Tea?", "late", 4, 5, 3),
        ("And now?", "early", None, None, None),
        ("/help", "early", None, None, 1),
    ]
    exported = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [one["question"] for one in exported] == ["Tea?", "And now?", "/help"]
    assert [one["text"] in result.output for one in exported] == [True] * 3
    assert exported[0]["rater"] == "ada"


def test_the_same_command_goes_on_and_another_is_refused(folder):
    assert chat("rosa", *SCRIPTED, typed="Tea?\n4 4 4\n").exit_code == 0
    again = chat("rosa", *SCRIPTED, typed="Rain?\n5 5 5\n")
    assert "going on with here" in again.output
    assert "you> Tea?" in again.output
    assert rows("here", "SELECT question FROM turns") == [("Tea?",), ("Rain?",)]
    for words, told in (
        (("ilse", *SCRIPTED), "cast is rosa, not ilse"),
        (("rosa", *SCRIPTED[:2], "--seed", "5", "--out", "here"), "seed is 4, not 5"),
        (("rosa", "--temperature", "0", *SCRIPTED), "sampling is 64 tokens, temperature 0.7"),
        (("rosa", "--rater", "ben", *SCRIPTED), "rater is '', not 'ben'"),
        (("rosa", "--with", "ilse", "--blind", *SCRIPTED), "cast is rosa, not rosa and ilse"),
        (("rosa", "--seed", "4", "--out", "here"), "talked with engine scripted, not embedded"),
    ):
        assert told in one_line_error(chat(*words))


def test_export_knows_a_chat_from_a_run(folder):
    chat("rosa", "--rater", "ada", *SCRIPTED, typed="Tea?\n4 - 3\n")
    found = CliRunner().invoke(app, ["export", "here"])
    assert found.exit_code == 0, found.output
    (text,) = rows("here", "SELECT text FROM answers")
    assert Path("here/transcript.txt").read_text() == (
        f"rater: ada\n\n== talk 1 ==\n\n> Tea?\nRosa Adler: {text[0]}  [4 - 3]\n"
    )
    refused = CliRunner().invoke(app, ["export", "here", "--to", "parquet"])
    assert "a chat is exported as text, got 'parquet'" in one_line_error(refused)


def test_without_a_seed_one_is_drawn(folder):
    for name in ("one", "two"):
        chat("rosa", "--engine", "scripted", "--out", name, typed="Tea?\n")
    seeds = {rows(name, "SELECT json_extract(value, '$.seed') FROM manifest WHERE key = 'spec'")[0]
             for name in ("one", "two")}  # fmt: skip
    assert len(seeds) == 2


def test_a_script_that_types_something_wrong_ends_there_and_keeps_the_rest(folder):
    for wrong, words in (
        ("9 9 9", "naturalness must lie in 1..5, got 9"),
        ("/stgae early", "unknown command /stgae: did you mean 'stage'"),
        ("/with rossa", "unknown persona 'rossa': did you mean 'rosa'"),
        ("/rate B 1 1 1", "whose answer must be one of 1, got 'B'"),
        ("/alone", "nobody sits in seat 2"),
        ("/who there", "/who takes nothing after it, got 'there'"),
        ("/stage", "/stage must be followed by [1|2] STAGE, got ''"),
    ):
        out = folder / str(abs(hash(wrong)))
        words_typed = ("rosa", "--engine", "scripted", "--out", str(out))
        result = chat(*words_typed, typed=f"Tea?\n{wrong}\nRain?\n")
        assert words in one_line_error(result)
        assert rows(out, "SELECT question FROM turns") == [("Tea?",)]


def test_what_cannot_begin_leaves_nothing_behind(folder):
    for words, told in (
        (("rossa",), "did you mean 'rosa'"),
        (("rosa", "--blind"), "blind needs two personas"),
        ((), "PERSONA is missing"),
        (("rosa", "--rate", "there"), "rate takes personas and blindness from the other's chat"),
        (("--rate", "there"), "no chat in there"),
        (("rosa", "--engine", "telepathy"), "unknown engine 'telepathy'"),
        (("rosa", "--seed", "-1"), "seed must lie in"),
        (("rosa", "--max-tokens", "0"), "max_tokens must be at least 1, got 0"),
        (("rosa", "--heard-as", " "), "heard_as must be one line"),
    ):
        assert told in one_line_error(chat(*words))
    # What was wrong is put right, and the same folder serves.
    good = chat("rosa", "--engine", "scripted", "--heard-as", "Ada", typed="Tea?\n")
    assert good.exit_code == 0, good.output
    assert "recording to chats/rosa" in good.output


def test_two_raters_from_talk_to_table(folder):
    pair = ("rosa", "--with", "prompt:rosa", "--blind", "--rater", "ada", *SCRIPTED)
    typed = "".join(f"Question {turn}?\n5 4 -\n1 4 -\n" for turn in range(6))
    talked = chat(*pair, typed=typed + "/end\n")
    assert talked.exit_code == 0, talked.output
    assert re.search(r"^A was Rosa Adler \((prompt:)?rosa\)$", talked.output, re.M)
    twice = chat("--rate", "here", "--rater", "ada")
    assert "rater 'ada' rated this chat already" in one_line_error(twice)
    half = chat("--rate", "here", "--rater", "ben", typed="3 4 -\n" * 6)
    assert "`symposion" in half.output  # tells how to go on
    rest = chat("--rate", "here", "--rater", "ben", typed="3 4 -\n" * 6)
    assert "everything is rated" in rest.output
    assert re.search(r"^talk 1: A was Rosa Adler \((prompt:)?rosa\)$", rest.output, re.M)
    found = CliRunner().invoke(
        app,
        ["persona", "ratings", "here", "here-ben", "--json", "o.json", "--csv", "o.csv", "--raw",
         "raw.csv"],
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    told = json.loads(Path("o.json").read_text())
    assert told["raters"] == ["ada", "ben"]
    means = {(row["arm"], row["scale"]): row["mean"] for row in told["means"]}
    # The letters are drawn, so each arm got Ada's 5 or 1 by its letter of that turn's place.
    ada = rows("here", "SELECT arm, avg(naturalness) FROM transcript GROUP BY arm")
    assert {arm: means[arm, "naturalness"] for arm, _ in ada} == {
        arm: pytest.approx((mean + 3) / 2) for arm, mean in ada
    }
    assert sum(mean for _, mean in ada) == pytest.approx(6)
    assert means["lora", "consistency"] == 4
    assert ("lora", "knowledge") not in means
    agreement = {(row["scale"], row["level"]): row for row in told["agreement"]}
    assert agreement["consistency", "ordinal"]["alpha"] is None
    # Ada 5 six times and 1 six times, Ben 3 twelve times: observed 2 * 12 * 4 = 96; expected, by
    # the 24 values, 2 * (24 * (6 * 25 + 6 + 12 * 9) - 72**2) = 2304: alpha = 1 - 23 * 96 / 2304.
    assert agreement["naturalness", "interval"]["alpha"] == pytest.approx(1 - 23 * 96 / 2304)
    assert agreement["naturalness", "interval"]["answers"] == 12
    assert len(pd.read_csv("o.csv")) == len(told["means"]) == 4
    assert len(pd.read_csv("raw.csv")) == 2 * 2 * 12
    assert "12 answers" not in found.output  # each arm has six
    assert "over 6 answers of one talk" in found.output


def test_ratings_of_nothing(folder):
    def said(*words: str) -> str:
        return one_line_error(CliRunner().invoke(app, ["persona", "ratings", *words]))

    assert "no chat in there" in said("there")
    chat("rosa", *SCRIPTED, typed="Tea?\n\n")
    assert "nothing was rated in here" in said("here")
    (folder / "taken").write_text("")
    chat("rosa", *SCRIPTED, typed="Tea?\n4 4 4\n")
    assert "taken/o.json cannot be written" in said("here", "--json", "taken/o.json")


def neutral(request) -> str:
    return f"I say {request.seed}."


def screen_of(folder: Path, seed: int, monkeypatch, *, terminal: bool) -> tuple[str, str, str]:
    """Everything shown in a blind talk, answers made alike; who is A; who stands first."""
    talk = talk_in(folder, "rosa", "ilse", speak=neutral, blind=True, seed=seed)
    shown = io.StringIO()
    console = Console(
        file=shown, force_terminal=terminal, width=100, highlight=False,
        color_system="standard" if terminal else None,
    )  # fmt: skip
    monkeypatch.setattr("sys.stdin", io.StringIO("Tea?\n4 5 3\n1 1 1\n/who\n/help\n/export\n"))
    with asyncio.Runner() as runner:
        Shell(talk, runner.run, Screen(console, typed=False)).hold()
    first = talk.desk.view.shown(talk.turns[0])[0].name
    told = re.sub(r"I say \d+\.", "I say.", shown.getvalue()).replace(str(folder), "")
    told = re.sub(r"I say\. +", "I say. ", told)  # padding
    return told, next(s.cast for s in talk.sitting if s.letter == "A"), first


@pytest.mark.parametrize("terminal", [True, False])
def test_a_blind_screen_is_the_same_to_the_byte_whoever_is_who(tmp_path, monkeypatch, terminal):
    screens: dict[str, dict[str, str]] = {}
    for seed in range(30):
        told, cast, first = screen_of(tmp_path / str(seed), seed, monkeypatch, terminal=terminal)
        known = screens.setdefault(first, {}).setdefault(cast, told)
        assert told == known
    for both in screens.values():
        assert set(both) == {"rosa", "ilse"}
        assert both["rosa"] == both["ilse"]
        assert "Rosa" not in both["rosa"]
        assert "I say." in both["rosa"]
    assert set(screens) == {"A", "B"}


def test_what_is_said_cannot_steer_the_terminal(tmp_path, monkeypatch):
    assert printable("a\x1b[2Jb\r\x9bc\nd") == "a\ufffd[2Jb\ufffd\ufffdc\nd"
    talk = talk_in(tmp_path, "rosa", speak=lambda _: "\x1b[2J[red]\nyou> forged")
    shown = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO("Tea?\n"))
    with asyncio.Runner() as runner:
        Shell(talk, runner.run, Screen(Console(file=shown, width=100), typed=False)).hold()
    assert "Rosa Adler: \ufffd[2J[red]\n    you> forged\n" in shown.getvalue()
    assert "\x1b" not in shown.getvalue()


def test_ctrl_c_while_an_answer_is_on_its_way_keeps_the_question(tmp_path, monkeypatch):
    slow = ScriptedEngine(neutral, latency=lambda _: 600)  # seconds
    talk = talk_in(tmp_path, "rosa", engine=slow)
    monkeypatch.setattr("sys.stdin", io.StringIO("Tea?\n"))
    alarm = threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT])
    alarm.start()
    with pytest.raises(KeyboardInterrupt), asyncio.Runner() as runner:
        Shell(talk, runner.run, Screen(Console(file=io.StringIO()), typed=False)).hold()
    alarm.join()
    close(talk)
    talk = talk_in(tmp_path, "rosa", speak=neutral)
    assert talk.pending is not None
    assert talk.pending.question == "Tea?"


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from simulation.chat.rating import Rating
from tests.simulation.chats import talk_in

def speak(request):
    if "Why?" in request.messages()[-2][1]:
        os.kill(os.getpid(), signal.SIGKILL)
    return f"I say {request.seed}."

async def hold():
    talk = talk_in(Path(sys.argv[1]), "rosa", "ilse", speak=speak, seed=8)
    for shown in await talk.ask("Tea?"):
        talk.desk.rate(shown, Rating(4, 5, 3))
    await talk.ask("Why?")

asyncio.run(hold())
"""


@pytest.fixture
def killed(tmp_path) -> Path:
    """A talk whose process died by kill -9 while the second question was being answered."""
    folder = tmp_path / "killed"
    died = subprocess.run([sys.executable, "-c", KILLED, str(folder)], cwd=ROOT, check=False)
    assert died.returncode == -signal.SIGKILL
    return folder


async def test_kill_9_while_an_answer_is_on_its_way_loses_nothing(tmp_path, killed):
    whole = talk_in(tmp_path / "whole", "rosa", "ilse", speak=neutral, seed=8)
    first = [one.text for one in await whole.ask("Tea?")]
    second = [one.text for one in await whole.ask("Why?")]
    talk = talk_in(killed, "rosa", "ilse", speak=neutral, seed=8)
    assert [answer.text for answer in talk.turns[0].shown] == first
    assert [answer.rating for answer in talk.turns[0].shown] == [Rating(4, 5, 3)] * 2
    assert talk.pending is talk.turns[1]
    assert [one.text for one in await talk.finish()] == second  # as if nobody had killed it


@pytest.mark.slow
def test_at_a_terminal_with_the_small_model(tmp_path):
    words = ("chat", "rosa", "--with", "prompt:rosa", "--blind", "--out", "here", "--seed", "11")
    terminal = Terminal(tmp_path, *words)
    terminal.wait_for("your name, for the ratings", 120)
    terminal.press("ada\r")
    terminal.wait_for("with A and B", 300)
    terminal.wait_for("you> ", 60)
    terminal.press("What is your name?\r")
    terminal.wait_for("(- skips one, Enter all)> ", 120)
    terminal.press("7 1 1\r")
    terminal.wait_for("naturalness must lie in 1..5, got 7", 60)
    terminal.press("4 5 3\r")
    seen = wait_for_another(terminal, "(- skips one, Enter all)> ", 3)
    terminal.kill()  # after the first rating, at the prompt for the second
    assert "prompt:" not in seen
    assert "lora" not in seen
    (rated,) = rows(tmp_path / "here", "SELECT naturalness, consistency, knowledge FROM ratings")
    assert rated == (4, 5, 3)
    assert rows(tmp_path / "here", "SELECT count(*) FROM answers") == [(2,)]
    again = Terminal(tmp_path, *words)
    again.wait_for("rater ada", 300)
    again.wait_for("(- skips one, Enter all)> ", 60)  # the one that was not rated
    again.press("- 2 2\r")
    wait_for_another(again, "you> ", 2)  # one in the recalled turn
    again.press(CTRL_D)
    assert again.end() == 0
    assert "goes on" in again.shown
    assert "Traceback" not in terminal.shown + again.shown
    last = Terminal(tmp_path, *words)
    wait_for_another(last, "you> ", 2, seconds=300)
    last.press("/end\r")
    last.wait_for("the talk has ended", 60)
    assert last.end() == 0
    letters = dict(rows(tmp_path / "here", "SELECT letter, cast_word FROM seatings"))
    assert f"A was Rosa Adler ({letters['A']})" in last.shown
    assert f"B was Rosa Adler ({letters['B']})" in last.shown
    assert len(rows(tmp_path / "here", "SELECT * FROM ratings")) == 2


@pytest.mark.slow
def test_one_server_through_a_whole_talk(folder):
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mock = [sys.executable, "-m", "tests.agents.mock_vllm", "--port", str(port)]
    server = subprocess.Popen(mock, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        words = ("rosa", "--with", "base", "--no-ratings", "--engine", "server", "--server", url)
        result = chat(*words, "--max-tokens", "24", typed="Tea?\nWhy?\n/with ilse\n")
    finally:
        server.kill()
        server.communicate()
    assert "two sit there already" in one_line_error(result)
    assert rows("chats/rosa-base", "SELECT question, arm FROM transcript") == [
        ("Tea?", "lora"), ("Tea?", "base"), ("Why?", "lora"), ("Why?", "base"),
    ]  # fmt: skip
    (model,) = set(rows("chats/rosa-base", "SELECT model FROM answers"))
    assert json.loads(model[0])["engine"] == "server"


@pytest.mark.slow
def test_ctrl_c_at_a_terminal_leaves_and_says_how_to_go_on(tmp_path):
    words = ("chat", "rosa", "--rater", "ada", "--engine", "scripted", "--out", "here")
    terminal = Terminal(tmp_path, *words)
    terminal.wait_for("you> ", 120)
    terminal.press("Tea?\r")
    terminal.wait_for("(- skips one, Enter all)> ", 60)
    terminal.press(CTRL_C)
    assert terminal.end() == 130
    assert "interrupted: everything committed is kept" in terminal.shown
    assert "Traceback" not in terminal.shown
    assert rows(tmp_path / "here", "SELECT question FROM turns") == [("Tea?",)]


def wait_for_another(terminal: Terminal, words: str, times: int, seconds: float = 60) -> str:
    """Waits until words have come up so often; gives everything shown."""
    terminal.wait_until(lambda: terminal.shown.count(words) >= times, seconds, words)
    return terminal.shown
