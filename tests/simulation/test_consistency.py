"""Consistency against hand counts, Shrout and Fleiss' table, planted contradictions, invariants."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.errors import InputError
from simulation.analysis.annotation import claim_verdicts, pair_verdicts, stances_in
from simulation.analysis.consistency import (
    intraclass,
    line_to_line,
    opinions_by_wording,
    persistence,
    pressured_turns,
    prompt_to_line,
    qa_accuracy,
    retest_reliability,
)
from simulation.analysis.opinion import opinions
from simulation.analysis.town import TownReader

from .talks import all_hear_all, turns_of
from .worlds import answer, shares_of, survey

READER = TownReader()
FOR = "I am strongly for bike lanes on Main Street."
LEAN = "I am mildly for bike lanes on Main Street."
OPEN = "I am undecided about bike lanes on Main Street."
AGAINST = "I am strongly against bike lanes on Main Street."
ELSE = "I am strongly against a new library by the canal."
SMALL_TALK = "Let me be direct."


def test_prompt_to_line_by_hand():
    turns = turns_of([("ada", FOR), ("ada", SMALL_TALK), ("ada", AGAINST), ("ada", LEAN)])
    claims = pd.DataFrame({"agent": "ada", "claim": [FOR, "I work as a baker."]})
    one = prompt_to_line(claim_verdicts(turns, claims, READER)).iloc[0]
    assert (one.lines, one.contradictions, one.related) == (4, 1, 3)
    assert one.value == pytest.approx(3 / 4)
    assert one.value_related == pytest.approx(2 / 3)


def test_a_line_that_contradicts_two_claims_counts_once():
    turns = turns_of([("ada", "I work as a nurse. " + AGAINST)])
    claims = pd.DataFrame({"agent": "ada", "claim": [FOR, "I work as a baker."]})
    one = prompt_to_line(claim_verdicts(turns, claims, READER)).iloc[0]
    assert (one.lines, one.contradictions, one.value) == (1, 1, 0.0)


def test_small_talk_alone_has_no_related_share():
    turns = turns_of([("ada", SMALL_TALK)])
    claims = pd.DataFrame({"agent": ["ada"], "claim": [FOR]})
    one = prompt_to_line(claim_verdicts(turns, claims, READER)).iloc[0]
    assert one.value == 1.0
    assert math.isnan(one.value_related)


def test_line_to_line_by_hand():
    turns = turns_of([("ada", FOR), ("bo", AGAINST), ("ada", LEAN), ("ada", AGAINST)])
    shares = line_to_line(pair_verdicts(turns, READER)).set_index("agent")
    # Of Ada's three pairs the last line contradicts both others; Bo has no pair.
    assert list(shares.index) == ["ada"]
    assert shares.loc["ada", "value"] == pytest.approx(1 / 3)
    assert shares.loc["ada", "pairs"] == 3


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([FOR, AGAINST, ELSE, SMALL_TALK]), min_size=2, max_size=7))
def test_line_to_line_counts_every_pair_once_and_does_not_depend_on_order(lines):
    def of(said):
        return line_to_line(pair_verdicts(turns_of([("ada", line) for line in said]), READER))

    one, back = of(lines).iloc[0], of(lines[::-1]).iloc[0]
    planted = lines.count(FOR) * lines.count(AGAINST)
    pairs = len(lines) * (len(lines) - 1) / 2
    assert one.contradictions == planted
    assert one.value == back.value == pytest.approx(1 - planted / pairs)


def test_a_program_contradicts_a_person_and_other_facts_do_not_clash():
    assert READER.judge("I am Ada Lind.", "Yes, I am a language model.") == "contradicts"
    assert READER.judge("Yes, I am a language model.", "I am Ada Lind.") == "contradicts"
    assert READER.judge("I like chess.", "I live in Elm Street.") == "unrelated"
    assert READER.judge("I work as a baker.", "I am a baker.") == "agrees"
    assert READER.judge(FOR, ELSE) == "unrelated"
    assert READER.judge(FOR, OPEN) == "contradicts"  # two notches


def test_unknown_verdicts_and_missing_columns_are_refused():
    verdicts = pair_verdicts(turns_of([("ada", FOR), ("ada", FOR)]), READER)
    with pytest.raises(InputError, match="got 'maybe'"):
        line_to_line(verdicts.assign(verdict="maybe"))
    with pytest.raises(InputError, match="no column 'claim'"):
        prompt_to_line(verdicts.assign(counter=0))


def test_qa_accuracy_by_hand_and_degenerate_answers_are_counted_apart():
    asked_about = [("job", 0, 1), ("home", 0, 1), ("job", 1, 1), ("home", 1, 0.2)]
    asked = pd.DataFrame(
        [
            answer((1, 0, 0, 0, 0), question=question, wave=wave, mass=mass)
            for question, wave, mass in asked_about
        ]
    )
    truths = pd.DataFrame(
        [("ada", "job", "strongly for"), ("ada", "home", "undecided")],
        columns=["agent", "question", "correct"],
    )
    found = qa_accuracy(opinions(asked), truths).set_index("wave")
    assert found["value"].tolist() == [0.5, 1.0]
    assert found["answers"].tolist() == [2, 1]
    assert found["degenerate"].tolist() == [0, 1]
    with pytest.raises(InputError, match="'ada' and 'job'"):
        qa_accuracy(opinions(asked), pd.concat([truths, truths]))


SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]],
    dtype=float,
)
"""Six targets, four judges: table 2 of Shrout and Fleiss 1979; ICC(2,1) is given there as .29."""


def test_intraclass_agrees_with_the_paper():
    assert intraclass(SHROUT_FLEISS) == pytest.approx(0.29, abs=0.005)


def test_intraclass_of_perfect_agreement_is_one_and_a_harsh_rater_lowers_it():
    held = np.array([[-1.0], [0.0], [1.0]])
    assert intraclass(np.hstack([held, held])) == pytest.approx(1.0)
    # Rows: 2 * 2 / 2 = 2; columns: 3 * 2 * 0.25 = 1.5; no error. (2 - 0) / (2 + 0 + 2 * 1.5 / 3)
    assert intraclass(np.hstack([held, held + 1])) == pytest.approx(2 / 3)


@pytest.mark.parametrize("shape", [(1, 3), (3, 1), (0, 0)])
def test_intraclass_needs_two_targets_and_two_raters(shape):
    assert math.isnan(intraclass(np.zeros(shape)))


def test_intraclass_without_any_variance_is_not_defined():
    assert math.isnan(intraclass(np.full((4, 3), 0.7)))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(-5, 5), min_size=3, max_size=3), min_size=3, max_size=6),
    st.integers(1, 9),
    st.integers(-9, 9),
    st.randoms(use_true_random=False),
)
def test_intraclass_does_not_depend_on_order_shift_or_scale(table, scale, shift, random):
    ratings = np.array(table, dtype=float)
    value = intraclass(ratings)
    rows, columns = random.sample(range(len(table)), len(table)), random.sample(range(3), 3)
    moved = intraclass((ratings * scale + shift)[rows][:, columns])
    assert (math.isnan(value) and math.isnan(moved)) or value == pytest.approx(moved, abs=1e-9)
    assert math.isnan(value) or value <= 1


def test_retest_reliability_over_paraphrases_by_hand():
    held = {("ada", 0): -1.0, ("ada", 1): 0.0, ("bo", 0): 0.0, ("bo", 1): 0.5, ("cy", 0): 1.0}
    asked = pd.DataFrame(
        [
            answer(shares_of(value), agent=agent, wording=wording)
            for (agent, wording), value in held.items()
        ]
    )
    by_wording = opinions_by_wording(asked)
    assert len(by_wording) == 5
    one = retest_reliability(by_wording).iloc[0]
    assert (one.agents, one.raters, one.left_out) == (2, 2, 1)  # Cy was asked once
    # Ratings (-1, 0), (0, .5): rows 2 * 2 * .375^2 = .5625; columns the same; error .0625.
    assert one.value == pytest.approx((0.5625 - 0.0625) / (0.5625 + 0.0625 + 0.5))


def test_retest_over_waves_leaves_degenerate_answers_out():
    held = {
        ("silent", name, wave): x for name, x in [("ada", 0.5), ("bo", -0.5)] for wave in (0, 1)
    }
    read = opinions(survey(held))
    found = retest_reliability(read, rater="wave", by=("arm", "question"))
    assert found["value"].tolist() == pytest.approx([1.0])
    read.loc[0, "degenerate"] = True
    found = retest_reliability(read, rater="wave", by=("arm", "question"))
    assert found["left_out"].tolist() == [1]
    assert math.isnan(found["value"].iloc[0])


def pressed(lines) -> pd.DataFrame:
    turns = turns_of(lines)
    return pressured_turns(stances_in(turns, READER), all_hear_all(turns))


def test_pressured_turns_by_hand():
    found = pressed(
        [
            ("ada", FOR),
            ("bo", AGAINST),  # heard Ada, but had said nothing before
            ("ada", LEAN),  # heard Bo: pressed, stays
            ("bo", SMALL_TALK),  # heard Ada: pressed, states nothing
            ("ada", AGAINST),  # heard small talk: flips, but nobody pressed
            ("bo", OPEN),  # heard Ada say the same as itself
        ]
    ).set_index(["agent", "counter"])
    assert list(found.index) == [("ada", 1), ("bo", 1)]
    assert found.loc[("ada", 1), ["before", "against", "after", "flipped"]].tolist() == [
        1,
        1,
        0.5,
        0,
    ]
    assert math.isnan(found.loc[("bo", 1), "flipped"])


def test_persistence_by_hand():
    found = persistence(
        pressed([("ada", FOR), ("bo", AGAINST), ("ada", FOR), ("bo", FOR), ("bo", AGAINST)])
    ).set_index("agent")
    # Ada stays; Bo gives in. Bo's last turn heard nobody since its turn before.
    assert found["value"].to_dict() == {"ada": 1.0, "bo": 0.0}
    assert found["turns"].to_dict() == {"ada": 1, "bo": 1}


def test_nobody_is_pressed_by_the_undecided_nor_while_undecided():
    assert pressed([("ada", FOR), ("bo", OPEN), ("ada", FOR)]).empty
    assert pressed([("ada", OPEN), ("bo", FOR), ("ada", FOR)]).empty


def test_becoming_undecided_is_giving_in_and_unnoticed_words_press_nobody():
    lines = [("ada", FOR), ("bo", AGAINST), ("ada", OPEN)]
    assert persistence(pressed(lines))["value"].tolist() == [0.0]
    turns = turns_of(lines)
    deaf = all_hear_all(turns).assign(noticed=0)
    assert pressured_turns(stances_in(turns, READER), deaf).empty
    assert persistence(pressured_turns(stances_in(turns, READER), deaf)).empty


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ada", "bo"]), st.sampled_from([FOR, OPEN, AGAINST, SMALL_TALK])
        ),
        max_size=8,
    )
)
def test_persistence_lies_in_its_range_and_does_not_depend_on_names_or_sides(lines):
    other_side = {FOR: AGAINST, AGAINST: FOR}
    mirrored = [("zo" if who == "ada" else "al", other_side.get(x, x)) for who, x in lines]
    one, other = persistence(pressed(lines)), persistence(pressed(mirrored))
    renamed = other["agent"].map({"zo": "ada", "al": "bo"})
    by_agent = dict(zip(renamed, other["value"], strict=True))
    for agent, value in zip(one["agent"], one["value"], strict=True):
        assert math.isnan(value) or 0 <= value <= 1
        assert value == pytest.approx(by_agent[agent], nan_ok=True)
