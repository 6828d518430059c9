"""What a chat consists of, as its record holds it."""

from dataclasses import dataclass, field

from agents.agent import Agent
from simulation.chat.rating import Rating

LETTERS = ("A", "B")
"""Names in a blind talk."""


@dataclass(frozen=True, slots=True)
class Seating:
    """Somebody in a seat, from one turn of a talk until another."""

    number: int
    talk: int
    seat: int
    """0 or 1."""
    since: int
    """First turn here."""
    until: int | None
    """First turn not here any more; None is still here."""
    letter: str | None
    """Name shown in a blind talk."""
    cast: str
    """The word that seats this agent."""
    label: str
    persona: str | None
    stage: str | None
    arm: str
    adapter: str | None
    """Fingerprint of the weights that are worn."""
    folder: str | None
    """Where those weights lie."""
    system: str
    """What the model is told about who it is."""

    @property
    def wears(self) -> tuple[int, str, str | None, str]:
        """Who shares this value shares a memory: seat, word, weights, and what they are told."""
        return self.seat, self.cast, self.adapter, self.system


@dataclass(frozen=True, slots=True)
class Answer:
    """What a persona said to a question."""

    talk: int
    turn: int
    seat: int
    seating: int
    place: int
    """0 is shown first."""
    call: str
    """Key of the request."""
    model: str
    """JSON of the model's identity."""
    text: str
    finish: str
    prompt_tokens: int
    new_tokens: int
    seconds: float
    rating: Rating | None = None
    """None: not asked for yet."""

    @property
    def name(self) -> tuple[int, int, int]:
        """Talk, turn and seat."""
        return self.talk, self.turn, self.seat


@dataclass(slots=True)
class Turn:
    """A question, and what has been answered to it."""

    talk: int
    turn: int
    question: str
    answers: dict[int, Answer] = field(default_factory=dict)
    """By seat."""

    @property
    def shown(self) -> list[Answer]:
        """The answers in the order in which they are shown."""
        return sorted(self.answers.values(), key=lambda answer: answer.place)


@dataclass(frozen=True, slots=True)
class Talk:
    """From the first question to the end, with one memory."""

    number: int
    id: str
    blind: bool
    ended: bool


def seating_of(agent: Agent, cast: str, number: int, talk: int, seat: int, since: int) -> Seating:
    """An agent in a seat from a turn on, without a letter."""
    adapter, stage = agent.adapter, agent.stage
    return Seating(
        number, talk, seat, since, until=None, letter=None, cast=cast, label=agent.label,
        persona=agent.persona.key if agent.persona else None,
        stage=stage.name if stage else None, arm=agent.voice,
        adapter=adapter.fingerprint if adapter else None,
        folder=str(adapter.folder.resolve()) if adapter else None, system=agent.system_text,
    )  # fmt: skip
