"""How much of its prompts an engine need not read again."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class PrefixCounts:
    """How well a prefix cache does, over all requests of one engine so far."""

    queried: int = 0
    """Tokens of prompts that were looked up."""
    hit: int = 0
    """Tokens that were found and not computed again."""

    def after(self, queried: int, hit: int) -> "PrefixCounts":
        """The counts with one more prompt."""
        return PrefixCounts(self.queried + queried, self.hit + hit)


@runtime_checkable
class CountsPrefixes(Protocol):
    """An engine that can tell."""

    def prefix_counts(self) -> PrefixCounts:
        """The counts so far; may be called from any thread."""
        ...
