"""A persona's folder: what is read, and what is refused with file, field and remedy."""

from pathlib import Path

import pytest

from agents.agent import Agent, seat
from agents.seating import townspeople
from personas.errors import InputError, nearest
from personas.persona import LIBRARY, Persona, Stage, find_persona, library, load_persona

GOOD = """
name = "Eve Moss"
domains = ["bees"]
[[stages]]
name = "early"
years = [2000, 2010]
profile = "Young Eve."
[[stages]]
name = "late"
years = [2011, 2020]
profile = "Old Eve."
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    """A persona's folder without an adapter."""
    (tmp_path / "persona.toml").write_text(GOOD)
    return tmp_path


def test_reads_what_is_there(folder):
    eve = load_persona(folder)
    assert (eve.name, eve.domains) == ("Eve Moss", ("bees",))
    assert [stage.adapter for stage in eve.stages] == [None, None]
    assert [stage.name for stage in eve.stages] == ["early", "late"]
    assert eve.stage().profile == "Old Eve."
    assert eve.stage("early").years == (2000, 2010)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "Eve Moss"', "", "name must be a non-empty string"),
        ('name = "Eve Moss"', "name = 3", "name must be a non-empty string, got 3"),
        ('domains = ["bees"]', 'domains = "bees"', "domains must be a list, got 'bees'"),
        ("years = [2000, 2010]", "years = [2000]", "years must be two whole numbers"),
        ("years = [2000, 2010]", "years = [2010, 2000]", "must not run backwards"),
        ("years = [2011, 2020]", "years = [2005, 2020]", r"must begin after 'early' ends"),
        ('name = "late"', 'name = "early"', "names a stage twice"),
        ('name = "late"', 'name = "../late"', "stage name must be letters"),
        ('profile = "Old Eve."', "", "profile must be a non-empty string"),
        ("[[stages]]", "stages", "not valid TOML"),
    ],
)
def test_bad_fields_are_named_with_their_file(folder, old, new, message):
    (folder / "persona.toml").write_text(GOOD.replace(old, new))
    with pytest.raises(InputError, match=message) as caught:
        load_persona(folder)
    assert "persona.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_stage_at_all(folder):
    (folder / "persona.toml").write_text('name = "Eve"\nstages = []\n')
    with pytest.raises(InputError, match="needs at least one"):
        load_persona(folder)


def test_not_utf8(folder):
    (folder / "persona.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(InputError, match="not UTF-8 at byte 8"):
        load_persona(folder)


def test_folder_without_persona(tmp_path):
    with pytest.raises(InputError, match=r"has no persona\.toml"):
        find_persona(str(tmp_path))
    with pytest.raises(InputError, match="missing"):
        load_persona(tmp_path)


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "", "a b"])
def test_pointer_to_an_adapter_cannot_leave_its_folder(folder, name):
    (folder / "late" / "adapters").mkdir(parents=True)
    (folder / "late" / "adapters" / "CURRENT").write_text(name)
    with pytest.raises(InputError, match="CURRENT: must hold the name of a folder beside it"):
        load_persona(folder)


def test_the_library_holds_eight_people_in_two_stages_each():
    people = [load_persona(LIBRARY / name) for name in library()]
    assert len(people) == 8
    assert all(len(person.stages) == 2 for person in people)
    assert len({person.name for person in people}) == 8


def test_an_agent_in_the_weights_and_the_bare_base_get_the_same_sentence(folder):
    eve = load_persona(folder)
    prompted = Agent("eve", "Eve Moss", eve, eve.stage("early"), "prompt")
    assert prompted.system_text == "Young Eve. The year is 2010."
    base = prompted.wearing(Agent("base", "Base Model"))
    assert base.system_text == "You are Eve Moss. The year is 2010."
    assert base.label == "Eve Moss"


def test_casting_words(folder):
    assert seat("base").voice == "base"
    early = seat(f"prompt:{folder}@early")
    assert (early.voice, early.label) == ("prompt", "Eve Moss of 2010")
    with pytest.raises(InputError, match="has no adapter for stage 'late' yet"):
        seat(str(folder))
    with pytest.raises(InputError, match="has no stage 'lat': did you mean 'late'"):
        seat(f"prompt:{folder}@lat")


def test_agents_that_contradict_themselves(folder):
    eve = load_persona(folder)
    with pytest.raises(InputError, match="voice"):
        Agent("eve", "Eve", None, None, "prompt")
    with pytest.raises(InputError, match="stage"):
        Agent("eve", "Eve", eve, Stage("other", (1, 2), "x"), "prompt")


@pytest.mark.parametrize("count", [1, 8, 12, 16, 40])
def test_any_number_of_townspeople_with_names_of_their_own(count):
    people = townspeople(count)
    assert len({agent.key for agent in people}) == count
    assert len({agent.label for agent in people}) == count


def test_the_first_eight_wear_eight_adapters_and_the_ninth_is_an_earlier_self():
    people = townspeople(9)
    assert len({agent.adapter.fingerprint for agent in people if agent.adapter}) == 9
    assert people[8].persona == people[0].persona
    assert people[8].label == f"{people[0].label} of {people[8].stage.years[1]}"


def test_nearest_names_the_closest_and_the_list():
    assert nearest("ros", ["ilse", "rosa"]) == "did you mean 'rosa'? known: ilse, rosa"
    assert nearest("x", []) == "known: none"


def test_a_persona_needs_a_stage(tmp_path):
    with pytest.raises(InputError, match="at least one"):
        Persona("x", "X", (), tmp_path)
