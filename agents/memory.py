"""What an agent remembers of a talk: an append-only context whose oldest part drops in blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from personas.errors import InputError


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line of a talk, as somebody remembers it."""

    speaker: str
    """Label of who said it."""
    text: str
    own: bool = False
    """Said by the one who remembers."""

    @property
    def line(self) -> str:
        """The spoken segment: own words bare, others' as one labelled line with its newline."""
        text = one_line(self.text)
        return text if self.own else f"{self.speaker}: {text}\n"


@dataclass(frozen=True, slots=True)
class MemorySpec:
    """How much of a talk fits in mind."""

    tokens: int = 1600
    """Budget for remembered lines, in tokens of the model."""
    block_tokens: int = 400
    """The oldest lines drop in blocks of about this many tokens.

    A context that loses its oldest line at every turn never hits a prefix cache; one that drops
    a block now and then hits it on all turns between.
    """

    def __post_init__(self) -> None:
        if self.tokens < 1:
            raise InputError(f"memory tokens must be at least 1, got {self.tokens}")
        if not 1 <= self.block_tokens <= self.tokens:
            raise InputError(
                f"memory block_tokens must lie in 1..{self.tokens}, got {self.block_tokens}"
            )

    def first_kept(self, costs: Sequence[int]) -> int:
        """Index of the oldest line that is still remembered.

        Depends on the costs alone and never moves back as lines are appended, so a resumed run
        assembles the same context.

        Args:
            costs: Tokens of each line, oldest first.

        Returns:
            The smallest index at a block's edge from which everything fits the budget.
        """
        excess = sum(costs) - self.tokens
        if excess <= 0:
            return 0
        drop = ceil(excess / self.block_tokens) * self.block_tokens
        dropped = 0
        for index, cost in enumerate(costs):
            if dropped >= drop:
                return index
            dropped += cost
        return len(costs)


def one_line(text: str) -> str:
    """Folds every run of white space, line breaks of all kinds included, into one space.

    A line break inside an utterance could forge another speaker's line.
    """
    return " ".join(text.split())
