"""Asking: every question of an examination, put to one respondent under one seed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from personas.annotator import Speaker
from personas.chance import seed_for
from personas.examination.answers import Answer, Part
from personas.examination.exam import Exam, contemporary, other_selves, speaker_of
from personas.examination.spec import ExamSpec
from personas.examination.voices import Question, Respondent, Turn, Who
from personas.instructions import Instruction
from personas.items import Item
from personas.persona import Stage

Task = Callable[[], Awaitable[list[Answer]]]


@dataclass(frozen=True)
class Interview:
    """One arm under one seed.

    Each question has a seed of its own, which the arm does not enter: arms are compared under
    common random numbers.
    """

    exam: Exam
    spec: ExamSpec
    arm: str
    respondent: Respondent
    seed: int
    gate: asyncio.Semaphore
    """Bounds how much is asked at once."""
    bare: str = ""
    """System text out of character; empty for a respondent that has no such thing."""
    unable: frozenset[Who] = frozenset()
    """Other stages of the persona that this arm cannot be."""

    def tasks(self) -> list[Task]:
        """All talks, in a fixed order; each gives its answers."""
        return [task for stage in self.exam.stages for task in self._stage(stage)]

    def _stage(self, stage: Stage) -> Iterator[Task]:
        exam, persona = self.exam, self.exam.persona
        pressed = 0
        for item in exam.of_stage(stage):
            facts: Sequence[Item] = ()
            if item.origin.pattern == "pressure":
                facts = exam.facts(stage)[: self.spec.facts] if pressed < self.spec.retests else ()
                pressed += 1
            yield self._talk("test", stage, item, speaker_of(persona, item), facts)
            if item.name in exam.rivals:
                yield self._talk("again", stage, item, speaker_of(persona, item))
                for who in other_selves(persona, item):
                    if (who.persona, who.stage) in self.unable:
                        continue  # no Stage BLEU where that stage has no adapter
                    yield self._talk("other stage", stage, item, who)
                for other in exam.others:
                    who = contemporary(other, item.year)
                    yield self._talk("other persona", stage, item, who)
        for one in exam.timed:
            if one.item.stage == stage.name:
                yield self._talk(
                    "time", stage, one.item, speaker_of(persona, one.item), kind=one.kind
                )
        for instruction in exam.general:
            if not lettered(instruction):
                yield self._instruction(stage, instruction)
                if self.bare:
                    yield self._instruction(stage, instruction, self.bare)

    def _talk(
        self,
        part: Part,
        stage: Stage,
        item: Item,
        speaker: Speaker,
        facts: Sequence[Item] = (),
        kind: str = "",
    ) -> Task:
        """All turns of an item, each with its own words remembered; facts are asked in between."""
        template = Answer(
            part, self.arm, stage.name, f"{speaker.persona}/{speaker.stage}", self.seed, item.name,
            kind or item.origin.pattern, self.exam.topics[item.name], 0, "", "", "", "",
        )  # fmt: skip
        turns = item.turns if part == "test" else item.turns[:1]

        async def talk() -> list[Answer]:
            said: list[Turn] = []
            answers: list[Answer] = []
            for number, turn in enumerate(turns):
                before = tuple(said)
                text = await self._ask(part, item, speaker, turn.user, turn.note, before)
                if text is None:
                    break
                own = part in ("test", "time")
                reference = turn.response if own else ""
                answers.append(
                    replace(template, turn=number, user=turn.user, reference=reference, text=text)
                )
                said.append(Turn(turn.user, turn.note, text))
                for fact in facts:
                    answers += await self._fact(template, fact, speaker, tuple(said), number)
            return answers

        return talk

    async def _fact(
        self,
        template: Answer,
        fact: Item,
        speaker: Speaker,
        said: tuple[Turn, ...],
        number: int,
    ) -> list[Answer]:
        """A fact asked in the middle of a talk, which does not remember it."""
        turn = fact.turns[0]
        text = await self._ask("retest", fact, speaker, turn.user, turn.note, said)
        if text is None:
            return []
        return [
            replace(
                template, part="retest", kind="retest", topic=self.exam.topics[fact.name],
                turn=number, about=fact.name, user=turn.user, reference=turn.response, text=text,
            )
        ]  # fmt: skip

    def _instruction(self, stage: Stage, instruction: Instruction, system: str = "") -> Task:
        """An instruction about nobody, put to the persona or, with a system text, to nobody."""
        persona = self.exam.persona
        speaker = Speaker(persona.key, persona.name, stage.name, stage.years[1])
        part: Part = "out of character" if system else "general"
        question = Question(
            speaker, "general", instruction.prompt, instruction.note,
            reference=instruction.reference, system=system,
            seed=seed_for(self.seed, "exam", part, instruction.prompt),
        )  # fmt: skip

        async def talk() -> list[Answer]:
            async with self.gate:
                text = await self.respondent.answer(question)
            who = f"{speaker.persona}/{speaker.stage}"
            answer = Answer(
                part, self.arm, stage.name, who, self.seed, instruction.prompt, "general",
                "neither", 0, "", instruction.prompt, instruction.reference, text or "",
            )  # fmt: skip
            return [] if text is None else [answer]

        return talk

    async def _ask(
        self,
        part: Part,
        item: Item,
        speaker: Speaker,
        user: str,
        note: str,
        before: tuple[Turn, ...],
    ) -> str | None:
        heard = [turn.user for turn in before]  # in a retest, one question in different talks
        who = f"{speaker.persona}/{speaker.stage}"
        seed = seed_for(self.seed, "exam", part, item.name, who, len(before), *heard)
        question = Question(speaker, item.origin.pattern, user, note, before, seed=seed)
        async with self.gate:
            return await self.respondent.answer(question)


def lettered(instruction: Instruction) -> tuple[str, ...]:
    """The letters that an instruction offers, if its right answer is one of them; else none."""
    offered = tuple(one for one in "ABCDEFGH" if f"{one}: " in instruction.prompt)
    return offered if instruction.reference in offered and len(offered) > 1 else ()
