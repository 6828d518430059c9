"""Every question that ships: it fits a page, runs at a tiny size, and asks what it says."""

import inspect
import subprocess
import sys
from collections import Counter

import pandas as pd
import pytest
from typer.testing import CliRunner

from agents.engines.scripted import ScriptedEngine
from experiments.__main__ import app
from experiments.commands.run import QUESTIONS, experiment_names, load_experiment
from personas.windtunnel.reader import read
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
    "swap_one": {"agents": 3, "rounds": 2},
    "town_hall": {"rounds": 1, "agents": 4},
}
SHAPES = ("homophilous", "rewired", "stochastic-block", "small-world", "scale-free")


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


def test_every_seat_is_swapped_in_a_branch_and_the_seats_are_ranked(tmp_path):
    words = ["run", "swap_one", "--agents", "3", "--rounds", "1", "--engine", "scripted"]
    ran = CliRunner().invoke(app, [*words, "--no-report", "--out", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    seats = [agent.key for agent in tiny("swap_one").agents]
    ranking = pd.read_csv(tmp_path / "worth.csv")
    assert sorted(ranking["seat"]) == seats
    assert (tmp_path / "figures" / "worth.svg").is_file()
    for seat in seats:
        (swap,) = read_run(tmp_path / "branches" / seat).facts.swaps
        assert (swap.agent.key, swap.agent.persona, swap.time) == (seat, "wanda", 1.0)


def test_ties_in_an_echo_chamber_are_as_many_whoever_they_join():
    shapes = {graph: tiny("echo_chamber", agents=8, graph=graph) for graph in SHAPES}
    alike, mixed = (
        sorted(Counter(tie.speaker for tie in shapes[name].ties).items())
        for name in ("homophilous", "rewired")
    )
    assert alike == mixed
    assert shapes["homophilous"].ties != shapes["rewired"].ties


def test_whispers_come_to_all_but_the_manipulator_and_are_arguments_of_one_side():
    scenario = tiny("induction", whispers=2)
    assert len(scenario.timeline) == 4
    for post in scenario.timeline:
        assert scenario.agents[0].key not in post.to
        assert {reason.side for reason in read(post.text).reasons} == {-1}


def test_a_life_goes_on_in_the_middle_of_the_talk():
    scenario = tiny("life_stages", rounds=4, stage="grows")
    stages = [scenario.wardrobe.at("bruno", time).stage.name for time in (2.5, 3)]
    assert stages == ["early", "late"]
    labels = {tiny("life_stages", stage=stage).agents[0].label for stage in ("early", "late")}
    assert labels == {"Bruno Keller"}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(TINY))
def test_a_question_runs_with_the_real_model_and_ends_in_a_report(name, tmp_path):
    options = [word for key, value in TINY[name].items() for word in (f"--{key}", str(value))]
    command = [sys.executable, "-m", "experiments", "run", name, *options, "--out", str(tmp_path)]
    subprocess.run(command, cwd=QUESTIONS.parent, capture_output=True, check=True)
    assert (tmp_path / "report.html").stat().st_size > 10_000
    read = opinions(read_run(tmp_path).surveys)
    assert (~read["degenerate"]).mean() >= 0.9
