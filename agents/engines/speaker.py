"""The model at work: reads prompts one by one, speaks with many rows at once."""

from typing import Literal

import torch
from torch import Tensor

from agents.engines.basemodel import BaseModel
from agents.engines.job import Job
from agents.engines.kvcache import BatchCache, PrefixCache, RowCache
from agents.engines.lora import AdapterBank
from agents.engines.prefixcounts import PrefixCounts
from agents.engines.sampling import draw, uniform
from personas.model import Reply, Scores
from personas.rendering import Renderer


class Speaker:
    """A causal model with its adapters and caches; used by one thread.

    A prompt is read alone, without padding, from where the longest known prefix ends; so its
    company cannot touch it, and a short prompt never pays for a long one. Only the new tokens of
    many replies go through the model together.

    Args:
        model: Computes.
        renderer: Reads the replies' tokens.
        stop_ids: Tokens that end a reply.
        prefix_bytes: Room for the keys and values of prompts read before.
    """

    def __init__(
        self,
        model: BaseModel,
        renderer: Renderer,
        stop_ids: frozenset[int],
        prefix_bytes: int,
    ) -> None:
        self.rows: list[Job] = []
        """Replies being spoken, in the order of the batch cache."""
        self.prefix_counts = PrefixCounts()
        """Replaced as a whole, so that other threads may read it."""
        self._model, self._renderer, self._stop_ids = model, renderer, stop_ids
        self._bank = AdapterBank(model.module)
        self._prefixes = PrefixCache(prefix_bytes)
        self._batch = BatchCache()

    def start(self, job: Job) -> None:
        """Reads the prompt; answers a scored job, lets a speaking one say its first token.

        Raises:
            EngineError: The adapter cannot be loaded.
        """
        if job.request.adapter:
            self._bank.load(job.request.adapter)
        logits, cache = self._read(job)
        if job.options is not None:
            logs = torch.log_softmax(logits, dim=-1)[job.options]
            job.resolve(Scores(tuple(logs.tolist()), len(job.tokens)))
        elif not self._say(job, logits):
            self._batch.join(cache.kept, len(job.tokens) + job.request.sampling.max_tokens)
            self.rows.append(job)

    def step(self) -> None:
        """One token more for every row."""
        for index in reversed(range(len(self.rows))):
            if self.rows[index].answer.cancelled():
                self._leave(index)
        if not self.rows:
            return
        self._bank.wear([job.adapter for job in self.rows])
        newest = torch.tensor([[job.said[-1]] for job in self.rows], device=self._model.device)
        positions, visible = self._batch.step()
        logits = self._model.next_logits(
            newest, positions, self._batch, visible, self._batch.lengths
        )
        for index in reversed(range(len(self.rows))):
            if self._say(self.rows[index], logits[index]):
                self._leave(index)

    def clear(self) -> None:
        """Forgets all rows."""
        self.rows.clear()
        self._batch = BatchCache()

    def _read(self, job: Job) -> tuple[Tensor, RowCache]:
        """Logits after the prompt (vocabulary,) and the prompt's keys and values."""
        prefix, known = self._prefixes.longest(job.adapter, job.tokens)
        self.prefix_counts = self.prefix_counts.after(len(job.tokens), known)
        cache = RowCache(prefix, known)
        self._bank.wear([job.adapter])
        tokens = torch.tensor([job.tokens[known:]], device=self._model.device)
        positions = torch.arange(known, len(job.tokens), device=self._model.device)[None]
        logits = self._model.next_logits(tokens, positions, cache)[0]
        self._prefixes.remember(job.adapter, job.tokens, cache.kept)
        return logits, cache

    def _say(self, job: Job, logits: Tensor) -> bool:
        """Draws the next token; resolves the job and returns True when that ends its reply."""
        request = job.request
        point = uniform(request.seed, len(job.said))
        token = draw(logits.numpy(), request.sampling, point)
        stopped = token in self._stop_ids
        if not stopped:
            job.said.append(token)
            stopped = self._renderer.is_over(job.said)
        if not stopped and len(job.said) < request.sampling.max_tokens:
            return False
        text = self._renderer.decode(job.said)
        finish: Literal["stop", "length"] = "stop" if stopped else "length"
        job.resolve(Reply(text, finish, len(job.tokens), len(job.said)))
        return True

    def _leave(self, index: int) -> None:
        """Drops a row; the last one takes its place, here as in the batch cache."""
        self._batch.leave(index)
        self.rows[index] = self.rows[-1]
        self.rows.pop()
