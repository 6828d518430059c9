"""`symposion report` and `symposion compare`: of runs, of several, and of a study."""

from pathlib import Path

import pytest

from experiments.commands.judging import JudgeWish, readers
from simulation.reading import read_run

from .test_command import SCENARIO, call, one_line_error


@pytest.fixture
def tea(tmp_path, monkeypatch) -> str:
    """A scenario file that takes a seed, in the current folder."""
    monkeypatch.chdir(tmp_path)
    seeded = SCENARIO.replace('graph: str = "ring"', 'graph: str = "ring", seed: int = 1')
    (tmp_path / "tea.py").write_text(seeded.replace('name="tea",', 'name="tea", seed=seed,'))
    return "tea.py"


def run_tea(folder: str, *words: str) -> None:
    done = call("run", "tea.py", "--engine", "scripted", "--no-report", "--out", folder, *words)
    assert done.exit_code == 0, done.output


def test_compare_says_how_runs_differ_and_where_they_begin_to(tea):
    run_tea("one")
    run_tea("two", "--seed", "9")
    told = call("compare", "one", "two", "--no-page")
    assert told.exit_code == 0, told.output
    assert "Run A: one" in told.output
    assert "Run B differs from Run A in seed (9 for 1)" in told.output
    assert "Run A and Run B, talk: " in told.output
    assert "first at round 1" in told.output
    assert not Path("runs").exists()
    alike = call("compare", "one", "one", "--no-page").output
    assert "Run B differs from Run A in nothing." in alike
    assert "turns are the same." in alike


def test_compare_names_the_branch(tea):
    run_tea("one")
    branched = call("branch", "one", "--swap", "2 p1=bruno", "--out", "two", "--no-report")
    assert branched.exit_code == 0, branched.output
    told = call("compare", "one", "two", "--no-page").output
    assert "Run B branches from Run A at virtual time 2" in " ".join(told.split())


def test_compare_needs_two_runs(tea):
    run_tea("one")
    assert "at least two runs, got 1" in one_line_error(call("compare", "one"))


def test_a_study_is_reported_alone(tea):
    swept = call(
        "sweep", "tea.py", "--engine", "scripted", "--vary", "rounds=1,2", "--seeds", "2",
        "--out", "study",
    )  # fmt: skip
    assert swept.exit_code == 0, swept.output
    page = Path("study/report.html").read_text(encoding="utf-8")
    assert "study of 4 of 4 runs" in page
    assert "rounds: 2 against 1" in page
    assert Path("study/figures/contrasts-1.png").is_file()
    run_tea("one")
    assert "is a study: report it alone" in one_line_error(call("report", "study", "one"))


def test_a_model_judges_once_and_its_failures_are_counted(tea):
    run_tea("one")
    folder, run = Path("one"), read_run(Path("one"))
    wish = JudgeWish("engine", pairs=2)  # the run's own engine: a scripted chatter
    reader = readers([folder], [run], wish)(run)
    kept = Path("one/verdicts.jsonl").read_text("utf-8")
    assert reader.verdicts is not None
    # What a chatter says is in no form that can be read.
    assert set(reader.verdicts["verdict"]) == {"unusable"}
    assert len(reader.verdicts) == len(kept.splitlines())
    readers([folder], [run], wish)
    assert Path("one/verdicts.jsonl").read_text("utf-8") == kept
    again = readers([folder], [run], JudgeWish())(run)  # kept verdicts: no model is opened
    assert len(again.verdicts) == len(reader.verdicts)
    assert readers([folder], [run], JudgeWish("none"))(run) is None


@pytest.mark.slow
def test_the_page_by_a_judge(tea):
    run_tea("one")
    judged = call("report", "one", "--judge", "engine", "--judge-pairs", "2")
    assert judged.exit_code == 0, judged.output
    asked = len(Path("one/verdicts.jsonl").read_text("utf-8").splitlines())
    assert f"judged: one: {asked} questions asked, 0 known already" in judged.output
    page = Path("one/report.html").read_text(encoding="utf-8")
    assert f"Why {asked} of {asked} verdicts are unusable" in page


def test_words_about_a_judge_that_do_not_go_together_are_refused(tea):
    run_tea("one")
    told = one_line_error(call("report", "one", "--judge", "oracle"))
    assert "judge must be grammar, engine, none, got 'oracle'" in told
    told = one_line_error(call("report", "one", "--judge", "grammar", "--judge-engine", "vllm"))
    assert "judge options are for --judge engine" in told


def test_a_study_without_a_survey_says_that_there_is_nothing_to_report(tea):
    asked = Path("tea.py").read_text()
    Path("tea.py").write_text(asked.replace("surveys=(Survey(", "surveys=() and (Survey("))
    words = ("--engine", "scripted", "--vary", "rounds=1,2", "--seeds", "1", "--out", "study")
    swept = call("sweep", "tea.py", *words)
    assert "no survey answers" in one_line_error(swept)
