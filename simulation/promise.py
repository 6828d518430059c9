"""A promise: words that are due at a virtual time, and may not have been written yet.

SimPy decides who speaks when and never waits for a text. A promise knows what must be written
before it (the promises in its own context) and who waits for it; nothing is a task until it
truly waits on the engine.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulation.survey import OptionOrder, Survey

Moment = tuple[float, int, str, str, int]
"""Total order of promises: (virtual time, phase, arm, agent, the agent's own counter).

It never depends on the order of insertion or completion.
"""

SPEECH, ASKED = 0, 1
"""Phases: at one moment of virtual time, speech goes before surveys."""


@dataclass(slots=True, eq=False)
class Promise:
    """Something the engine owes."""

    arm: str
    agent: str
    time: float
    """Virtual time, in rounds."""
    counter: int
    """The agent's own count of speeches, or of surveys, from 0."""
    remembered: "tuple[Speech, ...]"
    """Context, oldest first, as of this moment; the texts may still be promises."""
    waiting: int = field(default=0, init=False)
    """Promises in the context that are not kept yet."""
    dependents: "list[Promise]" = field(default_factory=list, init=False)
    """Who waits for this one."""

    def wait_for(self, earlier: "Speech | None") -> None:
        """Makes this promise due only when the earlier one, if any, is kept."""
        if earlier is not None and earlier.text is None:
            self.waiting += 1
            earlier.dependents.append(self)

    @property
    def moment(self) -> Moment:
        """Place in the total order."""
        return (self.time, SPEECH, self.arm, self.agent, self.counter)


@dataclass(slots=True, eq=False)
class Speech(Promise):
    """A turn, and once kept, its text."""

    heard: "tuple[Delivery, ...]"
    """What reached the speaker since its own last turn, noticed or not."""
    text: str | None = field(default=None, init=False)
    """None until it is committed to the record."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A speech on its way to one listener."""

    due: float
    """Virtual time of arrival: heard by turns strictly later."""
    speech: Speech
    noticed: bool = True

    @property
    def order(self) -> tuple[float, Moment]:
        """Place in the listener's inbox."""
        return (self.due, self.speech.moment)


@dataclass(slots=True, eq=False)
class Answer(Promise):
    """One survey question, in one wording and one option order."""

    survey: "Survey"
    wave: int
    """0 before the talk, w after round w."""
    wording: int
    order: "OptionOrder"
    opened: bool
    """Whether the moderator had opened the talk by then."""

    @property
    def moment(self) -> Moment:
        """Place in the total order: after all speech of the same time."""
        return (self.time, ASKED, self.arm, self.agent, self.counter)
