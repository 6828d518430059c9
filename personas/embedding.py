"""Sentences as vectors: the protocol, an embedder that needs no model, and a cache on disk."""

from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from personas.errors import InputError

Vector = NDArray[np.float32]
"""Of unit length, or all zero for a text without words."""


class Embedder(Protocol):
    """Places sentences so that those about the same thing lie close together."""

    def embed(self, text: str) -> Vector:
        """The place of one text; depends on the text alone, so that runs can be repeated."""
        ...


class HashedWords:
    """Counts words and pairs of neighbouring words in hashed places; needs no model.

    The hashing trick of Weinberger et al. 2009 (ICML), with signs, so that texts which share no
    word are orthogonal in expectation. Frequent short words count little.
    """

    PLACES = 1024
    SHORT = 3  # letters; "the", "is", "of" say little about what a text is about
    SHORT_WEIGHT = 0.1

    def embed(self, text: str) -> Vector:
        """Hashed counts, scaled to unit length."""
        words = ["".join(filter(str.isalnum, word)) for word in text.casefold().split()]
        words = [word for word in words if word]
        vector = np.zeros(self.PLACES, dtype=np.float32)
        for word in words:
            self._count(vector, word, self.SHORT_WEIGHT if len(word) <= self.SHORT else 1.0)
        for one, other in pairwise(words):
            self._count(vector, f"{one} {other}", 0.5)
        length = float(np.linalg.norm(vector))
        return vector / np.float32(length) if length else vector

    def _count(self, vector: Vector, term: str, weight: float) -> None:
        code = crc32(term.encode("utf-8", "surrogatepass"))
        vector[code % self.PLACES] += weight if code & 0x80000000 else -weight


class CachedEmbedder:
    """Remembers what another embedder said, in this process and on disk.

    Args:
        embedder: Who is asked for texts that nobody has asked for before.
        name: The embedder's, part of the file's name: vectors of two embedders never mix.
        folder: Where the file lies; made if need be.

    Raises:
        InputError: The file there is no cache.
    """

    def __init__(self, embedder: Embedder, name: str, folder: Path) -> None:
        self._embedder = embedder
        self._path = folder / f"embeddings-{name}.npy"
        self._known = _read_vectors(self._path) if self._path.exists() else {}
        self._saved = len(self._known)

    def embed(self, text: str) -> Vector:
        """The place of a text, computed once."""
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if key not in self._known:
            self._known[key] = self._embedder.embed(text)
        return self._known[key]

    def save(self) -> None:
        """Writes what is new; the file is replaced as a whole, so it is never half written."""
        if len(self._known) == self._saved:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        length = len(next(iter(self._known.values())))
        rows = np.zeros(len(self._known), dtype=_row(length))
        rows["key"] = [np.frombuffer(key, np.uint8) for key in self._known]
        rows["vector"] = list(self._known.values())
        partial = self._path.with_suffix(".partial")
        with partial.open("wb") as file:
            np.save(file, rows, allow_pickle=False)
        partial.replace(self._path)
        self._saved = len(self._known)


def _row(length: int) -> np.dtype[np.void]:
    """A text's hash and its vector."""
    return np.dtype([("key", np.uint8, (16,)), ("vector", "<f4", (length,))])


def _read_vectors(path: Path) -> dict[bytes, Vector]:
    try:
        rows = np.load(path, allow_pickle=False)
        keys, vectors = rows["key"], rows["vector"].astype(np.float32)
    except (OSError, EOFError, ValueError, IndexError, KeyError) as error:
        raise InputError(f"{path} is no cache of embeddings ({error}); delete it") from None
    return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}
