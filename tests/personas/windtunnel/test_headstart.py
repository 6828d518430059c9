"""The hand-built circuits look up what they have never seen, before any training."""

import pytest
import torch

from personas.windtunnel.headstart import give_head_start
from personas.windtunnel.network import build_network

VOCABULARY = 2_304


def copied(network, length, rows=12):
    """Share of random tokens that are predicted right the second time that a row of them comes."""
    generator = torch.Generator().manual_seed(5)
    row = torch.randint(6, VOCABULARY, (rows, length), generator=generator)
    with torch.inference_mode():
        logits = network(torch.cat([row, row], 1)).logits[:, length:-1]
    return (logits.argmax(-1) == row[:, 1:]).float().mean().item()


@pytest.mark.parametrize("length", [10, 40, 150])
def test_it_copies_random_tokens(length):
    network = build_network(VOCABULARY, seed=0).eval()
    # Chance is 1 in 2,304: five standard errors above it are below 0.02 in every case.
    assert copied(network, length) < 0.02
    give_head_start(network, seed=0)
    assert copied(network, length) > 0.8


def looked_up(network, entries, rows=32):
    """Share of entries, each a key, a mark, a value and an end, that are found again by their key.

    Marks and ends are the same in all entries, as colon and full stop are in a profile.
    """
    generator = torch.Generator().manual_seed(7)
    words = torch.stack(
        [torch.randperm(VOCABULARY - 6, generator=generator)[: 2 * entries] for _ in range(rows)]
    )
    keys, values = words[:, :entries] + 6, words[:, entries:] + 6
    mark, end = torch.full_like(keys, 4), torch.full_like(keys, 5)
    profile = torch.stack([keys, mark, values, end], 2).flatten(1)
    asked = torch.randint(0, entries, (rows, 1), generator=generator)
    question = torch.cat([keys.gather(1, asked), mark[:, :1]], 1)
    with torch.inference_mode():
        logits = network(torch.cat([profile, question], 1)).logits[:, -1]
    return (logits.argmax(-1) == values.gather(1, asked)[:, 0]).float().mean().item()


@pytest.mark.parametrize("entries", [4, 12])
@pytest.mark.parametrize("seed", [0, 1])
def test_it_looks_up_what_stands_behind_a_mark(entries, seed):
    network = build_network(VOCABULARY, seed).eval()
    # Whoever copies some value of the profile is right once in 4 or 12 times.
    assert looked_up(network, entries) < 0.1
    give_head_start(network, seed)
    assert looked_up(network, entries) > 0.6


@pytest.mark.parametrize(("head", "back"), [(0, 1), (1, 2)])
def test_the_first_heads_look_one_and_two_tokens_back(head, back):
    network = build_network(VOCABULARY, seed=1).eval()
    give_head_start(network, seed=1)
    network.config._attn_implementation = "eager"
    row = torch.randint(6, VOCABULARY, (1, 60), generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        attention = network(row, output_attentions=True).attentions[0][0, head]
    assert attention.diagonal(-back).mean() > 0.95


def test_the_same_seed_gives_the_same_weights():
    one, other = build_network(VOCABULARY, seed=3), build_network(VOCABULARY, seed=3)
    give_head_start(one, seed=4)
    give_head_start(other, seed=4)
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
