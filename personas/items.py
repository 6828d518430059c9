"""The records of a data set: items with their provenance, and what tuning reads of them."""

from dataclasses import dataclass
from typing import Literal

from personas.errors import InputError

Pattern = Literal["ordinary", "thought", "error", "pressure", "general"]
"""Kinds of input. ``ordinary``: a question about a paragraph. ``thought``: somebody else's view,
loosely on it. ``error``: a false claim about it, which should be named as such. ``pressure``:
several turns that push harder and harder. ``general``: an instruction that is about nobody."""

Negative = Literal["other persona", "other stage", "assistant", "sycophant", "false premise"]
"""Whose answer is the worse one of a pair: somebody else's, the same person's at another time, a
helpful assistant's, one that gives in, one that takes a false claim for true."""

Route = Literal["mined", "answered again"]
"""How a pair came about: two items with similar questions, or one question answered twice."""

ANALYSIS, RESPONSE = "[Analysis]", "[Response]"
"""What stands before the two parts of an answer that thinks first."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn of somebody else and the persona's answer."""

    user: str
    note: str
    """What the input is about, in the annotator's own words; of a false claim, what is false."""
    analysis: str
    """What the input says, what that means to the persona, hence the reaction."""
    response: str
    """What the persona says."""

    def __post_init__(self) -> None:
        for name in ("user", "response"):
            if not getattr(self, name).strip():
                raise InputError(f"{name} of an exchange must not be empty")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an item comes from: enough to make it again."""

    pattern: Pattern
    kind: str
    """Of the paragraph, one of `personas.material.KINDS`; ``general`` for an instruction."""
    source: str
    """The paragraph it was made from: ``early/experiences.txt:3``."""
    context: tuple[str, ...]
    """All paragraphs that the answers could draw on, in the order shown."""
    prompt: str
    """Hash of everything that the annotator was told, 32 hexadecimal digits."""
    annotator: str
    """Who wrote it."""
    seed: int


@dataclass(frozen=True, slots=True)
class Item:
    """One or more turns in which the persona is itself."""

    persona: str
    """Key."""
    stage: str
    index: int
    """Place in the plan of its stage, from 0; rejected attempts take a place as well."""
    year: int
    """When it is said, within the stage."""
    turns: tuple[Exchange, ...]
    """At least one; several under pressure."""
    thinks: bool
    """Whether tuning shows the analysis; false in a share of items, so both ways are learnt."""
    refused: bool
    """Whether the persona says that it cannot know."""
    origin: Provenance

    def __post_init__(self) -> None:
        if not self.turns:
            raise InputError(f"turns of item {self.name} must hold at least one exchange")

    @property
    def name(self) -> str:
        """Unique in a data set: ``rosa/late/17``."""
        return f"{self.persona}/{self.stage}/{self.index}"

    @property
    def question(self) -> str:
        """Everything that was put to the persona, as one text."""
        return "\n".join(turn.user for turn in self.turns)


@dataclass(frozen=True, slots=True)
class Rejected:
    """An attempt of which no item came, and why."""

    persona: str
    stage: str
    index: int
    reason: str
    origin: Provenance


@dataclass(frozen=True, slots=True)
class Turn:
    """A user's turn and the assistant's."""

    user: str
    assistant: str
    learnt: bool = True
    """Whether tuning counts the loss on the assistant's words; the user's never count."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What supervised tuning reads."""

    persona: str
    stage: str
    year: int
    """Tuning puts name and year into the system text."""
    thinks: bool
    """Whether the answers hold an analysis: tuning asks for it in the system text, so that what
    is not asked to think aloud does not."""
    turns: tuple[Turn, ...]
    item: str
    """Name of the item it comes from."""


@dataclass(frozen=True, slots=True)
class Preference:
    """What preference tuning (DPO) reads: one prompt, a better and a worse answer.

    Neither shows a thought, so tuning must not ask for one in the system text.
    """

    persona: str
    stage: str
    year: int
    prompt: tuple[str, ...]
    """Turns of user and assistant in alternation; the first and the last are the user's."""
    chosen: str
    rejected: str
    negative: Negative
    route: Route
    item: str
    """Name of the item with the prompt and the chosen answer."""
    against: str
    """Item or speaker of the rejected answer."""

    def __post_init__(self) -> None:
        if len(self.prompt) % 2 == 0:
            raise InputError(f"prompt must end with a user's turn, got {len(self.prompt)} turns")
        if self.chosen == self.rejected:
            raise InputError(f"chosen and rejected must differ, got {self.chosen!r:.60} twice")


def conversation(item: Item) -> Conversation:
    """What supervised tuning reads of an item; it thinks in every turn or in none."""
    thinks = item.thinks and all(turn.analysis for turn in item.turns)
    turns = tuple(
        Turn(turn.user, said_aloud(turn.analysis, turn.response) if thinks else turn.response)
        for turn in item.turns
    )
    return Conversation(item.persona, item.stage, item.year, thinks, turns, item.name)


def said_aloud(analysis: str, response: str) -> str:
    """An answer with the thought before it."""
    return f"{ANALYSIS} {analysis} {RESPONSE} {response}"
