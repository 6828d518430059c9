"""Openness by the law against what is made of it by models and by moves, over a hundred people.

python -m bench.openness [--json FILE]

Stances stand for opinions, and a wave for a round: no model speaks and no survey errs. What is left
is how well a model that averages describes a law that takes one step at a time.
"""

import argparse
import json
from itertools import product
from pathlib import Path

import pandas as pd
from scipy import stats

from bench.lawtown import circle, talks, townspeople
from simulation.analysis.dynamics import (
    SUSCEPTIBILITY,
    degroot_each,
    friedkin_johnsen,
    friedkin_johnsen_free,
)
from simulation.analysis.mobility import mobility
from simulation.analysis.modelfit import compare_models
from simulation.analysis.transitions import meetings

PEOPLE = 100
ROUNDS = 8
GRAPHS = ("small-world", "complete")
TOPICS = (1, 2, 4, 8)
WAVES = (2, 4, 8)
"""Steps of each talk that are handed to the fit."""


def agreements(met: pd.DataFrame, truth: dict[str, float]) -> dict[str, float]:
    """Spearman's correlation of each model's openness with the law's."""
    free = friedkin_johnsen_free(met)
    found = {
        "coupled": friedkin_johnsen(met),
        "self-weight 0": friedkin_johnsen(met, self_weight=0.0),
        "free self-weight": free[free["parameter"] == SUSCEPTIBILITY],
        "DeGroot": degroot_each(met).assign(value=lambda table: 1 - table["value"]),
        "mobility": mobility(met).rename(columns={"mobility": "value"}),
    }
    return {name: _agreement(table, truth) for name, table in found.items()}


def _agreement(table: pd.DataFrame, truth: dict[str, float]) -> float:
    """0 where everybody gets the same openness: nobody is told from anybody."""
    told = table.dropna(subset=["value"])
    if told["value"].nunique() < 2:
        return 0.0
    return float(stats.spearmanr(told["value"], told["agent"].map(truth)).statistic)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the table there")
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    rows = []
    for graph, seed in product(GRAPHS, range(1, args.seeds + 1)):
        people = townspeople(PEOPLE, seed)
        truth = {key: mind.openness for key, mind in people.items()}
        ties = circle(list(people), seed, graph)
        held = talks(people, ties, ROUNDS, seed, topics=max(TOPICS))
        questions = list(dict.fromkeys(held["question"]))
        met = meetings(held, ties)
        for topics, waves in product(TOPICS, WAVES):
            part = met[met["question"].isin(questions[:topics]) & (met["wave"] < waves)]
            row = {"graph": graph, "seed": seed, "topics": topics, "rounds": waves}
            rows.append(row | agreements(part, truth))
        if seed == 1:
            print(graph)
            print(compare_models(met)[["model", "r2", "held_out_r2", "delta_aicc"]].round(3))
    table = pd.DataFrame(rows)
    mean = table.groupby(["graph", "topics", "rounds"]).mean().drop(columns="seed")
    least = table.groupby(["graph", "topics", "rounds"])["coupled"].min().rename("coupled, least")
    print(mean.join(least).round(3).to_string())
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
