"""Several examinations in one table, against means by hand."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.errors import InputError
from personas.examination.pooling import pool, read_examinations


def figures(*rows: tuple[str, str, float], measure="point in time") -> pd.DataFrame:
    """Rows of (persona, arm, value), an examination each."""
    table = pd.DataFrame(rows, columns=["persona", "arm", "value"])
    return table.assign(measure=measure, folder="x")


def test_personas_count_alike_however_often_they_were_examined() -> None:
    # (1 + (0.2 + 0.4) / 2 + 0.5) / 3
    (row,) = pool(
        figures(("a", "sft", 1), ("b", "sft", 0.2), ("b", "sft", 0.4), ("c", "sft", 0.5))
    ).to_dict("records")
    assert row["value"] == pytest.approx(0.6)
    assert (row["least"], row["least_of"]) == (pytest.approx(0.3), "b")
    assert (row["most"], row["most_of"]) == (1, "a")
    assert (row["personas"], row["examinations"]) == (3, 4)
    assert 0.3 <= row["low"] < 0.6 < row["high"] <= 1


def test_with_one_examination_each_it_is_the_bootstrap_of_a_mean() -> None:
    # Of 40 zeros and 60 ones: binomial(100, 0.6) / 100, quantiles 0.50 and 0.69 or 0.70
    rows = [(f"p{n}", "sft", float(n < 60)) for n in range(100)]
    (row,) = pool(figures(*rows)).to_dict("records")
    assert row["low"] == pytest.approx(0.505, abs=0.02)
    assert row["high"] == pytest.approx(0.695, abs=0.02)


def test_seeds_of_one_persona_widen_the_interval() -> None:
    alike = [("a", "sft", 0.5), ("b", "sft", 0.5), ("c", "sft", 0.5)]
    (row,) = pool(figures(*alike)).to_dict("records")
    assert math.isnan(row["low"])
    (row,) = pool(figures(*alike, ("a", "sft", 0.9), ("a", "sft", 0.1))).to_dict("records")
    assert row["low"] < row["value"] < row["high"]


def test_arms_keep_their_order_and_measures_that_of_cards() -> None:
    both = [
        figures(("a", "sft", 1), ("a", "base", 0), measure=one)
        for one in ("traits: x", "point in time", "knowledge accuracy")
    ]
    made = pool(pd.concat(both))
    assert list(dict.fromkeys(made["measure"])) == [
        "knowledge accuracy", "point in time", "traits: x",
    ]  # fmt: skip
    assert list(made["arm"]) == ["sft", "base"] * 3


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), min_size=1, max_size=9))
def test_a_pooled_figure_lies_among_its_own(rows: list[tuple[str, float]]) -> None:
    (row,) = pool(figures(*((who, "sft", value) for who, value in rows))).to_dict("records")
    tiny = 1e-9
    assert row["least"] - tiny <= row["value"] <= row["most"] + tiny
    if not math.isnan(row["low"]):
        values = [value for _, value in rows]
        assert min(values) - tiny <= row["low"] <= row["high"] <= max(values) + tiny


def test_nothing_to_pool_is_told() -> None:
    with pytest.raises(InputError, match="name at least one folder"):
        read_examinations([])
