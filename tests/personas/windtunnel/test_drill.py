"""A drill asks for nothing but what its header tells, and answers nothing else."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.windtunnel.document import Document
from personas.windtunnel.drill import MOST_PARTS, drill
from personas.windtunnel.proposals import BY_KEY
from personas.windtunnel.reader import read
from personas.windtunnel.script import Sample
from personas.windtunnel.town import STANCE_OF_LABEL, sign
from personas.windtunnel.traits import TRAINED, agreement

TOLD_IN = {
    **{name: name.capitalize() for name in ("name", "age", "job", "home", "hobby", "field")},
    "event": "Life",
    "when": "Past",
    **dict.fromkeys(("statement", "statement rating"), "Traits"),
    **dict.fromkeys(("stance", "vote", "rating", "letter"), "Views"),
}
"""The part of the header that answers a family of questions."""


def told(document: Document) -> dict[str, str]:
    """The header's parts by label; its year under ``year``."""
    *parts, year = document.messages[0].lines[0].rstrip(".").split(". ")
    return {**dict(part.split(": ", 1) for part in parts), "year": year.split()[-1]}


def pairs(text: str) -> dict[str, str]:
    """A part that lists entries: ``curious: high; ...`` or ``in 2004 I broke a leg; ...``."""
    return dict(
        re.split(r": | I ", entry.removeprefix("in "), maxsplit=1) for entry in text.split("; ")
    )


def entries(text: str) -> dict[str, str]:
    """Views by proposal, whose names are of several words."""
    return dict(entry.split(": ") for entry in text.split("; "))


def asked(sample: Sample) -> list[tuple[str, str, str]]:
    """Family, question and answer of every exchange."""
    lines = [message.lines[0] for message in sample.document.messages[1:]]
    families = [truth.family for truth in sample.truths]
    return list(zip(families, lines[::2], lines[1::2], strict=True))


def fact_is_right(family: str, header: dict[str, str], question: str, answer: str) -> bool:
    """Whether an answer about the person agrees with the header's text."""
    facts = dict(read(answer).meaning.facts)
    if family not in ("event", "when"):
        return facts == {family: header[TOLD_IN[family]]}
    if family == "when":
        past = dict(entry.rsplit(" in ", 1) for entry in header["Past"].split("; "))
        (deed,) = (deed for deed in past if re.search(rf"I {re.escape(deed)}[.?]", question))
        return facts == {"when": past[deed], "deed": deed}
    life = pairs(header["Life"])
    (when,) = re.findall(r"\d{4}", question)
    if when > header["year"]:
        return facts == {"year": header["year"]}
    happened = {"deed": life[when]} if when in life else {}
    return facts == {"when": when, **happened}


def trait_is_right(header: dict[str, str], question: str, answer: str) -> bool:
    """Whether an answer to a statement agrees with the header's text."""
    fitting = [statement for statement in TRAINED if statement.clause in question]
    statement = max(fitting, key=lambda one: len(one.clause))
    truth, meaning = agreement(pairs(header["Traits"]), statement), read(answer).meaning
    return truth in (meaning.agreement, {"1": -1, "3": 0, "5": 1}.get(answer))


def view_is_right(family: str, header: dict[str, str], question: str, answer: str) -> bool:
    """Whether an answer about a proposal agrees with the header's text."""
    views = entries(header["Views"])
    (key,) = (key for key in views if key in question)
    stance, meaning = STANCE_OF_LABEL[views[key]], read(answer).meaning
    if family == "letter":
        return re.findall(rf"{answer}: ([a-z ]+)\.", question) == [views[key]]
    if family == "stance":
        return key in answer and meaning.stance == stance
    return (meaning.vote if family == "vote" else int(answer) - 3) == (
        sign(stance) if family == "vote" else stance
    )


def is_right(family: str, header: dict[str, str], question: str, answer: str) -> bool:
    """Whether an examiner who knows nothing but the text finds an answer right."""
    if TOLD_IN[family] == "Views":
        return view_is_right(family, header, question, answer)
    if TOLD_IN[family] == "Traits":
        return trait_is_right(header, question, answer)
    return fact_is_right(family, header, question, answer)


@given(st.integers(0, 2**32), st.integers(1, MOST_PARTS))
def test_only_what_is_told_is_asked_and_answered_right(seed: int, parts: int) -> None:
    sample = drill(random.Random(seed), parts)
    header = told(sample.document)
    assert 6 <= len(sample.truths) <= 12
    for family, question, answer in asked(sample):
        assert TOLD_IN[family] in header
        assert is_right(family, header, question, answer), (header, question, answer)


@given(st.integers(0, 2**32), st.integers(1, MOST_PARTS))
def test_a_header_tells_the_name_and_few_parts_or_views_alone(seed: int, parts: int) -> None:
    header = told(drill(random.Random(seed), parts).document)
    labels = list(header)
    assert labels[-1] == "year"
    if labels == ["Views", "year"]:
        assert 1 <= len(entries(header["Views"])) <= parts + 2
        return
    assert "Name" in labels
    # The name and the views are told besides; the year stands at the end.
    assert 2 <= len(labels) - 1 <= parts + 2


def test_some_headers_tell_views_alone() -> None:
    rng = random.Random(5)
    alone = sum(list(told(drill(rng).document)) == ["Views", "year"] for _ in range(600))
    # Five standard errors of a share of 0.3 in 600 are 0.094.
    assert alone / 600 == pytest.approx(0.3, abs=0.094)


def test_every_family_is_asked() -> None:
    rng = random.Random(1)
    families = {family for _ in range(200) for family, _, _ in asked(drill(rng))}
    assert families == set(TOLD_IN)


def test_letters_can_be_left_out() -> None:
    rng = random.Random(2)
    families = {family for _ in range(200) for family, _, _ in asked(drill(rng, letters=False))}
    assert families == set(TOLD_IN) - {"letter"}


def test_parts_come_in_any_order() -> None:
    rng = random.Random(3)
    every = (tuple(told(drill(rng, 2).document)) for _ in range(1000))
    orders = [order for order in every if "Name" in order]
    both = [
        order.index("Age") < order.index("Job") for order in orders if {"Age", "Job"} <= {*order}
    ]
    assert {True, False} == set(both)
    assert {order.index("Name") for order in orders} == {0, 1, 2, 3}
    assert {order.index("Views") for order in orders if "Views" in order} == {0, 1, 2, 3}


def test_some_proposals_are_made_up() -> None:
    rng = random.Random(4)
    headers = [h for h in (told(drill(rng).document) for _ in range(400)) if "Views" in h]
    named = [key for header in headers for key in entries(header["Views"])]
    share = sum(key not in BY_KEY for key in named) / len(named)
    # About 1,500 proposals: five standard errors of a share of 0.3 are 0.06.
    assert share == pytest.approx(0.3, abs=0.06)
