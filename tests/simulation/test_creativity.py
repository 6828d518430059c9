"""Creativity against hand counts, planted ideas of the town's grammar, closed forms, invariants."""

import math
import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.embedding import HashedWords
from personas.errors import InputError
from personas.windtunnel.fields import FIELD_OF_CONCEPT, FIELDS
from personas.windtunnel.phrases import FIELD_IDEA, JOINED_IDEA
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.speech import say
from simulation.analysis.annotation import IDEA_COLUMNS, SentenceIdeas, ideas_in
from simulation.analysis.creativity import (
    bridging,
    concept_rate,
    idea_counts,
    nominal_gain,
    originality,
    within_budget,
)
from simulation.analysis.similarity import cosines, diversity, merge_ideas, vendi_score
from simulation.analysis.town import READY_MADE, TownReader

from .talks import turns_of

READER = TownReader()
ALONE = "For bike lanes on Main Street we could learn from rain barrels."
OTHER_WORDS = "What if bike lanes on Main Street worked like rain barrels?"
JOINED = "For bike lanes on Main Street we could join rain barrels with bee hives."
TURNED = "What about bee hives together with rain barrels for bike lanes on Main Street?"
READY = "We could also put bicycle stands at the station."


def ideas_of(lines, arm="talk") -> pd.DataFrame:
    return ideas_in(turns_of(lines, arm), READER)


def table(rows) -> pd.DataFrame:
    """Ideas from (arm, agent, idea), each of a category of its own, in two words."""
    full = [(arm, agent, i, idea, idea, (), (), "two words") for i, (arm, agent, idea) in rows]
    return pd.DataFrame(full, columns=list(IDEA_COLUMNS))


def test_the_town_reader_tells_ideas_apart_by_proposal_and_concepts():
    found = ideas_of([("ada", ALONE), ("bo", OTHER_WORDS), ("ada", f"{JOINED} {READY}")])
    assert found["idea"].nunique() == 3
    assert found["category"].tolist() == ["gardens", "gardens", "bees + gardens", READY_MADE]
    assert READER.ideas(TURNED)[0].key == READER.ideas(JOINED)[0].key
    assert READER.ideas(JOINED)[0].domains == ("gardens", "bees")


def test_counts_by_hand():
    found = ideas_of([("ada", ALONE), ("bo", OTHER_WORDS), ("ada", f"{JOINED} {READY}")])
    one = idea_counts(found).iloc[0]
    assert (one.fluency, one.flexibility, one.tellings) == (3, 3, 4)
    assert one.elaboration == pytest.approx((12 + 11 + 14 + 9) / 4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12))
def test_planted_ideas_are_counted_exactly(seed, tellings):
    rng = random.Random(seed)
    planted, said = set(), []
    for _ in range(tellings):
        proposal = rng.choice(PROPOSALS[:3])
        concepts = rng.sample([c for field in FIELDS[:2] for c in field.concepts[:3]], 2)
        used = concepts[: rng.randint(1, 2)]
        phrase = rng.choice(FIELD_IDEA if len(used) == 1 else JOINED_IDEA)
        slots = dict(zip(("concept", "concept2"), used, strict=False))
        said.append((rng.choice(["ada", "bo"]), say(phrase, proposal, **slots).text))
        planted.add((proposal.key, frozenset(used)))
    one = idea_counts(ideas_of(said)).iloc[0]
    assert one.fluency == len(planted)
    kinds = {frozenset(FIELD_OF_CONCEPT[c] for c in used) for _, used in planted}
    assert one.flexibility == len(kinds)


def test_originality_by_hand():
    rows = [("a", "x"), ("a", "y"), ("a", "x"), ("b", "x"), ("c", "x"), ("c", "z")]
    found = originality(table(enumerate([("talk", *row) for row in rows]))).set_index("agent")
    # x is everybody's: 0; y and z are one's own: 1.
    assert found["value"].to_dict() == {"a": 0.5, "b": 0.0, "c": 0.5}
    assert found["ideas"].to_dict() == {"a": 2, "b": 1, "c": 2}


def test_a_source_without_ideas_makes_the_others_rarer():
    had = table(enumerate([("talk", "a", "x"), ("talk", "b", "x")]))
    assert originality(had)["value"].tolist() == [0.0, 0.0]
    assert originality(had, sources=3)["value"].tolist() == [0.5, 0.5]
    assert math.isnan(originality(had.iloc[:1])["value"].iloc[0])
    with pytest.raises(InputError, match="at least 2"):
        originality(had, sources=1)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), min_size=1),
    st.permutations("abc"),
)
def test_originality_does_not_depend_on_names(rows, names):
    rename = dict(zip("abc", names, strict=True))
    one = originality(table(enumerate([("talk", who, f"{i}") for who, i in rows])))
    other = originality(table(enumerate([("talk", rename[who], f"{9 - i}") for who, i in rows])))
    moved = other.set_index("agent")["value"].to_dict()
    for agent, value in zip(one["agent"], one["value"], strict=True):
        assert math.isnan(value) or 0 <= value <= 1
        assert value == pytest.approx(moved[rename[agent]], nan_ok=True)


def test_bridging_by_hand():
    domains = pd.DataFrame({"agent": ["ada", "bo"], "domain": ["gardens", "bees"]})
    within = "For bike lanes on Main Street we could join rain barrels with seed swaps."
    foreign = "For bike lanes on Main Street we could join rain barrels with slow dough."
    lines = [("ada", ALONE), ("ada", JOINED), ("bo", TURNED), ("bo", within), ("bo", foreign)]
    one = bridging(ideas_of(lines), domains).iloc[0]
    assert (one.ideas, one.bridges) == (4, 1)  # JOINED and TURNED are one idea
    assert one.value == pytest.approx(1 / 4)
    alone = pd.DataFrame({"agent": ["ada", "ada"], "domain": ["gardens", "bees"]})
    assert bridging(ideas_of(lines), alone)["bridges"].tolist() == [0]  # both fields are Ada's


def test_concept_rate_by_hand():
    turns = turns_of([("ada", ALONE), ("bo", JOINED), ("ada", "Let me be direct.")])
    one = concept_rate(ideas_in(turns, READER), turns).iloc[0]
    assert (one.concepts, one.words) == (2, 12 + 14 + 4)
    assert one.value == pytest.approx(200 / 30)
    silent = concept_rate(ideas_in(turns[2:], READER), turns[2:]).iloc[0]
    assert (silent.concepts, silent.value) == (0, 0.0)


def test_within_budget_stops_before_the_turn_that_exceeds_it():
    turns = turns_of([("ada", "one two three"), ("bo", "four five"), ("ada", "six")])
    assert len(within_budget(turns, 5)) == 2
    assert len(within_budget(turns, 4)) == 1  # "six" would fit, but comes later
    assert within_budget(turns, 0).empty
    with pytest.raises(InputError, match="got -1"):
        within_budget(turns, -1)


def test_nominal_gain_by_hand():
    talk = turns_of([("ada", ALONE), ("bo", OTHER_WORDS), ("ada", READY)])  # 32 words, 2 ideas
    apart = turns_of([("ada", ALONE), ("bo", JOINED), ("bo", READY)], "nominal")  # 35 words
    turns = pd.concat([talk, apart])
    one = nominal_gain(ideas_in(turns, READER), turns).iloc[0]
    assert one.budget == 32
    assert (one.group_ideas, one.nominal_ideas) == (2, 2)  # the third of those apart is cut off
    assert one.value == pytest.approx(1.0)
    with pytest.raises(InputError, match="no arm 'nominal'; they have: talk"):
        nominal_gain(ideas_in(talk, READER), talk)


def test_nominal_gain_of_an_arm_with_itself_is_one_and_without_ideas_undefined():
    talk = turns_of([("ada", ALONE), ("bo", READY)])
    turns = pd.concat([talk, talk.assign(arm="nominal")])
    assert nominal_gain(ideas_in(turns, READER), turns)["value"].tolist() == [1.0]
    none = turns.assign(text="Let me be direct.")
    assert math.isnan(nominal_gain(ideas_in(none, READER), none)["value"].iloc[0])


@pytest.mark.parametrize("count", [1, 2, 7])
def test_vendi_score_of_copies_is_one_and_of_strangers_their_number(count):
    assert vendi_score(np.ones((count, count))) == pytest.approx(1)
    assert vendi_score(np.eye(count)) == pytest.approx(count)


def test_vendi_score_of_two_closed_form():
    # Eigenvalues of K / 2 with similarity s: (1 + s) / 2 and (1 - s) / 2.
    expected = math.exp(-(0.8 * math.log(0.8) + 0.2 * math.log(0.2)))
    assert vendi_score(np.array([[1, 0.6], [0.6, 1]])) == pytest.approx(expected)


def test_vendi_score_of_clusters_is_their_hill_number():
    blocks = np.kron(np.eye(2), np.ones((3, 3)))[:4, :4]  # three alike and one alone
    expected = math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert vendi_score(blocks) == pytest.approx(expected)


def test_vendi_score_refuses_what_is_no_kernel():
    assert vendi_score(np.zeros((0, 0))) == 0
    with pytest.raises(InputError, match="square"):
        vendi_score(np.ones((2, 3)))
    with pytest.raises(InputError, match="symmetric"):
        vendi_score(np.array([[1, 0.5], [0.2, 1]]))
    with pytest.raises(InputError, match="eigenvalue"):
        vendi_score(np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]))


TEXTS = st.lists(st.sampled_from([ALONE, JOINED, READY, "", "Let me be direct."]), min_size=1)


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.randoms(use_true_random=False))
def test_vendi_score_range_order_and_copies(texts, random):
    score = vendi_score(cosines(texts, HashedWords()))
    assert 1 - 1e-9 <= score <= len(texts) + 1e-9
    shuffled = random.sample(texts, len(texts))
    assert vendi_score(cosines(shuffled, HashedWords())) == pytest.approx(score)
    spoken = [text for text in texts if text]  # a text without words is like itself alone
    if spoken:
        once = vendi_score(cosines(spoken, HashedWords()))
        assert vendi_score(cosines(spoken * 2, HashedWords())) == pytest.approx(once)


def test_diversity_by_arm():
    turns = pd.concat(
        [turns_of([("ada", READY), ("bo", READY)]), turns_of([("ada", READY)], "nominal")]
    )
    found = diversity(turns, HashedWords()).set_index("arm")
    assert found["value"].to_dict() == pytest.approx({"talk": 1.0, "nominal": 1.0})
    assert found["texts"].to_dict() == {"talk": 2, "nominal": 1}


def test_free_text_is_merged_by_what_it_says():
    said = "We should plant more shade trees."
    lines = [
        ("ada", f"{said} I agree."),
        ("bo", "WE should plant more shade trees!"),
        ("bo", READY),
    ]
    raw = ideas_in(turns_of(lines), SentenceIdeas())
    merged = merge_ideas(raw, HashedWords(), same_idea=0.9, same_kind=0.5)
    assert merged["idea"].tolist() == [said, said, READY]
    assert idea_counts(merged)["fluency"].tolist() == [2]
    everything = merge_ideas(raw, HashedWords(), same_idea=-0.99, same_kind=-0.99)
    assert everything["idea"].nunique() == 1
    assert merge_ideas(raw.iloc[:0], HashedWords()).empty
    with pytest.raises(InputError, match="ordered"):
        merge_ideas(raw, HashedWords(), same_idea=0.4, same_kind=0.6)


def test_empty_talks_have_no_rows():
    nothing = ideas_in(turns_of([]), READER)
    assert list(nothing.columns) == list(IDEA_COLUMNS)
    assert idea_counts(nothing).empty
    assert originality(nothing).empty
