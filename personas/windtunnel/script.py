"""Writing a conversation down: lines into messages, and the truth beside each answer."""

from dataclasses import dataclass

from personas.windtunnel.document import Document, Message
from personas.windtunnel.interview import Exchange
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import Townsperson
from personas.windtunnel.speech import Said


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one assistant message."""

    family: str
    """``talk`` or the family of the question."""
    said: Said
    stance: int | None = None
    """Where the speaker stands on `proposal` after this message."""
    proposal: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A document and the truth behind each assistant message, in order."""

    document: Document
    kind: str
    person: Townsperson
    truths: tuple[Truth, ...]


class Script:
    """Collects lines into messages; lines of others in a row become one user message."""

    def __init__(self, system: str) -> None:
        self._messages = [Message("system", (system,))]
        self._heard: list[str] = []
        self._truths: list[Truth] = []
        self.words = len(system.split())

    @property
    def pending(self) -> bool:
        """Whether lines have been heard since the last own message."""
        return bool(self._heard)

    @property
    def spoken(self) -> bool:
        """Whether there is an own message yet."""
        return bool(self._truths)

    def hear(self, label: str, text: str) -> None:
        """Adds a line of somebody else."""
        self._heard.append(f"{label}: {text}\n")
        self.words += len(text.split()) + 2

    def speak(self, truth: Truth) -> None:
        """Adds a message of the person's own, after all lines heard before it."""
        self._messages.append(Message("user", tuple(self._heard)))
        self._messages.append(Message("assistant", (truth.said.text,)))
        self._heard.clear()
        self._truths.append(truth)
        self.words += len(truth.said.text.split())

    def exchange(self, label: str, exchange: Exchange, mind: Mind) -> None:
        """Adds a question and its answer."""
        self.hear(label, exchange.question)
        stance = mind.stances.get(exchange.proposal) if exchange.proposal else None
        self.speak(Truth(exchange.family, exchange.answer, stance, exchange.proposal))

    def sample(self, kind: str, person: Townsperson) -> Sample:
        """What has been collected; lines after the last own message are dropped."""
        return Sample(Document(tuple(self._messages)), kind, person, tuple(self._truths))
