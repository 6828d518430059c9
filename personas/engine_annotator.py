"""Any language model as the writer of a data set: prompted, read back, asked again, or given up."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from personas.annotator import Answer, AnswerBrief, Input, InputBrief, UnusableError, prompt_hash
from personas.annotator_prompts import (
    Prompt,
    answer_prompt,
    input_prompt,
    read_answer,
    read_input,
)
from personas.chance import seed_for
from personas.errors import InputError
from personas.model import Control, Model, Request, Sampling, Segment, Spoken
from personas.retrieval import Context

TEMPLATE_TOKENS = 64
"""What a chat template may add to the words of a prompt."""

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class EngineAnnotator:
    """Asks a model behind the seam."""

    model: Model
    attempts: int = 5
    """How often a brief is tried, each time with another seed, before it is given up."""
    sampling: Sampling = Sampling(max_tokens=512, temperature=0.9)
    """Warm, so that inputs differ."""

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise InputError(f"attempts must be at least 1, got {self.attempts}")

    @property
    def identity(self) -> str:
        """The model, and how it is drawn from."""
        who, how = self.model.identity, self.sampling
        drawn = f"t={how.temperature} p={how.top_p} n={how.max_tokens} attempts={self.attempts}"
        return " ".join(filter(None, (who.engine, who.version, who.base, who.dtype, drawn)))

    async def write_input(self, brief: InputBrief) -> Input:
        """See `personas.annotator.Annotator.write_input`."""
        prompt = input_prompt(brief)
        text, note = await self._ask(
            prompt, brief.seed, lambda said: read_input(said, brief.pattern)
        )
        return Input(text, note, _hash(prompt))

    async def write_answer(self, brief: AnswerBrief) -> Answer:
        """See `personas.annotator.Annotator.write_answer`; shows what material fits the window."""
        fitting = self._fitted(brief)
        prompt = answer_prompt(fitting)
        read = _read_plain if brief.voice == "assistant" else read_answer
        analysis, response, refused = await self._ask(prompt, brief.seed, read)
        return Answer(analysis, response, _hash(prompt), refused, fitting.context.sources)

    async def _ask(self, prompt: Prompt, seed: int, read: Callable[[str], Read]) -> Read:
        """The first reply that can be read.

        Raises:
            UnusableError: None could; carries the last one's reason.
        """
        reason = ""
        for attempt in range(self.attempts):
            request = Request(
                _segments(prompt), sampling=self.sampling, seed=seed_for(seed, "attempt", attempt)
            )
            reply = await self.model.generate(request)
            if reply.finish == "length":
                reason = f"cut off after {self.sampling.max_tokens} tokens: {reply.text!r:.200}"
                continue
            try:
                return read(reply.text)
            except UnusableError as error:
                reason = str(error)
        raise UnusableError(f"{reason} (last of {self.attempts} attempts)")

    def _fitted(self, brief: AnswerBrief) -> AnswerBrief:
        """The brief with as much material as the window holds, the most important kept."""
        room = self.model.context_tokens - self.sampling.max_tokens - TEMPLATE_TOKENS
        while (bare := self._tokens(brief)) > room:
            objective, subjective = brief.context.objective, brief.context.subjective
            if len(objective) > 1:
                objective = objective[:-1]
            elif subjective:
                subjective = subjective[:-1]
            elif objective:
                objective = ()
            else:
                raise InputError(
                    f"context_tokens must be at least {self.model.context_tokens - room + bare}, "
                    f"got {self.model.context_tokens}; choose a model with a longer context"
                )
            brief = replace(brief, context=Context(objective, subjective))
        return brief

    def _tokens(self, brief: AnswerBrief) -> int:
        return sum(self.model.count_tokens(text) for _, text in answer_prompt(brief))


def _segments(prompt: Prompt) -> tuple[Segment, ...]:
    """Messages as the seam wants them, with an answer left open."""
    parts: list[Segment] = []
    for role, text in prompt:
        parts += [Control(role), Spoken(text)]
    return (*parts, Control("assistant"))


def _read_plain(text: str) -> tuple[str, str, bool]:
    """An assistant's answer has no parts."""
    if not text.strip():
        raise UnusableError("an empty reply")
    return "", text.strip(), False


def _hash(prompt: Prompt) -> str:
    return prompt_hash(*(part for message in prompt for part in message))
