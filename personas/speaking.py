"""How a persona is told who it is and hears others: the same words in tuning and at run time.

A persona learns to answer behind these words. Whoever asks it later (a simulation, a survey, an
examination, a chat) uses them too, or asks something that was never learnt.
"""

from collections.abc import Iterable, Sequence

from personas.items import Conversation, Preference
from personas.model import Control, Segment, Spoken

MODERATOR = "Moderator"
"""Label of the voice that opens talks, asks survey questions and leads interviews."""
THINK_FIRST = "Think before you answer."
"""Added to the system text where an answer is to begin with its analysis."""


def one_line(text: str) -> str:
    """Folds every run of white space, line breaks of all kinds included, into one space.

    A line break inside an utterance could forge another speaker's line.
    """
    return " ".join(text.split())


def labelled(speaker: str, text: str) -> str:
    """What is heard of an utterance: one line under its speaker's name."""
    return f"{speaker}: {one_line(text)}\n"


def told(name: str, year: int | None = None, thinks: bool = False) -> str:
    """The system text of a persona in the weights, and of the bare base.

    Args:
        name: How the person is called.
        year: When they speak; None where there is no time.
        thinks: Whether the analysis comes first (`personas.items.said_aloud`).
    """
    parts = [f"You are {name}."]
    if year is not None:
        parts.append(f"The year is {year}.")
    if thinks:
        parts.append(THINK_FIRST)
    return " ".join(parts)


def talk(system: str, turns: Iterable[tuple[str, str]]) -> tuple[Segment, ...]:
    """A conversation with the moderator, as segments; it ends in a reply.

    Args:
        system: The system text; where it is empty there is no system message.
        turns: What is asked and what is replied, at least one pair.
    """
    parts: list[Segment] = [Control("system"), Spoken(system)] if system else []
    for asked, replied in turns:
        parts += [Control("user"), Spoken(labelled(MODERATOR, asked))]
        parts += [Control("assistant"), Spoken(one_line(replied))]
    return tuple(parts)


def conversation_talk(name: str, one: Conversation) -> tuple[Segment, ...]:
    """What supervised tuning reads of a person of that name, as segments."""
    turns = [(turn.user, turn.assistant) for turn in one.turns]
    return talk(told(name, one.year, one.thinks), turns)


def preference_prompt(name: str, one: Preference) -> tuple[Segment, ...]:
    """What both answers of a pair follow, as segments; it ends in an open assistant's message."""
    system = told(name, one.year)
    return talk(system, _pairs((*one.prompt, "")))[:-1]


def _pairs(alternating: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(alternating[::2], alternating[1::2], strict=True))
