"""Learning goes from copying through looking up to the town, and all of it can be read."""

import random
import re
from itertools import islice

import pytest

from personas.windtunnel.curriculum import (
    BRIEF_SHARDS,
    DRILL_SHARDS,
    ECHO_SHARDS,
    curriculum,
)
from personas.windtunnel.document import Document
from personas.windtunnel.drill import MOST_PARTS
from personas.windtunnel.reader import read

FIRST_BRIEF = ECHO_SHARDS
LAST_BRIEF = ECHO_SHARDS + BRIEF_SHARDS - 1
FIRST_DRILL = LAST_BRIEF + 1
FIRST_TOWN = ECHO_SHARDS + BRIEF_SHARDS + DRILL_SHARDS
EVERY_STAGE = (0, FIRST_BRIEF, LAST_BRIEF, FIRST_DRILL, FIRST_TOWN - 1, FIRST_TOWN, 1000)
COUNT = 400


def shard(number: int) -> list[Document]:
    """Documents of one shard."""
    return list(islice(curriculum(random.Random(number), number), COUNT))


def answers(document: Document) -> list[str]:
    """What the assistant says."""
    return [m.lines[0] for m in document.messages if m.role == "assistant"]


def kind(document: Document) -> str:
    """Which writer a document is of, by its looks."""
    first = document.messages[0]
    if first.role == "user":
        return "echo"
    if "The year is" not in first.lines[0]:
        return "catalogue"
    if any(len(message.lines) > 1 for message in document.messages):
        return "talk"
    letters = sum(bool(re.fullmatch("[A-E]", answer)) for answer in answers(document))
    if first.lines[0].startswith("You are") and letters == 6:
        return "letters"
    return "questions"


def kinds(number: int) -> dict[str, float]:
    """Share of each kind in a shard."""
    found = [kind(document) for document in shard(number)]
    return {name: found.count(name) / COUNT for name in sorted(set(found))}


def parts(document: Document) -> int:
    """How many parts a header tells."""
    return document.messages[0].lines[0].count(". ")


@pytest.mark.parametrize("number", EVERY_STAGE)
def test_every_stage_is_read_or_repeats_what_was_heard(number: int) -> None:
    for document in shard(number):
        heard = ""
        for message in document.messages:
            line = message.lines[-1]
            if message.role == "assistant":
                assert line + "\n" == heard or read(line).parsed, line
            heard = line


@pytest.mark.parametrize(
    ("number", "shares"),
    [
        (0, {"echo": 0.4, "catalogue": 0.6}),
        (ECHO_SHARDS - 1, {"echo": 0.4, "catalogue": 0.6}),
        (FIRST_BRIEF, {"echo": 0.05, "catalogue": 0.2, "questions": 0.75}),
        (LAST_BRIEF, {"echo": 0.05, "catalogue": 0.2, "questions": 0.75}),
    ],
)
def test_copying_comes_first_and_looking_up_next(number: int, shares: dict[str, float]) -> None:
    # Five standard errors of a share of a half in 400 are 0.125.
    assert kinds(number) == pytest.approx(shares, abs=0.125)


def test_headers_start_small_and_grow() -> None:
    first = [parts(document) for document in shard(FIRST_BRIEF) if kind(document) == "questions"]
    last = [parts(document) for document in shard(LAST_BRIEF) if kind(document) == "questions"]
    # The name, the views, and one other part at first; in the end, all others.
    assert max(first) == 3
    assert max(last) == MOST_PARTS + 2
    small = [len(d.messages[0].lines[0].split(". ")) for d in shard(0) if kind(d) == "catalogue"]
    assert max(small) == 4


def test_surveys_by_letter_wait_for_the_third_stage() -> None:
    for number in (0, FIRST_BRIEF, LAST_BRIEF):
        said = [answer for document in shard(number) for answer in answers(document)]
        assert not any(re.fullmatch("[A-E]", answer) for answer in said)


@pytest.mark.parametrize(("number", "share"), [(FIRST_DRILL, 0.25), (FIRST_TOWN, 0.12)])
def test_then_come_surveys_and_talk(number: int, share: float) -> None:
    found = kinds(number)
    # Five standard errors of a quarter in 400 are 0.108, of 0.12 they are 0.081.
    assert found["letters"] == pytest.approx(share, abs=0.11 if share > 0.2 else 0.082)
    assert "echo" not in found
    assert found["talk"] > 0.05


def test_talk_has_its_largest_share_at_last() -> None:
    # In the town a quarter of the documents is talk (0.4 of 0.63), before it a tenth of them.
    assert kinds(FIRST_TOWN)["talk"] > 1.5 * kinds(FIRST_TOWN - 1)["talk"]


def test_a_shard_can_be_written_again() -> None:
    assert shard(FIRST_DRILL)[:20] == shard(FIRST_DRILL)[:20]
