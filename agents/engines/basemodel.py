"""A causal language model from a local folder, made ready for the engine's caches."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, Cache, PreTrainedConfig, PreTrainedModel
from transformers.utils import logging

from agents.engines import attention
from agents.engines.kvcache import BatchCache, RowCache
from personas.errors import InputError

Dtype = Literal["float32", "bfloat16", "float16"]

TOLERANCE: dict[Dtype, float] = {"float32": 1e-3, "bfloat16": 0.1, "float16": 0.02}
"""How far logits may be from the model's own, as a share of their spread."""

ROUNDING = 1e-5
"""How far logits may be off in any case: a model may find all tokens equally likely."""


class BaseModel:
    """One forward over tokens, with the positions and the cache that the engine gives it."""

    def __init__(self, folder: Path, dtype: Dtype) -> None:
        """Loads the model, on the GPU where there is one, and checks the engine's way with it.

        Raises:
            InputError: The folder holds no causal language model that this engine can run.
        """
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        try:
            model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
                folder, dtype=getattr(torch, dtype), local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise InputError(f"cannot load base model {folder}: {reason}") from error
        self.module = model  # from_pretrained has set evaluation mode
        torch.nn.Module.to(self.module, device)
        self.device = device
        self.parameters = model.num_parameters()
        self.context_tokens = _context_tokens(model.config)
        self.stop_ids = _stop_ids(model)
        self._switch_attention(folder, TOLERANCE[dtype])

    def next_logits(
        self,
        tokens: Tensor,
        positions: Tensor,
        cache: Cache,
        visible: Tensor | None = None,
        row_lengths: Sequence[int] | None = None,
    ) -> Tensor:
        """What follows the last token of each row.

        Args:
            tokens: New token ids, (rows, new tokens).
            positions: Their places in their rows, same shape.
            cache: Takes their keys and values.
            visible: Where each row may look, see `agents.engines.attention.attend`.
            row_lengths: The same as numbers of columns.

        Returns:
            Logits (rows, vocabulary), float32 on the CPU.
        """
        out = self.module(
            input_ids=tokens,
            position_ids=positions,
            attention_mask=visible,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
            **({"row_lengths": row_lengths} if row_lengths else {}),
        )
        logits: Tensor = out.logits[:, -1].float().cpu()
        return logits

    @torch.inference_mode()
    def _switch_attention(self, folder: Path, tolerance: float) -> None:
        """Puts our attention in place, and compares one prompt with the model's plain way.

        So a model whose attention does something of its own (capped, biased, recurrent) is
        refused here instead of speaking nonsense.
        """
        tokens = torch.arange(1, 10, device=self.device)[None]
        try:
            self.module.set_attn_implementation("eager")
            own = self.module(input_ids=tokens, use_cache=False).logits[0, -1].float().cpu()
            self.module.set_attn_implementation(attention.NAME)
            ours = self._piecewise(tokens)
        except (ValueError, TypeError, AttributeError, IndexError, RuntimeError) as error:
            raise InputError(_refusal(folder, str(error).strip().splitlines()[0])) from error
        gap, spread = float((ours - own).abs().max()), float(own.max() - own.min())
        if not gap <= tolerance * spread + ROUNDING:
            raise InputError(_refusal(folder, f"logits come out {gap:.2g} off of {spread:.2g}"))

    def _piecewise(self, tokens: Tensor) -> Tensor:
        """The last logits by way of all three kinds of work: a prompt, its end, a new token."""
        places = torch.arange(tokens.shape[1], device=self.device)[None]
        row = RowCache([], 0)
        self.next_logits(tokens[:, :5], places[:, :5], row)
        row = RowCache(row.kept, 4)
        self.next_logits(tokens[:, 4:-1], places[:, 4:-1], row)
        batch = BatchCache()
        batch.join(row.kept, tokens.shape[1])
        positions, visible = batch.step()
        return self.next_logits(tokens[:, -1:], positions, batch, visible)[0]


def _context_tokens(config: PreTrainedConfig) -> int:
    """The model's longest context; no longer than a sliding window, which is not imitated."""
    text = config.get_text_config()
    longest = int(getattr(text, "max_position_embeddings", 0) or 2**31)
    window = getattr(text, "sliding_window", None)
    kinds = getattr(text, "layer_types", None)
    slides = "sliding_attention" in kinds if kinds else getattr(text, "use_sliding_window", True)
    return min(longest, int(window)) if window and slides else longest


def _stop_ids(model: PreTrainedModel) -> frozenset[int]:
    """Tokens that the model's own settings name as ends of a text: none, one or several."""
    ends = model.generation_config.eos_token_id if model.generation_config else None
    return frozenset([ends] if isinstance(ends, int) else ends or [])


def _refusal(folder: Path, reason: str) -> str:
    return f"the embedded engine cannot run {folder}: {reason}; use another model or engine"
