"""A base model made ready for tuning, with the low-rank layers that learn."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, PreTrainedModel
from transformers.utils import logging

from personas.adapter import TARGETS
from personas.errors import InputError
from personas.persllm.presets import Lora, Machine


def load_base(folder: Path, machine: Machine) -> PreTrainedModel:
    """A causal language model to be tuned.

    Raises:
        InputError: The folder holds none, or 4-bit numbers are asked for where they cannot be.
    """
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    quantised = {"quantization_config": _four_bit()} if machine.four_bit else {}
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, machine.numbers), local_files_only=True,
            use_safetensors=True, **quantised,
        )  # fmt: skip
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"cannot load base model {folder}: {reason}") from error
    return model


def _four_bit() -> BitsAndBytesConfig:
    try:
        import bitsandbytes  # noqa: F401
    except ImportError:
        raise InputError(
            "four_bit needs bitsandbytes: install the extra symposion[four-bit], or leave it out"
        ) from None
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def with_fresh_lora(model: PreTrainedModel, lora: Lora, folder: Path, seed: int) -> PeftModel:
    """Puts low-rank layers beside every linear layer that engines can serve.

    Raises:
        InputError: The model has no such layer.
    """
    found = {name.rpartition(".")[2] for name, _ in model.named_modules()} & TARGETS
    if not found:
        raise InputError(
            f"base model {folder} has none of the layers that can be adapted: {sorted(TARGETS)}"
        )
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=0.0,
        target_modules=sorted(found),
        task_type="CAUSAL_LM",
        base_model_name_or_path=str(folder),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        worn = get_peft_model(model, config)
    return cast(PeftModel, worn)


def with_lora(model: PreTrainedModel, adapter: Path) -> PeftModel:
    """Puts a trained adapter on a bare model, to be trained further."""
    worn: PeftModel = PeftModel.from_pretrained(model, str(adapter), is_trainable=True)
    return worn


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """While it lasts, PyTorch computes on so many threads; 0 changes nothing."""
    usual = torch.get_num_threads()
    torch.set_num_threads(count or usual)
    try:
        yield
    finally:
        torch.set_num_threads(usual)
