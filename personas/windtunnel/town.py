"""The shape of a town's quarrels: proposals, reasons, stances. The content is in `proposals`."""

from dataclasses import dataclass

from personas.errors import InputError

STANCES = (-2, -1, 0, 1, 2)
"""The five-point scale, from strongly against to strongly for."""

STANCE_LABELS = {
    -2: "strongly against",
    -1: "mildly against",
    0: "undecided",
    1: "mildly for",
    2: "strongly for",
}
"""A stance in the words of a profile and of a survey's options."""

STANCE_OF_LABEL = {label: stance for stance, label in STANCE_LABELS.items()}
"""The way back from the words to the number."""

SIDES = {1: "for", -1: "against"}
"""The sides of a quarrel in words."""

REASONS_A_SIDE = 12
"""Fewest independent reasons that a proposal needs for, and against."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One argument: a clause that makes sense on its own, such as ``riders would be safe``."""

    proposal: str
    """Key of the proposal that it speaks to."""
    side: int
    """+1 speaks for, -1 speaks against."""
    text: str
    """The clause, without a capital (unless it is a name) and without a full stop."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something the town could do, and what there is to say about it."""

    key: str
    """Short name, as in a profile: ``bike lanes``; `noun`, `do` and `ing` contain it."""
    noun: str
    """After "for" or "about": ``bike lanes on Main Street``."""
    do: str
    """After "we should": ``build bike lanes on Main Street``."""
    ing: str
    """After "talk about": ``building bike lanes on Main Street``."""
    pro: tuple[str, ...] = ()
    """Reasons for; none in a proposal that exists only to be looked up."""
    con: tuple[str, ...] = ()
    """Reasons against."""
    ideas: tuple[str, ...] = ()
    """Alternatives that somebody could suggest, after "we could"."""

    def __post_init__(self) -> None:
        for name in ("noun", "do", "ing"):
            if self.key not in getattr(self, name):
                raise InputError(f"{name} of proposal {self.key!r} must contain its key")
        for name in ("pro", "con"):
            count = len(getattr(self, name))
            if 0 < count < REASONS_A_SIDE:
                raise InputError(
                    f"{name} of proposal {self.key!r} must hold at least "
                    f"{REASONS_A_SIDE} reasons, got {count}"
                )

    def reasons(self, side: int) -> tuple[Reason, ...]:
        """All reasons of one side.

        Args:
            side: +1 for, -1 against.
        """
        return tuple(Reason(self.key, side, text) for text in (self.pro if side > 0 else self.con))


def clamp(stance: int, limit: int = 2) -> int:
    """The nearest stance within ``[-limit, limit]``."""
    return max(-limit, min(limit, stance))


def sign(stance: int) -> int:
    """Side of a stance: -1, 0 or +1."""
    return (stance > 0) - (stance < 0)


def capital(text: str) -> str:
    """The same text with a capital first letter."""
    return text[:1].upper() + text[1:]
