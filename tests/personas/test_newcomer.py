"""Who is invented is read back from their folder as the very same person."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.errors import InputError
from personas.material import load_material
from personas.newcomer import invent, write_empty, write_newcomer
from personas.persona import load_persona
from personas.windtunnel.life import read_person
from personas.windtunnel.people import profile
from personas.windtunnel.proposals import PROPOSALS


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_the_folder_tells_the_whole_person(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("town") / "zora"
    person = write_newcomer(folder, seed)
    again = read_person(folder)
    assert again.name == person.name
    for told, true in zip(again.chapters, person.chapters, strict=True):
        assert profile(again, told) == profile(person, true)
        assert (told.years, told.events) == (true.years, true.events)
        assert {key: set(texts) for key, texts in told.favourites.items()} == {
            key: set(texts) for key, texts in true.favourites.items()
        }
        assert load_persona(folder).stage(told.name).profile == profile(person, true)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_a_life_goes_on_and_not_all_of_it_stays(seed):
    early, late = invent(random.Random(seed)).chapters
    assert late.age - early.age == late.years[0] - early.years[0]
    assert late.events[: len(early.events)] == early.events
    assert all(
        early.years[1] < event.year <= late.years[0] for event in late.events[len(early.events) :]
    )
    assert set(late.stances) == {proposal.key for proposal in PROPOSALS}
    assert late.field == early.field


def test_material_of_a_newcomer_can_be_worked_with(tmp_path):
    write_newcomer(tmp_path / "zora", 7, name="Zora Quist")
    material = load_material(tmp_path / "zora")
    assert material.persona.name == "Zora Quist"
    for stage in ("early", "late"):
        assert len(material.up_to(stage).own) >= 34  # 10 of life, 12 of knowledge, 12 of talk


def test_the_first_name_is_the_folders_where_it_can_be_one(tmp_path):
    assert write_newcomer(tmp_path / "zora", 7).first == "Zora"
    assert write_newcomer(tmp_path / "zora-2", 7).first.isalpha()


def test_the_seed_decides(tmp_path):
    texts = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_newcomer(tmp_path / name, seed, "Ada Lind")
        texts.append((tmp_path / name / "late" / "conversations.txt").read_text())
    assert texts[0] == texts[1] != texts[2]


def test_an_empty_folder_says_how_to_fill_it(tmp_path):
    write_empty(tmp_path / "ada", 'Ada "Countess" Lind', ("young", "old"))
    persona = load_persona(tmp_path / "ada")
    assert persona.name == 'Ada "Countess" Lind'
    assert [stage.name for stage in persona.stages] == ["young", "old"]
    assert "conversations.txt" in (tmp_path / "ada" / "README.md").read_text()
    with pytest.raises(InputError, match="young: empty stage"):
        load_material(tmp_path / "ada")


def test_nothing_is_overwritten_and_names_are_checked(tmp_path):
    write_newcomer(tmp_path / "zora", 1)
    with pytest.raises(InputError, match="exists already"):
        write_newcomer(tmp_path / "zora", 1)
    with pytest.raises(InputError, match="must be letters, digits"):
        write_empty(tmp_path / "a b", "Ada Lind", ("now",))
    assert not (tmp_path / "a b").exists()
