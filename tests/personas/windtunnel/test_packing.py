"""Nothing is split, nothing is lost, and a stream resumes at any batch."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.errors import InputError
from personas.windtunnel.curriculum import curriculum
from personas.windtunnel.document import Document, Message
from personas.windtunnel.packing import Batch, Position, StreamSpec, make_shard, pack, stream
from personas.windtunnel.tokenizer import PAD, train_tokenizer


def row(length: int, mark: int) -> tuple[list[int], list[bool]]:
    return [mark] * length, [False] * (length - 1) + [True]


def rows_of(batch: Batch) -> list[list[int]]:
    return [[i for i in ids if i != PAD] for ids in batch.ids.tolist()]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(0, 9))
def test_every_document_is_in_exactly_one_row(lengths: list[int], seed: int) -> None:
    encoded = [row(length, 10 + i) for i, length in enumerate(lengths)]
    batches = pack(encoded, 64, random.Random(seed))
    found = Counter(tuple(ids) for batch in batches for ids in rows_of(batch))
    assert found == Counter(tuple(ids) for ids, _ in encoded)
    assert all(batch.ids.size <= 64 for batch in batches)
    assert sum(batch.tokens for batch in batches) == sum(lengths)
    assert sum(int(batch.said.sum()) for batch in batches) == len(lengths)


def test_documents_of_like_length_share_a_batch() -> None:
    encoded = [row(length, 10) for length in (10, 3, 10, 3, 3)]
    shapes = {batch.ids.shape for batch in pack(encoded, 20, random.Random(0))}
    assert shapes == {(2, 10), (3, 3)}


def toy(rng: random.Random, shard: int) -> Iterator[Document]:
    while True:
        text = "bike lanes " * rng.randrange(1, 40)
        yield Document((Message("user", (text,)), Message("assistant", ("Yes.",))))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(["Ada Lind: I am strongly for bike lanes.\n"] * 40, 300).save_pretrained(where)
    return where


def test_a_shard_depends_on_seed_and_index_alone(folder: Path) -> None:
    spec = StreamSpec(3, 200, shard_documents=40, longest=60)
    one, same = (make_shard(toy, folder, spec, 7) for _ in range(2))
    assert [b.ids.tolist() for b in one.batches] == [b.ids.tolist() for b in same.batches]
    other = make_shard(toy, folder, spec, 8)
    assert [b.ids.tolist() for b in one.batches] != [b.ids.tolist() for b in other.batches]


def test_documents_beyond_the_context_are_left_out_and_counted(folder: Path) -> None:
    spec = StreamSpec(3, 200, shard_documents=40, longest=60)
    shard = make_shard(toy, folder, spec, 0)
    assert shard.left_out > 0
    assert shard.left_out + sum(len(batch.ids) for batch in shard.batches) == 40


@pytest.mark.slow
def test_a_stream_resumes_at_every_batch(folder: Path) -> None:
    spec = StreamSpec(1, 4_096, shard_documents=12, longest=4_096)
    with closing(stream(curriculum, folder, spec)) as batches:
        whole = list(islice(batches, 12))
    assert whole[-1][0].shard > 1, "the test must cross a shard's end"
    for taken in (1, 5, 9):
        with closing(stream(curriculum, folder, spec, whole[taken - 1][0])) as batches:
            position, batch = next(batches)
        assert position == whole[taken][0]
        np.testing.assert_array_equal(batch.ids, whole[taken][1].ids)
        np.testing.assert_array_equal(batch.said, whole[taken][1].said)


def test_positions_are_ordered_by_shard_then_batch() -> None:
    assert Position(0, 9) < Position(1, 0) < Position(1, 1)


def test_bad_specs_are_refused() -> None:
    with pytest.raises(InputError, match="shard_documents must be at least 1, got 0"):
        StreamSpec(0, shard_documents=0)
    with pytest.raises(InputError, match="batch_tokens must be at least longest = 2048, got 512"):
        StreamSpec(0, batch_tokens=512)
