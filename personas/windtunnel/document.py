"""A document of the corpus: a conversation, in the shape that engines render at run time."""

from dataclasses import dataclass

from personas.model import Control, Role, Segment, Spoken


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    lines: tuple[str, ...]
    """Pieces that are tokenised one by one; a user line ends in its newline."""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole conversation; training weighs the assistant's words, and little else."""

    messages: tuple[Message, ...]

    def segments(self) -> tuple[Segment, ...]:
        """The same conversation as a prompt's segments."""
        parts: list[Segment] = []
        for message in self.messages:
            parts.append(Control(message.role))
            parts.extend(Spoken(line) for line in message.lines)
        return tuple(parts)
