"""Each ablation leaves its part out of items and pairs, and nothing else."""

import pytest

from personas.errors import InputError
from personas.persllm.parts import ABLATIONS, Parts, items_of, pairs_of, without
from tests.personas.persllm.apprentice import item, pair

ITEMS = [
    item(0, ("Tea?", "Yes."), thinks=True),
    item(1, ("You hate tea.", "No."), pattern="error", thinks=True),
    item(2, ("Tea?", "Yes."), ("Surely not?", "Yes."), pattern="pressure"),
    item(3, ("Add 2 and 2.", "4."), pattern="general"),
]
PAIRS = [pair(at, "Tea?", "Yes.", "No.") for at in range(4)]


def read(*ablations: str) -> tuple[list[int], list[bool], list[str]]:
    """Indices and thoughts of what is read, and the items of pairs."""
    kept = items_of(ITEMS, without(Parts(), ablations))
    names = [one.item.rpartition("/")[2] for one in pairs_of(PAIRS, kept)]
    return [one.index for one in kept], [one.thinks for one in kept], names


def test_the_whole_method_reads_everything_as_it_is() -> None:
    assert items_of(ITEMS, Parts()) == ITEMS
    assert pairs_of(PAIRS, ITEMS) == PAIRS


def test_without_cot_nobody_thinks_aloud() -> None:
    assert read("cot") == ([0, 1, 2, 3], [False] * 4, ["0", "1", "2", "3"])


def test_without_anti_induction_nobody_is_misled_or_pressed() -> None:
    assert read("anti-induction") == ([0, 3], [True, False], ["0", "3"])


def test_without_general_data_all_is_about_the_persona() -> None:
    assert read("general") == ([0, 1, 2], [True, True, False], ["0", "1", "2"])


def test_several_parts_at_once() -> None:
    assert read(*ABLATIONS) == ([0], [False], ["0"])


def test_an_unknown_ablation_is_told() -> None:
    with pytest.raises(InputError, match="unknown ablation 'dpo'"):
        without(Parts(), ["dpo"])
