"""How many tokens each text has, remembered across runs: a replay needs no tokenizer."""

from collections.abc import Callable
from hashlib import blake2b


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
        # A signed number of 64 bits, as SQLite stores them.
        key = int.from_bytes(blake2b(raw, digest_size=8).digest(), "big", signed=True)
        tokens = self._known.get(key)
        if tokens is None:
            tokens = self._known[key] = count(text)
            self.fresh.append((key, tokens))
        return tokens
