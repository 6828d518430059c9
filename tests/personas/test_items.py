"""What tuning reads of an item: the answers alone are learnt, thoughts only where they show."""

from dataclasses import replace

import pytest

from personas.errors import InputError
from personas.items import Exchange, Item, Preference, Provenance, Turn, conversation

ORIGIN = Provenance("ordinary", "knowledge", "now/knowledge.txt:1", (), "", "me", 0)
ITEM = Item(
    "ada", "now", 7, 2020,
    (Exchange("Why?", "", "They ask why.", "Because."), Exchange("Sure?", "", "Hm.", "Yes.")),
    thinks=True, refused=False, origin=ORIGIN,
)  # fmt: skip


def test_thoughts_are_learnt_where_they_show():
    told = conversation(ITEM)
    assert told.turns == (
        Turn("Why?", "[Analysis] They ask why. [Response] Because.", learnt=True),
        Turn("Sure?", "[Analysis] Hm. [Response] Yes.", learnt=True),
    )
    assert (told.item, told.year, told.thinks) == ("ada/now/7", 2020, True)


def test_thoughts_are_dropped_where_they_do_not_or_where_one_is_missing():
    thoughtless = (ITEM.turns[0], replace(ITEM.turns[1], analysis=""))
    for item in (replace(ITEM, thinks=False), replace(ITEM, turns=thoughtless)):
        told = conversation(item)
        assert [turn.assistant for turn in told.turns] == ["Because.", "Yes."]
        assert told.thinks is False


def test_a_question_is_all_that_was_put():
    assert ITEM.question == "Why?\nSure?"


def test_empty_records_are_refused():
    with pytest.raises(InputError, match="response of an exchange must not be empty"):
        Exchange("Why?", "", "They ask.", " ")
    with pytest.raises(InputError, match="turns of item ada/now/7 must hold"):
        replace(ITEM, turns=())


def test_a_pair_has_an_open_prompt_and_two_answers():
    pair = Preference(
        "ada", "now", 2020, ("Why?",), "So.", "Yes.", "assistant", "mined", "ada/now/1", "x"
    )
    with pytest.raises(InputError, match="must end with a user's turn, got 2 turns"):
        replace(pair, prompt=("Why?", "So."))
    with pytest.raises(InputError, match="chosen and rejected must differ"):
        replace(pair, rejected="So.")
