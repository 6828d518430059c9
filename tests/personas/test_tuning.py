"""An adapter is complete, named by its content, the same for one seed, and never half-written."""

import json
import random
import shutil
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from personas.adapter import fingerprint_of, load_adapter
from personas.errors import InputError
from personas.identity import base_identity
from personas.persona import LIBRARY
from personas.tuning import TuningRecipe, TuningStep, single_stages, tune, tune_persona
from personas.windtunnel.corpus import personal_documents
from personas.windtunnel.life import read_person
from personas.windtunnel.network import build_network, load_network, wear
from personas.windtunnel.people import Townsperson, random_person
from personas.windtunnel.probe import person_of
from personas.windtunnel.tokenizer import LineEncoder, load_tokenizer, train_tokenizer

RECIPE = TuningRecipe(seed=1, documents=4, passes=1, batch_tokens=2_048)


@pytest.fixture(scope="module")
def person() -> Townsperson:
    return random_person(random.Random(8))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, person: Townsperson) -> Path:
    """A base that knows nothing, with a tokenizer that knows the town."""
    folder = tmp_path_factory.mktemp("base")
    documents = islice(personal_documents(random.Random(2), person), 40)
    lines = [line for doc in documents for message in doc.messages for line in message.lines]
    tokenizer = train_tokenizer(lines, 600)
    tokenizer.save_pretrained(folder)
    build_network(len(tokenizer), seed=0).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapter(base: Path, person: Townsperson, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tune(person, base, tmp_path_factory.mktemp("adapters"), RECIPE, probing=False)


def test_the_folder_is_named_by_its_content_and_current_names_it(adapter: Path) -> None:
    assert adapter.name == fingerprint_of(adapter)
    assert (adapter.parent / "CURRENT").read_text() == adapter.name + "\n"
    assert sorted(path.name for path in adapter.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
        "card.json",
    ]


def test_nothing_else_is_left_behind(adapter: Path) -> None:
    assert sorted(path.name for path in adapter.parent.iterdir()) == sorted(
        ["CURRENT", adapter.name]
    )


def test_the_adapter_passes_every_check_of_loading(adapter: Path, base: Path) -> None:
    loaded = load_adapter(adapter, base_identity(base))
    assert (loaded.fingerprint, loaded.rank) == (adapter.name, 8)


def test_the_config_names_no_path(adapter: Path) -> None:
    config = json.loads((adapter / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "windtunnel"
    assert "/" not in json.dumps(config)


def test_weights_stay_small_enough_to_ship(adapter: Path) -> None:
    # r = 8 on 4 layers: 8 * 4 * (512 + 384 + 384 + 512 + 3 * 960) parameters of 4 bytes
    floats = 4 * 8 * 4 * (512 + 384 + 384 + 512 + 3 * 960)
    size = (adapter / "adapter_model.safetensors").stat().st_size
    assert floats < size < floats + 20_000
    assert size < 700_000


def test_the_card_says_what_was_done(adapter: Path, base: Path, person: Townsperson) -> None:
    card = json.loads((adapter / "card.json").read_text())
    assert card["persona"] == person.name
    assert card["base"] == base_identity(base)
    assert (card["recipe"]["seed"], card["documents"]) == (1, 4)
    assert card["steps"] >= 1


def test_one_seed_gives_one_adapter_and_another_seed_another(
    adapter: Path, base: Path, person: Townsperson, tmp_path: Path
) -> None:
    assert tune(person, base, tmp_path, RECIPE, probing=False).name == adapter.name
    other = tune(person, base, tmp_path, replace(RECIPE, seed=2), probing=False)
    assert other.name != adapter.name
    assert (tmp_path / "CURRENT").read_text() == other.name + "\n"


def test_tuning_lowers_the_loss_and_tells_every_step(
    base: Path, person: Townsperson, tmp_path: Path
) -> None:
    seen: list[TuningStep] = []
    recipe = replace(RECIPE, documents=30, batch_tokens=2_048)
    tune(person, base, tmp_path, recipe, on_step=seen.append, probing=False)
    assert [step.step for step in seen] == list(range(1, seen[-1].steps + 1))
    assert seen[-1].loss < seen[0].loss


def test_an_adapter_is_worn_and_the_base_is_untouched(adapter: Path, base: Path) -> None:
    tokenizer = load_tokenizer(base)
    ids = torch.tensor([LineEncoder(tokenizer).encode_line("I am strongly for bike lanes.")])
    with torch.inference_mode():
        bare = load_network(base)(input_ids=ids).logits
        worn = wear(load_network(base), adapter)(input_ids=ids).logits
        again = load_network(base)(input_ids=ids).logits
    assert not torch.equal(bare, worn)
    assert torch.equal(bare, again)


def test_a_crash_leaves_nothing_half_written(
    base: Path, person: Townsperson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(folder: Path) -> str:
        raise OSError("disk full")

    monkeypatch.setattr("personas.publishing.fingerprint_of", torn)
    with pytest.raises(OSError, match="disk full"):
        tune(person, base, tmp_path, RECIPE, probing=False)
    assert list(tmp_path.iterdir()) == []


def test_a_stage_knows_one_chapter() -> None:
    rosa = read_person(LIBRARY / "rosa")
    stages = single_stages(rosa)
    assert [stage.name for stage in stages] == [rosa.name] * len(rosa.chapters)
    assert tuple(stage.chapters[0] for stage in stages) == rosa.chapters


def test_a_persona_gets_an_adapter_for_every_stage(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rosa"
    shutil.copytree(LIBRARY / "rosa", folder, ignore=shutil.ignore_patterns("adapters"))
    adapters = tune_persona(folder, base, RECIPE, probing=False)
    stages = [chapter.name for chapter in read_person(folder).chapters]
    assert [adapter.parents[1].name for adapter in adapters] == stages
    for adapter, stage in zip(adapters, stages, strict=True):
        assert (adapter.parent / "CURRENT").read_text() == adapter.name + "\n"
        assert json.loads((adapter / "card.json").read_text())["stages"] == [stage]
        assert person_of(adapter).chapters[0].name == stage


@pytest.mark.parametrize("field", ["documents", "passes", "rank"])
def test_counts_must_be_positive(field: str) -> None:
    with pytest.raises(InputError, match=f"{field} must be at least 1, got 0"):
        replace(RECIPE, **{field: 0})


def test_a_missing_base_is_named(person: Townsperson, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no model\.safetensors"):
        tune(person, tmp_path, tmp_path / "adapters", RECIPE)
