"""Scales as CSV files, and how their statements are put."""

import pytest

from personas.errors import InputError
from personas.examination.scale import BIG_FIVE, LETTERS, RatingForm, Statement, load_scale
from personas.windtunnel.traits import STATEMENTS


def test_our_own_items_are_those_of_the_small_town():
    scale = load_scale(BIG_FIVE)
    assert scale.name == "big five"
    assert [(one.trait, one.key, one.text) for one in scale.statements] == [
        (one.trait, one.key, one.text) for one in STATEMENTS
    ]


def test_a_users_scale_is_read(tmp_path):
    path = tmp_path / "my_scale.csv"
    path.write_text('trait,key,text\nwarm,1,"I hug, and often."\ncold,-1,I wave.\n')
    scale = load_scale(path)
    assert (scale.name, scale.traits) == ("my scale", ("warm", "cold"))
    assert scale.statements[0] == Statement("warm", 1, "I hug, and often.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line must be trait,key,text, got nothing"),
        ("a,b\n", "first line must be trait,key,text, got a,b"),
        ("trait,key,text\n", "holds no statement"),
        ("trait,key,text\nwarm,2,I hug.\n", "line 2: key must be 1 or -1, got '2'"),
        ("trait,key,text\nwarm,1,I hug, and wave.\n", "got 4 columns; quote a text with commas"),
        ("trait,key,text\n,1,I hug.\n", "trait and text of a statement must not be empty"),
    ],
)
def test_a_damaged_scale_is_refused(tmp_path, text, words):
    path = tmp_path / "scale.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"scale\.csv") as told:
        load_scale(path)
    assert words in str(told.value)


def test_a_scale_cannot_take_the_name_of_general_questions(tmp_path):
    path = tmp_path / "general.csv"
    path.write_text("trait,key,text\nwarm,1,I hug.\n")
    with pytest.raises(InputError, match="rename the file"):
        load_scale(path)


def test_letters_are_dealt_anew_in_reverse():
    statement = Statement("warm", 1, "I hug.")
    forward, reverse = (LETTERS.question(statement, order) for order in ("forward", "reverse"))
    assert "A: fits me fully." in forward
    assert '"I hug" A: is not me.' in reverse
    assert LETTERS.worth("forward")[0] == 1
    assert LETTERS.worth("reverse")[0] == -1


def test_a_form_needs_a_place_for_the_statement():
    with pytest.raises(InputError, match=r"reverse must hold \{statement\}"):
        RatingForm("{statement}", "?", ("A", "B"), (1.0, -1.0), True)
    with pytest.raises(InputError, match="a value each"):
        RatingForm("{statement}", "{statement}", ("A", "B"), (1.0,), True)
