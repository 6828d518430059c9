"""Human answers: distances counted by hand, and a loader that says what is wrong with a table."""

import numpy as np
import pandas as pd
import pytest

from personas.errors import InputError
from simulation.analysis.human import (
    DISTANCE_COLUMNS,
    DISTANCES,
    agent_shares,
    distances_to_humans,
    human_comparison,
    read_human_shares,
)

from .worlds import LABELS, answer, run_of

AGENTS = {"ada": "Ada Lind", "bo": "Bo Reed"}
RNG = np.random.default_rng
HELD = {("talk", "ada", 0): 1.0, ("talk", "bo", 0): 0.0, ("talk", "ada", 1): 1.0,
        ("talk", "bo", 1): 1.0}  # fmt: skip
HALF_AND_HALF = "question,option,share\nbike lanes,strongly for,0.5\nbike lanes,undecided,0.5\n"


def table_of(tmp_path, text):
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    return read_human_shares(path)


def run(seed=7, held=HELD):
    return run_of(held, AGENTS, arms=["talk"], seed=seed)


def test_distances_by_hand(tmp_path):
    human = table_of(tmp_path, HALF_AND_HALF)
    before = distances_to_humans([run()], human, wave=0)
    assert tuple(before.columns) == DISTANCE_COLUMNS
    # One is strongly for and one undecided: just as the humans.
    assert before[["wasserstein", "total_variation"]].to_numpy() == pytest.approx(0)
    # Both are for: half of the mass goes from 0 to 1.
    after = distances_to_humans([run()], human)
    (row,) = after.itertuples()
    assert (row.seed, row.arm, row.wave, row.agents, row.group) == (7, "talk", 1, 2, "all")
    assert (row.wasserstein, row.total_variation) == pytest.approx((0.5, 0.5))


def test_shares_average_orders_and_leave_degenerate_answers_out():
    rows = [
        answer((0.8, 0.2, 0, 0, 0), order="forward"),
        answer((0.4, 0.6, 0, 0, 0), order="reverse"),
        answer((1.0, 0, 0, 0, 0), agent="bo", mass=0.4),
    ]
    shares = agent_shares(pd.DataFrame(rows))
    assert set(shares["agent"]) == {"ada"}
    by_option = shares.set_index("option")["share"]
    assert by_option[list(LABELS[:3])].tolist() == pytest.approx([0.6, 0.4, 0])


def test_groups_are_compared_with_their_own(tmp_path):
    human = table_of(
        tmp_path,
        "group,question,option,share\n"
        "young,bike lanes,strongly for,1\n"
        "old,bike lanes,strongly against,1\n",
    )
    found = distances_to_humans([run()], human, groups={"ada": "young", "bo": "old"}, wave=0)
    by_group = found.set_index("group")["wasserstein"]
    assert by_group["young"] == pytest.approx(0)
    assert by_group["old"] == pytest.approx(1)
    with pytest.raises(InputError, match="known: old, young"):
        distances_to_humans([run()], human)


def test_intervals_over_runs_say_when_there_are_too_few(tmp_path):
    human = table_of(tmp_path, HALF_AND_HALF)
    runs = [run(seed, HELD | {("talk", "bo", 1): seed / 10}) for seed in range(8)]
    summary = human_comparison(distances_to_humans(runs, human), RNG(0))
    assert summary["measure"].tolist() == list(DISTANCES.values())
    work = summary.iloc[0]
    # Ada gives 0.5 of the mass to "for", Bo 0.05 a seed: 0.5 * mean of 0.0 ... 0.7.
    assert work["value"] == pytest.approx(0.5 * 0.35, abs=0.02)
    assert work["low"] < work["value"] < work["high"]
    few = human_comparison(distances_to_humans(runs[:3], human), RNG(0))
    assert few["low"].isna().all()
    assert few["words"].str.contains("too few").all()


def test_rounded_shares_are_rescaled(tmp_path):
    human = table_of(tmp_path, "question,option,share\nq,a,0.33\nq,b,0.33\nq,c,0.33\n")
    assert human["share"].tolist() == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("question,options,share\nq,a,1\n", "no column 'option': did you mean 'options'"),
        ("question,option,share\nq,a,half\n", "line 2: share must be a number"),
        ("question,option,share\nq,a,60\nq,b,40\n", "write 25 % as 0.25"),
        ("question,option,share\nq,a,0.5\nq,b,0.4\n", "question 'q' must sum to 1, got 0.9"),
        ("question,option,share\nq,a,0.5\nq,a,0.5\n", "option 'a' of question 'q' stands twice"),
        ("question,option,share\n", "has no rows"),
        ("", "cannot be read as CSV"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        table_of(tmp_path, text)


def test_what_does_not_fit_the_runs_is_said(tmp_path):
    with pytest.raises(InputError, match="did you mean 'strongly for'"):
        distances_to_humans(
            [run()], table_of(tmp_path, "question,option,share\nbike lanes,strong for,1\n")
        )
    with pytest.raises(InputError, match="did you mean 'bike lanes'"):
        distances_to_humans(
            [run()], table_of(tmp_path, "question,option,share\nbike lane,undecided,1\n")
        )
    human = table_of(tmp_path, HALF_AND_HALF)
    with pytest.raises(InputError, match="wave 5: waves are 0, 1"):
        distances_to_humans([run()], human, wave=5)
    with pytest.raises(InputError, match="at least one run"):
        distances_to_humans([], human)
    with pytest.raises(InputError, match="no file"):
        read_human_shares(tmp_path / "none.csv")
