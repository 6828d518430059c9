"""A human's seat: somebody in the room whose words are typed."""

from dataclasses import dataclass

from agents.engines.human import Read, ask_terminal


@dataclass(frozen=True, slots=True)
class Human:
    """A person in a seat.

    Others hear the person under the seat's label. What is typed is recorded like any reply, so a
    run goes on and is replayed without asking again. Surveys are asked in the same way, to be
    answered by a letter.
    """

    seat: str
    """Key of the agent whose words the person gives."""
    read: Read = ask_terminal
    """Shows what was just heard or asked, and returns what the person says; may block."""
