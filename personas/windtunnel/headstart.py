"""First weights in which looking things up is already there: induction circuits, built by hand.

A network that looks something up has to find an earlier occurrence of what it has just read and
go on as the text went on there (induction heads; Olsson et al. 2022, arXiv:2209.11895). From
random weights that circuit may take longer to appear than this small model is trained at all:
after seven million tokens of the town it copied random tokens at the rate of chance. It is simple
enough to be written down (compare mimetic initialisation; Trockman and Kolter 2023,
arXiv:2305.09828); training then keeps, moves and refines it as it likes.

- Every embedding holds one constant, so two heads of layer 0 can attend by position alone: to the
  token before, and to the one before that. They write shadows of those tokens into dimensions
  kept free for them.
- A head of layer 1 looks for the present token among the shadows of one token before, and adds
  the token that it finds to the prediction: it goes on as the text went on.
- Another looks for the token *before* the present one among the shadows of two tokens before.
  What stands behind a colon is thus found by what stands before it: "bike lanes: strongly for"
  and "in 2004 I finished school" have the colon and the "I" in common with every other entry.

The matching uses the slowly turning half of the rotary dimensions.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaAttention

WORD_SCALE = 0.1  # standard deviation of the entries of a word, five times the usual
CONSTANT = 0.3  # first entry of every word
DAMPING = 0.2  # of what the random rest of the network writes: it would drown the circuit
SHADOW_ROOM = 64  # last dimensions of a word, left empty for the tokens before it
SHADOW = 24  # numbers by which a token is recognised, so there is room for two shadows
POSITION_PAIRS = 6  # fastest rotary pairs: the slower ones hardly tell a token from its neighbour
POSITION_SHARPNESS = 4.2
MATCH_SHARPNESS = 2.5
SHADOW_GAIN = 0.2
COPY_GAIN = 1.0


@torch.no_grad()
def give_head_start(network: LlamaForCausalLM, seed: int) -> None:
    """Writes the circuits into a network with fresh random weights, in place.

    Args:
        network: As `build_network` makes it: 4 heads in 2 groups, at least two layers.
        seed: Of the directions by which tokens are recognised and copied.
    """
    config = network.config
    first, second = network.model.layers[0].self_attn, network.model.layers[1].self_attn
    words, size = config.hidden_size - SHADOW_ROOM, first.head_dim
    generator = torch.Generator().manual_seed(seed)
    shadow = _directions(words - 1, SHADOW, generator)
    copied = _directions(words - 1, 2 * size, generator)
    embedding = network.model.embed_tokens.weight
    embedding.mul_(WORD_SCALE / config.initializer_range)
    embedding[:, words:] = 0
    embedding[:, 0] = CONSTANT
    for layer in network.model.layers:
        layer.self_attn.o_proj.weight.mul_(DAMPING)
        layer.mlp.down_proj.weight.mul_(DAMPING)
    one_before = slice(words, words + SHADOW)
    two_before = slice(words + SHADOW, words + 2 * SHADOW)
    _look_back(first, network.model.rotary_emb.inv_freq)
    _cast_shadows(first, shadow, (one_before, two_before))
    before = torch.eye(SHADOW, words + SHADOW_ROOM).roll(words, 1)
    after_present = torch.nn.functional.pad(shadow, (1, SHADOW_ROOM))
    _find(second, 0, after_present, one_before, copied[:size])
    _find(second, 1, before, two_before, copied[size:])


def _directions(space: int, count: int, generator: torch.Generator) -> Tensor:
    """Orthonormal directions, [count, space]."""
    directions: Tensor = torch.linalg.qr(torch.randn(space, count, generator=generator))[0].T
    return directions


def _look_back(attention: LlamaAttention, turns: Tensor) -> None:
    """Makes the first head attend to the token before, and the second to the one before that.

    A pair of rotary dimensions turns by so many radians per token; a query turned back by one
    token agrees best with the key that stands one token before.
    """
    query, key, size = attention.q_proj.weight, attention.k_proj.weight, attention.head_dim
    query[: 2 * size], key[:size] = 0, 0
    key[:POSITION_PAIRS, 0] = POSITION_SHARPNESS
    for head, steps in enumerate((1, 2)):
        for pair, turn in enumerate(turns[:POSITION_PAIRS], head * size):
            query[pair, 0] = POSITION_SHARPNESS * torch.cos(steps * turn)
            query[pair + size // 2, 0] = -POSITION_SHARPNESS * torch.sin(steps * turn)


def _cast_shadows(attention: LlamaAttention, shadow: Tensor, places: Sequence[slice]) -> None:
    """Lets each of the first heads write the shadow of what it sees into a place of its own."""
    size, width = attention.head_dim, shadow.shape[1]
    output = attention.o_proj.weight
    attention.v_proj.weight[:size] = 0
    attention.v_proj.weight[:SHADOW, 1 : 1 + width] = shadow
    output[-SHADOW_ROOM:] = 0
    for head, place in enumerate(places):
        output[:, head * size : (head + 1) * size] = 0
        output[place, head * size : head * size + SHADOW] = SHADOW_GAIN * torch.eye(SHADOW)


def _find(
    attention: LlamaAttention, group: int, wanted: Tensor, place: slice, copied: Tensor
) -> None:
    """Makes a group's first head attend to where a shadow is the wanted one, and copy the token.

    Only the slowest rotary pairs are used: they have hardly turned over a whole prompt.

    Args:
        attention: Of a later layer than the shadows' own.
        group: Of heads with the same keys and values.
        wanted: What the present token looks for, [SHADOW, hidden].
        place: Where the shadow is.
        copied: Directions in which a token is copied, [head size, words].
    """
    size, width = attention.head_dim, copied.shape[1]
    head = group * attention.num_key_value_groups
    own, shared = slice(head * size, (head + 1) * size), slice(group * size, (group + 1) * size)
    query, key = attention.q_proj.weight[own], attention.k_proj.weight[shared]
    query.zero_()
    key.zero_()
    half = size // 2
    slow = range(half - SHADOW // 2, half)
    slots = [*slow, *(pair + half for pair in slow)]
    query[slots] = MATCH_SHARPNESS * wanted
    key[slots, list(range(place.start, place.stop))] = MATCH_SHARPNESS
    attention.v_proj.weight[shared] = 0
    attention.v_proj.weight[shared, 1 : 1 + width] = copied
    attention.o_proj.weight[:, own] = 0
    attention.o_proj.weight[1 : 1 + width, own] = COPY_GAIN * copied.T
