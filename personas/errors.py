"""The two kinds of failure a caller can meet, and how a message is worded."""

from collections.abc import Iterable
from difflib import get_close_matches


class SymposionError(Exception):
    """Anything this project raises on purpose; the message says what to do."""


class InputError(SymposionError):
    """The user asked for something that cannot be: names the field, the value and the remedy."""


class EngineError(SymposionError):
    """The model behind the seam is broken or unreachable; nothing was recorded for this call."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Words a remedy for an unknown name: the closest known one, and the list.

    Args:
        name: What the user wrote.
        known: What they could have written.

    Returns:
        A clause such as ``did you mean 'rosa'? known: ada, rosa``.
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.4)
    guess = f"did you mean {close[0]!r}? " if close else ""
    return f"{guess}known: {', '.join(names) if names else 'none'}"
