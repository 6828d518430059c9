"""Our attention against the textbook's formula."""

import math

import pytest
import torch
from torch import Tensor

from agents.engines.attention import attend

HEADS, KEY_HEADS, SIZE = 4, 2, 8
MODULE = torch.nn.Identity()


def textbook(query: Tensor, key: Tensor, value: Tensor, first: int) -> Tensor:
    """One row: softmax(q k / sqrt(size)) v, query i at position first + i, head by head."""
    out = torch.zeros(query.shape[1], HEADS, SIZE)
    for head in range(HEADS):
        shared = head * KEY_HEADS // HEADS
        for place in range(query.shape[1]):
            seen = first + place + 1
            products = key[shared, :seen] @ query[head, place] / math.sqrt(SIZE)
            out[place, head] = products.softmax(0) @ value[shared, :seen]
    return out


@pytest.mark.parametrize(("known", "new"), [(0, 1), (0, 7), (5, 1), (5, 4)])
def test_a_prompt_sees_itself_and_its_prefix(known: int, new: int) -> None:
    torch.manual_seed(known + new)
    query = torch.randn(1, HEADS, new, SIZE)
    key, value = torch.randn(2, 1, KEY_HEADS, known + new, SIZE)
    out, _ = attend(MODULE, query, key, value, None)
    torch.testing.assert_close(out[0], textbook(query[0], key[0], value[0], known))


@pytest.mark.parametrize("lengths", [[6, 5, 6], [2, 9, 1], [30, 2, 3]])
@pytest.mark.parametrize("told", [True, False])
def test_rows_see_their_own_columns_only(lengths: list[int], told: bool) -> None:
    torch.manual_seed(0)
    query = torch.randn(3, HEADS, 1, SIZE)
    key, value = torch.randn(2, 3, KEY_HEADS, max(lengths), SIZE)
    visible = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    out, _ = attend(
        MODULE, query, key, value, visible[:, None, None], row_lengths=lengths if told else None
    )
    for row, length in enumerate(lengths):
        expected = textbook(query[row], key[row], value[row], length - 1)
        torch.testing.assert_close(out[row], expected)


def test_a_given_scale_is_used() -> None:
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 1, 2, 5, SIZE)
    scaled, _ = attend(MODULE, query, key, value, None, scaling=2 / math.sqrt(SIZE))
    doubled, _ = attend(MODULE, 2 * query, key, value, None)
    torch.testing.assert_close(scaled, doubled)
