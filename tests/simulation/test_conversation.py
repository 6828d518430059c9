"""Conversation, coordination and influence against hand counts, and their invariants."""

import math

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.errors import InputError
from simulation.analysis.annotation import ideas_in
from simulation.analysis.conversation import (
    ARRIVAL_COLUMNS,
    gini,
    inequality,
    reciprocity,
    replies,
    reply_counts,
    reply_texts,
    speaking,
)
from simulation.analysis.coordination import MARKERS, coordination, mean_coordination
from simulation.analysis.influence import adoptions, influence
from simulation.analysis.town import TownReader

from .talks import all_hear_all, turns_of

LINES = [("ada", "one two three"), ("bo", "four"), ("ada", "five six"), ("cy", "")]


def test_speaking_by_hand_counts_who_says_nothing():
    found = speaking(turns_of(LINES), ["ada", "bo", "cy", "di"]).set_index("agent")
    assert found["turns"].to_dict() == {"ada": 2, "bo": 1, "cy": 1, "di": 0}
    assert found["words"].to_dict() == {"ada": 5, "bo": 1, "cy": 0, "di": 0}
    assert found["share"].to_dict() == pytest.approx({"ada": 5 / 6, "bo": 1 / 6, "cy": 0, "di": 0})
    with pytest.raises(InputError, match="'bo' is missing"):
        speaking(turns_of(LINES), ["ada", "cy"])


def test_inequality_by_hand():
    table = speaking(turns_of(LINES), ["ada", "bo", "cy", "di"])
    # Words 0, 0, 1, 5: absolute differences of all 16 pairs add up to 2 * (1+5+1+5+4) = 32.
    assert inequality(table)["value"].tolist() == pytest.approx([32 / (2 * 16 * 1.5)])
    assert inequality(table)["agents"].tolist() == [4]


def test_gini_at_its_ends():
    assert gini([3, 3, 3]) == 0
    assert gini([0, 0, 0, 7]) == pytest.approx(3 / 4)
    assert math.isnan(gini([0, 0]))
    assert math.isnan(gini([]))
    with pytest.raises(InputError, match="at least 0"):
        gini([1, -1])


AMOUNTS = st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any)


@given(AMOUNTS, st.integers(1, 9), st.randoms(use_true_random=False))
def test_gini_is_half_the_relative_mean_difference_in_any_order_and_unit(amounts, scale, random):
    differences = np.abs(np.subtract.outer(amounts, amounts)).mean()
    expected = differences / (2 * np.mean(amounts))
    shuffled = [scale * x for x in random.sample(amounts, len(amounts))]
    assert gini(shuffled) == pytest.approx(expected)
    assert 0 <= gini(amounts) <= 1 - 1 / len(amounts) + 1e-12


def test_replies_by_hand():
    turns = turns_of([("ada", "a"), ("bo", "b"), ("cy", "c"), ("ada", "d"), ("ada", "e")])
    found = replies(turns, all_hear_all(turns))
    answered = {(r.agent, r.counter): (r.to, r.to_counter, r.weight) for r in found.itertuples()}
    assert answered == {
        ("bo", 0): ("ada", 0, 1.0),
        ("cy", 0): ("bo", 0, 1.0),
        ("ada", 1): ("cy", 0, 1.0),
    }  # the first turn and Ada's second in a row answer nobody


def test_a_turn_after_a_round_answers_everybody_of_it_in_part_but_no_post():
    turns = turns_of([("ada", "a"), ("bo", "b"), ("cy", "c")]).assign(time=[0.0, 0.0, 1.0])
    heard = pd.DataFrame(
        [
            ("talk", "cy", 0, "ada", 0, 0.5, 1),
            ("talk", "cy", 0, "bo", 0, 0.5, 1),
            ("talk", "cy", 0, "@post", 0, 0.9, 1),
            ("talk", "bo", 0, "ada", 0, 0.1, 0),  # not noticed
        ],
        columns=list(ARRIVAL_COLUMNS),
    )
    found = replies(turns, heard)
    assert found[["agent", "to", "weight"]].to_numpy().tolist() == [
        ["cy", "ada", 0.5],
        ["cy", "bo", 0.5],
    ]
    texts = reply_texts(found, turns)
    assert texts[["heard", "reply"]].to_numpy().tolist() == [["a", "c"], ["b", "c"]]
    with pytest.raises(InputError, match="no column 'time'"):
        replies(turns, heard.drop(columns="time"))


EDGES = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")).filter(lambda e: e[0] != e[1]),
    st.integers(1, 5),
    min_size=1,
)


def counts_of(edges) -> pd.DataFrame:
    rows = [("talk", one, other, float(n)) for (one, other), n in edges.items()]
    return pd.DataFrame(rows, columns=["arm", "agent", "to", "value"])


@given(EDGES)
def test_reciprocity_of_single_replies_is_that_of_the_graph(edges):
    value = reciprocity(counts_of(dict.fromkeys(edges, 1)))["value"].iloc[0]
    assert value == pytest.approx(nx.overall_reciprocity(nx.DiGraph(edges.keys())))


def test_weighted_reciprocity_by_hand():
    found = reciprocity(counts_of({("a", "b"): 3, ("b", "a"): 1, ("a", "c"): 2}))
    assert found["value"].tolist() == pytest.approx([2 / 6])
    assert found["replies"].tolist() == [6]


def test_reply_counts_add_parts_up():
    turns = turns_of([("ada", "a"), ("bo", "b"), ("ada", "c"), ("bo", "d")])
    found = reply_counts(replies(turns, all_hear_all(turns)))
    assert found[["agent", "to", "value"]].to_numpy().tolist() == [
        ["ada", "bo", 1],
        ["bo", "ada", 2],
    ]


ARTICLES = {"articles": MARKERS["articles"]}


def pairs_of(rows) -> pd.DataFrame:
    """Reply pairs from (heard shows an article, reply shows one)."""
    full = [
        ("talk", "bo", "ada", 1.0, "the bus" if heard else "bus", "a bus" if reply else "bus")
        for heard, reply in rows
    ]
    return pd.DataFrame(full, columns=["arm", "agent", "to", "weight", "heard", "reply"])


def test_coordination_by_hand():
    one = coordination(pairs_of([(1, 1), (1, 1), (1, 0), (0, 0)]), markers=ARTICLES).iloc[0]
    assert one.value == pytest.approx(2 / 3 - 2 / 4)
    assert (one.replies, one.prompted) == (4, 3)


def test_coordination_that_nothing_prompts_is_not_defined():
    one = coordination(pairs_of([(0, 1), (0, 0)]), markers=ARTICLES)
    assert math.isnan(one["value"].iloc[0])
    mean = mean_coordination(one)
    assert math.isnan(mean["value"].iloc[0])
    assert mean["markers"].tolist() == [0]
    with pytest.raises(InputError, match="at least one class"):
        coordination(pairs_of([(0, 1)]), markers={})


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_coordination_is_the_covariance_over_the_rate_of_prompts(rows):
    value = coordination(pairs_of(rows), markers=ARTICLES)["value"].iloc[0]
    heard, reply = np.array(rows, dtype=float).T
    if not heard.any():
        assert math.isnan(value)
        return
    covariance = (heard * reply).mean() - heard.mean() * reply.mean()
    assert value == pytest.approx(covariance / heard.mean())
    assert -1 <= value <= 1
    doubled = coordination(pairs_of(rows * 2), markers=ARTICLES)["value"].iloc[0]
    assert doubled == pytest.approx(value)


def test_coordination_pools_over_whom_it_leaves_out_and_averages_over_markers():
    pairs = pairs_of([(1, 1), (0, 0)])
    both = pd.concat([pairs, pairs.assign(to="cy")])
    found = coordination(both, by=("arm", "agent"))
    shown = found.dropna(subset=["value"])
    assert shown[["marker", "value", "replies"]].to_numpy().tolist() == [["articles", 0.5, 4]]
    assert mean_coordination(found)[["value", "markers"]].to_numpy().tolist() == [[0.5, 1]]


def said(lines) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mentions (each word is an item) and exposures of a talk that everybody hears."""
    turns = turns_of(lines)
    items = turns.assign(item=turns["text"].str.split()).explode("item").dropna(subset=["item"])
    return items[["arm", "agent", "counter", "item"]], all_hear_all(turns)


def test_adoptions_by_hand():
    found = adoptions(
        *said([("ada", "x y"), ("bo", "x z"), ("cy", "x"), ("ada", "z"), ("bo", "q")])
    )
    table = {(r.listener, r.item, r.speaker): (r.credit, r.adopted) for r in found.itertuples()}
    assert table == {
        ("bo", "x", "ada"): (1.0, True),
        ("bo", "y", "ada"): (1.0, False),
        ("cy", "x", "ada"): (0.5, True),
        ("cy", "x", "bo"): (0.5, True),
        ("cy", "y", "ada"): (1.0, False),
        ("cy", "z", "bo"): (1.0, False),
        ("ada", "z", "bo"): (1.0, True),
    }  # Ada hears her own x from others, which is no chance; nobody hears q


def test_influence_by_hand():
    lines = [("ada", "x y"), ("bo", "x z"), ("cy", "x"), ("ada", "z"), ("bo", "q")]
    found = adoptions(*said(lines))
    followed = influence(found, by=("arm", "speaker")).set_index("speaker")["value"]
    assert followed.to_dict() == pytest.approx({"ada": 1.5 / 3.5, "bo": 1.5 / 2.5})
    openness = influence(found, by=("arm", "listener")).set_index("listener")["value"]
    assert openness.to_dict() == pytest.approx({"ada": 1.0, "bo": 1 / 2, "cy": 1 / 3})


def test_who_speaks_after_the_fact_gets_no_credit():
    found = adoptions(*said([("ada", "x"), ("bo", "x"), ("cy", "x"), ("bo", "ok")]))
    assert found[found["listener"] == "bo"]["speaker"].tolist() == ["ada"]


def test_planted_ideas_travel():
    idea = "For bike lanes on Main Street we could learn from rain barrels."
    other_words = "What if bike lanes on Main Street worked like rain barrels?"
    turns = turns_of([("ada", idea), ("bo", "I hear you, Ada."), ("cy", other_words)])
    mentions = ideas_in(turns, TownReader()).rename(columns={"idea": "item"})
    found = influence(adoptions(mentions, all_hear_all(turns)), by=("arm", "listener"))
    assert dict(zip(found["listener"], found["value"], strict=True)) == {"bo": 0.0, "cy": 1.0}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", "x y", ""])), max_size=9),
    st.permutations("abc"),
)
def test_credit_adds_up_and_names_mean_nothing(lines, names):
    found = adoptions(*said(lines))
    sums = found.groupby(["listener", "item"])["credit"].sum()
    assert sums.tolist() == pytest.approx([1.0] * len(sums))
    rename = dict(zip("abc", names, strict=True))
    moved = influence(adoptions(*said([(rename[who], text) for who, text in lines])))
    by_pair = {(r.speaker, r.listener): r.value for r in moved.itertuples()}
    for row in influence(found).itertuples():
        assert 0 <= row.value <= 1
        assert row.value == pytest.approx(by_pair[rename[row.speaker], rename[row.listener]])
    assert len(by_pair) == len(influence(found))
