"""What a rater says about one answer: 1 to 5 on three scales, each of which may be skipped."""

from dataclasses import dataclass

from personas.errors import InputError

SCALES = ("naturalness", "consistency", "knowledge")
"""Does it read like a person; does it fit who the persona is and what it said before; does it
know what the persona knows, and nothing else."""
LOWEST, HIGHEST = 1, 5
SKIP = "-"
"""Typed in place of a number."""


@dataclass(frozen=True, slots=True)
class Rating:
    """One rater's rating of one answer; None on a scale that was skipped."""

    naturalness: int | None = None
    consistency: int | None = None
    knowledge: int | None = None

    def __post_init__(self) -> None:
        for scale, value in zip(SCALES, self.values, strict=True):
            if value is not None and not LOWEST <= value <= HIGHEST:
                raise InputError(f"{scale} must lie in {LOWEST}..{HIGHEST}, got {value}")

    @property
    def values(self) -> tuple[int | None, ...]:
        """In the order of `SCALES`."""
        return self.naturalness, self.consistency, self.knowledge

    def __str__(self) -> str:
        """As `read_rating` takes it back."""
        return " ".join(SKIP if value is None else str(value) for value in self.values)


def read_rating(text: str) -> Rating:
    """A rating as it is typed: a number for each scale, ``-`` to skip one, nothing to skip all.

    Args:
        text: Such as ``4 5 3``, ``4, -, 3`` or an empty line.

    Raises:
        InputError: Not one word for each scale, or a word is no whole number from 1 to 5.
    """
    words = text.replace(",", " ").split()
    if not words:
        return Rating()
    if len(words) != len(SCALES):
        raise InputError(
            f"rating must be {len(SCALES)} numbers ({', '.join(SCALES)}), such as 4 5 3, with "
            f"{SKIP} for a skipped one, got {text.strip()!r}"
        )
    return Rating(*(_value(scale, word) for scale, word in zip(SCALES, words, strict=True)))


def _value(scale: str, word: str) -> int | None:
    if word == SKIP:
        return None
    if not (word.isascii() and word.isdigit()):
        raise InputError(
            f"{scale} must be a whole number in {LOWEST}..{HIGHEST}, or {SKIP} to skip it, "
            f"got {word!r}"
        )
    return int(word)
