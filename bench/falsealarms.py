"""How often does each test find what is not there? Null experiments, and what the tests can find.

python -m bench.falsealarms [--json FILE] [--experiments 2000]

A null experiment is drawn from talks of twelve townspeople that obey the town's own law: each seed
has its cast and its ties, and four talks that differ in chance alone, so that any two of them can
be called the arms of an experiment without an effect. Measures are those of a report, with their
skew and their ties. A fifth is a heavy-tailed number without ties, to tell apart what ties do.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from bench.lawtown import circle, talk, townspeople
from personas.windtunnel.proposals import PROPOSALS
from simulation.analysis.excess import interval_over_runs
from simulation.analysis.inference import adjusted, sign_flip_p, single_p
from simulation.analysis.opinion import flips, levels, mean_absolute_drift
from simulation.analysis.power import power_curve
from simulation.analysis.variance import anova, mixed_model

AGENTS = 12
ROUNDS = 8
POOL = 200  # seeds, each with as many talks as a design of two factors has cells
CELLS = 4
PAIRS = (6, 7, 8, 10, 12, 16, 20)
BLOCKS = 8  # seeds of a factorial design
ALPHA = 0.05
CHUNK = 100
EFFECTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
HEAVY = "heavy tails, no ties"
SKEWED = "skewed values"

Array = NDArray[np.float64]


def pool(rng: np.random.Generator) -> dict[str, Array]:
    """Measures of talks that differ in chance alone, (seeds, talks) by name."""
    frames = []
    for seed in range(POOL):
        people = townspeople(AGENTS, seed)
        ties = circle(list(people), seed)
        proposal = PROPOSALS[seed % len(PROPOSALS)]
        for copy in range(CELLS):
            held = talk(people, ties, proposal, ROUNDS, int(rng.integers(2**31)))
            frames.append(held.assign(arm=f"{seed:04}-{copy}", question="topic"))
    opinions = pd.concat(frames, ignore_index=True)
    level = levels(opinions).set_index("wave")
    start, last = level.loc[0].set_index("arm"), level.loc[ROUNDS].set_index("arm")
    end = {"wave": ROUNDS}
    found = {
        "mean absolute drift": _at(mean_absolute_drift(opinions), end),
        "share who flipped": _at(flips(opinions), end),
        "shift of the mean": last["mean"] - start["mean"],
        "change of spread": last["spread"] - start["spread"],
    }
    measures = {
        name: column.sort_index().to_numpy(dtype=float).reshape(POOL, CELLS)
        for name, column in found.items()
    }
    common = rng.normal(size=(POOL, 1))
    measures[HEAVY] = np.exp(common / 2) * rng.gamma(1.5, 1.0, (POOL, CELLS))
    return measures


def differences(values: Array, pairs: int, count: int, rng: np.random.Generator) -> Array:
    """Null experiments, (count, pairs): two talks of each of some seeds, one minus the other."""
    seeds = rng.permuted(np.tile(np.arange(len(values)), (count, 1)), axis=1)[:, :pairs]
    talks = rng.permuted(np.tile(np.arange(CELLS), (count, pairs, 1)), axis=2)
    one, other = (values[seeds, talks[:, :, place]] for place in (0, 1))
    return np.asarray(one - other)


def contrast_rates(
    measures: dict[str, Array], count: int, rng: np.random.Generator
) -> Iterator[dict[str, object]]:
    """The paired test alone, exact and as it is judged, and the interval as a test."""
    for pairs, (name, values) in product(PAIRS, measures.items()):
        drawn = differences(values, pairs, count, rng)
        yield _rate("flips of signs, exact", name, pairs, _p(drawn, sign_flip_p, rng) <= ALPHA)
        yield _rate("flips of signs, as judged", name, pairs, _p(drawn, single_p, rng) <= ALPHA)
        some = drawn[: count // 4]  # the exact test turned round: a check, and slow
        yield _rate("interval without 0", name, pairs, [_excludes(one, rng) for one in some])
        yield _rate("t-test, for comparison", name, pairs, _t_p(drawn) <= ALPHA)


def bootstrap_rates(
    measures: dict[str, Array], count: int, rng: np.random.Generator
) -> Iterator[dict[str, object]]:
    """Intervals that miss the truth: the bootstrap's, the same made wider, and those in use."""
    for pairs, name in product((6, 10), ("share who flipped", HEAVY, SKEWED)):
        skewed = rng.gamma(1.5, 1.0, (count, pairs)) - 1.5  # no differences: values of one arm
        drawn = skewed if name == SKEWED else differences(measures[name], pairs, count, rng)
        some = [one for one in drawn if np.ptp(one) > 0]
        for test, level in (("BCa", 0.95), ("BCa, widened", _widened(pairs))):
            missed = [_bootstrap_excludes(one, rng, level) for one in some]
            yield _rate(f"{test} without the truth", name, pairs, missed)
        if name == SKEWED:
            missed = [_excludes(one, rng) for one in some]
            yield _rate("interval without the truth", name, pairs, missed)


def family_rates(
    measures: dict[str, Array], count: int, rng: np.random.Generator
) -> Iterator[dict[str, object]]:
    """Any alarm among the four measures of a report, corrected."""
    named = [name for name in measures if name != HEAVY]
    stacked = np.stack([measures[name] for name in named], axis=2)
    for pairs in PAIRS:
        drawn = differences(stacked, pairs, count, rng)  # (count, pairs, measures)
        p = np.stack([_p(drawn[:, :, i], sign_flip_p, rng) for i in range(len(named))], axis=1)
        alarms = [bool((adjusted(pd.Series(row)) <= ALPHA).any()) for row in p]
        yield _rate("any of four, Benjamini-Hochberg", "all four", pairs, alarms)


def factorial_rates(
    measures: dict[str, Array], count: int, rng: np.random.Generator
) -> Iterator[dict[str, object]]:
    """F tests of a design of two by two over seeds, a term each; mixed models cost most."""
    names = ["mean absolute drift", HEAVY]
    tests = (("analysis of variance", anova, count), ("mixed model", mixed_model, count // 5))
    for test, analysis, times in tests:
        alarms: dict[tuple[str, str], list[bool]] = {}
        for number in range(times):
            name = names[number % len(names)]
            table = analysis(_design(measures[name], name, rng), ["voice", "graph"])
            for term, p in zip(table["term"], table["p_value"], strict=True):
                alarms.setdefault((name, term), []).append(bool(p <= ALPHA))
        for (name, term), found in sorted(alarms.items()):
            yield _rate(f"{test}: {term}", name, BLOCKS, found)


def powers(values: Array, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Power for normal differences and for those of a measure, alone and among six."""

    def like_ours(_rng: np.random.Generator, shape: tuple[int, int]) -> Array:
        drawn = differences(values, shape[1], shape[0], rng)
        return drawn / (values[:, 0] - values[:, 1]).std()

    settings = (("normal", 1, None), ("share who flipped", 1, like_ours), ("normal", 6, None))
    return pd.concat(
        [
            power_curve(EFFECTS, PAIRS, rng, tests=tests, experiments=count, draw=draw).assign(
                differences=name, tests=tests
            )
            for name, tests, draw in settings
        ]
    )


def _at(frame: pd.DataFrame, place: dict[str, int]) -> "pd.Series[float]":
    return frame[frame["wave"] == place["wave"]].set_index("arm")["value"]


def _design(values: Array, name: str, rng: np.random.Generator) -> pd.DataFrame:
    seeds = rng.choice(len(values), BLOCKS, replace=False)
    cells = list(product(("lora", "prompt"), ("ring", "star")))
    rows = [
        {"run": f"{seed}-{place}", "seed": seed, "voice": voice, "graph": graph}
        | {"measure": name, "value": values[seed, talk_of]}
        for seed in seeds
        for place, ((voice, graph), talk_of) in enumerate(
            zip(cells, rng.permutation(CELLS), strict=True)
        )
    ]
    return pd.DataFrame(rows)


def _p(drawn: Array, test: Callable[[Array, np.random.Generator], Array],
       rng: np.random.Generator) -> Array:  # fmt: skip
    parts = np.array_split(drawn, max(1, len(drawn) // CHUNK))
    return np.concatenate([test(part, rng) for part in parts])


def _t_p(drawn: Array) -> Array:
    """The t-test's p; 1 where all differences are alike."""
    spread = drawn.std(axis=1, ddof=1)
    mean, error = drawn.mean(axis=1), spread / np.sqrt(drawn.shape[1])
    t = np.divide(mean, error, out=np.zeros_like(mean), where=error > 1e-12)
    return np.asarray(2 * stats.t.sf(abs(t), drawn.shape[1] - 1))


def _excludes(values: Array, rng: np.random.Generator) -> bool:
    found = interval_over_runs(values.tolist(), rng)
    slack = 1e-9 * abs(values).max()
    return found.low is not None and found.high is not None and not (
        found.low <= slack and found.high >= -slack
    )  # fmt: skip


def _bootstrap_excludes(values: Array, rng: np.random.Generator, level: float) -> bool:
    found = stats.bootstrap(
        (values,), np.mean, n_resamples=1_999, confidence_level=level, rng=rng
    ).confidence_interval
    return not found.low <= 0 <= found.high


def _widened(count: int) -> float:
    """The level at which a percentile interval is as wide as Student's (Hesterberg 2015)."""
    reach = np.sqrt(count / (count - 1)) * stats.t.ppf(0.975, count - 1)
    return float(1 - 2 * stats.norm.sf(reach))


def _rate(test: str, measure: str, pairs: int, alarms: "Array | list[bool]") -> dict[str, object]:
    found, count = int(np.sum(alarms)), len(alarms)
    interval = stats.binomtest(found, count).proportion_ci()
    return {
        "test": test,
        "measure": measure,
        "seeds": pairs,
        "experiments": count,
        "rate": found / count,
        "low": interval.low,
        "high": interval.high,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write rates and powers there")
    parser.add_argument("--experiments", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    clock = time.perf_counter()
    measures = pool(rng)
    print(f"{POOL * CELLS} talks by the law: {time.perf_counter() - clock:.0f} s", file=sys.stderr)
    rows: list[dict[str, object]] = []
    for part, count in (
        (contrast_rates, args.experiments),
        (family_rates, args.experiments),
        (factorial_rates, args.experiments),
        (bootstrap_rates, args.experiments // 5),
    ):
        rows += part(measures, count, rng)
        print(f"{part.__name__}: {time.perf_counter() - clock:.0f} s", file=sys.stderr)
    table = pd.DataFrame(rows)
    curve = powers(measures["share who flipped"], args.experiments // 2, rng)
    print(f"power: {time.perf_counter() - clock:.0f} s", file=sys.stderr)
    by_seeds = table.pivot(index=["test", "measure"], columns="seeds", values="rate")
    print(by_seeds.to_string(float_format=lambda value: f"{value:.3f}", na_rep=""))
    wide = curve.pivot(index=["differences", "tests", "pairs"], columns="effect", values="power")
    print(wide.to_string(float_format=lambda value: f"{value:.2f}"))
    if args.json:
        held = {"rates": rows, "power": curve.to_dict("records")}
        args.json.write_text(json.dumps(held, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
