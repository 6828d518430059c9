"""From an agent and what it remembers to the segments of a request."""

from collections.abc import Iterable, Sequence

from agents.agent import Agent
from agents.memory import Utterance
from personas import speaking
from personas.model import Control, Segment

MODERATOR = speaking.MODERATOR
"""Label of the voice that opens talks and asks survey questions."""

GO_ON = Utterance(MODERATOR, "Please go on.")
"""Said to an agent who has heard nothing since its own last turn: models want a user message."""

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
    parts: list[Segment] = [_SYSTEM, agent.system]
    role = "system"
    for utterance in (*remembered, *asked):
        wanted = "assistant" if utterance.own else "user"
        if wanted != role:
            if wanted == "assistant" and role == "system":
                parts += [_USER, _GO_ON]
            parts.append(_ASSISTANT if utterance.own else _USER)
            role = wanted
        elif utterance.own:
            parts += [_USER, _GO_ON, _ASSISTANT]
        parts.append(utterance.spoken)
    if role != "user":
        parts += [_USER, _GO_ON]
    parts.append(_ASSISTANT)
    return tuple(parts)
