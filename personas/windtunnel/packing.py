"""From documents to training batches: seeded, resumable, made in the background.

Documents of like length share a batch, so hardly anything is padding, every document begins at
position 0 as it does at run time, and no document sees another. The stream is cut into shards;
shard i depends on (seed, i) alone, so a run resumes at any batch without replaying the past.
"""

import multiprocessing
import os
import random
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from threading import Thread

import numpy as np
from numpy.typing import NDArray

from personas.errors import InputError
from personas.windtunnel.document import Document
from personas.windtunnel.tokenizer import PAD, LineEncoder, load_tokenizer

Source = Callable[[random.Random, int], Iterator[Document]]
"""Documents without end, from a generator and the number of the shard that they are for; a
module-level function, since it runs in another process."""

Encoded = tuple[list[int], list[bool]]


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """What the stream holds."""

    seed: int
    """Shard i draws from a generator of its own, seeded by (seed, i)."""
    batch_tokens: int = 4_096
    """Upper bound on rows times length of a batch, padding included."""
    shard_documents: int = 512
    """Documents sorted by length together; more means less padding and later resumption."""
    longest: int = 2_048
    """Tokens; a longer document is left out, and counted."""

    def __post_init__(self) -> None:
        if self.shard_documents < 1:
            raise InputError(f"shard_documents must be at least 1, got {self.shard_documents}")
        if self.batch_tokens < self.longest:
            raise InputError(
                f"batch_tokens must be at least longest = {self.longest}, got {self.batch_tokens}"
            )


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a stream stands: the next batch to be served."""

    shard: int = 0
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of like length, padded on the right."""

    ids: NDArray[np.int64]
    """Token ids, [rows, length]."""
    said: NDArray[np.bool_]
    """True where a token is the assistant's to say, [rows, length]."""

    @property
    def tokens(self) -> int:
        """Number of tokens that are no padding."""
        return int((self.ids != PAD).sum())


@dataclass(frozen=True, slots=True)
class Shard:
    """A stretch of the stream."""

    batches: tuple[Batch, ...]
    left_out: int
    """Documents that were longer than the context."""


def collate(encoded: Sequence[Encoded]) -> Batch:
    """One batch of documents, each a row, padded to the longest of them."""
    longest = max(len(ids) for ids, _ in encoded)
    ids = np.full((len(encoded), longest), PAD, dtype=np.int64)
    said = np.zeros((len(encoded), longest), dtype=np.bool_)
    for row, (tokens, own) in enumerate(encoded):
        ids[row, : len(tokens)] = tokens
        said[row, : len(own)] = own
    return Batch(ids, said)


def pack(encoded: Sequence[Encoded], batch_tokens: int, rng: random.Random) -> tuple[Batch, ...]:
    """Cuts documents, sorted by length, into batches, and shuffles the batches.

    Args:
        encoded: Token ids and flags per document, none longer than `batch_tokens`.
        batch_tokens: Upper bound on rows times length.
        rng: Draws the order among equals, and of the batches.

    Returns:
        Every document exactly once.
    """
    order = sorted(rng.sample(encoded, len(encoded)), key=lambda one: len(one[0]), reverse=True)
    groups: list[list[Encoded]] = []
    for one in order:
        if groups and (len(groups[-1]) + 1) * len(groups[-1][0][0]) <= batch_tokens:
            groups[-1].append(one)
        else:
            groups.append([one])
    rng.shuffle(groups)
    return tuple(collate(group) for group in groups)


def make_shard(source: Source, tokenizer_folder: Path, spec: StreamSpec, index: int) -> Shard:
    """Writes, encodes and packs shard `index`; a pure function of its arguments."""
    rng = random.Random(f"shard {index} of seed {spec.seed}")
    encoder = LineEncoder(load_tokenizer(tokenizer_folder))
    documents = islice(source(rng, index), spec.shard_documents)
    encoded = [encoder.encode_document(document) for document in documents]
    fitting = [one for one in encoded if len(one[0]) <= spec.longest]
    return Shard(pack(fitting, spec.batch_tokens, rng), len(encoded) - len(fitting))


def _leave_with_parent() -> None:
    """Ends a worker whose parent was killed; it would wait for orders for ever."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


def stream(
    source: Source, tokenizer_folder: Path, spec: StreamSpec, start: Position = Position()
) -> Generator[tuple[Position, Batch]]:
    """Serves batches for ever; another process writes two shards ahead.

    Args:
        source: Where documents come from.
        tokenizer_folder: Holds the saved tokenizer.
        spec: What the stream holds.
        start: The first batch wanted.

    Yields:
        Each batch with the position *after* it, where a resumed stream has to start.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, _leave_with_parent) as pool:
        ahead = count(start.shard)
        jobs = deque(
            pool.submit(make_shard, source, tokenizer_folder, spec, next(ahead)) for _ in range(2)
        )
        first = start.batch
        for shard in count(start.shard):
            batches = jobs.popleft().result().batches
            jobs.append(pool.submit(make_shard, source, tokenizer_folder, spec, next(ahead)))
            for index in range(first, len(batches)):
                last = index + 1 == len(batches)
                after = Position(shard + 1) if last else Position(shard, index + 1)
                yield after, batches[index]
            first = 0
