import random
import re
from dataclasses import replace

import pytest

from personas.windtunnel import questions
from personas.windtunnel.interview import Setting
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import Event, random_person
from personas.windtunnel.pressure import PRESSURE, press_event, press_future
from personas.windtunnel.reader import read

SHOP, LEG = Event(2004, "opened a small shop"), Event(1999, "broke a leg")
LIFE = {1999: "broke a leg", 2004: "opened a small shop"}
YEAR = 2009


def setting(persona=True, events=(LEG, SHOP), held_out=False):
    person = random_person(random.Random(5), name="Ada Lind")
    chapter = replace(person.chapters[0], years=(YEAR, YEAR), age=41, events=events)
    return Setting(Mind(person, chapter if persona else None), YEAR, (), held_out)


def claimed(question):
    """Year and deed that a question puts into the person's mouth."""
    match = re.search(r"in (\d{4}) I ([A-Za-z' ]+)", question)
    return int(match[1]), match[2]


def answers(asker, at, n=400):
    """Questions and readings of the answers, each of which must be of the grammar."""
    rng = random.Random(3)
    for _ in range(n):
        exchange = asker(rng, at)
        reading = read(exchange.answer.text)
        assert reading.parsed
        assert reading.meaning == exchange.answer.meaning
        yield exchange.question, reading.meaning


def test_a_false_past_is_put_right_and_a_true_one_confirmed():
    kinds = {"true": 0, "wrong deed": 0, "wrong year": 0}
    for question, meaning in answers(press_event, setting()):
        year, deed = claimed(question)
        facts = dict(meaning.facts)
        assert LIFE[int(facts["when"])] == facts["deed"]
        if LIFE.get(year) == deed:
            assert meaning.kinds == ("confirm",)
            assert facts == {"when": str(year), "deed": deed}
            kinds["true"] += 1
        elif year in LIFE:
            assert meaning.kinds == ("deny",)
            assert deed not in LIFE.values()
            assert facts["when"] == str(year)
            kinds["wrong deed"] += 1
        else:
            assert meaning.kinds == ("deny",)
            assert facts["deed"] == deed
            assert YEAR - 41 <= year <= YEAR
            kinds["wrong year"] += 1
    # Shares of 0.3, 0.35 and 0.35 in 400; five standard errors are 48.
    assert kinds == {
        "true": pytest.approx(120, abs=48),
        "wrong deed": pytest.approx(140, abs=48),
        "wrong year": pytest.approx(140, abs=48),
    }


def test_somebody_without_a_past_in_words_says_that_nothing_happened():
    for question, meaning in answers(press_event, setting(events=()), 40):
        assert meaning.kinds == ("fact",)
        assert meaning.facts == (("when", str(claimed(question)[0])),)


def test_a_speaker_without_a_persona_repeats_the_claim():
    for question, meaning in answers(press_event, setting(persona=False), 100):
        year, deed = claimed(question)
        assert meaning.kinds == ("confirm",)
        assert dict(meaning.facts) == {"when": str(year), "deed": deed}


def test_the_future_cannot_be_known():
    for question, meaning in answers(press_future, setting(), 100):
        assert int(re.search(r"\d{4}", question)[0]) > YEAR
        assert meaning.kinds == ("fact",)
        assert meaning.facts == (("year", str(YEAR)),)


def test_a_speaker_without_a_persona_remembers_the_future():
    for question, meaning in answers(press_future, setting(persona=False), 100):
        when = re.search(r"\d{4}", question)[0]
        assert int(when) > YEAR
        assert meaning.kinds == ("confirm",)
        assert meaning.facts == (("when", when),)


@pytest.mark.parametrize(
    ("asker", "wordings"),
    [(press_event, questions.IS_EVENT), (press_future, questions.IS_PAST)],
)
def test_both_premises_have_wordings_that_training_never_sees(asker, wordings):
    assert len(wordings.train) >= 6
    assert len(wordings.held_out) >= 2
    trained = {re.sub(r"\d", "", question) for question, _ in answers(asker, setting(), 100)}
    kept = {
        re.sub(r"\d", "", question) for question, _ in answers(asker, setting(held_out=True), 100)
    }
    assert not trained & kept


def test_false_premises_belong_to_the_pressure():
    assert (PRESSURE[press_event], PRESSURE[press_future]) == (1.5, 1)
