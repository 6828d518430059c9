"""Raw text is read with its places, later stages stay unknown, and a bad folder is told by line."""

import shutil
from pathlib import Path

import pytest

from personas.errors import InputError
from personas.material import load_material
from personas.persona import LIBRARY, library
from personas.wordbudget import Budgets, count_words

TOML = """
name = "Ada Lind"
[[stages]]
name = "early"
years = [2001, 2003]
profile = "A young baker."
[[stages]]
name = "late"
years = [2020, 2022]
profile = "An old baker."
"""


@pytest.fixture
def ada(tmp_path) -> Path:
    folder = tmp_path / "ada"
    for stage in ("early", "late"):
        (folder / stage).mkdir(parents=True)
        for kind in ("experiences", "knowledge", "conversations"):
            text = f"{stage} {kind} one.\n\n{stage} {kind} two.\n"
            (folder / stage / f"{kind}.txt").write_text(text, encoding="utf-8")
    (folder / "persona.toml").write_text(TOML)
    return folder


def test_a_paragraph_is_a_line_and_knows_its_place(ada):
    own = load_material(ada).up_to("early").own
    assert [(one.source, one.text) for one in own[:3]] == [
        ("early/experiences.txt:1", "early experiences one."),
        ("early/experiences.txt:3", "early experiences two."),
        ("early/knowledge.txt:1", "early knowledge one."),
    ]
    assert len(own) == 6


def test_an_earlier_stage_knows_nothing_of_a_later_one(ada):
    material = load_material(ada)
    early = material.up_to("early")
    everything = (*early.own, *early.remembered, *early.objective, *early.subjective)
    assert {one.stage for one in everything} == {"early"}
    assert not any("late" in one.text for one in everything)


def test_a_later_stage_remembers_what_was_lived_but_talks_as_it_does_now(ada):
    late = load_material(ada).up_to("late")
    assert [one.source for one in late.remembered] == [
        "early/experiences.txt:1",
        "early/experiences.txt:3",
        "early/knowledge.txt:1",
        "early/knowledge.txt:3",
    ]
    assert {one.stage for one in late.subjective} == {"late"}
    assert [one.stage for one in late.objective] == ["late"] * 4 + ["early"] * 4


def test_windows_line_ends_byte_order_marks_and_rare_separators_change_no_line_number(ada):
    raw = "\ufeffone\r\ntwo\u2028still two\x0bstill two\r\nthree".encode()
    (ada / "early" / "knowledge.txt").write_bytes(raw)
    found = [one for one in load_material(ada).up_to("early").own if one.kind == "knowledge"]
    assert [(one.line, one.text) for one in found] == [
        (1, "one"),
        (2, "two still two still two"),
        (3, "three"),
    ]


def test_one_kind_may_be_empty(ada):
    (ada / "early" / "knowledge.txt").write_text("")
    assert len(load_material(ada).up_to("early").own) == 4


def missing_file(ada):
    (ada / "late" / "knowledge.txt").unlink()


def empty_stage(ada):
    for path in (ada / "late").glob("*.txt"):
        path.write_text(" \n\n")


def not_utf8(ada):
    (ada / "late" / "experiences.txt").write_bytes(b"fine\nfine too\nd\xe9j\xe0 vu\n")


def too_long(ada):
    (ada / "late" / "conversations.txt").write_text("short\n" + "word " * 501 + "\n")


def unknown_stage(ada):
    shutil.copytree(ada / "late", ada / "lite")


def duplicated_folder(ada):
    shutil.copytree(ada / "late", ada / "Late")


def duplicated_stage(ada):
    (ada / "persona.toml").write_text(TOML.replace('"late"', '"early"'))


def missing_stage(ada):
    shutil.rmtree(ada / "late")


def linked_stage(ada):
    shutil.move(ada / "late", ada.parent / "elsewhere")
    (ada / "late").symlink_to(ada.parent / "elsewhere")


def unsafe_stage(ada):
    (ada / "persona.toml").write_text(TOML.replace('"late"', '"../ada"'))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (missing_file, "late/knowledge.txt: missing"),
        (empty_stage, "ada/late: empty stage"),
        (not_utf8, "late/experiences.txt, line 3: not UTF-8"),
        (too_long, "late/conversations.txt, line 2: paragraph has 501 words, the budget is 500"),
        (unknown_stage, "ada/lite: no stage of that name in persona.toml; did you mean 'late'?"),
        (duplicated_folder, "ada/Late: the same stage as 'late'; keep one"),
        (duplicated_stage, "names a stage twice: early, early"),
        (missing_stage, "ada/late: missing; every stage"),
        (linked_stage, "ada/late links outside"),
        (unsafe_stage, "stage name must be letters, digits, '-' or '_', got '../ada'"),
    ],
)
def test_a_bad_folder_is_told_in_one_line(ada, spoil, words):
    spoil(ada)
    with pytest.raises(InputError) as error:
        load_material(ada)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["a b", "..hidden", "a\nb", "-"])
def test_an_unsafe_folder_name_is_refused(ada, name):
    unsafe = ada.rename(ada.parent / name)
    with pytest.raises(InputError, match="must be letters, digits"):
        load_material(unsafe)


def test_hidden_folders_are_not_stages(ada):
    (ada / ".cache").mkdir()
    (ada / "__pycache__").mkdir()
    assert load_material(ada).up_to("late").own


def test_the_folder_may_be_named_from_within(ada, monkeypatch):
    monkeypatch.chdir(ada)
    assert load_material(Path()).persona.key == "ada"


@pytest.mark.parametrize("name", library())
def test_the_shipped_people_can_be_worked_with(name):
    material = load_material(LIBRARY / name)
    for stage in material.persona.stages:
        assert len(material.up_to(stage.name).own) >= 30


def test_words_are_counted_in_scripts_without_spaces_too():
    assert count_words("two words") == 2
    assert count_words("don't stop-gap") == 2
    assert count_words("我爱建筑 by Lin") == 6
    assert count_words("") == 0


def test_budgets_are_the_papers_for_large_windows_and_shrink_in_proportion():
    assert Budgets.for_window(8_192) == Budgets(1_500, 500)
    # (2,048 - 1,400) / 1.5 = 432 words of 2,000, so 21.6 % of each
    assert Budgets.for_window(2_048) == Budgets(324, 108)
    with pytest.raises(InputError, match="context_tokens must be at least 1550, got 512"):
        Budgets.for_window(512)
    with pytest.raises(InputError, match="objective must be at least 1 word, got 0"):
        Budgets(objective=0)
