"""The repair of vLLM's LoRA arithmetic, token by token against plain products."""

import runpy
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from torch import Tensor

from agents.engines import vllm_cpu_lora
from agents.engines.vllm_cpu_lora import expand, expand_slice, shrink

TOKENS, WIDTH, RANK, SLOTS = 9, 12, 4, 3
WEARING = torch.tensor([-1, 2, 2, -1, 0, 1, 2, -1, 0])  # the base, and every slot


def tensors() -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states, and every slot's A and B."""
    generator = torch.Generator().manual_seed(0)
    shapes = (TOKENS, WIDTH), (SLOTS, 1, RANK, WIDTH), (SLOTS, 1, WIDTH, RANK)
    states, down, up = (torch.randn(shape, generator=generator) for shape in shapes)
    return states, down, up


@pytest.mark.parametrize("group", [1, 100], ids=["by adapter", "by token"])
@pytest.mark.parametrize("slots", [WEARING, torch.full((TOKENS,), 1), torch.full((TOKENS,), -1)])
def test_shrink_gives_each_token_its_own_adapter_and_the_base_none(slots, group, monkeypatch):
    monkeypatch.setattr(vllm_cpu_lora, "TOKENS_A_GROUP", group)
    states, down, _ = tensors()
    out = torch.full((TOKENS, RANK), 7.0)
    shrink(states, down, out, slots, 0.5)
    for token, slot in enumerate(slots.tolist()):
        wanted = 0.5 * down[slot, 0] @ states[token] if slot >= 0 else torch.zeros(RANK)
        torch.testing.assert_close(out[token], wanted)


@pytest.mark.parametrize("group", [1, 100], ids=["by adapter", "by token"])
@pytest.mark.parametrize("slots", [WEARING, torch.full((TOKENS,), 1), torch.full((TOKENS,), -1)])
def test_expand_adds_to_each_token_its_own_adapter_and_to_the_base_nothing(
    slots, group, monkeypatch
):
    monkeypatch.setattr(vllm_cpu_lora, "TOKENS_A_GROUP", group)
    states, _, up = tensors()
    low, before = states[:, :RANK], torch.ones(TOKENS, WIDTH)
    out = before.clone()
    expand(low, up, out, slots)
    for token, slot in enumerate(slots.tolist()):
        added = up[slot, 0] @ low[token] if slot >= 0 else torch.zeros(WIDTH)
        torch.testing.assert_close(out[token], before[token] + added)


def test_a_slice_touches_its_columns_alone():
    states, _, up = tensors()
    out = torch.ones(TOKENS, WIDTH + 5)
    expand_slice(states[:, :RANK], up, out, WEARING, 3, WIDTH)
    assert (out[:, :3] == 1).all()
    assert (out[:, 3 + WIDTH :] == 1).all()
    torch.testing.assert_close(out[4, 3 : 3 + WIDTH], 1 + up[0, 0] @ states[4, :RANK])


def test_expand_may_replace_what_is_there():
    states, _, up = tensors()
    out = torch.ones(TOKENS, WIDTH)
    expand(states[:, :RANK], up, out, WEARING, add_inputs=False)
    assert (out[0] == 0).all()
    torch.testing.assert_close(out[4], up[0, 0] @ states[4, :RANK])


@pytest.mark.skipif(find_spec("vllm") is None, reason="vLLM is not installed: make vllm-cpu")
def test_vllm_s_own_kernel_still_gives_the_base_an_adapter():
    """When this fails, vLLM has been mended and our repair may go."""
    spec = find_spec("vllm")
    assert spec is not None
    assert spec.origin is not None
    ops = Path(spec.origin).parent / "lora" / "ops" / "torch_ops" / "lora_ops.py"
    states, _, up = tensors()
    out = torch.zeros(TOKENS, WIDTH)
    runpy.run_path(str(ops))["bgmv_expand"](states[:, :RANK], up, out, WEARING, True)
    torch.testing.assert_close(out[0], up[-1, 0] @ states[0, :RANK])  # token 0 is the base's
