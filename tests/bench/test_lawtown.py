"""Talks by the law: nobody moves without a reason, and openness is found again."""

import pytest
from scipy import stats

from bench.lawtown import circle, talk, talks, townspeople
from personas.windtunnel.proposals import PROPOSALS
from simulation.analysis.dynamics import susceptibilities
from simulation.analysis.transitions import meetings


def moves(opinions):
    wide = opinions.pivot(index="agent", columns="wave", values="opinion")
    return wide.diff(axis=1).iloc[:, 1:]


def test_nobody_moves_without_hearing_anybody():
    people = townspeople(6, 1)
    still = talk(people, circle(list(people), 1), PROPOSALS[0], 4, 1, deaf=True)
    assert (moves(still) == 0).all().all()


def test_moves_are_single_notches_and_the_closed_never_move():
    people = townspeople(20, 2)
    moved = moves(talk(people, circle(list(people), 2), PROPOSALS[0], 6, 2))
    assert set(moved.abs().stack().unique()) <= {0.0, 0.5}
    closed = [key for key, mind in people.items() if mind.openness == 0]
    assert closed
    assert (moved.loc[closed] == 0).all().all()
    assert moved.abs().to_numpy().sum() > 0
    assert people["a000"].stances == {}  # the people handed over stay as they were


@pytest.mark.slow
@pytest.mark.parametrize("graph", ["small-world", "complete"])
def test_openness_of_a_hundred_is_found_again_from_eight_topics(graph):
    people = townspeople(100, 1)
    ties = circle(list(people), 1, graph)
    fitted = susceptibilities(meetings(talks(people, ties, 8, 1, topics=8), ties))
    truth = fitted["agent"].map({key: mind.openness for key, mind in people.items()})
    assert stats.spearmanr(fitted["susceptibility"], truth).statistic >= 0.8
