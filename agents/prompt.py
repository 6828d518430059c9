"""From an agent and what it remembers to the segments of a request.

After somebody's own words a user's message always begins: with what is heard next, or else with
`GO_ON`, since models want a user message before they speak.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agents.agent import Agent
from agents.memory import Utterance
from personas import speaking
from personas.model import Control, Segment, Spoken

MODERATOR = speaking.MODERATOR
"""Label of the voice that opens talks and asks survey questions."""

GO_ON = Utterance(MODERATOR, "Please go on.")
"""Said to an agent who has heard nothing since its own last turn."""

_SYSTEM, _USER, _ASSISTANT = Control("system"), Control("user"), Control("assistant")
_GO_ON = GO_ON.spoken


def compose(
    agent: Agent, remembered: Sequence[Utterance], asked: Iterable[Utterance] = ()
) -> tuple[Segment, ...]:
    """The prompt for an agent's next words.

    The part that is shared with the agent's earlier prompts comes first and unchanged, so that
    prefix caches hit.

    Args:
        agent: Who speaks next.
        remembered: The talk so far, oldest first, the moderator's opening included.
        asked: Lines after it that are not remembered, such as a survey question.

    Returns:
        System message, then users' and assistant's messages in turn, ending in an open
        assistant message.
    """
    parts = begun(agent)
    for utterance in (*remembered, *asked):
        if utterance.own:
            say(parts, utterance.spoken)
        else:
            parts.append(utterance.spoken)
    return ended(parts)


def begun(agent: Agent) -> list[Segment]:
    """The beginning of every prompt; what is heard first may be appended to it."""
    return [_SYSTEM, agent.system, _USER]


def say(parts: list[Segment], line: Spoken) -> None:
    """Appends what the agent said itself."""
    if parts[-1] is _USER:
        parts.append(_GO_ON)
    parts += (_ASSISTANT, line, _USER)


def ended(parts: list[Segment]) -> tuple[Segment, ...]:
    """The prompt: what was begun, and the agent's turn to speak."""
    if parts[-1] is _USER:
        parts.append(_GO_ON)
    parts.append(_ASSISTANT)
    return tuple(parts)


@dataclass(slots=True)
class Talk:
    """A talk as one participant remembers it, as segments; it grows at its end.

    A stretch of it stands in many prompts: each line is put in its place once.
    """

    segments: list[Segment] = field(default_factory=lambda: [_USER])
    """With the markers between them."""
    places: "array[int]" = field(default_factory=lambda: array("q", [1]))
    """Where line 0, 1, 2, ... begins, its marker included, and last of all where they end; an
    array takes a fifth of a list's memory, which a long talk feels."""

    def hear(self, lines: Sequence[Spoken]) -> None:
        """Appends lines by others."""
        end = self.places[-1] + 1
        self.segments += lines
        self.places.extend(range(end, end + len(lines)))

    def say(self, line: Spoken) -> None:
        """Appends a line of one's own."""
        say(self.segments, line)
        self.places.append(len(self.segments))

    def repeat(self, parts: list[Segment], first: int, length: int) -> None:
        """Appends the lines from `first` on, of the first `length` there are, to a prompt."""
        if first >= length:
            return
        start = self.places[first]
        opening = self.segments[start]
        if opening is _GO_ON and parts[-1] is not _USER:
            start += 1
        elif opening is _ASSISTANT and parts[-1] is _USER:
            parts.append(_GO_ON)
        parts += self.segments[start : self.places[length]]
