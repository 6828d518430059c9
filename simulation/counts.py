"""How many tokens each text has, remembered across runs: a replay needs no tokenizer."""

from functools import lru_cache
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

    def get(self, text: str) -> int | None:
        """Tokens of a text; None if it was never counted."""
        return self._known.get(_hash(text))

    def put(self, text: str, tokens: int) -> None:
        """Remembers a count, and keeps it for the record."""
        key = _hash(text)
        self._known[key] = tokens
        self.fresh.append((key, tokens))


@lru_cache(maxsize=2**15)  # whoever heard a line has the same one in mind
def _hash(text: str) -> int:
    """A signed number of 64 bits, as SQLite stores them."""
    raw = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big", signed=True)
