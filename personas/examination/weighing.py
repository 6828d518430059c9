"""Weighing: options put to a model by log-probability, on scales and on general questions."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from personas.annotator import Speaker
from personas.examination.answers import Weighed
from personas.examination.exam import Exam
from personas.examination.interview import lettered
from personas.examination.scale import ORDERS, RESERVED, RatingForm, Scale
from personas.examination.voices import ModelRespondent, Question
from personas.persona import Stage

Weighing = Callable[[], Awaitable[Weighed]]
LEAST = -1e4
"""Stands for a log-probability of minus infinity, which JSON does not know."""


@dataclass(frozen=True)
class Balance:
    """One arm, whose options are weighed; log-probabilities need no seed."""

    exam: Exam
    arm: str
    respondent: ModelRespondent
    scales: tuple[Scale, ...]
    form: RatingForm
    gate: asyncio.Semaphore
    bare: str
    """System text out of character."""

    def tasks(self) -> Iterator[Weighing]:
        """Each statement in both orders, and each general question whose answer is a letter."""
        for stage in self.exam.stages:
            for scale in self.scales:
                yield from self._scale(stage, scale)
            yield from self._general(stage)

    def _scale(self, stage: Stage, scale: Scale) -> Iterator[Weighing]:
        for one in scale.statements:
            for order in ORDERS:
                template = Weighed(
                    self.arm, stage.name, scale.name, one.trait, one.text, one.key, order,
                    self.form.worth(order), (),
                )  # fmt: skip
                yield self._task(template, stage, self.form.question(one, order), self.form.options)

    def _general(self, stage: Stage) -> Iterator[Weighing]:
        for told in self.exam.general:
            letters = lettered(told)
            if letters:
                right = tuple(float(letter == told.reference) for letter in letters)
                for order, system in (("general", ""), ("out of character", self.bare)):
                    template = Weighed(
                        self.arm, stage.name, RESERVED, "", told.prompt, 1, order, right, ()
                    )
                    yield self._task(template, stage, told.prompt, letters, system)

    def _task(
        self,
        template: Weighed,
        stage: Stage,
        user: str,
        options: Sequence[str],
        system: str = "",
    ) -> Weighing:
        persona = self.exam.persona
        who = Speaker(persona.key, persona.name, stage.name, stage.years[1])
        question = Question(who, "general", user, "", system=system)

        async def weigh() -> Weighed:
            async with self.gate:
                logs = await self.respondent.weigh(question, options)
            return replace(template, logprobs=tuple(max(LEAST, one) for one in logs))

        return weigh
