"""Embedders by name, for memory that looks things up; the protocol is of the ground floor."""

from functools import lru_cache

from personas.embedding import Embedder, HashedWords, Vector
from personas.errors import InputError, nearest

__all__ = ["EMBEDDERS", "Embedder", "HashedWords", "Vector", "open_embedder"]

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
