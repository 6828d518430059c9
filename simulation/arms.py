"""Arms: the talk, and the controls that run beside it, a word each in a scenario.

All arms of a run share its seed and every draw (an arm's name enters none), so they are paired:
what differs between two arms is what is written here and what follows from it.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from agents.agent import Agent
from personas.errors import InputError
from simulation.swaps import Wardrobe

Control = Literal["scrambled", "silent", "base", "prompt", "alone"]


@dataclass(frozen=True, slots=True)
class Arm:
    """What is other than in the talk."""

    about: Literal["topic", "something else"] = "topic"
    """What the opening and the posts are about."""
    speaks: bool = True
    """Whether anybody gets a turn."""
    hears: bool = True
    """Whether what agents say reaches anybody."""
    voice: Literal["prompt", "base"] | None = None
    """Where every personality comes from in place of an adapter; None: as in the talk."""

    def dressed(self, wardrobe: Wardrobe) -> Wardrobe:
        """What is worn in this arm, at all times."""
        match self.voice:
            case "base":
                return wardrobe.changed(_bare)
            case "prompt":
                return wardrobe.changed(_prompted)
        return wardrobe


ARMS: dict[str, Arm] = {
    "talk": Arm(),
    "scrambled": Arm(about="something else"),
    "silent": Arm(speaks=False),
    "base": Arm(voice="base"),
    "prompt": Arm(voice="prompt"),
    "alone": Arm(hears=False),
}
"""``scrambled``: the same people talk as much about something else. ``silent``: nobody speaks.
``base``: the bare base model sits in every seat. ``prompt``: every persona is told in the prompt
instead of worn as an adapter. ``alone``, a nominal group (Taylor, Berry & Block 1958, Adm. Sci. Q.
3:23-47): everybody has the same turns at the same moments and remembers their own, and hears the
opening and what comes from outside, but nobody else."""

CONTROLS: tuple[Control, ...] = get_args(Control)


def check_promptable(wardrobe: Wardrobe) -> None:
    """Checks that the control ``prompt`` has something to tell wherever an adapter is worn.

    Raises:
        InputError: Somebody wears an adapter that has no persona.
    """
    for worn in wardrobe:
        if worn.agent.bare is not None:
            raise InputError(
                f"control 'prompt' needs a persona to tell, but {worn.seat!r} wears the adapter "
                f"{worn.agent.bare.folder} alone: cast a persona there, or leave the control out"
            )


def _bare(agent: Agent) -> Agent:
    """The same seat without persona or adapter, and with the same sentence about who it is."""
    name = agent.persona.name if agent.persona else agent.label
    return replace(agent, label=name, persona=None, voice="base", bare=None)


def _prompted(agent: Agent) -> Agent:
    return agent.voiced("prompt")
