"""`symposion sweep`: studies from the command line."""

import json
from pathlib import Path

import pytest

from experiments.commands.factors import read_factors, read_fraction
from personas.errors import InputError
from simulation.design import Range
from simulation.study import load_study, measures

from .test_command import SCENARIO, call, one_line_error

STUDY = """
from simulation.study import StudyPlan

STUDY = StudyPlan(vary={"rounds": (1, 2)}, seeds=2)
"""


@pytest.fixture
def tea(tmp_path, monkeypatch) -> str:
    """A scenario file with a seed and a study of its own, in the current folder."""
    monkeypatch.chdir(tmp_path)
    seeded = SCENARIO.replace('graph: str = "ring")', 'graph: str = "ring", seed: int = 1)')
    assert seeded != SCENARIO
    seeded = seeded.replace('title="Is tea good?"', 'seed=seed, title="Is tea good?"')
    (tmp_path / "tea.py").write_text(seeded + STUDY)
    return "tea.py"


def test_the_files_own_study_is_made_and_measured(tea):
    result = call("sweep", tea, "--engine", "scripted", "--out", "here")
    assert result.exit_code == 0, result.output
    assert "planned here: 4 runs, 2 seeds of 2 cells, full factorial" in result.output
    assert "2 seeds are too few for an interval (at least 6)" in result.output
    assert "4 of 4 runs are done: here" in result.output
    frame = measures(load_study(Path("here")))
    assert set(frame["rounds"]) == {"1", "2"}
    again = call("sweep", tea, "--engine", "scripted", "--no-report", "--out", "here")
    assert "going on with here" in again.output
    assert again.exit_code == 0


def test_what_is_asked_for_stands_in_the_place_of_the_files_study(tea):
    words = ("--vary", "graph=ring,complete", "--vary", "voice=lora,base", "--seeds", "1")
    words += ("--no-report",)
    result = call("sweep", tea, "--engine", "scripted", "--rounds", "1", *words, "--out", "here")
    assert result.exit_code == 0, result.output
    study = load_study(Path("here"))
    assert study.factors == {"graph": ("ring", "complete"), "voice": ("lora", "base")}
    assert study.title == "Is tea good?"
    told = json.loads(Path("here/study.json").read_text())
    assert told["arguments"] == {"rounds": 1, "agents": 4}


def test_every_run_can_be_replayed_alone(tea):
    words = ("--vary", "controls=scrambled+alone,none", "--seeds", "1", "--out", "here")
    assert call("sweep", tea, "--engine", "scripted", "--no-report", *words).exit_code == 0
    for run in load_study(Path("here")).runs:
        result = call("replay", str(run.folder))
        assert result.exit_code == 0, result.output
        assert "identical" in result.output


def test_a_budget_stops_it_and_resume_goes_on(tea):
    words = ("--engine", "scripted", "--max-tokens", "90", "--out", "here")
    result = call("sweep", tea, *words)
    assert result.exit_code == 3, result.output
    assert "`symposion resume here` goes on" in result.output
    assert len(load_study(Path("here")).done) < 4
    result = call("resume", "here")
    assert result.exit_code == 0, result.output
    assert len(load_study(Path("here")).done) == 4


def test_fractions_and_latin_hypercubes(tea):
    words = ["--vary", "rounds=1,2", "--vary", "agents=2,3", "--vary", "graph=ring,star"]
    go = ("sweep", tea, "--engine", "scripted", "--seeds", "1", "--out")
    result = call(*go, "half", *words, "--fraction", "1/2", "--no-report")
    assert "4 runs, 1 seeds of 4 cells, 1/2 of a 2^3 factorial, resolution III" in result.output
    generator = ("--generator", "graph = rounds * agents")
    assert call(*go, "half", *words, "--fraction", "1/2", *generator).exit_code == 0  # the same one
    cube = ("--vary", "rounds=1..3", "--vary", "agents=2..4", "--latin", "3")
    result = call(*go, "cube", *cube, "--no-report")
    assert "3 runs, 1 seeds of 3 cells, Latin hypercube of 3 points" in result.output
    drawn = load_study(Path("cube")).factors
    assert {name: sorted(levels) for name, levels in drawn.items()} == {
        "rounds": ["1", "2", "3"],
        "agents": ["2", "3", "4"],
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--vary", "rouns=1,2"], "did you mean 'rounds'"),
        (["--vary", "seed=1,2"], "'seed', which cannot be varied"),
        (["--vary", "rounds"], "vary must be NAME=LEVEL,LEVEL, got 'rounds'"),
        (["--vary", "rounds=1,x"], "levels of rounds must be whole numbers, got 'x'"),
        (["--vary", "rounds=1", "--vary", "rounds=2"], "twice"),
        (["--vary", "rounds=0,1"], "run 001-0-s1: rounds must be at least 1, got 0"),
        (["--vary", "rounds=1,2", "--fraction", "2"], "fraction must be 1/2"),
        (["--vary", "rounds=1,2", "--voice", "loud"], "unknown voice 'loud'"),
        (["--seeds", "0"], "seeds must be at least 1, got 0"),
        (["--vary", "controls=scrambeld"], "did you mean 'scrambled'"),
    ],
)
def test_what_cannot_be_a_study_is_one_clear_line(tea, words, message):
    result = call("sweep", tea, "--engine", "scripted", "--out", "here", *words)
    assert message in one_line_error(result)
    assert not Path("here").exists()


def test_without_a_study_or_a_seed_it_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("plain.py").write_text(SCENARIO)
    go = ("sweep", "plain.py", "--engine", "scripted")
    assert "STUDY = StudyPlan" in one_line_error(call(*go))
    message = one_line_error(call(*go, "--vary", "rounds=1,2"))
    assert "must take an argument `seed`" in message


def test_levels_are_of_the_arguments_type():
    def scenario(share: float, often: bool, paper: float | None, name: str, seed: int) -> None: ...

    words = ["share=1,0.5", "often=true,false", "paper=none,2", "name=1,x", "voice=lora,base"]
    assert read_factors(scenario, words) == {
        "share": (1.0, 0.5),
        "often": (True, False),
        "paper": (None, 2.0),
        "name": ("1", "x"),
        "voice": ("lora", "base"),
    }
    assert read_factors(scenario, ["share=0..1"]) == {"share": Range(0.0, 1.0)}
    with pytest.raises(InputError, match="true or false, got 'maybe'"):
        read_factors(scenario, ["often=maybe,true"])
    assert read_fraction("1/8") == 8
