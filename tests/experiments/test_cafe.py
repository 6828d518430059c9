"""The café: hours, remarks and answers, and the paper that arrives."""

from agents.engines.scripted import ScriptedEngine
from experiments.cafe import scenario
from simulation.reading import read_run
from simulation.run import run


def test_an_hour_in_the_cafe(tmp_path):
    talk = scenario(hours=2, agents=6, remarks=3, replies=0.3, paper=1)
    run(talk, ScriptedEngine(), tmp_path)
    frames = read_run(tmp_path)
    assert talk.unit == "hours"
    assert frames.turns["time"].between(0, 2).all()
    assert set(frames.turns["arm"]) == {"talk", "scrambled"}
    assert sorted(set(frames.surveys["time"])) == [0, 1, 2]
    posts = frames.exposures[frames.exposures["speaker"] == "@post"]
    assert len(posts) > 6  # most of six people speak after the first hour, in both arms
    assert not posts.duplicated(["arm", "listener"]).any()


def test_without_answers_nobody_speaks_but_by_chance(tmp_path):
    run(scenario(hours=2, agents=6, replies=0), ScriptedEngine(), tmp_path / "quiet")
    run(scenario(hours=2, agents=6, replies=0.5), ScriptedEngine(), tmp_path / "lively")
    turns = [
        {(t.arm, t.agent, t.time) for t in read_run(tmp_path / name).turns.itertuples()}
        for name in ("quiet", "lively")
    ]
    assert turns[0] < turns[1]
