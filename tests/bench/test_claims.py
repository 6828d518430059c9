"""The two claims, measured on small scripted runs, and summed up over seeds by hand."""

import math

import pandas as pd
import pytest

from agents.engines.scripted import ScriptedEngine
from bench.claims import figures, measures
from experiments import collaborative_creativity, opinion_consistency
from simulation.reading import read_run
from simulation.run import run

IDEA = "For an indoor pool behind the school we could learn from {}."
FOR = "My view on new library: strongly for."


def test_of_the_person_under_pressure_only_their_own_view_counts(tmp_path):
    def speak(request):
        ilse = "Ilse" in request.messages()[0][1]
        return FOR if ilse else "My view on new library: strongly against."

    scenario = opinion_consistency.scenario(rounds=3)
    run(scenario, ScriptedEngine(speak), tmp_path)
    found = list(measures.consistency(read_run(tmp_path)))
    stated = {arm: value for arm, measure, _, value in found if measure == measures.STATED}
    assert stated == {"talk": 1.0, "prompt": 1.0, "base": 1.0}
    held = {arm: value for arm, measure, _, value in found if measure == measures.HELD}
    assert held == {"talk": 1.0, "prompt": 1.0, "base": 1.0, "scrambled": 1.0}
    private = [value for _, measure, _, value in found if measure == measures.PRIVATE]
    assert private == pytest.approx([0.0] * len(private), abs=1e-12)  # the same on all options


def test_ideas_are_counted_at_equal_words_and_against_the_members_alone(tmp_path):
    concepts = {"Bruno": "rain barrels", "Harun": "slow dough"}

    def speak(request):
        system = request.messages()[0][1]
        name = next(one for one in concepts if one in system)
        alone = not any(other in request.messages()[-2][1] for other in set(concepts) - {name})
        return IDEA.format(concepts[name] if alone else "flood gates")

    scenario = collaborative_creativity.scenario(people=2, rounds=2)
    run(scenario, ScriptedEngine(speak), tmp_path)
    found = {
        (arm, measure): value for arm, measure, _, value in measures.creativity(read_run(tmp_path))
    }
    # Together both hear the other before their second turn, and then think of flood gates.
    assert found["talk", measures.DIFFERENT] == 3
    assert found["alone", measures.DIFFERENT] == 2
    assert found["talk", measures.GAIN] == 1.5


def test_over_seeds_by_hand():
    values = [("x", seed, arm, "m", -1, v) for arm, v in (("a", 1.0), ("b", math.nan))
              for seed in range(6)]  # fmt: skip
    rows = measures.over_seeds(pd.DataFrame(values, columns=measures.COLUMNS)).set_index("arm")
    assert rows.loc["a", ["runs", "mean", "low", "high"]].tolist() == [6, 1.0, 1.0, 1.0]
    assert rows.loc["b", "runs"] == 0
    assert rows.loc["b", ["mean", "low", "high"]].isna().all()


def test_figures_show_every_arm_there_is():
    rows = [
        (measure, "2", arm, -1, 6, 1.0, 0.5, 1.5)
        for measure in (measures.DIFFERENT, measures.GAIN, measures.BRIDGES)
        for arm in ("talk", "base")
    ]
    columns = ["measure", "cell", "arm", "wave", "runs", "mean", "low", "high"]
    figure = figures.creativity(pd.DataFrame(rows, columns=columns), {"2": "pairs"})
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["adapters", "bare model"]
