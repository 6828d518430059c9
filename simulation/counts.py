"""How many tokens each text has, remembered across runs: a replay needs no tokenizer."""

from collections.abc import Callable
from hashlib import blake2b
from struct import Struct

_SIGNED = Struct(">q").unpack  # 64 bits, as SQLite stores numbers


class Counts:
    """Token counts by text; keeps a hash of each text, not the text.

    Args:
        known: Recorded counts by hash.
    """

    def __init__(self, known: dict[int, int]) -> None:
        self._known = known
        self.fresh: list[tuple[int, int]] = []
        """Counts that are not in the record yet, as (hash, tokens)."""

    def of(self, text: str, count: Callable[[str], int]) -> int:
        """Tokens of a text; one that was never counted is, and is kept for the record."""
        raw = text.encode("utf-8", "surrogatepass")
        (key,) = _SIGNED(blake2b(raw, digest_size=8).digest())
        tokens = self._known.get(key)
        if tokens is None:
            tokens = self._known[key] = count(text)
            self.fresh.append((key, tokens))
        return tokens
