"""Every question that ships: it fits a page, runs at a tiny size, and asks what it says."""

import inspect
import subprocess
import sys

import pytest

from agents.engines.scripted import ScriptedEngine
from experiments.commands.run import QUESTIONS, experiment_names, load_experiment
from simulation.analysis.opinion import opinions
from simulation.reading import read_run
from simulation.run import run

TINY = {
    "cafe": {"hours": 1, "agents": 4},
    "collaborative_creativity": {"people": 2, "rounds": 2},
    "echo_chamber": {"agents": 5, "rounds": 1},
    "induction": {"others": 2, "rounds": 2},
    "life_stages": {"rounds": 2},
    "opinion_consistency": {"rounds": 2},
    "town_hall": {"rounds": 1, "agents": 4},
}


def tiny(name: str, **arguments):
    """The scenario at a size that takes a moment."""
    return load_experiment(name).scenario(**{**TINY[name], **arguments})


@pytest.fixture
def played(tmp_path):
    """Plays a scenario with the scripted engine and reads what came of it."""

    def play(scenario):
        run(scenario, ScriptedEngine(), tmp_path)
        return read_run(tmp_path)

    return play


def test_every_question_is_tried_here():
    assert sorted(TINY) == sorted(experiment_names())


@pytest.mark.parametrize("name", sorted(TINY))
def test_a_question_reads_like_a_page_of_a_paper(name):
    source = (QUESTIONS / f"{name}.py").read_text()
    assert len(source.splitlines()) < 80
    function = load_experiment(name).scenario
    assert "seed" in inspect.signature(function).parameters
    assert tiny(name).name == name


@pytest.mark.parametrize("name", sorted(TINY))
def test_a_question_is_asked_in_all_its_arms(name, played):
    scenario = tiny(name)
    frames = played(scenario)
    assert frames.facts.arms == scenario.arms
    assert set(frames.turns["arm"]) == set(scenario.arms) - {"silent"}
    assert set(frames.surveys["question"]) == {scenario.topic}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(TINY))
def test_a_question_runs_with_the_real_model_and_ends_in_a_report(name, tmp_path):
    options = [word for key, value in TINY[name].items() for word in (f"--{key}", str(value))]
    command = [sys.executable, "-m", "experiments", "run", name, *options, "--out", str(tmp_path)]
    subprocess.run(command, cwd=QUESTIONS.parent, capture_output=True, check=True)
    assert (tmp_path / "report.html").stat().st_size > 10_000
    read = opinions(read_run(tmp_path).surveys)
    assert (~read["degenerate"]).mean() >= 0.9
