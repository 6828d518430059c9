"""docs/larkhaven.md cannot go stale: what it shows is read, what can be written stands in it."""

import re
from pathlib import Path

import pytest

from personas.errors import InputError
from personas.persona import load_persona
from personas.windtunnel.fields import FIELDS
from personas.windtunnel.life import (
    MANNERS,
    OPENNESS_SENTENCES,
    SENTENCES,
    TRAIT_SENTENCES,
    read_person,
)
from personas.windtunnel.people import Event
from personas.windtunnel.phrases import PHRASES
from personas.windtunnel.proposals import BY_KEY
from personas.windtunnel.traits import FACTORS

PAGE = (Path(__file__).parents[3] / "docs" / "larkhaven.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`(mira/[^`]+)`:\n\n```\w*\n(.*?)```$", PAGE, re.M | re.S))
REPORTS = re.findall(r"^(.+)\n  ((mira/\S+\.txt), line \d+: .+)$", PAGE, re.M)
KEPT_KINDS = ("stance", "moved")
OUTSIDE = {
    *(wording for wordings in SENTENCES.values() for wording in wordings),
    *(wording for wordings in OPENNESS_SENTENCES.values() for wording in wordings),
    *TRAIT_SENTENCES.values(),
    "People say that I talk {manner}.",
}
IN_QUOTES = {p.text for p in PHRASES if p.kind in KEPT_KINDS or "{reason}" in p.text}


@pytest.fixture
def mira(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    return Path("mira")


def test_the_example_is_read_as_a_reader_of_the_page_reads_it(mira):
    (now,) = read_person(mira).chapters
    assert (now.age, now.job, now.home) == (34, "ferry pilot", "Harbour Street")
    assert (now.hobby, now.field) == ("choir singing", "boats")
    assert (now.style, now.openness) == ("warm", "middle")
    assert [
        now.traits[trait] for trait in ("outgoing", "kind", "nervous", "curious", "orderly")
    ] == [*("high", "high", "low", "middle", "middle")]
    assert now.events == (Event(2008, "finished school"), Event(2015, "bought a blue boat"))
    assert now.stances == {
        "bike lanes": 1,
        "new library": 1,
        "night market": 2,
        "phone ban": 0,
        "wind turbines": 2,
        "tourist fee": -1,
        "free ferry": 2,
        "mill flats": 1,
        "street cameras": -2,
        "stove ban": -1,
        "indoor pool": 2,
        "leash rule": 0,
    }
    assert set(now.stances) == set(BY_KEY)
    assert now.favourites["free ferry", -1] == ("fog stops the boat half of the winter",)


def test_the_script_prints_the_profile_that_the_example_has(mira, capsys):
    (script,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    exec(script, {})
    (stage,) = load_persona(mira).stages
    assert capsys.readouterr().out.strip() == stage.profile.strip()


@pytest.mark.parametrize(("line", "report", "file"), REPORTS)
def test_a_bad_line_is_reported_as_the_page_says(mira, line, report, file):
    with Path(file).open("a", encoding="utf-8") as text:
        text.write(f"{line}\n")
    with pytest.raises(InputError) as caught:
        read_person(mira)
    assert str(caught.value) == report


def test_the_page_shows_a_bad_line_of_every_text():
    assert {file for _, _, file in REPORTS} == {n for n in FILES if n.endswith(".txt")}


@pytest.mark.parametrize("wording", sorted(OUTSIDE | IN_QUOTES))
def test_every_sentence_that_can_be_written_stands_on_the_page(wording):
    assert f"`{wording}`" in PAGE


def test_every_word_that_can_be_chosen_stands_on_the_page():
    assert all(manner in PAGE for manner in MANNERS)
    row = next(line for line in PAGE.splitlines() if line.startswith("| field of"))
    assert all(field.key in row for field in FIELDS)
    row = next(line for line in PAGE.splitlines() if line.startswith("| a trait"))
    assert all(trait in row for trait in FACTORS)
