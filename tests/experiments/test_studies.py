"""The studies that the experiments' own files plan."""

from importlib import import_module

import pytest

from simulation.studyplan import Recipe

RUNS = {
    "collaborative_creativity": 2 * 8,
    "echo_chamber": 5 * 10,
    "induction": 2 * 8,
    "life_stages": 3 * 9,
    "opinion_consistency": 3 * 9,
    "swap_one": (1 + 7) * 9,
}


@pytest.mark.parametrize("name", RUNS)
def test_cells_are_scenarios_and_seeds_are_shared(name):
    module = import_module(f"experiments.{name}")
    runs = module.STUDY.runs()
    assert len(runs) == RUNS[name]
    assert module.STUDY.too_few_seeds == ""
    cells = [run for run in runs if run.seed == 1]
    first, last = (Recipe(module.scenario).build(run) for run in (cells[0], cells[-1]))
    assert first.seed == last.seed == 1
    assert first.describe_without_model() != last.describe_without_model()


def test_shapes_are_compared_with_the_rewired_graph_and_seats_with_the_run_as_it_was():
    shapes = import_module("experiments.echo_chamber").STUDY.vary["graph"]
    swaps = import_module("experiments.swap_one").STUDY.vary["swap"]
    assert (shapes[0], swaps[0]) == ("rewired", "none")
