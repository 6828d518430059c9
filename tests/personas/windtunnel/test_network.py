"""Padding changes nothing, and the loss is what its definition says."""

import math
import random

import numpy as np
import pytest
import torch
from transformers import LlamaForCausalLM

from personas.windtunnel.network import (
    build_network,
    greedy,
    mean_loss,
    next_logprobs,
)
from personas.windtunnel.packing import Batch, collate
from personas.windtunnel.tokenizer import END

VOCABULARY = 60


@pytest.fixture(scope="module")
def network() -> LlamaForCausalLM:
    built = build_network(VOCABULARY, seed=1)
    built.train(False)
    return built


def prompts(lengths: tuple[int, ...]) -> list[list[int]]:
    rng = random.Random(3)
    return [[rng.randrange(6, VOCABULARY) for _ in range(length)] for length in lengths]


def test_one_seed_gives_one_network_and_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, same, other = (build_network(VOCABULARY, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(one.lm_head.weight, same.lm_head.weight)
    assert not torch.equal(one.lm_head.weight, other.lm_head.weight)


def test_the_network_has_the_size_that_we_ship() -> None:
    # a layer: q, o 256 x 256; k, v 256 x 128; three of 256 x 704; two norms; embeddings are tied
    layer = 2 * 256 * 256 + 2 * 256 * 128 + 3 * 256 * 704 + 2 * 256
    expected = 4 * layer + 256 + 2_304 * 256
    assert sum(p.numel() for p in build_network(2_304, 0).parameters()) == expected


def test_company_in_a_batch_does_not_change_an_answer(network: LlamaForCausalLM) -> None:
    asked = prompts((5, 17, 9, 30))
    together = greedy(network, asked, max_tokens=8)
    assert together == [greedy(network, [prompt], max_tokens=8)[0] for prompt in asked]
    assert all(len(answer) <= 8 and END not in answer for answer in together)


def test_logprobs_are_the_log_softmax_of_the_last_position(network: LlamaForCausalLM) -> None:
    asked = prompts((4, 11))
    found = next_logprobs(network, asked, [7, 9])
    for prompt, row in zip(asked, found, strict=True):
        with torch.inference_mode():
            logits = network(input_ids=torch.tensor([prompt])).logits[0, -1].double().numpy()
        total = math.log(np.exp(logits).sum())
        assert row == pytest.approx([logits[7] - total, logits[9] - total], abs=1e-4)


def test_the_loss_is_the_mean_over_what_the_assistant_says(network: LlamaForCausalLM) -> None:
    ids = prompts((6, 3))
    said = [[False, False, False, True, True, True], [False, False, True]]
    loss = mean_loss(network, collate(list(zip(ids, said, strict=True))), 0.0, torch.Generator())
    terms = []
    for tokens, own in zip(ids, said, strict=True):
        with torch.inference_mode():
            logprobs = network(input_ids=torch.tensor([tokens])).logits[0].log_softmax(-1)
        terms += [-logprobs[i - 1, tokens[i]].item() for i in range(1, len(tokens)) if own[i]]
    assert len(terms) == 4
    assert loss.item() == pytest.approx(sum(terms) / 4, rel=0.01)  # bf16 keeps 8 bits


def test_the_whole_context_counts_at_share_one_and_padding_never(
    network: LlamaForCausalLM,
) -> None:
    ids = prompts((6, 3))
    nothing = [[False] * 6, [False] * 3]
    batch = collate(list(zip(ids, nothing, strict=True)))
    loss = mean_loss(network, batch, 1.0, torch.Generator())
    parts = [
        (mean_loss(network, Batch(np.array([row]), np.zeros((1, len(row)), bool)), 1.0,
                   torch.Generator()).item(), len(row) - 1)
        for row in ids
    ]  # fmt: skip
    expected = sum(part * n for part, n in parts) / sum(n for _, n in parts)
    assert loss.item() == pytest.approx(expected, rel=0.01)
