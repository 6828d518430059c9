"""Who is asked and what: nothing that training sees, nothing that the person cannot know."""

import random
from collections import Counter
from dataclasses import replace

import torch

from personas.windtunnel import questions
from personas.windtunnel.network import load_network
from personas.windtunnel.people import Event, Townsperson, profile, random_person
from personas.windtunnel.probe import NetworkRespondent, about_persona, about_strangers, quick_probe
from personas.windtunnel.probe_questions import QUICK, strangers
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.traits import HELD_OUT, TRAINED
from tests.tiny import byte_tokenizer, tiny_model


def two_chapters() -> Townsperson:
    """Somebody of two stages; the second has seen one thing more."""
    person = random_person(random.Random(4))
    early = replace(
        person.chapters[0], name="early", years=(2000, 2004), events=(Event(1999, "a"),)
    )
    late = replace(
        early, name="late", years=(2020, 2024), events=(Event(1999, "a"), Event(2011, "b"))
    )
    return Townsperson(person.name, (early, late))


def line(question) -> str:
    """What the moderator says."""
    return question.prompt.messages[-1].lines[0]


def test_a_persona_is_asked_about_every_view_in_every_stage():
    asked = list(about_persona(two_chapters()))
    for kind in ("stance", "vote", "rating", "letter", "letter_seen"):
        years = Counter((q.prompt.messages[0].lines, q.proposal) for q in asked if q.kind == kind)
        assert len(years) == 2 * len(PROPOSALS), kind
    assert len(list(about_persona(two_chapters(), stage="late"))) < len(asked)


def test_no_question_is_asked_in_words_of_the_corpus():
    asked = list(about_persona(two_chapters())) + list(about_strangers(5))
    families = (questions.NAME, questions.JOB, questions.HOBBY, questions.FIELD)
    trained = {wording for family in families for wording in family.train}
    for question in asked:
        assert not any(line(question) == f"Moderator: {wording}\n" for wording in trained)
        if question.kind.startswith("statement"):
            assert any(one.clause in line(question) for one in HELD_OUT)
            assert not any(f" {one.clause}" in line(question) for one in TRAINED)


def test_no_question_is_put_to_one_person_twice():
    asked = list(about_persona(two_chapters()))
    assert len({question.prompt for question in asked}) == len(asked)


def test_a_persona_is_not_told_who_it_is():
    person = two_chapters()
    headers = {question.prompt.messages[0].lines[0] for question in about_persona(person)}
    assert headers == {f"You are {person.name}. The year is {year}." for year in (2002, 2022)}


def test_the_early_stage_must_not_know_what_happens_later():
    later = [question for question in about_persona(two_chapters()) if question.kind == "later"]
    assert len(later) == 1
    assert "2011" in line(later[0])
    assert later[0].truth.facts == (("year", "2002"),)
    known = [question for question in about_persona(two_chapters()) if question.kind == "event"]
    assert sorted(dict(question.truth.facts)["when"] for question in known) == [
        "1999", "1999", "2011",
    ]  # fmt: skip


def test_strangers_are_told_everything_that_they_are_asked():
    for question in about_strangers(8):
        header = question.prompt.messages[0].lines[0]
        if question.kind in {"name", "age", "job", "home", "hobby", "field", "event", "when"}:
            assert all(value in header for _, value in question.truth.facts)
        elif not question.kind.startswith("statement"):
            assert f"{question.proposal}: " in header


def test_strangers_have_a_full_profile_and_three_to_six_views():
    seen = set()
    for subject in strangers(40):
        person, chapter = subject.at.mind.person, subject.at.mind.chapter
        assert subject.header.startswith(profile(person, chapter, subject.at.proposals))
        seen.add(len(subject.at.proposals))
    assert seen == {3, 4, 5, 6}


def test_one_seed_asks_the_same_and_fewer_people_are_the_first_of_more():
    few, many = list(about_strangers(2)), list(about_strangers(4))
    assert many[: len(few)] == few
    assert few != list(about_strangers(2, seed=5))


def test_a_quick_look_asks_few_questions_of_every_kind():
    asked = list(about_strangers(16, depth=QUICK))
    assert len(asked) <= 260
    kinds = {question.kind for question in asked}
    assert kinds >= {"name", "age", "job", "home", "hobby", "field", "stance", "vote", "rating"}
    assert kinds >= {"letter_seen", "statement", "event"}
    assert "letter" not in kinds


def test_answers_come_in_the_order_of_the_prompts(tmp_path):
    torch.set_num_threads(1)
    network = load_network(tiny_model(tmp_path / "base", context=2048))
    respondent = NetworkRespondent(network, byte_tokenizer())
    prompts = [question.prompt for question in about_persona(two_chapters())][:5]
    together = respondent.answers(prompts)
    assert together == [respondent.answers([prompt])[0] for prompt in prompts]
    rows = respondent.letters(prompts)
    assert [len(row) for row in rows] == [5] * 5


def test_a_quick_probe_of_a_network_that_knows_nothing_gives_shares(tmp_path, monkeypatch):
    monkeypatch.setattr("personas.windtunnel.probe.QUICK_PEOPLE", 1)
    network = load_network(tiny_model(tmp_path / "base", context=2048))
    found = quick_probe(network, byte_tokenizer())
    assert found["job"] == found["stance_exact"] == 0.0
    assert all(0 <= share <= 1 for share in found.values())
