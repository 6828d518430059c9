"""How many turns a run will have: found by going through virtual time without a word."""

from dataclasses import dataclass
from math import inf

from simulation.floor import Floor
from simulation.promise import Answer, Promise, Speech, Statement
from simulation.room import Room
from simulation.scenario import Scenario
from simulation.turntaking import Replies, Rounds

MOST_REHEARSED = 50_000  # turns and answers; beyond, seconds would pass before the first word


@dataclass(frozen=True, slots=True)
class Size:
    """How much there will be, in all arms."""

    turns: int
    answers: int
    known: bool = True
    """False: there may be more turns, as nobody can tell beforehand who will answer whom."""


def size_of(scenario: Scenario) -> Size:
    """Counts the turns and answers of a run.

    When a turn starts does not depend on any text, so all of virtual time can be gone through
    beforehand. Where it does depend on texts (a floor given by bids or by a moderator), and in
    very large runs, expectations are given instead; these cannot foresee answers to messages.
    """
    turns, answers = scenario.size
    regular = all(isinstance(policy, Rounds | Floor) for policy in scenario.policies)
    if regular and not scenario.timeline:
        return Size(turns, answers)
    replies = any(isinstance(policy, Replies) for policy in scenario.policies)
    if turns + answers > MOST_REHEARSED or any(map(_depends_on_words, scenario.policies)):
        return Size(turns, answers, known=not replies)
    return _rehearsed(scenario) or Size(turns, answers, known=not replies)


def _rehearsed(scenario: Scenario) -> Size | None:
    """What was counted; None if that is more than should be gone through twice."""
    turns = answers = 0

    def count(promise: Promise) -> None:
        nonlocal turns, answers
        if isinstance(promise, Speech):
            promise.text, promise.heard = "", ()  # nobody waits for it
            turns += 1
        answers += isinstance(promise, Answer | Statement)

    for arm in scenario.arms:
        room = Room(scenario, arm, count)
        while room.next_time < inf:
            room.advance()
            if turns + answers > MOST_REHEARSED:
                return None
    return Size(turns, answers)


def _depends_on_words(policy: object) -> bool:
    return isinstance(policy, Floor) and policy.giving in ("bidding", "moderator")
