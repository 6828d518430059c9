"""Sentences as vectors, for memory that looks things up."""

from functools import lru_cache
from itertools import pairwise
from typing import Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from personas.errors import InputError, nearest

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


EMBEDDERS: tuple[str, ...] = ("words", "minilm")
"""Names of embedders: hashed words, or the sentence model of the extra ``recall``."""


@lru_cache(maxsize=2)
def open_embedder(name: str) -> Embedder:
    """An embedder by its name, opened once.

    Raises:
        InputError: None has that name, or the extra that it needs is not installed.
    """
    if name == "words":
        return HashedWords()
    if name != "minilm":
        raise InputError(f"unknown embedder {name!r}: {nearest(name, EMBEDDERS)}")
    from agents.engines.minilm import MiniLM

    return MiniLM()
