"""Replies in a file: what was asked once is never asked again."""

import asyncio

import pytest

from agents.engines.kept import KeepingEngine, ReplyFile
from agents.engines.scripted import ScriptedEngine
from personas.errors import InputError
from personas.model import Control, Reply, Request, Scores, Spoken


def request(text="?", seed=0):
    return Request((Control("user"), Spoken(text), Control("assistant")), seed=seed)


def counting(asked):
    def speak(one):
        asked.append(one.seed)
        return f"said {one.seed}"

    return ScriptedEngine(speak)


async def test_a_second_sitting_asks_for_nothing_that_is_known(tmp_path):
    path, asked = tmp_path / "replies.jsonl", []
    with ReplyFile(path) as file:
        engine = KeepingEngine(counting(asked), file)
        first = [await engine.generate(request(seed=n)) for n in range(3)]
        scores = await engine.score(request(), ("A", "B"))
    with ReplyFile(path) as file:
        engine = KeepingEngine(counting(asked), file)
        again = [await engine.generate(request(seed=n)) for n in range(4)]
        assert await engine.score(request(), ("A", "B")) == scores
        assert (len(file), next(iter(file)) in file) == (5, True)
    assert again[:3] == first
    assert asked == [0, 1, 2, 3]


async def test_the_same_request_twice_at_once_is_asked_and_kept_once(tmp_path):
    asked = []
    with ReplyFile(tmp_path / "replies.jsonl") as file:
        engine = KeepingEngine(
            ScriptedEngine(lambda one: asked.append(1) or "x", latency=lambda one: 0.01), file
        )
        await asyncio.gather(*(engine.generate(request()) for _ in range(5)))
    assert asked == [1]
    assert len((tmp_path / "replies.jsonl").read_text().splitlines()) == 1


def test_words_and_scores_come_back_as_they_were(tmp_path):
    path = tmp_path / "replies.jsonl"
    replies = {"a": Reply("x\nÄ \ud800", "length", 3, 4), "b": Scores((-0.5, -2.0), 7),
               "c": Reply("", "stop", 1, 0)}  # fmt: skip
    with ReplyFile(path) as file:
        for key, reply in replies.items():
            file.keep(key, reply)
            file.keep(key, Reply("another"))
    with ReplyFile(path) as file:
        assert dict(file) == replies


async def test_a_torn_line_is_asked_for_again(tmp_path):
    path, asked = tmp_path / "replies.jsonl", []
    with ReplyFile(path) as file:
        engine = KeepingEngine(counting(asked), file)
        for n in range(2):
            await engine.generate(request(seed=n))
    path.write_bytes(path.read_bytes()[:-5])
    with ReplyFile(path) as file:
        await KeepingEngine(counting(asked), file).generate(request(seed=1))
        assert len(file) == 2
    assert asked == [0, 1, 1]


def test_one_process_writes_at_a_time(tmp_path):
    with (
        ReplyFile(tmp_path / "replies.jsonl"),
        pytest.raises(InputError, match="in use by another process"),
    ):
        ReplyFile(tmp_path / "replies.jsonl")
