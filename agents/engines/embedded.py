"""The default engine: transformers in this process, on the CPU or a GPU, nothing else needed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import torch
import transformers

from agents.engines.basemodel import BaseModel, Dtype
from agents.engines.batching import Batcher
from agents.engines.job import Job
from agents.engines.prefixcounts import PrefixCounts
from agents.engines.speaker import Speaker
from personas.errors import EngineError, InputError
from personas.identity import base_identity
from personas.model import ModelIdentity, Reply, Request, Scores
from personas.modelfolder import open_tokenizer
from personas.rendering import Renderer

ARITHMETIC = "rows 1"
"""Counts up when the engine's own arithmetic changes, so that no record mixes two."""

SMALL = 10_000_000
"""Parameters below which one thread speaks faster than two, or as fast (LOG.md)."""


class EmbeddedEngine:
    """A local causal language model, with many LoRA adapters in one batch.

    Requests that are awaited at the same time share their forward passes; in float32 the words
    of a reply do not depend on its company, up to rounding. Adapters are loaded when first used
    and stay. One thread computes; the event loop stays free.

    Args:
        folder: A model in the Hugging Face layout, weights as safetensors.
        dtype: Number format of the computation.
        max_batch: Most replies spoken at once.
        threads: CPU threads of one forward pass; None: one for a small model, which shares too
            little work to gain by more, and the process's setting for others.
        prefix_bytes: Room for the keys and values of prompts read before.

    Raises:
        InputError: The folder is not there or not such a model, or a number is out of range.
    """

    def __init__(
        self,
        folder: Path,
        dtype: Dtype = "float32",
        max_batch: int = 32,
        threads: int | None = None,
        prefix_bytes: int = 2**30,
    ) -> None:
        _check_arguments(dtype, max_batch, threads, prefix_bytes)
        base = base_identity(folder)
        tokenizer = open_tokenizer(folder)
        model = BaseModel(folder, dtype)
        self._renderer = Renderer(tokenizer)
        stops = self._renderer.stop_ids | model.stop_ids
        self._speaker = Speaker(model, self._renderer, stops, prefix_bytes)
        if threads is None and model.parameters < SMALL:
            threads = 1
        self._batcher = Batcher(self._speaker, max_batch, threads)
        version = f"transformers {transformers.__version__} torch {torch.__version__} {ARITHMETIC}"
        self.identity = ModelIdentity("embedded", version, base, dtype)
        self.context_tokens = model.context_tokens

    def count_tokens(self, text: str) -> int:
        """Number of tokens of one spoken segment, cached by text."""
        return len(self._renderer.encode(text))

    async def generate(self, request: Request) -> Reply:
        """Answers in words.

        Raises:
            EngineError: Prompt and reply exceed the context, the adapter is of another base or
                cannot be loaded, or the engine is closed or broken.
        """
        job = self._job(request, None, request.sampling.max_tokens)
        reply = await self._ask(job)
        assert isinstance(reply, Reply)  # a job without options
        return reply

    async def score(self, request: Request, options: Sequence[str]) -> Scores:
        """Log-probability of each option as the next token.

        Raises:
            EngineError: As for `generate`, or an option is not one token of its own.
        """
        scores = await self._ask(self._job(request, self._renderer.option_ids(options), 1))
        assert isinstance(scores, Scores)  # a job with options
        return scores

    def prefix_counts(self) -> PrefixCounts:
        """How many tokens of all prompts so far were read before."""
        return self._speaker.prefix_counts

    async def aclose(self) -> None:
        """Stops the thread; calls still waiting fail with an `EngineError`."""
        await asyncio.to_thread(self._batcher.close)

    async def __aenter__(self) -> "EmbeddedEngine":
        """The engine itself; it is open from the start."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Closes it."""
        await self.aclose()

    def _job(self, request: Request, options: list[int] | None, new_tokens: int) -> Job:
        """The call as the thread sees it, once it is clear that it can be answered."""
        adapter, base = request.adapter, self.identity.base
        if adapter and adapter.base and adapter.base != base:
            raise EngineError(
                f"adapter {adapter.folder} was trained on base {adapter.base[:12]}, this engine "
                f"runs base {base[:12]}; open the engine on the adapter's base"
            )
        tokens = self._renderer.render(request.prompt)
        if len(tokens) + new_tokens > self.context_tokens:
            raise EngineError(
                f"prompt of {len(tokens)} tokens plus max_tokens {new_tokens} exceeds the "
                f"context of {self.context_tokens}; shorten the memory or the reply"
            )
        return Job(request, tokens, options, asyncio.get_running_loop().create_future())

    async def _ask(self, job: Job) -> Reply | Scores:
        self._batcher.submit(job)
        return await job.answer


def _check_arguments(dtype: str, max_batch: int, threads: int | None, prefix_bytes: int) -> None:
    """Every number in its range, before anything is loaded."""
    if dtype not in get_args(Dtype):
        raise InputError(f"dtype must be one of {', '.join(get_args(Dtype))}, got {dtype!r}")
    if max_batch < 1:
        raise InputError(f"max_batch must be at least 1, got {max_batch}")
    if threads is not None and threads < 1:
        raise InputError(f"threads must be at least 1 or None, got {threads}")
    if prefix_bytes < 0:
        raise InputError(f"prefix_bytes must be at least 0, got {prefix_bytes}")
