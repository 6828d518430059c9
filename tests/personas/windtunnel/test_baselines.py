"""The baselines against counts by hand on corpora of a few lines."""

import math
import random

import pytest

from personas.windtunnel.baselines import Majority, NGram
from personas.windtunnel.document import Document
from personas.windtunnel.people import random_person
from personas.windtunnel.probe_verdicts import Question, tally
from personas.windtunnel.script import Sample, Truth
from personas.windtunnel.speech import Meaning, Said

NOTHING = Document(())
END = 9


def learnt(*conversations: list[int], order: int = 3) -> NGram:
    """A model that has read some conversations in which all but the first token is said."""
    model = NGram(order)
    for ids in conversations:
        model.learn(ids, [False] + [True] * (len(ids) - 1))
    return model


def test_what_follows_is_counted_after_the_longest_context_seen():
    model = learnt([1, 2, 3], [1, 2, 3], [1, 2, 4], [5, 2, 4])
    assert model.following([1, 2]) == pytest.approx({3: 2 / 3, 4: 1 / 3})
    assert model.following([5, 2]) == {4: 1.0}


def test_an_unseen_context_backs_off_to_a_shorter_one_and_at_last_to_none():
    model = learnt([1, 2, 3], [1, 2, 3], [5, 2, 4])
    assert model.following([7, 2]) == pytest.approx({3: 2 / 3, 4: 1 / 3})
    assert model.following([7, 8]) == pytest.approx({2: 3 / 6, 3: 2 / 6, 4: 1 / 6})
    assert NGram().following([7, 8]) == {}


def test_only_what_the_assistant_says_is_learnt():
    model = NGram(3)
    model.learn([1, 2, 3, 4], [False, False, False, True])
    assert model.following([1]) == {4: 1.0}


def test_it_goes_on_to_the_end_or_to_the_limit():
    model = learnt([1, 2, 3, END])
    assert model.continuation([1], END) == [2, 3]
    loop = learnt([1, 2, 1, 2, 1, 2])
    assert loop.continuation([1], END, max_tokens=5) == [2, 1, 2, 1, 2]
    assert NGram().continuation([1], END) == []


def sample(*answers: tuple[str, Meaning]) -> Sample:
    """A sample with these families and true answers."""
    truths = tuple(Truth(family, Said("", meaning)) for family, meaning in answers)
    return Sample(NOTHING, "drill", random_person(random.Random(0)), truths)


def job(name: str) -> Meaning:
    return Meaning(facts=(("job", name),))


def test_the_majority_is_the_most_frequent_right_answer():
    majority = Majority(
        [
            sample(("job", job("baker")), ("job", job("nurse")), ("rating", Meaning(rating=4))),
            sample(("job", job("baker")), ("talk", Meaning(stance=1)), ("job", Meaning())),
        ]
    )
    assert majority.answers == {"job": "baker", "rating": 4}
    asked = [
        Question("job", NOTHING, job("baker")),
        Question("job", NOTHING, job("judge")),
        Question("rating", NOTHING, Meaning(rating=4)),
        Question("age", NOTHING, Meaning(facts=(("age", "41"),))),
    ]
    assert tally(majority.verdicts(asked)) == {"job": [1.0, 0.0], "rating": [1.0]}


def test_the_majoritys_stance_does_not_depend_on_the_proposal():
    majority = Majority(
        [sample(("stance", Meaning(proposal="bike lanes", stance=-2))) for _ in range(2)]
        + [sample(("stance", Meaning(proposal="free ferry", stance=1)))]
    )
    asked = [
        Question("stance", NOTHING, Meaning(proposal="free ferry", stance=-1), "free ferry"),
        Question("stance", NOTHING, Meaning(proposal="free ferry", stance=-2), "free ferry"),
    ]
    found = tally(majority.verdicts(asked))
    assert found == {"stance_exact": [0.0, 1.0], "stance_sign": [1.0, 1.0]}


def test_a_favourite_letter_is_right_in_one_order_and_wrong_in_the_other():
    majority = Majority([sample(("letter", Meaning(letter="A")))])
    both = [
        Question("letter", NOTHING, Meaning(stance=2), reverse=reverse) for reverse in (False, True)
    ]
    assert tally(majority.verdicts(both)) == {"letter_exact": [1.0, 0.0]}


def test_probabilities_add_up_to_one():
    model = learnt([1, 2, 3], [1, 2, 4], [5, 2, 4], order=2)
    for context in ([1], [2], [5], [8]):
        assert math.fsum(model.following(context).values()) == pytest.approx(1)
