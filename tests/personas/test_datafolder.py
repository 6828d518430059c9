"""From raw text to training data in one folder: nothing leaks, and the order is kept to."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import replace

import pytest

from personas.chance import seed_for
from personas.datafolder import Ingredients, read_data, read_neighbour, write_data
from personas.embedding import HashedWords
from personas.errors import InputError
from personas.items import conversation
from personas.material import load_material
from personas.newcomer import write_newcomer
from personas.preferences import PairRules
from personas.recipe import DataRecipe
from personas.windtunnel.annotator import GrammarAnnotator, same_said, town_instructions
from personas.windtunnel.life import read_person
from personas.windtunnel.reader import read

RECIPE = DataRecipe(items=80)
WORDS = HashedWords()


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Two invented people, their folders and a finished data set of the first."""
    home = tmp_path_factory.mktemp("town")
    for seed, key in ((1, "ada"), (2, "bo")):
        write_newcomer(home / key, seed)
    people = {key: read_person(home / key) for key in ("ada", "bo")}
    materials = {key: load_material(home / key) for key in ("ada", "bo")}
    general = town_instructions(random.Random(seed_for(0, "general")), 40)
    made_from = Ingredients(
        materials["ada"], GrammarAnnotator(people), WORDS, "words", (materials["bo"],),
        instructions=general, same=same_said,
    )  # fmt: skip
    return home, people, made_from, write(made_from, home / "data")


def write(made_from, folder, recipe=RECIPE, rules=PairRules(), **rest):
    return asyncio.run(write_data(made_from, recipe, rules, folder, **rest))


def test_what_was_written_is_read(town):
    home, _, _, data = town
    assert read_data(home / "data") == data
    assert read_neighbour(home / "data").train == data.train


def test_a_fifth_of_each_stage_is_kept_for_the_examination(town):
    _, _, _, data = town
    train, test = (Counter(item.stage for item in part) for part in (data.train, data.test))
    for stage in ("early", "late"):
        assert test[stage] == (train[stage] + test[stage]) // 5
    assert len(data.train) + len(data.test) > 140  # of 160; the rest were duplicates


def test_nothing_of_the_test_part_is_learnt(town):
    _, _, _, data = town
    train = {item.name for item in data.train}
    assert {pair.item for pair in data.preferences} <= train
    mined = [pair for pair in data.preferences if pair.route == "mined"]
    assert {pair.against for pair in mined} <= train
    asked = [WORDS.embed(item.question) for item in data.train]
    closest = max(float(WORDS.embed(item.question) @ one) for item in data.test for one in asked)
    assert closest < 0.95


def test_all_kinds_of_worse_answers_come_up_and_are_counted(town):
    home, _, _, data = town
    kinds = Counter(pair.negative for pair in data.preferences)
    assert set(kinds) == {"other persona", "other stage", "assistant", "sycophant", "false premise"}
    told = json.loads((home / "data" / "mix.json").read_text())
    assert told["pairs"] == len(data.preferences) == sum(one["pairs"] for one in told["mix"])
    assert told["strength"] == pytest.approx(len(data.train) / 2_400, abs=1e-4)
    assert {one["route"] for one in told["mix"]} == {"mined", "answered again"}


def test_chosen_answers_are_the_persona_and_rejected_ones_say_something_else(town):
    _, people, _, data = town
    stages = {chapter.name: chapter for chapter in people["ada"].chapters}
    for pair in data.preferences:
        assert not same_said(pair.chosen, pair.rejected)
        meaning = read(pair.chosen).meaning
        if meaning.stance is not None and not meaning.moved and len(pair.prompt) == 1:
            assert meaning.stance == stages[pair.stage].stances[meaning.proposal]
        assert people["bo"].first not in pair.rejected or people["bo"].first in "".join(pair.prompt)


def test_thoughts_are_dropped_in_a_share(town):
    _, _, _, data = town
    items = [item for item in (*data.train, *data.test) if item.turns[0].analysis]
    silent = sum(not item.thinks for item in items)
    assert 0.1 < silent / len(items) < 0.4  # a quarter of some 120, deviation 0.04
    for item in items:
        shown = conversation(item).turns[0].assistant
        assert shown.startswith("[Analysis]") is item.thinks
        assert shown.endswith(item.turns[0].response)


def test_a_second_call_changes_nothing_and_width_neither(town):
    home, _, made_from, _ = town
    before = {path.name: path.read_bytes() for path in (home / "data").iterdir()}
    write(made_from, home / "data")
    write(made_from, home / "wide", width=3)
    for folder in ("data", "wide"):
        assert {path.name: path.read_bytes() for path in (home / folder).iterdir()} == before


def test_a_neighbours_data_set_is_mined(town):
    home, people, made_from, data = town
    theirs = replace(made_from, material=made_from.others[0], others=())
    write(theirs, home / "bo-data")
    neighbour = read_neighbour(home / "bo-data")
    assert neighbour.name == people["bo"].name
    more = write(replace(made_from, neighbours=(neighbour,)), home / "data")
    mined = [pair for pair in more.preferences if pair.route == "mined"]
    assert {"other persona", "other stage"} == {pair.negative for pair in mined}
    assert more.train == data.train
    write(made_from, home / "data")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"recipe": replace(RECIPE, items=90)}, "data set with recipe.items 80, got 90"),
        ({"rules": PairRules(again=1)}, "data set with rules.again 2, got 1"),
    ],
)
def test_another_order_is_refused(town, change, words):
    home, _, made_from, _ = town
    with pytest.raises(InputError, match=words):
        write(made_from, home / "data", **change)


def test_changed_text_is_refused(town):
    home, _, made_from, _ = town
    path = home / "ada" / "late" / "experiences.txt"
    text = path.read_text()
    path.write_text(text + "I am very kind.\n")
    changed = replace(made_from, material=load_material(home / "ada"))
    path.write_text(text)
    with pytest.raises(InputError, match="holds a data set with material"):
        write(changed, home / "data")
