"""Analysis of variance against textbook sums of squares; mixed models against it."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from personas.errors import InputError
from simulation.analysis.variance import ANOVA_COLUMNS, MIXED_COLUMNS, TIMES, anova, mixed_model

RNG = np.random.default_rng


def design(value, seeds=6, voices=("lora", "prompt"), graphs=("ring", "star")):
    """A full factorial whose value is ``value(seed, voice, graph)``."""
    rows = [
        {"run": run, "seed": s, "voice": v, "graph": g, "measure": "drift", "value": value(s, v, g)}
        for run, (s, v, g) in enumerate(itertools.product(range(seeds), voices, graphs))
    ]
    return pd.DataFrame(rows)


def noisy(effect=0.0, seeds=6, seed_spread=2.0, key=0):
    rng = RNG(key)
    of_seed = rng.normal(0, seed_spread, seeds)
    return design(lambda s, v, _: of_seed[s] + effect * (v == "lora") + rng.normal(), seeds)


def test_two_arms_over_seeds_are_the_paired_t_test():
    frame = noisy(0.8)
    one = frame[frame["graph"] == "ring"].drop(columns="graph")
    table = anova(one, ["voice"])
    assert tuple(table.columns) == ANOVA_COLUMNS
    (row,) = table.itertuples()
    wide = one.pivot(index="seed", columns="voice", values="value")
    t_test = stats.ttest_rel(wide["lora"], wide["prompt"])
    assert t_test.statistic**2 == pytest.approx(row.F)
    assert row.p_value == pytest.approx(t_test.pvalue)
    assert (row.df, row.df_error) == (1, 5)
    # eta_p^2 = F df / (F df + df_error)
    assert row.partial_eta_squared == pytest.approx(row.F / (row.F + 5))


def test_without_blocks_one_factor_is_the_textbook_anova():
    frame = design(lambda s, v, _: (s * 7 % 5) + 2.0 * (v == "lora"), graphs=("ring",))
    groups = [part["value"] for _, part in frame.groupby("voice")]
    expected = stats.f_oneway(*groups)
    (row,) = anova(frame, ["voice"], block=False).itertuples()
    assert pytest.approx(expected.statistic) == row.F
    assert row.p_value == pytest.approx(expected.pvalue)


def test_terms_are_named_and_corrected_together():
    table = anova(noisy(3.0), ["voice", "graph"])
    assert table["term"].tolist() == ["voice", "graph", f"voice{TIMES}graph"]
    # Balanced: sums of squares by hand from means of cells.
    frame = noisy(3.0)
    of_voice = frame.groupby("voice")["value"].mean()
    between = 24 * ((of_voice - frame["value"].mean()) ** 2).mean()
    eta = table.set_index("term").loc["voice"]
    error = between * (1 - eta.partial_eta_squared) / eta.partial_eta_squared
    assert pytest.approx(between / (error / 15)) == eta.F
    assert eta.df_error == 24 - 4 - 5
    assert (table["p_adjusted"] >= table["p_value"]).all()
    assert anova(noisy(), ["voice", "graph"], order=1)["term"].tolist() == ["voice", "graph"]


def test_of_an_unbalanced_design_each_term_is_given_the_others():
    frame = noisy(1.0).drop(index=[0, 5, 6])
    table = anova(frame, ["voice", "graph"]).set_index("term")
    # Type III is the F of leaving the term's columns out of the full model.
    seeds = pd.get_dummies(frame["seed"], drop_first=True).to_numpy(dtype=float)
    voice = np.where(frame["voice"] == "lora", 1.0, -1.0)
    graph = np.where(frame["graph"] == "ring", 1.0, -1.0)
    full = np.column_stack([np.ones(len(frame)), seeds, voice, graph, voice * graph])

    def left(matrix):
        return np.linalg.lstsq(matrix, frame["value"].to_numpy(), rcond=None)[1][0]

    without = np.delete(full, full.shape[1] - 3, axis=1)
    error_df = len(frame) - full.shape[1]
    expected = (left(without) - left(full)) / (left(full) / error_df)
    assert pytest.approx(expected) == table.loc["voice"].F
    assert "unbalanced: 5 to 6 runs a cell" in table.loc["voice"].words


def test_a_mixed_model_of_a_balanced_design_is_the_blocked_anova():
    frame = noisy(1.0)
    blocked, mixed = anova(frame, ["voice", "graph"]), mixed_model(frame, ["voice", "graph"])
    assert tuple(mixed.columns) == MIXED_COLUMNS
    assert mixed["F"].to_numpy() == pytest.approx(blocked["F"].to_numpy(), rel=1e-3)
    assert mixed["p_value"].to_numpy() == pytest.approx(blocked["p_value"].to_numpy(), rel=1e-3)
    many = mixed_model(noisy(seeds=60), ["voice", "graph"])
    assert many["seed_share"].iloc[0] == pytest.approx(4 / (4 + 1), abs=0.1)


def test_seeds_that_hardly_differ_are_said():
    rng = RNG(0)
    frame = noisy()
    values = rng.normal(size=len(frame))
    centred = values - pd.Series(values).groupby(frame["seed"].to_numpy()).transform("mean")
    table = mixed_model(frame.assign(value=centred.to_numpy()), ["voice", "graph"])
    assert table["words"].str.contains("seeds hardly differ").all()
    assert (table["seed_share"] < 0.01).all()


@pytest.mark.parametrize("analysis", [anova, mixed_model])
def test_what_cannot_be_tested_is_said(analysis):
    alike = analysis(design(lambda *_: 0.1), ["voice", "graph"])
    assert alike["p_value"].isna().all()
    assert alike["words"].str.startswith("all 24 runs alike").all()
    alone = analysis(noisy(seeds=1), ["voice", "graph"])
    assert alone["p_value"].isna().all()
    assert alone["words"].str.contains("add seeds").all()
    empty = analysis(noisy().assign(value=np.nan), ["voice", "graph"])
    assert empty["words"].str.startswith("no run has a value").all()


@pytest.mark.parametrize("analysis", [anova, mixed_model])
def test_errors_name_the_remedy(analysis):
    frame = noisy()
    with pytest.raises(InputError, match="'voice' needs at least 2 levels, got 1"):
        analysis(frame[frame["voice"] == "lora"], ["voice", "graph"])
    with pytest.raises(InputError, match="each once"):
        analysis(frame, ["voice", "voice"])
    with pytest.raises(InputError, match="order must be at least 1"):
        analysis(frame, ["voice", "graph"], order=0)
    with pytest.raises(InputError, match="share seed 0 and all levels"):
        analysis(frame, ["voice"])
    hole = frame[(frame["voice"] == "lora") | (frame["graph"] == "ring")]
    with pytest.raises(InputError, match="lower the order of interactions"):
        analysis(hole, ["voice", "graph"])
    same = frame.assign(voice=frame["graph"].map({"ring": "lora", "star": "prompt"}))
    twins = same.drop_duplicates(["seed", "graph"])
    with pytest.raises(InputError, match="cannot tell 'graph' from the other terms"):
        analysis(twins, ["voice", "graph"], order=1)
