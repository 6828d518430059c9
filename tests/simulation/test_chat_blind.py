"""Blind talks: what is shown does not tell who is who, before the end and not by its order."""

import json

import pytest

from personas.errors import InputError
from simulation.chat.conversation import Conversation
from simulation.chat.desk import Desk, read_chat
from simulation.chat.rating import Rating
from simulation.chat.record import ChatRecord
from simulation.chat.rerating import copy_for_rating, spec_for_rating
from simulation.chat.spec import ChatSpec
from simulation.chat.transcript import export_chat

from .chats import close, closing_talks, talk_in  # noqa: F401

pytestmark = pytest.mark.usefixtures("closing_talks")
PAIR = ("rosa", "ilse")


def neutral(request) -> str:
    """Tells nothing by its words; two seats say different things under one seed."""
    return f"I say {request.seed}."


def secrets_of(talk: Conversation) -> list[str]:
    """Everything that would tell who sits there."""
    told = [(s.cast, s.label, s.persona, s.adapter, s.system) for s in talk.sitting]
    return [str(word) for row in told for word in row]


async def test_nothing_that_is_shown_tells_who_it_is(tmp_path):
    talk = talk_in(tmp_path, *PAIR, speak=neutral, blind=True, seed=5)
    hidden = secrets_of(talk)
    seen = [repr(talk.names)]
    for question in ("Tea?", "Why?"):
        seen += map(repr, await talk.ask(question))
    seen.append(export_chat(tmp_path, tmp_path / "out.txt").read_text())
    seen.append(export_chat(tmp_path, tmp_path / "out.jsonl").read_text())
    assert not [word for word in hidden if word in "\n".join(seen)]
    assert talk.names == ["A", "B"]
    with pytest.raises(InputError, match="blind until it has ended"):
        talk.desk.view.who_was_who(talk.talk)


async def test_a_letter_is_the_same_persona_through_the_talk_and_places_change(tmp_path):
    talk = talk_in(tmp_path, *PAIR, speak=neutral, blind=True, seed=1)
    orders, worn = set(), {}
    for turn in range(24):
        shown = await talk.ask(f"Question {turn}?")
        orders.add(tuple(one.name for one in shown))
        for one in shown:
            answer = talk.desk.view.answer_of(one)
            worn.setdefault(one.name, set()).add(answer.seat)
    assert orders == {("A", "B"), ("B", "A")}
    assert sorted(map(len, worn.values())) == [1, 1]
    assert worn["A"] != worn["B"]


async def test_letters_and_places_are_even_over_seeds_and_independent(tmp_path):
    counts = {}
    for seed in range(100):
        talk = talk_in(tmp_path / str(seed), *PAIR, speak=neutral, blind=True, seed=seed)
        shown = await talk.ask("Tea?")
        letter = talk.sitting[0].letter
        counts[letter, shown[0].name] = counts.get((letter, shown[0].name), 0) + 1
        close(talk)
    # Four even cells of 100: one beyond 25 +- 17 has probability below 1e-4 (normal, sd 4.3).
    assert len(counts) == 4
    assert all(8 <= count <= 42 for count in counts.values()), counts


async def test_the_end_tells_who_was_who_and_the_next_talk_is_drawn_anew(tmp_path):
    letters = set()
    talk = talk_in(tmp_path, *PAIR, speak=neutral, blind=True, seed=2)
    for _ in range(20):
        await talk.ask("Tea?")
        truth = {one.letter: one.cast for one in talk.sitting}
        letters.add(truth["A"])
        told = talk.anew()
        assert [line.split()[0] for line in told] == ["A", "B"]
        assert all(f"({truth[line[0]]})" in line for line in told)
    assert letters == set(PAIR)


async def test_neither_can_be_switched_while_it_is_blind(tmp_path):
    talk = talk_in(tmp_path, *PAIR, blind=True)
    for wish in (
        lambda: talk.switch("base"), lambda: talk.stage("early"),
        lambda: talk.join("base"), talk.part,
    ):  # fmt: skip
        with pytest.raises(InputError, match="a blind talk keeps its two personas"):
            wish()
    with pytest.raises(InputError, match="blind needs two personas"):
        ChatSpec(("rosa",), blind=True)


async def test_a_rating_belongs_to_the_answer_at_that_place(tmp_path):
    talk = talk_in(tmp_path, *PAIR, speak=neutral, blind=True, seed=1)
    for turn in range(8):
        for shown in await talk.ask(f"Question {turn}?"):
            talk.desk.rate(shown, Rating(1 if shown.name == "A" else 5))
    seat_of_a = next(one.seat for one in talk.sitting if one.letter == "A")
    for turn in talk.turns:
        for seat, answer in turn.answers.items():
            assert answer.rating == Rating(1 if seat == seat_of_a else 5)


async def test_the_same_persona_twice_is_a_control_that_differs_by_chance_alone(tmp_path):
    talk = talk_in(tmp_path, "rosa", "rosa", speak=neutral, blind=True)
    first, second = await talk.ask("Tea?")
    assert first.text != second.text


async def test_another_rater_gets_the_same_answers_in_another_order_without_ratings(tmp_path):
    talk = talk_in(tmp_path / "ada", *PAIR, speak=neutral, blind=True, seed=1)
    for turn in range(12):
        for shown in await talk.ask(f"Question {turn}?"):
            talk.desk.rate(shown, Rating(3, 3, 3))
    first = talk.talk.id
    talk.end()
    close(talk)
    manifest, source = read_chat(tmp_path / "ada")
    orders = set()
    for seed in range(12):
        folder = tmp_path / f"ben-{seed}"
        spec = spec_for_rating(manifest, tmp_path / "ada", "ben", seed)
        record = ChatRecord(folder, {"spec": json.loads(json.dumps(spec.as_json()))})
        copy_for_rating(record, source, seed)
        desk = Desk(record)
        assert desk.view.talks[0].id == first
        waiting = [one for _, shown in desk.view.unrated() for one in shown]
        assert len(waiting) == 24
        assert {one.name for one in waiting} == {"A", "B"}
        answers = {desk.view.answer_of(one).name: one.text for one in waiting}
        assert answers == {a.name: a.text for t in source.turns for a in t.answers.values()}
        orders.add((desk.view.seatings[0].letter, tuple(one.name for one in waiting)))
        record.close()
    assert len(orders) > 6
    assert len({letter for letter, _ in orders}) == 2


def test_a_chat_without_answers_cannot_be_rated_again(tmp_path):
    close(talk_in(tmp_path / "ada", *PAIR))
    _, source = read_chat(tmp_path / "ada")
    record = ChatRecord(tmp_path / "ben", {})
    with pytest.raises(InputError, match="holds no answer yet"):
        copy_for_rating(record, source, 0)
    record.close()
