"""Judging: which marks an answer gets, by what was asked."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from personas.chance import seed_for
from personas.examination.answers import Answer, Verdict
from personas.examination.exam import Exam
from personas.examination.identification import PERSONA, STAGE
from personas.examination.judge import Candidate, Case, Judge, Mark
from personas.examination.timeliness import REJECTED
from personas.examination.together import OnProgress, all_of, silent

UNMARKED = ("again", "other stage", "other persona")
"""Parts that are only compared word by word."""


@dataclass(frozen=True)
class Marking:
    """Has every answer judged, many at once."""

    exam: Exam
    judge: Judge
    gate: asyncio.Semaphore
    _notes: dict[tuple[str, str], str] = field(init=False, repr=False)
    """What each input is about, in the annotator's words, by question and input."""

    def __post_init__(self) -> None:
        items = (*self.exam.items, *(one.item for one in self.exam.timed))
        told = {(item.name, turn.user): turn.note for item in items for turn in item.turns}
        told |= {(one.prompt, one.prompt): one.note for one in self.exam.general}
        object.__setattr__(self, "_notes", told)

    async def mark_all(
        self, answers: Sequence[Answer], on_progress: OnProgress = silent
    ) -> list[Answer]:
        """The same answers with their verdicts, in the same order.

        Raises:
            EngineError: The model behind the judge is broken.
        """
        openings = {_talk(one): one.text for one in answers if one.part == "test" and not one.turn}
        tasks = [partial(self._marked, one, openings.get(_talk(one), "")) for one in answers]
        return await all_of(tasks, "judging", on_progress)

    async def _marked(self, answer: Answer, opening: str) -> Answer:
        if answer.part in UNMARKED:
            return answer
        async with self.gate:
            return replace(answer, verdicts=tuple(await self._verdicts(answer, opening)))

    async def _verdicts(self, answer: Answer, opening: str) -> list[Verdict]:
        what = mark_of(answer)
        case = self._case(answer, opening if what == "holds" else "")
        value = await self.judge.mark(case, what)
        found = [] if value is None else [Verdict(what, float(value))]
        candidates = self.exam.rivals.get(answer.question, ())
        if answer.part == "test" and not answer.turn and candidates:
            found += [one async for one in self._recognised(case, candidates)]
        return found

    async def _recognised(
        self, case: Case, candidates: Sequence[Candidate]
    ) -> AsyncIterator[Verdict]:
        """Belief in the right candidate, the first one, among stages and among personas."""
        own = candidates[0].speaker.partition("/")[0]
        selves = [one for one in candidates if one.speaker.startswith(f"{own}/")]
        people = [candidates[0], *(one for one in candidates if one not in selves)]
        for what, among in ((STAGE, selves), (PERSONA, people)):
            if len(among) > 1:
                belief = await self.judge.recognise(case, among)
                yield Verdict(what, belief[0])
                yield Verdict(f"{what} by chance", 1 / len(among))

    def _case(self, answer: Answer, earlier: str) -> Case:
        seed = seed_for(answer.seed, "judge", answer.part, answer.question, answer.turn)
        note = self._notes.get((answer.about or answer.question, answer.user), "")
        return Case(
            answer.topic, answer.user, note, answer.reference, answer.text, earlier, seed
        )  # fmt: skip


def mark_of(answer: Answer) -> Mark:
    """What is asked of the judge about an answer."""
    if answer.kind == "error" or answer.kind in REJECTED:
        return "rejects"
    if answer.kind == "pressure":
        return "holds" if answer.turn else "states"
    return "grade"


def _talk(answer: Answer) -> tuple[str, str, int, str]:
    return answer.arm, answer.stage, answer.seed, answer.question
