"""How much a run will have is counted beforehand, or said to be unknown."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from agents.engines.scripted import ScriptedEngine
from simulation import rehearsal
from simulation.floor import Floor
from simulation.rehearsal import size_of
from simulation.run import run
from simulation.turntaking import Poisson, Replies, Rounds

from .strategies import scenarios
from .test_record import small

ANSWERED = Replies(chance=1.0, wait=0.2, until=3.9, spread="none", depth=1)


def test_answers_to_messages_are_counted_by_hand():
    # On a ring of 6, each of 3 rounds has 6 turns, heard by 2 each half a unit later, who answer
    # 0.2 later: 12 answers a round, all before 3.9. Two arms talk; surveys at 0, 1, 2, 3 and 4.
    size = size_of(small(turns=(Rounds(3), ANSWERED)))
    assert (size.turns, size.known) == (2 * 3 * (6 + 12), True)


@settings(max_examples=20, deadline=None)
@given(scenarios())
def test_what_is_known_beforehand_is_what_comes(scenario):
    policies = [getattr(policy, "giving", "") for policy in scenario.policies]
    if "bidding" in policies or "moderator" in policies:
        return
    with tempfile.TemporaryDirectory() as name:
        progress = run(scenario, ScriptedEngine(), Path(name))
    size = size_of(scenario)
    assert size.known
    if scenario.timeline or not any(isinstance(one, Floor) for one in scenario.policies):
        assert (size.turns, size.answers) == (progress.turns, progress.answers)


def test_nobody_can_tell_who_answers_whom_where_words_decide_who_speaks():
    assert not size_of(small(turns=(Floor(5, "bidding"), ANSWERED))).known
    assert size_of(small(turns=Floor(5, "bidding"))).known


def test_a_large_run_is_not_gone_through_twice(monkeypatch):
    monkeypatch.setattr(rehearsal, "MOST_REHEARSED", 100)
    assert not size_of(small(turns=(Rounds(3), ANSWERED), surveys=())).known
    poisson = Poisson(rate=4.0, until=100.0)
    assert size_of(small(turns=poisson, surveys=())).turns == pytest.approx(2 * 6 * 400)
