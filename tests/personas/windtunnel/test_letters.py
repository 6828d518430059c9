"""In a letter drill the right answer can always be found by reading."""

import random
import re
from itertools import islice

import pytest

from personas.windtunnel.document import Document
from personas.windtunnel.letters import QUESTIONS, letter_drills
from personas.windtunnel.town import STANCE_LABELS

DRILLS = list(islice(letter_drills(random.Random(6)), 300))


def surveys(document: Document) -> list[tuple[str, str, str]]:
    """What was said since the last survey, the options, and the letter that was answered."""
    found, before = [], ""
    for message in document.messages[1:]:
        text = message.lines[0]
        if message.role == "assistant" and len(text) == 1:
            at = max(before.rfind(f" A: strongly {side}. B:") for side in ("for", "against"))
            found.append((before[:at], before[at:], text))
            before = ""
        else:
            before += text
    return found


@pytest.mark.parametrize("document", DRILLS[:60])
def test_the_letter_stands_beside_the_stance_that_was_said(document: Document) -> None:
    asked = surveys(document)
    assert len(asked) == QUESTIONS
    for said, options, letter in asked:
        (label,) = re.findall(rf"{letter}: ([a-z ]+)\.", options)
        stated = [name for name in STANCE_LABELS.values() if name in said.lower()]
        assert stated == [label]


def test_every_letter_and_both_orders_come() -> None:
    asked = [survey for document in DRILLS for survey in surveys(document)]
    assert {letter for _, _, letter in asked} == set("ABCDE")
    first = {options.split(".")[0] for _, options, _ in asked}
    assert first == {" A: strongly for", " A: strongly against"}


def test_a_stance_has_no_letter_of_its_own() -> None:
    """Both letters come for every stance but the middle one, so only reading tells which."""
    dealt: dict[str, set[str]] = {}
    for document in DRILLS:
        for said, _, letter in surveys(document):
            (stated,) = (name for name in STANCE_LABELS.values() if name in said.lower())
            dealt.setdefault(stated, set()).add(letter)
    assert dealt == {
        "strongly for": {"A", "E"},
        "mildly for": {"B", "D"},
        "undecided": {"C"},
        "mildly against": {"B", "D"},
        "strongly against": {"A", "E"},
    }
