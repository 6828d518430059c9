"""What can be typed in a chat besides questions."""

from dataclasses import dataclass

from personas.errors import InputError, nearest
from simulation.chat.rating import Rating, read_rating

COMMANDS = {
    "stage": ("[1|2] STAGE", "another part of the same life, which knows nothing of this talk"),
    "persona": ("[1|2] PERSONA", "somebody else in that seat; who comes back remembers"),
    "with": ("PERSONA", "a second persona side by side"),
    "alone": ("", "the second one leaves"),
    "again": ("", "the last question once more, or what is missing of its answers"),
    "rate": ("[WHO] N N N", "rate the last answer, or WHO's (1, 2, A or B), once more"),
    "who": ("", "who sits there"),
    "new": ("", "ends this talk and begins another, in which nobody remembers anything"),
    "export": ("[FILE]", "the transcript as text, or as data where FILE ends in .jsonl"),
    "end": ("", "ends the talk, tells who was who if it was blind, and leaves"),
    "quit": ("", "leaves; the same command goes on (so do Ctrl-D and Ctrl-C)"),
    "help": ("", "this"),
}
"""What follows each word, and what it does."""


@dataclass(frozen=True, slots=True)
class Command:
    """A word after a slash, and what followed it."""

    name: str
    rest: str


def read_line(line: str) -> Command | str:
    """A command, or a question; two slashes begin a question that begins with one.

    Raises:
        InputError: No such command.
    """
    text = line.strip()
    if not text.startswith("/"):
        return text
    if text.startswith("//"):
        return text[1:]
    name, _, rest = text[1:].partition(" ")
    if name not in COMMANDS:
        raise InputError(f"unknown command /{name}: {nearest(name, COMMANDS)}")
    if rest.strip() and not COMMANDS[name][0]:
        raise InputError(f"/{name} takes nothing after it, got {rest.strip()!r}")
    return Command(name, rest.strip())


def read_seat(rest: str, command: str) -> tuple[str, int]:
    """The word after a command, and the seat that it is about: 0 unless ``2`` stands before it.

    Raises:
        InputError: Not one word, with or without a seat.
    """
    words = rest.split()
    if len(words) == 2 and words[0] in ("1", "2"):
        return words[1], int(words[0]) - 1
    if len(words) != 1:
        raise InputError(f"/{command} must be followed by {COMMANDS[command][0]}, got {rest!r}")
    return words[0], 0


def read_rate(rest: str) -> tuple[str, Rating]:
    """Whose answer is rated (empty: nobody named), and the rating.

    Raises:
        InputError: Not a rating.
    """
    words = rest.replace(",", " ").split()
    who = words.pop(0).upper() if len(words) == 4 else ""
    if not words:
        raise InputError("/rate must be followed by [WHO] N N N, such as 4 5 3, got nothing")
    return who, read_rating(" ".join(words))


def help_lines() -> list[str]:
    """All commands, one a line."""
    heads = {name: f"/{name} {follows}".rstrip() for name, (follows, _) in COMMANDS.items()}
    width = max(map(len, heads.values()))
    return [f"  {heads[name]:{width}}  {does}" for name, (_, does) in COMMANDS.items()]
