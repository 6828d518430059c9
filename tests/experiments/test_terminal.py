"""What a user at a terminal sees, and what the first and the second Ctrl-C do."""

import re
import sqlite3
import time
from contextlib import closing

import pytest

from .terminal import CTRL_C, Terminal
from .test_again import turns
from .test_command import SCENARIO, call

NEVER = 600  # seconds
SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"

THINKING = """
from simulation.human import Human
import time

def think(heard):
    time.sleep(WAIT)
    return "Well."

def scenario"""


def someone_who_thinks(seconds: float) -> str:
    """The little scenario with a person in the last seat, who thinks before every word."""
    seated = SCENARIO.replace(
        "turns=Rounds(rounds)", "turns=Rounds(rounds), humans=(Human('p3', read=think),)"
    )
    return seated.replace("def scenario", THINKING.strip().replace("WAIT", str(seconds)))


RUN = ("run", "slow.py", "--engine", "scripted", "--no-report", "--out", "here")


@pytest.mark.slow
def test_a_second_ctrl_c_is_immediate_and_loses_nothing_committed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slow.py").write_text(someone_who_thinks(NEVER))
    terminal = Terminal(tmp_path, *RUN)
    terminal.wait_for("spoke last", 60)  # the others have; the person is thinking
    terminal.press(CTRL_C)
    terminal.wait_for("waiting for the turns in flight; Ctrl-C again stops at once", 30)
    kept = turns("here")
    assert kept
    pressed = time.monotonic()
    terminal.press(CTRL_C)
    assert terminal.end() == 130
    assert time.monotonic() - pressed < 30  # 2 s and what a busy machine adds; not ten minutes
    assert "Traceback" not in terminal.shown
    assert turns("here") == kept
    with closing(sqlite3.connect("here/record.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    (tmp_path / "slow.py").write_text(someone_who_thinks(0))
    resumed = call("resume", "here", "--no-report", "--accept-changes")
    assert resumed.exit_code == 0, resumed.output
    assert set(kept) <= set(turns("here"))
    assert len(turns("here")) == 2 * 4 * 2


@pytest.mark.slow
def test_a_first_ctrl_c_waits_for_the_turns_in_flight(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slow.py").write_text(someone_who_thinks(2))
    terminal = Terminal(tmp_path, *RUN)
    terminal.wait_for("spoke last", 60)
    before = len([turn for turn in turns("here") if turn[1] == "p3"])
    terminal.press(CTRL_C)
    assert terminal.end() == 130
    assert "`symposion resume here` goes on" in terminal.shown
    assert len([turn for turn in turns("here") if turn[1] == "p3"]) > before


@pytest.mark.slow
def test_the_live_view_shows_how_far_the_run_is(tmp_path):
    (tmp_path / "slow.py").write_text(someone_who_thinks(0.3))
    terminal = Terminal(tmp_path, *RUN)
    assert terminal.end() == 0
    lines = [" ".join(line.split()) for line in terminal.shown.splitlines()]
    assert "virtual time turns answers in flight left" in lines
    assert "turns/s tokens/s from the record" in lines
    figures = [line.split() for line in lines if line.split()[2:3] == ["16/16"]]
    # The last picture: 4 people, 2 rounds, 2 arms; 3 waves in 2 orders, the last one at 2.75.
    assert figures[-1] == ["2.75", "rounds", "16/16", "48/48", "0", "0:00"]
    assert any(line.endswith("spoke last") for line in lines)
    before_a_kill = terminal.raw.partition("spoke last")[0]
    assert before_a_kill.rfind(SHOW_CURSOR) > before_a_kill.rfind(HIDE_CURSOR) > 0


@pytest.mark.slow
def test_every_line_of_the_live_view_fits_into_a_narrow_terminal(tmp_path):
    """The default engine too, whose prefix cache is counted; nothing is cut off."""
    (tmp_path / "narrow.py").write_text(SCENARIO)
    terminal = Terminal(tmp_path, "run", "narrow.py", "--no-report", "--out", "here", columns=80)
    assert terminal.end() == 0
    lines = [line.rstrip() for line in terminal.shown.splitlines()]
    assert max(map(len, lines)) <= 80
    assert "\u2026" not in terminal.shown
    names = next(line for line in lines if line.endswith("from the record  cache hits"))
    last = len(lines) - lines[::-1].index(names)
    assert re.search(r" [1-9]\d?%$", lines[last])
