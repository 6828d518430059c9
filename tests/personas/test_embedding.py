"""An embedding is computed once, and a cache of another embedder or of nothing is no cache."""

import numpy as np
import pytest

from personas.embedding import CachedEmbedder, HashedWords
from personas.errors import InputError


class Counting:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, text: str) -> np.ndarray:
        self.asked.append(text)
        return np.array([len(text), 1.0], dtype=np.float32)


def test_a_text_is_embedded_once_in_a_process_and_once_for_all_after_saving(tmp_path):
    first = Counting()
    cache = CachedEmbedder(first, "count", tmp_path / "new")
    assert cache.embed("abc").tolist() == [3.0, 1.0]
    assert cache.embed("abc").tolist() == [3.0, 1.0]
    cache.embed("\ud800")  # half a character: text of a model can be anything
    assert first.asked == ["abc", "\ud800"]
    cache.save()
    second = Counting()
    again = CachedEmbedder(second, "count", tmp_path / "new")
    assert again.embed("abc").tolist() == [3.0, 1.0]
    assert second.asked == []
    assert again.embed("de").tolist() == [2.0, 1.0]
    again.save()
    third = Counting()
    assert CachedEmbedder(third, "count", tmp_path / "new").embed("de").tolist() == [2.0, 1.0]
    assert third.asked == []


def test_vectors_come_back_to_the_last_bit(tmp_path):
    cache = CachedEmbedder(HashedWords(), "words", tmp_path)
    cache.embed("The bridge needs paint.")
    cache.save()
    told = CachedEmbedder(Counting(), "words", tmp_path).embed("The bridge needs paint.")
    assert np.array_equal(told, HashedWords().embed("The bridge needs paint."))


def test_two_embedders_do_not_share(tmp_path):
    one = CachedEmbedder(Counting(), "one", tmp_path)
    one.embed("abc")
    one.save()
    other = Counting()
    CachedEmbedder(other, "other", tmp_path).embed("abc")
    assert other.asked == ["abc"]


def test_nothing_is_written_where_nothing_is_new(tmp_path):
    CachedEmbedder(Counting(), "one", tmp_path / "never").save()
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize("content", [b"", b"not numpy", b"\x93NUMPY"])
def test_a_spoilt_cache_says_what_to_do(tmp_path, content):
    (tmp_path / "embeddings-one.npy").write_bytes(content)
    with pytest.raises(InputError, match=r"embeddings-one.npy is no cache .*; delete it"):
        CachedEmbedder(Counting(), "one", tmp_path)


def test_an_array_of_something_else_is_no_cache(tmp_path):
    np.save(tmp_path / "embeddings-one.npy", np.zeros(3))
    with pytest.raises(InputError, match="is no cache"):
        CachedEmbedder(Counting(), "one", tmp_path)
