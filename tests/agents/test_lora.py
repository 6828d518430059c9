"""The stacked adapters against peft, which is the reference."""

import dataclasses
import shutil
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import LlamaForCausalLM

from agents.engines.lora import AdapterBank
from personas.adapter import WEIGHTS, Adapter, load_adapter
from personas.errors import EngineError
from tests.tiny import tiny_adapter, tiny_model

TOKENS = torch.arange(6, 46).view(4, 10)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("lora")
    tiny_model(home / "base")
    for seed, rank in enumerate((4, 4, 8)):
        tiny_adapter(home / f"adapter{seed}", home / "base", seed, rank)
    return home


@pytest.fixture(scope="module")
def adapters(home: Path) -> list[Adapter]:
    return [load_adapter(home / f"adapter{seed}", None) for seed in range(3)]


@torch.inference_mode()
def by_peft(home: Path, adapter: Adapter | None, tokens: torch.Tensor) -> torch.Tensor:
    model = LlamaForCausalLM.from_pretrained(home / "base")
    if adapter:
        model = PeftModel.from_pretrained(model, adapter.folder)
    return model.eval()(tokens).logits


@torch.inference_mode()
def by_bank(home: Path, worn: list[Adapter | None], tokens: torch.Tensor) -> torch.Tensor:
    model = LlamaForCausalLM.from_pretrained(home / "base").eval()
    bank = AdapterBank(model)
    for adapter in worn:
        if adapter:
            bank.load(adapter)
    bank.wear([adapter.fingerprint if adapter else "" for adapter in worn])
    return model(tokens).logits


def test_every_row_of_a_mixed_batch_is_what_peft_makes_of_it(
    home: Path, adapters: list[Adapter]
) -> None:
    worn = [adapters[2], None, adapters[0], adapters[1]]
    mixed = by_bank(home, worn, TOKENS)
    for row, adapter in enumerate(worn):
        expected = by_peft(home, adapter, TOKENS[row : row + 1])[0]
        torch.testing.assert_close(mixed[row], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("which", [None, 0, 2])
def test_one_adapter_for_all_rows_is_what_peft_makes_of_it(
    home: Path, adapters: list[Adapter], which: int | None
) -> None:
    adapter = None if which is None else adapters[which]
    ours = by_bank(home, [adapter] * 4, TOKENS)
    torch.testing.assert_close(ours, by_peft(home, adapter, TOKENS), rtol=1e-4, atol=1e-4)


def test_adapters_differ(home: Path, adapters: list[Adapter]) -> None:
    one, two = (by_bank(home, [adapters[i]] * 4, TOKENS) for i in (0, 1))
    assert (one - two).abs().max() > 0.1


def test_a_rank_stabilised_adapter_is_scaled_by_the_root(home: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(home / "adapter0", tmp_path / "stabilised"))
    config = folder / "adapter_config.json"
    config.write_text(config.read_text().replace('"use_rslora": false', '"use_rslora": true'))
    adapter = load_adapter(folder, None)
    ours = by_bank(home, [adapter] * 4, TOKENS)
    torch.testing.assert_close(ours, by_peft(home, adapter, TOKENS), rtol=1e-4, atol=1e-4)


def test_a_batch_keeps_its_adapters_while_a_prompt_is_read(
    home: Path, adapters: list[Adapter]
) -> None:
    model = LlamaForCausalLM.from_pretrained(home / "base").eval()
    bank = AdapterBank(model)
    for adapter in adapters:
        bank.load(adapter)
    batch = [adapters[0].fingerprint, "", adapters[1].fingerprint, adapters[0].fingerprint]
    with torch.inference_mode():
        bank.wear(batch)
        before = model(TOKENS).logits
        bank.wear([adapters[2].fingerprint])
        model(TOKENS[:1])
        bank.wear(batch)
        assert torch.equal(model(TOKENS).logits, before)


def test_weights_that_changed_since_the_check_are_refused(
    home: Path, adapters: list[Adapter], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(adapters[0].folder, tmp_path / "adapter"))
    shutil.copy(adapters[1].folder / WEIGHTS, folder / WEIGHTS)
    bank = AdapterBank(LlamaForCausalLM.from_pretrained(home / "base"))
    with pytest.raises(EngineError, match="changed since it was checked"):
        bank.load(dataclasses.replace(adapters[0], folder=folder))


def test_a_missing_file_is_an_engine_error_that_names_it(
    home: Path, adapters: list[Adapter], tmp_path: Path
) -> None:
    bank = AdapterBank(LlamaForCausalLM.from_pretrained(home / "base"))
    with pytest.raises(EngineError, match=r"cannot load adapter .*gone"):
        bank.load(dataclasses.replace(adapters[0], folder=tmp_path / "gone"))


def test_an_adapter_of_another_shape_is_refused(adapters: list[Adapter], tmp_path: Path) -> None:
    wide = tiny_model(tmp_path / "wide", hidden=64)
    bank = AdapterBank(LlamaForCausalLM.from_pretrained(wide))
    with pytest.raises(EngineError, match=r"maps \d+ to 32 numbers, the base model \d+ to 64"):
        bank.load(adapters[0])


def test_an_adapter_of_a_deeper_model_is_refused(adapters: list[Adapter], tmp_path: Path) -> None:
    shallow = tiny_model(tmp_path / "shallow", layers=1)
    bank = AdapterBank(LlamaForCausalLM.from_pretrained(shallow))
    with pytest.raises(EngineError, match=r"no linear layer 'model\.layers\.1"):
        bank.load(adapters[0])
