"""What an agent remembers of a talk: an append-only context whose oldest part drops in blocks.

What is beyond the window may be looked up again (`Retrieval`) or kept in the model's own words
(`Summary`). A prompt is always the system message, the opening, the summary if there is one, the
window, and last of all what was looked up. So between two drops of a block, everything up to the
window's end is the beginning of the agent's next prompt, unchanged, and prefix caches hit: a
summary changes only when a block drops, which ends the common part anyway, and what is looked
up, which changes with every turn, stands behind everything that lasts.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.embedding import EMBEDDERS
from personas.errors import InputError, nearest
from personas.model import Spoken
from personas.speaking import labelled, one_line

RECENT_LINES = 64  # among which one looks first for the window's edge


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line of a talk, as somebody remembers it."""

    speaker: str
    """Label of who said it."""
    text: str
    own: bool = False
    """Said by the one who remembers."""
    spoken: Spoken = field(init=False, repr=False, compare=False)
    """The segment, made once and read in every later prompt: own words bare, others' as one
    labelled line with its newline."""

    def __post_init__(self) -> None:
        spoken = Spoken(one_line(self.text) if self.own else labelled(self.speaker, self.text))
        object.__setattr__(self, "spoken", spoken)

    @property
    def line(self) -> str:
        """The segment's text."""
        return self.spoken.text


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Looks up older lines that are about what was just said.

    The lines last heard are compared with all lines beyond the window, by the cosine of their
    sentence embeddings; the closest come back at the end of the prompt, in their old order, where
    they disturb no prefix.
    """

    lines: int = 3
    """How many at most, at least 1."""
    tokens: int = 160
    """Budget beside that of the window; a line that exceeds what is left is passed over."""
    embedder: str = "words"
    """``words`` (hashed words, no model) or ``minilm`` (the extra ``recall``)."""
    cues: int = 2
    """How many of the latest lines by others are compared, at least 1."""

    def __post_init__(self) -> None:
        for name in ("lines", "tokens", "cues"):
            if getattr(self, name) < 1:
                raise InputError(f"retrieval {name} must be at least 1, got {getattr(self, name)}")
        if self.embedder not in EMBEDDERS:
            raise InputError(
                f"unknown embedder {self.embedder!r}: {nearest(self.embedder, EMBEDDERS)}"
            )


@dataclass(frozen=True, slots=True)
class Summary:
    """Keeps what drops from the window in the agent's own words.

    Whenever a block drops, the model that the seat wears is asked, out of band, to write its notes
    anew from the old ones and the block. The notes stand before the window, and change only then.
    """

    tokens: int = 80
    """Length of the notes at most, beside the budget of the window."""
    asking: str = "Note in one or two sentences, for yourself, what has been said so far."
    """What the model is asked; one line."""

    def __post_init__(self) -> None:
        if self.tokens < 1:
            raise InputError(f"summary tokens must be at least 1, got {self.tokens}")
        if len(self.asking.splitlines()) != 1:
            raise InputError(f"summary asking must be one line, got {self.asking!r}")


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
    beyond: Retrieval | Summary | None = None
    """What becomes of lines that have dropped; None: they are forgotten."""

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
        sums = [0]
        for cost in costs:
            sums.append(sums[-1] + cost)
        return self.first(sums, len(costs))

    def first(self, sums: Sequence[int], length: int) -> int:
        """As `first_kept`, from the sums of costs.

        Args:
            sums: Tokens of the first 0, 1, 2, ... lines; may go on beyond `length`.
            length: How many lines there are.
        """
        return self.edge(sums, length, self.blocks(sums[length]))

    def blocks(self, tokens: int) -> int:
        """How many blocks must have dropped from a memory of so many tokens."""
        return -(min(0, self.tokens - tokens) // self.block_tokens)

    def edge(self, sums: Sequence[int], length: int, blocks: int) -> int:
        """Index of the oldest line kept when so many blocks have dropped.

        Args:
            sums: Tokens of the first 0, 1, 2, ... lines; may go on beyond `length`.
            length: How many lines there are.
            blocks: As `blocks` gives it.
        """
        if blocks == 0:
            return 0
        tokens = blocks * self.block_tokens
        start = max(0, length - RECENT_LINES)  # where it nearly always is, in however long a talk
        if sums[start] >= tokens:
            start = 0
        return min(length, bisect_left(sums, tokens, start, length + 1))

    def describe(self) -> list[object]:
        """All that it is, as JSON-ready data."""
        plain: list[object] = [self.tokens, self.block_tokens]
        match self.beyond:
            case Retrieval(lines, tokens, embedder, cues):
                return [*plain, "retrieval", lines, tokens, embedder, cues]
            case Summary(tokens, asking):
                return [*plain, "summary", tokens, asking]
        return plain
