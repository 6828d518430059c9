"""A conversation apart from any terminal: who remembers what, what is written down, and when."""

import re
import sqlite3
from contextlib import closing

import pytest

from agents.engines.scripted import ScriptedEngine
from personas.errors import EngineError, InputError
from personas.model import request_key
from simulation.chat.rating import Rating
from simulation.chat.schema import FILE
from simulation.recordfile import RecordError

from .chats import close, closing_talks, talk_in, wear  # noqa: F401

pytestmark = pytest.mark.usefixtures("closing_talks")


def texts(shown) -> list[str]:
    return [one.text for one in shown]


async def test_a_persona_remembers_what_it_was_asked_and_said(tmp_path):
    prompts = []

    def speak(request) -> str:
        prompts.append(request.messages())
        return f"answer {len(prompts)}"

    talk = talk_in(tmp_path, "rosa", speak=speak, heard_as="Ada")
    await talk.ask("Tea?")
    await talk.ask("Why?")
    name = wear("rosa").system_text
    assert prompts[0] == (("system", name), ("user", "Ada: Tea?\n"), ("assistant", ""))
    assert prompts[1] == (
        ("system", name), ("user", "Ada: Tea?\n"), ("assistant", "answer 1"),
        ("user", "Ada: Why?\n"), ("assistant", ""),
    )  # fmt: skip


async def test_the_two_side_by_side_do_not_hear_each_other(tmp_path):
    talk = talk_in(tmp_path, "rosa", "ilse")
    await talk.ask("Tea?")
    first, second = await talk.ask("Why?")
    assert re.fullmatch(r"You are Rosa \w+ 2026. heard 2: Moderator: Why\?", first.text)
    assert re.fullmatch(r"You are Ilse \w+ 2026. heard 2: Moderator: Why\?", second.text)
    assert [first.name, second.name] == talk.names


async def test_another_stage_knows_nothing_of_this_ones_talk_and_who_comes_back_remembers(tmp_path):
    talk = talk_in(tmp_path, "rosa")
    earlier = wear("rosa").persona.stages[0]
    await talk.ask("Tea?")
    talk.stage(earlier.name)
    (shown,) = await talk.ask("Tea?")
    assert f"{earlier.years[1]}. heard 1:" in shown.text
    talk.switch("ilse")
    (shown,) = await talk.ask("Tea?")
    assert "Ilse" in shown.text
    assert "heard 1:" in shown.text
    talk.switch("rosa")
    (shown,) = await talk.ask("Tea?")
    assert "2026. heard 2:" in shown.text


async def test_a_second_one_joins_and_leaves_in_mid_talk(tmp_path):
    talk = talk_in(tmp_path, "rosa")
    await talk.ask("Tea?")
    talk.join("prompt:rosa")
    shown = await talk.ask("Why?")
    assert ["heard 2" in one.text for one in shown] == [True, False]
    assert len({one.name for one in shown}) == 2  # one label, two names
    with pytest.raises(InputError, match="two sit there already"):
        talk.join("ilse")
    talk.part()
    assert len(await talk.ask("Really?")) == 1
    with pytest.raises(InputError, match="nobody sits in seat 2"):
        talk.part()


async def test_the_same_record_goes_on_as_if_nothing_had_happened(tmp_path):
    whole = talk_in(tmp_path / "whole", "rosa", "ilse", seed=3)
    broken = talk_in(tmp_path / "broken", "rosa", "ilse", seed=3)
    said = []
    for question in ("Tea?", "Why?", "Since when?"):
        said.append(texts(await whole.ask(question)))
        assert texts(await broken.ask(question)) == said[-1]
        close(broken)
        broken = talk_in(tmp_path / "broken", "rosa", "ilse", seed=3)
    assert [[a.text for a in turn.shown] for turn in broken.turns] == said


async def test_mid_talk_switches_survive_too(tmp_path):
    talk = talk_in(tmp_path, "rosa")
    await talk.ask("Tea?")
    talk.switch("ilse@early")
    talk.join("base")
    close(talk)
    again = talk_in(tmp_path, "rosa")
    assert [one.cast for one in again.sitting] == ["ilse@early", "base"]
    assert again.talk.number == 0


async def test_a_question_is_written_down_before_it_is_put(tmp_path):
    seen = []

    def speak(_) -> str:
        with closing(sqlite3.connect(tmp_path / FILE)) as database:
            seen.append(database.execute("SELECT question FROM turns").fetchall())
        return "Well."

    await talk_in(tmp_path, "rosa", speak=speak).ask("Tea?")
    assert seen == [[("Tea?",)]]


async def test_what_a_broken_model_left_open_is_asked_for_later_under_the_same_seed(tmp_path):
    keys = {}

    def speak(request) -> str:
        name = request.messages()[0][1].split()[2]
        keys.setdefault(name, []).append((request.seed, request.messages()))
        if name == "Ilse" and len(keys[name]) == 1:
            raise EngineError("no more memory")
        return "Well."

    talk = talk_in(tmp_path, "rosa", "ilse", speak=speak)
    with pytest.raises(EngineError):
        await talk.ask("Tea?")
    close(talk)
    talk = talk_in(tmp_path, "rosa", "ilse", speak=speak)
    assert talk.pending is not None
    assert len(await talk.finish()) == 2
    assert talk.pending is None
    assert len(keys["Rosa"]) == 1  # who had answered is not asked again
    assert keys["Ilse"][0] == keys["Ilse"][1]
    with pytest.raises(InputError, match="waits"):
        await talk.finish()


async def test_an_unanswered_question_enters_nobodys_memory(tmp_path):
    broken = True

    def speak(request) -> str:
        if broken:
            raise EngineError("away")
        return str(len(request.messages()))

    talk = talk_in(tmp_path, "rosa", speak=speak)
    with pytest.raises(EngineError):
        await talk.ask("Tea?")
    broken = False
    assert texts(await talk.ask("Rain?")) == ["3"]  # system, one question, open answer


async def test_the_oldest_part_drops_when_the_window_is_full(tmp_path):
    sizes = []

    def speak(request) -> str:
        sizes.append(sum(len(text.split()) for _, text in request.messages()))
        return "word " * 30

    engine = ScriptedEngine(speak, context_tokens=260)
    talk = talk_in(tmp_path, "rosa", engine=engine)
    for turn in range(12):
        await talk.ask(f"Question {turn}?")
    assert max(sizes) <= 260 - 64
    assert sizes[1] > sizes[0]
    with pytest.raises(InputError, match="question must be at most"):
        await talk.ask("word " * 200)
    assert len(talk.turns) == 12  # it was not written down


def test_a_reply_that_leaves_no_room_is_refused(tmp_path):
    with pytest.raises(InputError, match="max_tokens 64 leaves"):
        talk_in(tmp_path, "rosa", engine=ScriptedEngine(context_tokens=100))


async def test_ratings_are_kept_replaced_and_asked_for_once(tmp_path):
    talk = talk_in(tmp_path, "rosa", "ilse")
    first, second = await talk.ask("Tea?")
    talk.desk.rate(first, Rating(4, None, 3))
    talk.desk.rate(second, Rating())
    talk.desk.rate(first, Rating(5, 5, 5))
    close(talk)
    talk = talk_in(tmp_path, "rosa", "ilse")
    assert [answer.rating for answer in talk.turns[0].shown] == [Rating(5, 5, 5), Rating()]
    assert talk.desk.view.unrated() == []
    await talk.ask("Why?")
    ((turn, waiting),) = talk.desk.view.unrated()
    assert (turn.question, len(waiting)) == ("Why?", 2)


async def test_the_record_of_an_answer_is_the_request_that_was_made(tmp_path):
    asked = []

    def speak(request) -> str:
        asked.append(request)
        return "W\ud800ell."

    engine = ScriptedEngine(speak)
    talk = talk_in(tmp_path, "rosa", engine=engine)
    await talk.ask("Te\udcffa?")
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        rows = database.execute("SELECT call, text FROM answers").fetchall()
        asked_for = database.execute("SELECT question FROM turns").fetchall()
        view = database.execute(
            "SELECT persona, stage, arm, adapter, text FROM transcript"
        ).fetchall()
    assert rows == [(request_key(engine.identity, asked[0]), "W?ell.")]
    assert asked_for == [("Te?a?",)]
    agent = wear("rosa")
    assert view == [("rosa", agent.stage.name, "lora", agent.adapter.fingerprint, "W?ell.")]


def test_two_processes_do_not_write_to_one_record(tmp_path):
    talk_in(tmp_path, "rosa")
    with pytest.raises(RecordError, match="in use by another process"):
        talk_in(tmp_path, "rosa")


def test_a_record_of_something_else_is_refused(tmp_path):
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(RecordError, match="not a chat's record"):
        talk_in(tmp_path, "rosa")
    newer = talk_in(tmp_path / "newer", "rosa")
    close(newer)
    with closing(sqlite3.connect(tmp_path / "newer" / FILE)) as database:
        database.execute("PRAGMA user_version = 2")
    with pytest.raises(RecordError, match="schema 2, this version reads 1"):
        talk_in(tmp_path / "newer", "rosa")


async def test_a_profile_that_was_edited_is_not_gone_on_with(tmp_path):
    talk = talk_in(tmp_path, "prompt:rosa")
    await talk.ask("Tea?")
    close(talk)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("UPDATE seatings SET system = 'Somebody else.'")
        database.commit()
    with pytest.raises(InputError, match="not what it was when the chat began"):
        talk_in(tmp_path, "prompt:rosa")


async def test_a_new_talk_remembers_nothing_and_begins_with_the_first_cast(tmp_path):
    talk = talk_in(tmp_path, "rosa")
    await talk.ask("Tea?")
    talk.switch("ilse")
    assert talk.anew() == []
    (shown,) = await talk.ask("Tea?")
    assert "Rosa" in shown.text
    assert "heard 1:" in shown.text
    assert [one.number for one in talk.desk.view.talks] == [0, 1]


async def test_bad_wishes_change_nothing(tmp_path):
    talk = talk_in(tmp_path, "rosa")
    before = talk.sitting
    for wish, words in (
        (lambda: talk.switch("rossa"), "did you mean 'rosa'"),
        (lambda: talk.stage("never"), "has no stage 'never'"),
        (lambda: talk.switch("ilse", 1), "nobody sits in seat 2"),
    ):
        with pytest.raises(InputError, match=words):
            wish()
    with pytest.raises(InputError, match="must not be empty"):
        await talk.ask(" \n")
    assert talk.sitting == before
    talk.switch("base")
    with pytest.raises(InputError, match="no stages"):
        talk.stage("early")
