"""Contrasts of arms against hand counts, scipy's permutation test, and what must always hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from personas.errors import InputError
from simulation.analysis.excess import interval_over_runs
from simulation.analysis.inference import (
    CONTRAST_COLUMNS,
    adjusted,
    paired_contrasts,
    paired_differences,
    sign_flip_p,
    single_p,
)
from simulation.analysis.reach import smallest_p

RNG = np.random.default_rng


def measures_of(values, measure="drift", **factors):
    """Rows from {(seed, level of voice): value}."""
    return pd.DataFrame(
        [
            {"run": f"{voice}-{seed}", "seed": seed, "voice": voice, **factors}
            | {"measure": measure, "value": value}
            for (seed, voice), value in values.items()
        ]
    )


def paired(differences, start=0.25):
    """Runs of the voices lora and prompt whose difference, seed by seed, is as given."""
    held = {(seed, "prompt"): start + seed for seed in range(len(differences))}
    held |= {(seed, "lora"): start + seed + gap for seed, gap in enumerate(differences)}
    return measures_of(held)


def test_a_contrast_counted_by_hand():
    table = paired_contrasts(paired([1.0, 2, 3, 4, 5, 6]), "voice", "prompt", RNG(0))
    assert tuple(table.columns) == CONTRAST_COLUMNS
    (row,) = table.itertuples()
    assert (row.measure, row.level, row.baseline, row.pairs) == ("drift", "lora", "prompt", 6)
    assert row.difference == pytest.approx(3.5)
    # Of 64 flips, only all plus and all minus are as far from 0.
    assert row.p_value == pytest.approx(2 / 64)
    assert row.p_adjusted == pytest.approx(2 / 64)
    assert (row.low, row.high) == (1, 6)  # of 63 means of subsets, the least and the greatest
    assert "p = 0.031" in row.words
    assert "6 pairs" in row.words


def test_a_tie_of_sums_counts_as_such():
    # Sums of flips of (1, 1, 2) are +-4 once, +-2 twice each, 0 twice: |sum| >= 2 in 6 of 8.
    assert sign_flip_p(np.array([1.0, -1, 2]), RNG(0)) == pytest.approx(6 / 8)
    thirds = np.array([0.1, 0.2, -0.3, 0.3, 0.1, 0.2])  # sums that differ in their last bits
    exact = sign_flip_p(np.array([1, 2, -3, 3, 1, 2]) * 1.0, RNG(0))
    assert sign_flip_p(thirds, RNG(0)) == exact


def test_mid_p_counts_ties_by_half():
    # Of 8 flips of (1, 1, 2), 2 are further away than 2 and 4 as far.
    assert sign_flip_p(np.array([1.0, -1, 2]), RNG(0), mid=True) == pytest.approx((2 + 2) / 8)
    alone = np.arange(1.0, 8)
    assert single_p(alone, RNG(0)) == pytest.approx(1 / 128)
    assert single_p(alone[:6], RNG(0)) == pytest.approx(2 / 64)  # six pairs: exact
    many = np.ones(20)
    assert sign_flip_p(many, RNG(0), mid=True) == pytest.approx(0.5 / 10_000)


@given(st.lists(st.integers(-4, 4), min_size=6, max_size=9), st.integers(-8, 8))
@settings(max_examples=40, deadline=None)
def test_the_interval_holds_what_the_test_does_not_refuse(values, quarter):
    differences, shift = np.array(values, dtype=float), quarter / 4 + 0.01
    found = interval_over_runs(differences.tolist(), RNG(0))
    if found.low is not None and min(abs(found.low - shift), abs(found.high - shift)) > 1e-6:
        refused = sign_flip_p(differences - shift, RNG(0)) <= 0.05
        assert refused == (not found.low <= shift <= found.high)


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=9))
@settings(max_examples=40, deadline=None)
def test_flips_agree_with_scipy(differences):
    values = np.array(differences, dtype=float)
    reference = stats.permutation_test(
        (values,), lambda x, axis: x.mean(axis=axis), permutation_type="samples", vectorized=True
    )
    assert sign_flip_p(values, RNG(0)) == pytest.approx(reference.pvalue)


def test_drawn_flips_come_near_all_of_them():
    values = RNG(3).normal(0.5, 1, 16)
    every = 1.0 - 2.0 * (np.arange(2**16) >> np.arange(16)[:, None] & 1)
    exact = (abs(values @ every) >= abs(values.sum()) - 1e-9).mean()
    assert sign_flip_p(values, RNG(0)) == pytest.approx(exact, abs=0.02)
    assert sign_flip_p(np.ones(20), RNG(0)) >= smallest_p(20)


@given(
    st.lists(st.floats(-10, 10), min_size=6, max_size=10),
    st.floats(0.1, 100),
    st.integers(0, 9),
)
@settings(max_examples=40, deadline=None)
def test_sign_scale_and_order_of_seeds_do_not_matter(differences, scale, turn):
    values = np.array(differences).round(6)
    p = sign_flip_p(values, RNG(0))
    assert smallest_p(len(values)) - 1e-12 <= p <= 1
    assert sign_flip_p(-values, RNG(0)) == p
    assert sign_flip_p(scale * values, RNG(0)) == pytest.approx(p)
    assert sign_flip_p(np.roll(values, turn), RNG(0)) == pytest.approx(p)


def test_many_experiments_at_once_are_as_one_by_one():
    values = RNG(1).normal(size=(7, 8))
    one_by_one = [float(sign_flip_p(v, RNG(0))) for v in values]
    assert sign_flip_p(values, RNG(0)) == pytest.approx(one_by_one)


def test_too_few_pairs_are_said_and_not_tested():
    table = paired_contrasts(paired([1.0, 2, 3, 4, 5]), "voice", "prompt", RNG(0))
    (row,) = table.itertuples()
    assert row.difference == pytest.approx(3)
    assert np.isnan([row.low, row.high, row.p_value, row.p_adjusted]).all()
    assert "5 pairs: too few" in row.words
    assert "0.062" in row.words


def test_all_pairs_alike_have_no_interval():
    table = paired_contrasts(paired([0.0] * 7), "voice", "prompt", RNG(0))
    (row,) = table.itertuples()
    assert (row.difference, row.p_value) == (0, 1)
    assert np.isnan(row.low)
    assert "alike" in row.words


def test_other_factors_are_averaged_within_a_seed():
    sparse = measures_of({(s, v): (v == "lora") * 1.0 for s in range(3) for v in ("lora", "no")})
    dense = measures_of(
        {(s, v): (v == "lora") * (s + 2.0) for s in range(3) for v in ("lora", "no")}
    )
    both = pd.concat([sparse.assign(graph="ring"), dense.assign(graph="star")])
    both["run"] = range(len(both))
    found = paired_differences(both, "voice", "no")
    assert found["drift", "lora"] == pytest.approx([1.5, 2.0, 2.5])


def test_a_pair_without_a_value_is_left_out():
    frame = paired([1.0, 2, 3, 4, 5, 6, 7])
    frame.loc[(frame["seed"] == 6) & (frame["voice"] == "lora"), "value"] = np.nan
    table = paired_contrasts(frame, "voice", "prompt", RNG(0))
    assert table["pairs"].tolist() == [6]
    assert table["difference"].tolist() == [3.5]


def test_the_family_is_every_test_of_the_frame():
    strong = paired([1.0, 2, 3, 4, 5, 6, 7, 8])
    weak = paired([1.0, -1, 1, -1, 1, -1, 1, -1]).assign(measure="flips")
    table = paired_contrasts(pd.concat([strong, weak]), "voice", "prompt", RNG(0))
    by_measure = table.set_index("measure")
    # Alone: 2 ties of 256, by half. In the family: the smallest of two exact ones, doubled.
    assert by_measure.loc["drift"].p_value == pytest.approx(1 / 256)
    assert by_measure.loc["drift"].p_adjusted == pytest.approx(2 * 2 / 256)
    assert by_measure.loc["flips"].p_adjusted == pytest.approx(1)


def test_words_say_when_pairs_are_too_few_for_the_family():
    frames = [paired([1.0, 2, 3, 4, 5, 6]).assign(measure=f"m{i}") for i in range(4)]
    table = paired_contrasts(pd.concat(frames), "voice", "prompt", RNG(0))
    # 2 / 2^n <= 0.05 / 4 needs 2^n >= 160: 8 pairs.
    assert table["words"].str.contains("too few to find one effect among 4 tests (8 would do)",
                                       regex=False).all()  # fmt: skip


def test_rounding_in_every_pair_is_no_finding():
    rounding = np.full(9, 0.1 + 0.2 - 0.3)
    assert (rounding > 0).all()
    assert sign_flip_p(rounding, RNG(0)) == single_p(rounding, RNG(0)) == 1
    assert sign_flip_p(np.full(9, 1e-9), RNG(0)) == 2 / 512


def test_adjusted_skips_what_was_not_tested():
    # By hand: 0.01 * 3 / 1, 0.03 * 3 / 2, 0.9 * 3 / 3.
    found = adjusted(pd.Series([0.03, np.nan, 0.01, 0.9]))
    assert found.tolist() == pytest.approx([0.045, np.nan, 0.03, 0.9], nan_ok=True)
    assert adjusted(pd.Series([np.nan])).isna().all()


def test_errors_name_the_remedy():
    frame = paired([1.0] * 6)
    with pytest.raises(InputError, match="did you mean 'prompt'"):
        paired_contrasts(frame, "voice", "promt", RNG(0))
    with pytest.raises(InputError, match="no column 'graph'"):
        paired_contrasts(frame, "graph", "ring", RNG(0))
    with pytest.raises(InputError, match="share seed 0 and all levels"):
        paired_contrasts(pd.concat([frame, frame]), "voice", "prompt", RNG(0))
