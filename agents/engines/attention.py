"""Attention for two shapes of work: one row's prompt, or one new token of many rows.

Registered with transformers under `NAME`, so that any causal model can be told to use it. The
model's own masks are left out: a prompt is causal by its shape, a batch of rows brings its mask.
"""

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

NAME = "symposion"
RAGGED = 1.5
"""Above this ratio of padded to real columns, rows attend one by one, each at its own length."""


def attend(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    row_lengths: Sequence[int] | None = None,
    **_: object,
) -> tuple[Tensor, None]:
    """Softmax attention with grouped heads, without copying a head's keys to its group.

    The query heads that share one key head are stacked as further query positions.

    Args:
        module: The layer that asks; unused, part of the interface.
        query: (rows, query heads, new tokens, head size).
        key: (rows, key heads, all tokens, head size); the new tokens are its last columns,
            unless `attention_mask` says where they are.
        value: Like `key`.
        attention_mask: True where a row may look, (rows, 1, 1, all tokens); None for a prompt.
        scaling: Factor on the products; None is one over the root of the head size.
        row_lengths: How many columns each row sees, where `attention_mask` says the same.

    Returns:
        (rows, new tokens, query heads, head size), and no weights.
    """
    rows, heads, new, size = query.shape
    columns, group = key.shape[2], heads // key.shape[1]
    if new == columns and attention_mask is None:
        out = scaled_dot_product_attention(
            query, key, value, is_causal=True, scale=scaling, enable_gqa=group > 1
        )
        return out.transpose(1, 2), None
    if attention_mask is None and new > 1:
        attention_mask = _lower_right(new, columns, group, query.device)
    stacked = query.reshape(rows, heads // group, group * new, size)
    if row_lengths and RAGGED * sum(row_lengths) < rows * columns:
        alone = [
            scaled_dot_product_attention(
                stacked[i : i + 1], key[i : i + 1, :, :n], value[i : i + 1, :, :n], scale=scaling
            )
            for i, n in enumerate(row_lengths)
        ]
        out = torch.cat(alone)
    else:
        out = scaled_dot_product_attention(stacked, key, value, attention_mask, scale=scaling)
    return out.reshape(rows, heads, new, size).transpose(1, 2), None


@lru_cache(maxsize=4)  # the layers of one forward ask for the same mask
def _lower_right(new: int, columns: int, group: int, device: torch.device) -> Tensor:
    """Causal mask of the last `new` of `columns` tokens, once for each head of a group."""
    mask = torch.ones(new, columns, dtype=torch.bool, device=device)
    return mask.tril(columns - new).repeat(group, 1)


AttentionInterface.register(NAME, attend)
