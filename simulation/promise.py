"""A promise: words that are due at a virtual time, and may not have been written yet.

SimPy decides who speaks when and never waits for a text, unless a policy's choice depends on
one. A promise knows what must be written before it (the promises in its own context) and who
waits for it; nothing is a task until it truly waits on the engine.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, ClassVar

from agents.memory import Utterance
from personas.model import Reply, Scores, Spoken
from personas.speaking import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulation.questions import Interview
    from simulation.survey import OptionOrder, Survey

CHOOSING, SPEAKING, NOTING, ASKED = 0, 1, 2, 3
"""Phases: at one moment of virtual time, first it is settled who speaks, then there is speech,
then it is noted down, then there are surveys."""


UNHEARD = Spoken("")
"""Stands for the line of a speech that nobody has heard yet."""


@dataclass(slots=True, eq=False)
class Promise:
    """Something the engine owes."""

    arm: str
    agent: str
    time: float
    """Virtual time, in the scenario's unit."""
    counter: int
    """The agent's own count of speeches, of surveys or of choices, from 0."""
    memory: "list[Speech]" = field(repr=False)  # whose own memories lead back, again and again
    """The agent's memory, oldest first, shared by all its promises; it goes on growing."""
    length: int
    """How much of that memory there was at this moment; the texts may still be promises."""
    phase: ClassVar[int] = SPEAKING
    """Place within a moment of virtual time."""
    waiting: int = field(default=0, init=False)
    """Promises in the context that are not kept yet."""
    dependents: "list[Promise] | tuple[()]" = field(default=(), init=False, repr=False)
    """Who waits for this one; a list only where somebody does."""
    kept: bool = field(default=False, init=False)
    when_kept: Callable[[], None] | None = field(default=None, init=False)
    """Called once it is: lets virtual time go on where it stood still for this promise."""

    def keep(self, reply: Reply | Scores) -> None:
        """Lets the reply be heard; it is committed already."""

    def wait_for(self, causes: "Iterable[Speech]") -> None:
        """Makes this promise due only when all of these are kept."""
        for cause in causes:
            if cause.text is None:
                cause.hold(self)

    def hold(self, dependent: "Promise") -> None:
        """Lets another promise wait for this one."""
        dependent.waiting += 1
        if self.dependents:
            self.dependents.append(dependent)
        else:
            self.dependents = [dependent]

    @property
    def tail(self) -> "tuple[Speech, ...]":
        """What was heard since the agent's last turn and is not yet in its memory."""
        return ()


@dataclass(slots=True, eq=False)
class Speech(Promise):
    """A turn, and once kept, its text; or a post from outside, whose text is known."""

    label: str
    """Under which it is heard."""
    heard: "tuple[Delivery, ...]" = field(repr=False)
    """What reached the speaker since its own last turn, noticed or not."""
    noticed: int = 0
    """How many of those it took in; they are the end of its memory."""
    depth: int = 0
    """0, or one more than that of the message that it replies to."""
    text: str | None = field(default=None, init=False)
    """A turn's as one line; None until it is committed to the record."""
    line: Spoken = field(default=UNHEARD, init=False, repr=False)
    """The text as others remember it; made once for all of them."""
    tokens: int = field(default=0, init=False)
    """Of that line."""

    def keep(self, reply: Reply | Scores) -> None:
        """Its text."""
        assert isinstance(reply, Reply)
        self.text = one_line(reply.text)
        self.heard = ()  # a kept promise holds its own text and nothing else


@dataclass(slots=True, eq=False)
class Delivery:
    """A speech on its way to its listeners."""

    due: float
    """Virtual time of arrival: heard by turns strictly later."""
    speech: Speech
    told: str
    """Speaker, counter and `due` as the beginning of a JSON list: every listener's turn is recorded
    with it."""
    noticed: bool = True


def delivery(speech: Speech, due: float, noticed: bool = True) -> Delivery:
    """A speech that arrives at a virtual time."""
    told = f"[{_quoted(speech.agent)},{speech.counter},{_number(due)}"
    return Delivery(due, speech, told, noticed)


_quoted = lru_cache(maxsize=2**16)(encode_basestring_ascii)  # names recur in many messages


@lru_cache(maxsize=2**12)  # and so do moments
def _number(time: float) -> str:
    """As JSON, so that exactly it is read again; whole numbers too are written as floats."""
    return repr(float(time))


@dataclass(slots=True, eq=False)
class Aside(Promise):
    """A private question; it leaves the agent's memory as it was."""

    heard: tuple[Speech, ...] = field(repr=False)
    """What the agent took in since its last turn."""

    @property
    def tail(self) -> tuple[Speech, ...]:
        """What was heard since the agent's last turn and is not yet in its memory."""
        return self.heard


@dataclass(slots=True, eq=False)
class Choice(Aside):
    """A question that decides who speaks next: virtual time stands still until it is answered."""

    asked: Utterance
    options: tuple[str, ...]
    """Letters."""
    scores: Scores | None = field(default=None, init=False)
    """None until it is kept."""
    phase: ClassVar[int] = CHOOSING

    def keep(self, reply: Reply | Scores) -> None:
        """What was chosen."""
        assert isinstance(reply, Scores)
        self.scores = reply


@dataclass(slots=True, eq=False)
class Answer(Aside):
    """One survey question, in one wording and one option order."""

    survey: "Survey"
    wave: int
    """0 before the talk, then counted in units of virtual time."""
    wording: int
    order: "OptionOrder"
    opened: bool
    """Whether the moderator had opened the talk by then."""
    phase: ClassVar[int] = ASKED


@dataclass(slots=True, eq=False)
class Statement(Aside):
    """An interview's question in one wording, answered in words that nobody hears."""

    interview: "Interview"
    wave: int
    """As in `Answer`."""
    wording: int
    opened: bool
    """As in `Answer`."""
    phase: ClassVar[int] = ASKED


@dataclass(slots=True, eq=False)
class Digest(Promise):
    """An agent's notes on a block that dropped from its window; whoever needs them waits."""

    lines: tuple[Utterance, ...]
    """The block."""
    before: str
    """The notes on all blocks before it."""
    asking: str
    tokens: int
    """Length at most."""
    last: Speech = field(repr=False)
    """The last line of the block."""
    text: str | None = field(default=None, init=False)
    """None until it is kept."""

    def keep(self, reply: Reply | Scores) -> None:
        """The notes."""
        assert isinstance(reply, Reply)
        self.text, self.lines = reply.text, ()
