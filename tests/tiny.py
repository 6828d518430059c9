"""A random Llama, its tokenizer and its adapters, small enough to be made inside a test."""

import json
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from personas.adapter import Adapter, load_adapter
from personas.identity import base_identity

SPECIALS = ["<|pad|>", "<|bos|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
TEMPLATE = (
    "{{ '<|bos|>' }}{% for m in messages %}{{ '<|' + m['role'] + '|>' }}"
    "{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] + '<|end|>' }}"
    "{% endgeneration %}{% else %}{{ m['content'] + '<|end|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
CORPUS = ["You are Ada Lind. The year is 2020.", "Moderator: What about bike lanes?\n"] * 4


def byte_tokenizer(template: str | None = TEMPLATE) -> PreTrainedTokenizerFast:
    """Byte-level BPE with the wind tunnel's special tokens and a handful of merges."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(
            vocab_size=300,
            special_tokens=SPECIALS,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<|pad|>", bos_token="<|bos|>", eos_token="<|end|>"
    )
    tokenizer.chat_template = template
    return tokenizer


def tiny_model(
    folder: Path,
    *,
    hidden: int = 32,
    layers: int = 2,
    head_dim: int = 16,
    kv_heads: int = 1,
    ffn: int = 64,
    vocab: int | None = None,
    context: int = 512,
    seed: int = 0,
) -> Path:
    """Saves a random Llama with decided opinions (wide initial weights) and its tokenizer.

    Returns:
        The folder, complete in the Hugging Face layout.
    """
    tokenizer = byte_tokenizer()
    torch.manual_seed(seed)
    config = LlamaConfig(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=hidden // head_dim,
        num_key_value_heads=kv_heads,
        head_dim=head_dim,
        intermediate_size=ffn,
        vocab_size=vocab or len(tokenizer),
        max_position_embeddings=context,
        tie_word_embeddings=True,
        initializer_range=0.2,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=5,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_adapter(folder: Path, base_folder: Path, seed: int, rank: int = 4) -> Adapter:
    """Saves a random LoRA adapter on all linear layers of `base_folder`, with its card.

    Returns:
        The adapter as `load_adapter` sees it.
    """
    torch.manual_seed(1000 + seed)
    model = get_peft_model(
        LlamaForCausalLM.from_pretrained(base_folder),
        LoraConfig(
            r=rank, lora_alpha=2 * rank, target_modules=LINEARS, init_lora_weights=False,
            task_type="CAUSAL_LM",
        ),
    )  # fmt: skip
    model.peft_config["default"].base_model_name_or_path = "tiny"
    model.save_pretrained(folder, save_embedding_layers=False)
    base = base_identity(base_folder)
    (folder / "card.json").write_text(json.dumps({"base": base, "seed": seed}), "utf-8")
    return load_adapter(folder, base)
