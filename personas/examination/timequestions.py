"""Questions about points in time, made from dated paragraphs by the annotator."""

import re
from collections.abc import Iterator, Sequence
from functools import partial

from personas.annotator import Annotator, Input, InputBrief, Speaker, UnusableError
from personas.chance import seed_for
from personas.examination.judge import Case, Judge
from personas.examination.spec import ExamSpec
from personas.examination.timeliness import REJECTED, TimeKind
from personas.examination.together import all_of
from personas.examination.voices import Question, Respondent
from personas.items import Exchange, Item, Pattern, Provenance
from personas.material import Material, Paragraph
from personas.persona import Stage

TRIES = 4
"""Rounds of as many attempts as questions are wanted; wordings repeat, some have no answer."""
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")


class TimeWriter:
    """Writes questions of each kind for one stage of a persona.

    Args:
        annotator: Writes inputs.
        annotating: Answers them as the persona.
        judge: Says whether a right answer rejects what must be rejected.
        material: The persona's.
        others: Whose lives false claims are taken from.
        seen: Questions of training, which are not put again.
    """

    def __init__(
        self,
        annotator: Annotator,
        annotating: Respondent,
        judge: Judge,
        material: Material,
        others: Sequence[Material],
        seen: frozenset[str] = frozenset(),
    ) -> None:
        self._annotator, self._annotating, self._judge = annotator, annotating, judge
        self._material, self._others, self._seen = material, tuple(others), seen

    async def write(self, stage: Stage, spec: ExamSpec) -> list[tuple[TimeKind, Item]]:
        """Up to `ExamSpec.times` questions of each kind that the material gives rise to.

        Raises:
            EngineError: The model behind the annotator is broken.
        """
        found: list[tuple[TimeKind, Item]] = []
        for kind, pattern, paragraphs in self._kinds(stage):
            asked = set(self._seen)
            wanted = spec.times if paragraphs else 0
            for first in range(0, TRIES * wanted, max(1, wanted)):
                tasks = [
                    partial(self._item, kind, pattern, stage, paragraphs, number)
                    for number in range(first, first + spec.times)
                ]
                for item in await all_of(tasks, "writing"):
                    if item and wanted and item.question not in asked:
                        asked.add(item.question)
                        found.append((kind, item))
                        wanted -= 1
                if not wanted:
                    break
        return found

    def _kinds(self, stage: Stage) -> Iterator[tuple[TimeKind, Pattern, list[Paragraph]]]:
        """What each kind is made from; a first stage remembers nothing, a last has no future."""
        known = self._material.up_to(stage.name)
        stages = self._material.persona.stages
        later = [
            one
            for after in stages[stages.index(stage) + 1 :]
            for one in self._material.up_to(after.name).own
        ]
        abroad = [
            one
            for other in self._others
            for place in other.persona.stages
            for one in other.up_to(place.name).own
        ]
        now = stage.years[1]
        yield "future", "ordinary", _dated(later, stage.years[1] + 1, 9999)
        yield "past-absence", "error", _dated(abroad, 0, now)
        yield "past-presence", "ordinary", _dated(known.own, 0, now)
        yield "past-only", "ordinary", _dated(known.remembered, 0, now)

    async def _item(
        self,
        kind: TimeKind,
        pattern: Pattern,
        stage: Stage,
        paragraphs: Sequence[Paragraph],
        number: int,
    ) -> Item | None:
        """One question with its answer; None where there is none, or the answer does not fit."""
        persona, paragraph = self._material.persona, paragraphs[number % len(paragraphs)]
        seed = seed_for(0, "time", persona.key, stage.name, kind, number)
        speaker = Speaker(persona.key, persona.name, stage.name, stage.years[1])
        try:
            asked = await self._annotator.write_input(
                InputBrief(speaker, pattern, paragraph, seed=seed)
            )
        except UnusableError:
            return None
        answer = await self._annotating.answer(
            Question(speaker, pattern, asked.text, asked.note, seed=seed)
        )
        if answer is None:
            return None
        case = Case("neither", asked.text, asked.note, answer, answer, seed=seed)
        if kind in REJECTED and not await self._judge.mark(case, "rejects"):
            return None  # the right answer rejects nothing: it is no question of this kind
        return self._made(kind, pattern, speaker, paragraph, asked, answer, seed)

    def _made(
        self,
        kind: TimeKind,
        pattern: Pattern,
        speaker: Speaker,
        paragraph: Paragraph,
        asked: Input,
        answer: str,
        seed: int,
    ) -> Item:
        origin = Provenance(
            pattern, paragraph.kind, paragraph.source, (), asked.prompt,
            self._annotator.identity, seed,
        )  # fmt: skip
        turn = Exchange(asked.text, asked.note, "", answer)
        number = seed % 10**9
        return Item(
            speaker.persona, speaker.stage, number, speaker.year, (turn,), False,
            kind == "future", origin,
        )  # fmt: skip


def _dated(paragraphs: Sequence[Paragraph], first: int, last: int) -> list[Paragraph]:
    """Objective paragraphs that name years, all of them within a span."""
    return [
        one
        for one in paragraphs
        if one.objective
        and (years := [int(year) for year in _YEAR.findall(one.text)])
        and first <= min(years)
        and max(years) <= last
    ]
