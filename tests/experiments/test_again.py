"""`symposion resume`, `replay`, `branch` and `export`, and the ways to stop a run."""

import io
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from agents.engines.prefixcounts import PrefixCounts
from experiments.commands.liveview import CTRL_C, Watch, stopping
from personas.persona import LIBRARY, library
from simulation.progress import Progress
from simulation.rehearsal import Size

from .test_command import SCENARIO, call, one_line_error, tea

__all__ = ["tea"]

STOPPED = 3


def turns(folder: str) -> list[tuple]:
    """Everything said."""
    with closing(sqlite3.connect(Path(folder) / "record.sqlite")) as database:
        return database.execute("SELECT * FROM turns ORDER BY 1, 2, 3").fetchall()


def run_tea(*words: str):
    """Runs the little scenario into the folder `here`, without a report."""
    return call("run", "tea.py", "--engine", "scripted", "--no-report", "--out", "here", *words)


def test_a_budget_stops_cleanly_and_resume_goes_on(tea):
    assert call("run", tea, "--engine", "scripted", "--no-report", "--out", "whole").exit_code == 0
    stopped = run_tea("--max-tokens", "100")
    assert stopped.exit_code == STOPPED, stopped.output
    assert "stopped: the budget of 100 tokens is spent" in stopped.output
    assert "`symposion resume here` goes on" in stopped.output
    with closing(sqlite3.connect("here/record.sqlite")) as database:
        spent = database.execute("SELECT sum(new_tokens) FROM calls").fetchone()[0]
    # A turn may cost 64 at most, so the last one goes out with at least 64 left.
    assert 100 - 64 < spent <= 100
    assert 0 < len(turns("here")) < 16
    resumed = call("resume", "here", "--no-report")
    assert resumed.exit_code == 0, resumed.output
    assert turns("here") == turns("whole")


def test_an_hour_that_is_over_stops_the_run(tea):
    stopped = run_tea("--max-hours", "1e-9")
    assert stopped.exit_code == STOPPED
    assert "time of 1e-09 hours is over" in stopped.output
    assert "max_hours must be above 0, got 0" in one_line_error(run_tea("--max-hours", "0"))
    assert "max_tokens must be at least 1, got 0" in one_line_error(run_tea("--max-tokens", "0"))


def test_resume_takes_arguments_and_cast_from_the_record(tea):
    name = library()[0]
    words = ["--rounds", "3", "--agents", "5", "--cast", f"p1={name}", "--swap", "2 p2=base"]
    run_tea(*words, "--max-tokens", "64")
    assert call("resume", "here", "--no-report").exit_code == 0
    assert len(turns("here")) == 2 * 5 * 3
    with closing(sqlite3.connect("here/record.sqlite")) as database:
        worn = database.execute("SELECT DISTINCT persona FROM worn WHERE agent = 'p1'").fetchall()
        adapters = database.execute("SELECT fingerprint, card FROM adapters").fetchall()
    assert worn == [(name,)]
    assert len(adapters) == 1
    assert adapters[0][1].startswith("{")


def test_an_edited_scenario_is_named_and_refused(tea, tmp_path):
    run_tea("--max-tokens", "64")
    (tmp_path / "tea.py").write_text(SCENARIO + "# a remark\n")
    message = one_line_error(call("resume", "here", "--no-report"))
    assert "tea.py was edited" in message
    assert "--accept-changes" in message
    accepted = call("resume", "here", "--no-report", "--accept-changes")
    assert accepted.exit_code == 0, accepted.output
    assert len(turns("here")) == 16
    with closing(sqlite3.connect("here/record.sqlite")) as database:
        noted = database.execute("SELECT value FROM manifest WHERE key = 'accepted'").fetchone()[0]
    assert "was edited" in noted
    (tmp_path / "tea.py").write_text(SCENARIO.replace("Tea?", "Coffee?"))
    other = one_line_error(call("resume", "here", "--no-report", "--accept-changes"))
    assert "records another scenario (differs in opening" in other


def test_another_package_is_named_and_refused(tea):
    run_tea()
    with closing(sqlite3.connect("here/record.sqlite")) as database, database:
        database.execute(
            "UPDATE manifest SET value = json_set(value, '$.numpy', '1.0') WHERE key = 'packages'"
        )
    assert "package numpy: 1.0 then" in one_line_error(call("resume", "here"))


def test_replay_says_identical_or_what_is_not(tea):
    run_tea()
    result = call("replay", "here")
    assert result.exit_code == 0, result.output
    assert "identical: 16 turns and 48 answers replayed without a model" in result.output
    with closing(sqlite3.connect("here/record.sqlite")) as database, database:
        database.execute("UPDATE turns SET text = 'forged' WHERE agent = 'p1'")
    forged = call("replay", "here")
    assert forged.exit_code == 1
    assert "4 rows differ" in forged.output  # two rounds, two arms


def test_branch_computes_the_difference_and_lays_both_side_by_side(tea):
    run_tea("--rounds", "3")
    name = library()[0]
    result = call("branch", "here", "--swap", f"3 p1={name}@early", "--out", "there")
    assert result.exit_code == 0, result.output
    page = Path("there/report.html").read_text()
    assert "Run A" in page
    assert "Run B" in page
    assert "branches from" in page
    scratch = ["--rounds", "3", "--swap", f"3 p1={name}@early", "--no-report", "--out", "scratch"]
    assert call("run", tea, "--engine", "scripted", *scratch).exit_code == 0
    assert turns("there") == turns("scratch")
    with closing(sqlite3.connect("there/record.sqlite")) as database:
        changed = database.execute(
            "SELECT arm, agent, counter FROM turns JOIN calls ON key = call WHERE NOT inherited"
        ).fetchall()
    assert sorted(changed) == [("scrambled", "p1", 2), ("talk", "p1", 2)]
    assert "needs --swap" in one_line_error(call("branch", "here"))


def test_a_branch_takes_the_time_of_its_swaps_apart(tea):
    run_tea("--rounds", "3")
    go = ("branch", "here", "--no-report")
    assert call(*go, "--swap", "3 p1=base", "--out", "one").exit_code == 0
    apart = call(*go, "--swap", "p1=base", "--at", "3rounds", "--out", "two")
    assert apart.exit_code == 0, apart.output
    assert turns("one") == turns("two")
    told = []
    for folder in ("one", "two"):
        with closing(sqlite3.connect(f"{folder}/record.sqlite")) as database:
            told += database.execute("SELECT value FROM manifest WHERE key = 'branch'").fetchall()
    assert told[0] == told[1]
    for time in ("3h", "soon", "nan"):
        message = one_line_error(call("branch", "here", "--swap", "p1=base", "--at", time))
        assert f"at must be a virtual time in rounds, such as 3 or 3r, got '{time}'" in message
    twice = call("branch", "here", "--swap", "2 p1=base", "--at", "3")
    assert "names a time already" in one_line_error(twice)


def test_export(tea):
    run_tea()
    assert call("export", "here", "--to", "text").exit_code == 0
    text = Path("here/transcript.txt").read_text()
    assert text.count("\n[") == 16
    assert "== scrambled ==" in text
    assert "[1] Person 0: " in text
    pytest.importorskip("pyarrow")
    assert call("export", "here", "--to", "parquet", "--out", "files").exit_code == 0
    assert len(pd.read_parquet("files/turns.parquet")) == 16
    assert len(pd.read_parquet("files/surveys.parquet")) == 48
    assert "did you mean 'parquet'" in one_line_error(call("export", "here", "--to", "parqet"))
    assert "no record in nowhere" in one_line_error(call("export", "nowhere"))


def test_the_view_tells_rates_and_the_time_left():
    clock = iter([0.0, 10.0, 10.0, 10.0]).__next__
    watch = Watch(Size(turns=100, answers=100), clock=clock)
    watch.see(Progress(time=2.0, turns=40, answers=10, written=500, in_flight=7, from_record=3))
    words = dict(watch.words())
    assert words["turns/s"] == "4.0"
    assert words["tokens/s"] == "50"
    assert words["left"] == "0:30"  # 150 of 200 are left, at five a second
    assert words["in flight"] == "7"
    assert words["virtual time"] == "2 rounds"
    assert "cache hits" not in words


def test_at_its_end_the_view_tells_the_speed_of_the_whole_run():
    clock = iter([0.0, 10.0, 30.0, 60.0, 100.0, 100.0]).__next__
    watch = Watch(Size(turns=10, answers=6), clock=clock)
    for answers in range(4):  # the turns came first; twenty seconds later nobody speaks any more
        watch.see(Progress(turns=10, answers=2 * answers))
    words = dict(watch.words())
    assert words["turns/s"] == "0.1"
    assert words["left"] == "0:00"


def test_what_the_record_held_tells_no_speed():
    clock = iter([0.0, 10.0, 10.0, 10.0]).__next__
    watch = Watch(Size(turns=100, answers=100), clock=clock)
    watch.see(Progress(turns=60, answers=60, old_turns=50, old_answers=60, from_record=110))
    words = dict(watch.words())
    assert words["turns"] == "60/100"
    assert words["turns/s"] == "1.0"  # 10 in 10 seconds
    assert words["left"] == "1:20"  # 80 of 200 are left, at one a second


def test_the_view_tells_time_in_the_unit_of_the_scenario_and_what_the_cache_held():
    seen = [PrefixCounts(), PrefixCounts(queried=200, hit=50)]
    watch = Watch(Size(turns=1, answers=1), "hours", lambda: seen.pop(0))
    assert dict(watch.words())["cache hits"] == "?"  # nothing was looked up yet
    watch.see(Progress(time=0.25))
    words = dict(watch.words())
    assert words["virtual time"] == "0.25 hours"
    assert words["cache hits"] == "25%"


def test_the_view_says_at_once_that_the_run_stops():
    watch = Watch(Size(turns=1, answers=1))
    progress = Progress(in_flight=3)
    watch.see(progress)  # before the first word
    progress.stopped = CTRL_C
    assert "Ctrl-C again stops at once" in stopping(CTRL_C)
    assert stopping(CTRL_C) in shown(watch)
    assert dict(watch.words())["left"] == "?"
    progress.stopped = "the budget of 9 tokens is spent"
    assert "stopping: the budget of 9 tokens is spent" in shown(watch)
    assert "again" not in shown(watch)
    progress.in_flight = 0
    assert "stopped: the budget of 9 tokens is spent\n" in re.sub(" +\n", "\n", shown(watch))


def shown(watch: Watch) -> str:
    """The live view's picture as text."""
    console = Console(file=io.StringIO(), width=80)
    console.print(watch.picture())
    return console.file.getvalue()


def test_the_view_says_when_nobody_can_tell_how_many_turns_there_will_be():
    clock = iter([0.0, *[5.0] * 4]).__next__
    watch = Watch(Size(turns=10, answers=0, known=False), clock=clock)
    watch.see(Progress(turns=40))
    assert dict(watch.words())["turns"] == "40/10 or more"
    assert dict(watch.words())["left"] == "?"
    assert "%" not in watch.line()


def test_a_persona_given_by_a_relative_path_is_found_from_another_folder(
    tea, tmp_path, monkeypatch
):
    shutil.copytree(LIBRARY / library()[0], tmp_path / "mine")
    words = ["--cast", "p1=mine", "--cast", "p2=prompt:mine", "--swap", "2 p3=prompt:mine"]
    run_tea(*words, "--max-tokens", "64")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    resumed = call("resume", "../here", "--no-report")
    assert resumed.exit_code == 0, resumed.output
    assert len(turns("../here")) == 16


def test_plain_lines_where_there_is_no_terminal(tea):
    assert "100 %: virtual time" in run_tea().output
