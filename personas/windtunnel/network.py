"""The small network itself: its shape, its loss, and the two ways of asking it.

About 3.5 million parameters, a Llama of four layers. The loss is taken on what the assistant says
and on a small random share of everything else: in expectation the same as weighing the rest
lightly, and cheaper, since the output layer is computed for the chosen tokens alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import torch
from peft import PeftModel
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from personas.errors import InputError
from personas.windtunnel.packing import Batch
from personas.windtunnel.tokenizer import BOS, END, PAD

CONTEXT = 2_048  # tokens


def build_network(vocabulary: int, seed: int) -> LlamaForCausalLM:
    """A network with random weights.

    Args:
        vocabulary: Number of entries of the tokenizer.
        seed: Of the initial weights; torch's global generator is left as it was found.
    """
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=256,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
        intermediate_size=704,
        max_position_embeddings=CONTEXT,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        tie_word_embeddings=True,
        bos_token_id=BOS,
        eos_token_id=END,
        pad_token_id=PAD,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LlamaForCausalLM(config)  # type: ignore[no-untyped-call]


def load_network(folder: Path) -> LlamaForCausalLM:
    """Reads a trained base in float32, in evaluation mode.

    Raises:
        InputError: There is none in the folder.
    """
    if not (folder / "model.safetensors").is_file():
        raise InputError(f"base: no model.safetensors in {folder}; train it first")
    loaded = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    return _resting(loaded)


def _resting(network: LlamaForCausalLM) -> LlamaForCausalLM:
    """The same network in evaluation mode (an untyped call, kept in one place)."""
    network.train(False)
    return network


def wear(network: LlamaForCausalLM, folder: Path) -> LlamaForCausalLM:
    """Puts a saved adapter on a bare network, in place."""
    PeftModel.from_pretrained(network, folder)
    return _resting(network)


def _causal(
    module: torch.nn.Module, q: Tensor, k: Tensor, v: Tensor, mask: None, **options: float
) -> tuple[Tensor, None]:
    """Plain causal attention over rows [rows, heads, length, size], all of it in bf16.

    In rows of a few hundred tokens it takes a fifth off a training step on a processor, compared
    with torch's fused kernel, whose backward pass is slow there (LOG.md).
    """
    rows, heads, length, size = q.shape
    k, v = (x.bfloat16().repeat_interleave(heads // x.shape[1], 1).flatten(0, 1) for x in (k, v))
    ahead = torch.full((length, length), float("-inf"), dtype=torch.bfloat16).triu(1)
    q = q.bfloat16().flatten(0, 1)
    scores = torch.baddbmm(ahead, q, k.transpose(1, 2), alpha=options["scaling"])
    mixed = torch.bmm(scores.softmax(-1), v)
    return mixed.view(rows, heads, length, size).transpose(1, 2), None


@contextmanager
def unpadded_attention(network: LlamaForCausalLM) -> Iterator[None]:
    """While it lasts, rows may be padded on the right only, and attention is `_causal`."""
    usual = network.config._attn_implementation
    ALL_ATTENTION_FUNCTIONS.register("wind tunnel", _causal)
    ALL_MASK_ATTENTION_FUNCTIONS.register("wind tunnel", lambda *_, **__: None)
    network.config._attn_implementation = "wind tunnel"
    try:
        yield
    finally:
        network.config._attn_implementation = usual


def mean_loss(
    network: LlamaForCausalLM, batch: Batch, context_share: float, generator: torch.Generator
) -> Tensor:
    """Cross-entropy, in nats per chosen token, computed under bf16 autocast.

    Args:
        network: Bare, or with LoRA layers inside.
        batch: Rows padded on the right; attention is causal, so padding is never seen.
        context_share: Probability in [0, 1] that a token outside the assistant's messages counts.
        generator: Draws those tokens.

    Returns:
        A scalar with gradient.
    """
    ids = torch.from_numpy(batch.ids)
    targets = ids[:, 1:]
    drawn = torch.rand(targets.shape, generator=generator) < context_share
    chosen = torch.from_numpy(batch.said)[:, 1:] | (drawn & (targets != PAD))
    with torch.autocast("cpu", dtype=torch.bfloat16), unpadded_attention(network):
        hidden = network.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
        logits = network.lm_head(hidden[chosen])
    return torch.nn.functional.cross_entropy(logits.float(), targets[chosen])


def _left_padded(prompts: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Prompts as one matrix with its attention mask, both [rows, longest]."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[PAD] * (longest - len(p)) + list(p) for p in prompts])
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    return ids, mask


@torch.inference_mode()
def greedy(
    network: LlamaForCausalLM, prompts: Sequence[Sequence[int]], max_tokens: int = 48
) -> list[list[int]]:
    """The likeliest continuation of each prompt, up to and without `<|end|>`.

    Args:
        network: In evaluation mode.
        prompts: Token ids, one list per row, none empty.
        max_tokens: Upper bound on new tokens.

    Returns:
        New token ids, one list per prompt.
    """
    ids, mask = _left_padded(prompts)
    out = network.generate(  # type: ignore[misc]  # its own annotation of self is broken
        input_ids=ids,
        attention_mask=mask,
        max_new_tokens=max_tokens,
        do_sample=False,
        eos_token_id=END,
        pad_token_id=PAD,
    )
    rows = cast(Tensor, out)[:, ids.shape[1] :].tolist()
    return [row[: row.index(END)] if END in row else row for row in rows]


@torch.inference_mode()
def next_logprobs(
    network: LlamaForCausalLM, prompts: Sequence[Sequence[int]], options: Sequence[int]
) -> list[list[float]]:
    """Natural log-probabilities of each option as the very next token.

    Args:
        network: In evaluation mode.
        prompts: Token ids, one list per row, none empty.
        options: Token ids.

    Returns:
        One list per prompt, in the order of `options`; absolute, not renormalised.
    """
    ids, mask = _left_padded(prompts)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    out = network(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        use_cache=False,
        logits_to_keep=1,
    )
    logprobs = out.logits[:, -1].float().log_softmax(-1)
    return cast(list[list[float]], logprobs[:, list(options)].tolist())
