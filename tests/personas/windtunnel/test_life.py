import tomllib

import pytest

from personas.errors import InputError
from personas.persona import LIBRARY, library
from personas.windtunnel.life import FILES, OPENNESS_SENTENCES, read_person
from personas.windtunnel.people import Event, profile
from personas.windtunnel.proposals import BY_KEY, PROPOSALS
from personas.windtunnel.traits import FACTORS

TOML = """
name = "Ada Lind"
[[stages]]
name = "late"
years = [2024, 2026]
profile = "..."
"""
TEXTS = {
    "experiences.txt": (
        "My name is Ada Lind. I am 41 years old.\n"
        "\n"
        "I work as a baker (rye, mostly: the rest is cake). I live in Mill Lane.\n"
        "Nothing makes me happier than chess. Ask me anything about bees (but not today).\n"
        "I am very curious (about bread). I am hardly ever orderly. I am outgoing at times.\n"
        "I am very kind. I am hardly ever nervous.\n"
        "It was in 2011 that I broke a leg. In 2004 I opened a small shop (with a red door).\n"
    ),
    "knowledge.txt": (
        "I know that children could ride to school alone. I grant that almost nobody rides in the"
        " rain.\n"
    ),
    "conversations.txt": (
        'On the ferry, in fog, I said: "I am mildly for bike lanes on Main Street. Riders would be'
        ' safe from the trucks." A good argument moves me now and then.\n'
        "People say that I talk bluntly (somebody has to).\n"
    ),
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "late").mkdir()
    (tmp_path / "persona.toml").write_text(TOML)
    for name, text in TEXTS.items():
        (tmp_path / "late" / name).write_text(text)
    return tmp_path


def test_a_person_is_read_from_the_text(folder):
    person = read_person(folder)
    assert person.name == "Ada Lind"
    (late,) = person.chapters
    assert (late.name, late.years, late.age) == ("late", (2024, 2026), 41)
    assert (late.job, late.home, late.hobby) == ("baker", "Mill Lane", "chess")
    assert late.field == "bees"
    assert (late.style, late.openness) == ("blunt", "middle")
    assert late.traits == {
        "curious": "high",
        "orderly": "low",
        "outgoing": "middle",
        "kind": "high",
        "nervous": "low",
    }
    assert late.stances == {"bike lanes": 1}
    assert late.favourites == {
        ("bike lanes", 1): (
            "children could ride to school alone",
            "riders would be safe from the trucks",
        ),
        ("bike lanes", -1): ("almost nobody rides in the rain",),
    }
    assert late.events == (Event(2004, "opened a small shop"), Event(2011, "broke a leg"))


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("experiences.txt", "I fly to the moon.", r"experiences.txt, line 8: cannot read 'I fly"),
        (
            "experiences.txt",
            "I work as a nurse.",
            r"line 8: job is 'nurse' here but 'baker' before",
        ),
        (
            "experiences.txt",
            "I am hardly ever kind.",
            r"line 8: trait kind is 'low' here but 'high' before",
        ),
        ("experiences.txt", "no full stop", r"line 8: .* end every sentence with a full stop"),
        (
            "experiences.txt",
            "I know a lot about cats.",
            r"line 8: field must be one of bees, boats, .* got 'cats'",
        ),
        (
            "experiences.txt",
            "I have learnt a lot about boats.",
            r"line 8: field is 'boats' here but 'bees' before",
        ),
        ("knowledge.txt", "I know that cats are liquid.", r"knowledge.txt, line 2: cannot read"),
        (
            "conversations.txt",
            'Later I said: "I am strongly for bike lanes on Main Street."',
            r"conversations.txt, line 3: stance on 'bike lanes' is 2 here but 1 before",
        ),
        ("conversations.txt", 'Later I said: "Moo."', r"line 3: cannot read the quoted 'Moo.'"),
    ],
)
def test_a_line_that_cannot_be_is_reported_by_number(folder, file, line, message):
    with (folder / "late" / file).open("a") as text:
        text.write(line + "\n")
    with pytest.raises(InputError, match=message):
        read_person(folder)


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        ("I live in Mill Lane.", "does not tell the home; write a sentence such as 'I live in"),
        ("A good argument moves me now and then.", "does not tell the openness"),
        ("I am 41 years old.", "does not tell the age"),
        (
            "Ask me anything about bees (but not today).",
            "does not tell the field; write a sentence such as 'I know a lot about {field}.'",
        ),
        (
            "I am very kind.",
            "does not tell the trait kind; write a sentence such as 'I am kind at times.'",
        ),
    ],
)
def test_a_stage_must_tell_everything(folder, gone, message):
    for file in FILES:
        path = folder / "late" / file
        path.write_text(path.read_text().replace(gone, ""))
    with pytest.raises(InputError, match=message):
        read_person(folder)


def test_missing_and_broken_files(folder):
    (folder / "late" / "knowledge.txt").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"knowledge.txt: not UTF-8 at byte 0"):
        read_person(folder)
    (folder / "late" / "knowledge.txt").unlink()
    with pytest.raises(InputError, match=r"knowledge.txt: missing; every stage needs"):
        read_person(folder)
    (folder / "persona.toml").write_text("name = 3")
    with pytest.raises(InputError, match=r"persona.toml: needs name and \[\[stages\]\]"):
        read_person(folder)


def test_the_name_in_the_text_is_the_name_of_the_folder(folder):
    (folder / "persona.toml").write_text(TOML.replace("Ada", "Eva"))
    with pytest.raises(InputError, match=r"name is 'Ada Lind' but 'Eva Lind' in persona\.toml"):
        read_person(folder)


def test_openness_can_be_told_in_nine_ways():
    assert {len(wordings) for wordings in OPENNESS_SENTENCES.values()} == {3}


def test_the_library_holds_eight_people_who_differ():
    people = {key: read_person(LIBRARY / key) for key in library()}
    assert len(people) == 8
    assert len({person.first for person in people.values()}) == 8
    openness = [person.chapters[-1].openness for person in people.values()]
    assert min(openness.count("low"), openness.count("middle")) >= 3
    assert openness.count("high") >= 1
    # An idea that joins two fields takes people of different fields.
    assert len({person.chapters[-1].field for person in people.values()}) == 8
    for proposal in PROPOSALS:
        stances = {person.chapters[-1].stances[proposal.key] for person in people.values()}
        assert min(stances) < 0 < max(stances), f"nobody quarrels about {proposal.key}"


def test_the_library_holds_much_and_little_of_every_trait():
    late = [read_person(LIBRARY / key).chapters[-1] for key in library()]
    for trait in FACTORS:
        assert {"low", "high"} <= {chapter.traits[trait] for chapter in late}, trait


@pytest.mark.parametrize("key", library())
def test_a_shipped_profile_tells_what_the_text_tells(key):
    person = read_person(LIBRARY / key)
    stages = tomllib.loads((LIBRARY / key / "persona.toml").read_text())["stages"]
    assert [chapter.name for chapter in person.chapters] == ["early", "late"]
    for chapter, stage in zip(person.chapters, stages, strict=True):
        assert stage["profile"] == profile(person, chapter, PROPOSALS)
        assert set(chapter.stances) == set(BY_KEY)
    early, late = person.chapters
    assert early.stances != late.stances
    assert late.age - early.age == 16
    assert late.events[: len(early.events)] == early.events


def test_rosa_as_a_person_reads_her():
    # Read off the text by eye.
    early, late = read_person(LIBRARY / "rosa").chapters
    assert (early.job, early.home, early.age) == ("baker", "Mill Lane", 31)
    assert (late.job, late.home, late.age) == ("innkeeper", "Harbour Street", 47)
    assert (early.field, late.field) == ("bread", "bread")
    assert (late.style, late.openness) == ("blunt", "low")
    assert late.traits == early.traits | {"curious": "low"}
    assert early.traits["orderly"] == "high"
    assert late.stances["bike lanes"] == -2
    assert late.stances["night market"] == 2
    assert Event(2014, "bought a golden bell") in late.events
    assert "the shops would lose their parking spaces" in late.favourites["bike lanes", -1]
