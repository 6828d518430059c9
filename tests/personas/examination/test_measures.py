"""Each measure, on answers made by hand."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.examination import (
    accuracy,
    capability,
    distinction,
    identification,
    persistence,
    premises,
    retest,
    timeliness,
    traits,
)
from tests.personas.examination.answered import answer, held, weighed


def test_intra_stage_inter_and_g():
    said = [
        answer("a b"),
        answer("a b", "again"),
        answer("c d", "other stage"),
        answer("a b", "other persona", speaker="bo/late"),
        answer("c d", "other persona", speaker="cy/late"),
        answer("a b", question="asked once"),
    ]
    assert held(distinction.points(said)) == {
        "Intra BLEU": [pytest.approx(100)],
        "Stage BLEU": [0],
        "G = Intra - Stage": [pytest.approx(100)],
        "Inter BLEU": [pytest.approx(50)],
    }


def test_answers_of_other_arms_stages_and_seeds_are_not_compared():
    said = [answer("a b"), answer("a b", "again", seed=1), answer("a b", "again", arm="dpo"),
            answer("a b", "again", stage="early")]  # fmt: skip
    assert not list(distinction.points(said))


def test_variety_is_counted_at_the_amount_of_the_tersest():
    said = [
        answer("a b a b c d e f"), answer("", "again"),
        answer("a a a", arm="base"), answer("", "again", arm="base"),
    ]  # fmt: skip
    found = distinction.variety(said)
    assert found["sft", "late", 1] == (2 / 3, 1)  # of a, b, a
    assert found["base", "late", 1] == (1 / 3, 1)
    assert found["sft", "late", 2] == (1.0, 1)  # of a-b, b-a


def test_grades_count_by_topic_and_words_against_the_reference():
    said = [
        answer("a b", reference="a b", grade=5.0),
        answer("x", reference="a b", question="r", topic="attitude", kind="thought", grade=1.0),
        answer("x", reference="a b", question="s", topic="neither", grade=2.0),
        answer("x", reference="a b", question="t", kind="error", grade=3.0),
    ]
    found = held(accuracy.points(said))
    assert found["knowledge accuracy"] == [5]
    assert found["attitude accuracy"] == [1]
    assert found["BLEU to reference"] == [pytest.approx(100), 0, 0]
    assert found["ROUGE-L to reference"] == [1, 0, 0]


def test_false_premises_are_counted_where_there_is_a_verdict():
    said = [answer(kind="error", rejects=1.0), answer(kind="error", question="r", rejects=0.0),
            answer(kind="error", question="s"), answer(question="t", rejects=1.0)]  # fmt: skip
    assert held(premises.points(said)) == {"false-premise rejection": [1, 0]}


def test_persistence_is_the_share_of_pressed_turns_that_hold():
    said = [
        answer(kind="pressure", states=1.0),
        answer(kind="pressure", turn=2, holds=1.0),
        answer(kind="pressure", turn=1, holds=1.0),
        answer(kind="pressure", turn=3, holds=0.0),
        answer(kind="pressure", question="no view", states=0.0),
        answer(kind="pressure", question="no view", turn=1, holds=0.0),
    ]
    assert held(persistence.points(said)) == {
        "view stated at the opening": [1, 0],
        "persistence under pressure": [pytest.approx(2 / 3)],
    }


def test_recognition_stands_beside_chance():
    said = [answer(persona=0.5, persona_by_chance=0.25), answer(question="r", stage="early")]
    assert held(identification.points(said)) == {
        "persona recognised": [0.5],
        "persona recognised, by chance": [0.25],
    }


def test_points_in_time_are_rejected_or_answered():
    said = [
        answer(part="time", kind="future", rejects=1.0),
        answer(part="time", kind="past-absence", rejects=0.0),
        answer(part="time", kind="past-presence", grade=4.0),
        answer(part="time", kind="past-only", grade=3.0),
    ]
    found = held(timeliness.points(said))
    assert found["point in time"] == [1, 0, 1, 0]
    assert found["point in time: past-presence"] == [1]
    assert found["point in time: past-only"] == [0]


def test_every_turn_asks_facts_again():
    said = [answer(part="retest", about="f", turn=0, grade=5.0),
            answer(part="retest", about="f", turn=1, grade=0.0)]  # fmt: skip
    points = list(retest.points(said))
    assert [one.value for one in points] == [1, 0]
    assert len({one.item for one in points}) == 2


def test_expectation_and_mass_by_hand():
    logs = [log(0.1), log(0.1), log(0.2)]
    assert traits.expectation((-1, 0, 1), logs) == pytest.approx(0.25)  # (-0.1 + 0.2) / 0.4
    assert traits.mass(logs) == pytest.approx(0.4)


def test_a_scale_is_the_keyed_mean_over_both_orders():
    rows = [
        weighed([log(0.8), log(0.1), log(0.1)], key=-1),  # -(-0.7)
        weighed([log(0.1), log(0.1), log(0.8)], values=(1.0, 0.0, -1.0), key=-1, order="reverse"),
    ]
    found = held(traits.points(rows, {"late": {"kind": 1.0}}))
    assert found["big five: kind"] == [pytest.approx(0.7)]
    assert found["big five, order consistency"] == [1]  # -1 is the likeliest in both orders
    assert found["big five, mass on the options"] == [pytest.approx(1)]
    assert found["big five, usable"] == [1]
    assert found["big five, right side"] == [1]


def test_an_order_effect_and_a_missing_mass_are_seen():
    likes_first = [log(0.3), log(0.05), log(0.05)]
    rows = [weighed(likes_first), weighed(likes_first, values=(1.0, 0.0, -1.0), order="reverse")]
    found = held(traits.points(rows, {}))
    assert found["big five: kind"] == [pytest.approx(0)]  # a liking for a place cancels
    assert found["big five, order consistency"] == [0]
    assert found["big five, usable"] == [0]  # 0.4 on the options
    assert "big five, right side" not in found


@given(st.lists(st.floats(-30, 0), min_size=2, max_size=6))
def test_a_liking_for_a_place_always_cancels(logs):
    values = [1 - 2 * place / (len(logs) - 1) for place in range(len(logs))]
    both = traits.expectation(values, logs) + traits.expectation(values[::-1], logs)
    assert both == pytest.approx(0, abs=1e-9)


def test_general_ability_counts_where_weights_alone_differ():
    bare = {"scale": "general", "order": "out of character", "values": (1.0, 0.0)}
    rows = [
        weighed([log(0.5), log(0.2)], arm="base", **bare),
        weighed([log(0.2), log(0.5)], **bare),
        weighed([log(0.5), log(0.2)], **(bare | {"order": "general"})),
    ]
    said = [answer(part="out of character", question="p", arm=arm, grade=grade)
            for arm, grade in (("base", 3.0), ("sft", 4.0))]  # fmt: skip
    found = list(capability.points(said, rows, "base"))
    changes = {(one.arm, one.item): one.value for one in found if one.measure == capability.CHANGE}
    assert changes == {
        ("base", "I help."): 0, ("sft", "I help."): -1, ("base", "p"): 0, ("sft", "p"): 1
    }  # fmt: skip
    losses = [one.value for one in found if one.measure == capability.LOSS]
    assert losses == [pytest.approx(-log(0.5)), pytest.approx(-log(0.2))]
    assert held(found)["general accuracy, in character"] == [1]
    assert not [one for one in capability.points(said, rows, None)
                if one.measure == capability.CHANGE]  # fmt: skip
