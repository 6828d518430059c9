import math
import random

import pytest

from personas.windtunnel.mind import Heard, Mind
from personas.windtunnel.people import Chapter, Townsperson
from personas.windtunnel.proposals import BY_KEY
from personas.windtunnel.speech import Meaning
from personas.windtunnel.traits import FACTORS
from personas.windtunnel.turn import take_turn

LANES = BY_KEY["bike lanes"]
PRO, CON = LANES.reasons(1), LANES.reasons(-1)
FERRY_PRO = BY_KEY["free ferry"].reasons(1)
TRAITS = dict.fromkeys(FACTORS, "middle")


def mind(stance=0, openness="high"):
    stances = {"bike lanes": stance, "free ferry": 0}
    chapter = Chapter(
        name="now",
        years=(2009, 2009),
        age=41,
        job="baker",
        home="Mill Lane",
        hobby="chess",
        field="bread",
        style="plain",
        openness=openness,
        traits=TRAITS,
        stances=stances,
    )
    return Mind(Townsperson("Ada Lind", (chapter,)), chapter, dict(stances))


def nobody():
    return Mind(mind().person, None)


def heard(*reasons, stance=2, first="Bruno"):
    return Heard(first, stance, Meaning(reasons=reasons))


def share_moved(start, openness, reason, n=2000):
    rng = random.Random(1)
    moved = 0
    for _ in range(n):
        one = mind(start, openness)
        one.hear(heard(reason))
        moved += one.settle(rng, LANES)
    return moved / n


@pytest.mark.parametrize(("openness", "s"), [("low", 0.0), ("middle", 0.3), ("high", 0.8)])
def test_a_new_reason_moves_with_probability_openness(openness, s):
    # Binomial with n = 2,000: five standard errors.
    assert abs(share_moved(0, openness, PRO[0]) - s) <= 5 * math.sqrt(s * (1 - s) / 2000)


@pytest.mark.parametrize(
    ("start", "reason", "end"),
    [(0, PRO[0], 1), (0, CON[0], -1), (-2, PRO[0], -1), (1, PRO[0], 2), (1, CON[0], 0)],
)
def test_a_move_is_one_notch_to_the_side_of_the_reason(start, reason, end):
    rng = random.Random(1)
    ends = set()
    for _ in range(60):
        one = mind(start)
        one.hear(heard(reason))
        one.settle(rng, LANES)
        ends.add(one.stances["bike lanes"])
    assert ends == {start, end}


@pytest.mark.parametrize(("start", "reason"), [(2, PRO[0]), (-2, CON[0]), (0, FERRY_PRO[0])])
def test_there_is_nothing_beyond_the_ends_and_no_move_by_another_topic(start, reason):
    assert share_moved(start, "high", reason, n=60) == 0


def test_a_reason_moves_only_once():
    rng = random.Random(1)
    one = mind(-2)
    for _ in range(30):
        one.hear(heard(PRO[0]))
        one.settle(rng, LANES)
        one.spoke(Meaning())
    # It was new at the first turn alone.
    assert one.stances["bike lanes"] in {-2, -1}


def test_ones_own_reasons_are_not_new():
    one = mind(0)
    one.spoke(Meaning(reasons=(PRO[0],)))
    one.hear(heard(PRO[0]))
    assert not one.settle(random.Random(1), LANES)


def test_the_last_new_reason_counts():
    one = mind(0)
    one.hear(heard(PRO[0], first="Bruno"))
    one.hear(heard(CON[0], CON[1], first="Celia"))
    assert one.fresh == (CON[1], "Celia")


def test_a_speaker_without_a_persona_joins_whoever_spoke_last_mildly():
    rng = random.Random(1)
    for stance, joined in ((2, 1), (-2, -1), (1, 1)):
        one = nobody()
        one.hear(heard(stance=-stance))
        one.hear(heard(stance=stance))
        assert one.stance(rng, LANES) == joined


def test_a_speaker_without_a_persona_stays_mild():
    rng = random.Random(1)
    one = nobody()
    for reason in PRO:
        one.hear(heard(reason))
        one.settle(rng, LANES)
        one.spoke(Meaning())
        assert abs(one.stances["bike lanes"]) <= 1


def test_a_turn_says_that_and_by_whom_one_was_moved():
    rng = random.Random(3)
    moved = kept = 0
    for _ in range(200):
        one = mind(-2)
        one.hear(heard(PRO[0]))
        said = take_turn(rng, one, LANES).meaning
        assert said.stance == one.stances["bike lanes"]
        assert said.moved == (said.stance == -1)
        if said.moved:
            assert said.others[0] == "Bruno"
        moved += said.moved
        kept += not said.moved
    assert moved
    assert kept


def test_a_speaker_argues_for_the_own_side():
    rng = random.Random(3)
    for stance, side in ((2, 1), (-2, -1)):
        reasons = [
            r for _ in range(50) for r in take_turn(rng, mind(stance), LANES).meaning.reasons
        ]
        assert reasons
        assert {reason.side for reason in reasons} == {side}
