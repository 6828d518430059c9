"""Who can be asked: a model under the prompt or the weights of an arm, or the annotator itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from personas.adapter import Adapter
from personas.annotator import Annotator, AnswerBrief, Speaker, UnusableError
from personas.embedding import Embedder
from personas.errors import InputError
from personas.examination.answers import spoken
from personas.items import Exchange, Pattern
from personas.material import Material
from personas.model import Control, Model, Request, Sampling, Segment, Spoken
from personas.persona import Persona
from personas.retrieval import Context, Retriever
from personas.speaking import MODERATOR, labelled, one_line, told
from personas.wordbudget import Budgets

ArmKind = Literal["base", "prompt", "few-shot", "adapter", "annotator"]
"""Where the personality comes from: nowhere, a profile in the prompt, a profile and examples, the
weights, or the annotator, who wrote the data and so shows how far anybody can come."""
ARM_KINDS: tuple[ArmKind, ...] = get_args(ArmKind)

Who = tuple[str, str]
"""Key of a persona and name of a stage."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of being the persona, and for comparison everybody else."""

    name: str
    kind: ArmKind
    adapters: Mapping[Who, Adapter] = field(default_factory=dict)
    """Of an arm in the weights: who wears which."""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InputError("name of an arm must not be empty")
        if (self.kind == "adapter") != bool(self.adapters):
            raise InputError(f"arm {self.name!r} of kind {self.kind} must have adapters exactly "
                             f"if it is of kind adapter, got {len(self.adapters)}")  # fmt: skip


def absent(arm: Arm, persona: Persona) -> list[Who]:
    """Stages of a persona that an arm in the weights has no adapter for."""
    if arm.kind != "adapter":
        return []
    everybody = [(persona.key, stage.name) for stage in persona.stages]
    return [who for who in everybody if who not in arm.adapters]


@dataclass(frozen=True, slots=True)
class Shot:
    """An example in a few-shot prompt."""

    user: str
    answer: str


@dataclass(frozen=True, slots=True)
class Turn:
    """Something put to somebody, and the answer once it is there."""

    user: str
    note: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is put next, in which talk."""

    speaker: Speaker
    pattern: Pattern
    user: str
    note: str
    before: tuple[Turn, ...] = ()
    reference: str = ""
    """The right answer of a general instruction, for an annotator."""
    system: str = ""
    """A system text in place of the arm's own: asked out of character, under the same weights."""
    seed: int = 0


class Respondent(Protocol):
    """Whoever can be asked as somebody."""

    async def answer(self, question: Question) -> str | None:
        """The answer in words; None where there is none.

        Raises:
            EngineError: The model behind it is broken.
        """
        ...


@dataclass(frozen=True, slots=True)
class ModelRespondent:
    """A model that is somebody by an arm."""

    model: Model
    arm: Arm
    profiles: Mapping[Who, str]
    shots: Mapping[Who, Sequence[Shot]]
    sampling: Sampling

    async def answer(self, question: Question) -> str | None:
        """See `Respondent`; without the thought before it."""
        reply = await self.model.generate(self.request(question))
        return spoken(reply.text)

    async def weigh(self, question: Question, options: Sequence[str]) -> tuple[float, ...]:
        """Natural log-probabilities of the options as the next token."""
        return (await self.model.score(self.request(question), options)).logprobs

    def request(self, question: Question) -> Request:
        """The prompt of a question, under the arm's weights."""
        who = (question.speaker.persona, question.speaker.stage)
        adapter = self.arm.adapters.get(who) if self.arm.kind == "adapter" else None
        if self.arm.kind == "adapter" and adapter is None:
            raise InputError(f"arm {self.arm.name!r} has no adapter for {'@'.join(who)}; give one")
        shots = () if question.system else self._shots(who)
        turns = [Turn(one.user, "", one.answer) for one in shots]
        header = question.system or self.header(question.speaker)
        parts: list[Segment] = [Control("system"), Spoken(header)]
        for turn in (*turns, *question.before):
            parts += [Control("user"), _line(turn.user)]
            parts += [Control("assistant"), Spoken(one_line(turn.answer))]
        parts += [Control("user"), _line(question.user), Control("assistant")]
        return Request(tuple(parts), adapter, self.sampling, question.seed)

    def header(self, speaker: Speaker) -> str:
        """What the model is told about who it is, as an agent of a simulation is."""
        if self.arm.kind in ("prompt", "few-shot"):
            profile = self.profiles[speaker.persona, speaker.stage].strip()
            return f"{profile} The year is {speaker.year}."
        return told(speaker.name, speaker.year)

    def _shots(self, who: Who) -> Sequence[Shot]:
        return self.shots.get(who, ()) if self.arm.kind == "few-shot" else ()


class Annotating:
    """The annotator as a respondent, with everybody's material at hand.

    Args:
        annotator: Who answers.
        materials: Of everybody who may be asked.
        embedder: For retrieval.
        budgets: Words of material shown with a question.
    """

    def __init__(
        self,
        annotator: Annotator,
        materials: Sequence[Material],
        embedder: Embedder,
        budgets: Budgets = Budgets(),
    ) -> None:
        self._annotator, self._embedder, self._budgets = annotator, embedder, budgets
        self._materials = {one.persona.key: one for one in materials}
        self._retrievers: dict[Who, Retriever] = {}

    async def answer(self, question: Question) -> str | None:
        """See `Respondent`; None where the annotator has no usable answer."""
        history = tuple(Exchange(one.user, one.note, "", one.answer) for one in question.before)
        brief = AnswerBrief(
            question.speaker, question.pattern, question.user, question.note,
            self._context(question), history, reference=question.reference, seed=question.seed,
        )  # fmt: skip
        try:
            return (await self._annotator.write_answer(brief)).response
        except UnusableError:
            return None  # it cannot be asked this: data, not a failure

    def _context(self, question: Question) -> Context:
        who = (question.speaker.persona, question.speaker.stage)
        if who not in self._retrievers:
            known = self._materials[who[0]].up_to(who[1])
            self._retrievers[who] = Retriever(known, self._embedder, self._budgets)
        return self._retrievers[who].recall(question.user)


def _line(text: str) -> Spoken:
    """What is heard of a question."""
    return Spoken(labelled(MODERATOR, text))
