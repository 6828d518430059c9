"""What is asked: held-out items, questions about points in time, and who else answers them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeVar

from personas.annotator import Speaker
from personas.chance import seed_for
from personas.datafolder import DataSet
from personas.errors import InputError
from personas.examination.accuracy import ASKED
from personas.examination.judge import Candidate, Judge, Topic
from personas.examination.spec import ExamSpec
from personas.examination.timeliness import TimeKind
from personas.examination.timequestions import TimeWriter
from personas.examination.together import IN_FLIGHT, OnProgress, all_of, silent
from personas.examination.voices import Question, Respondent, Shot, Who
from personas.instructions import Instruction
from personas.items import Item
from personas.material import Material
from personas.persona import Persona, Stage
from personas.wordbudget import count_words

T = TypeVar("T")
FEWEST_WORDS = 4
"""Of a reference whose question is compared: of "3" and "3" BLEU can say nothing."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What an examination is made from."""

    material: Material
    stages: tuple[str, ...]
    """Names of those that are examined."""
    data: DataSet
    others: tuple[Material, ...]
    """Other personas, for comparison."""
    instructions: tuple[Instruction, ...] = ()
    """General ones; without any, the data's held-out ones are put."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A question about a point in time."""

    kind: TimeKind
    item: Item


@dataclass(frozen=True, slots=True)
class Exam:
    """Everything that each arm is asked."""

    persona: Persona
    stages: tuple[Stage, ...]
    items: tuple[Item, ...]
    """Held out from training; general ones left out."""
    topics: Mapping[str, Topic]
    """By the name of an item."""
    timed: tuple[Timed, ...]
    shots: Mapping[Who, tuple[Shot, ...]]
    others: tuple[Persona, ...]
    rivals: Mapping[str, tuple[Candidate, ...]]
    """By the name of a compared item: who else could have answered it, the persona first."""
    general: tuple[Instruction, ...]

    def of_stage(self, stage: Stage) -> list[Item]:
        """The held-out items of one stage."""
        return [item for item in self.items if item.stage == stage.name]

    def facts(self, stage: Stage) -> list[Item]:
        """Questions for facts that do not depend on the year, so they can be asked in any talk."""
        return [
            item
            for item in self.of_stage(stage)
            if item.origin.pattern == "ordinary"
            and self.topics[item.name] == "knowledge"
            and str(item.year) not in item.turns[0].response
        ]

    def profiles(self) -> dict[Who, str]:
        """What a prompt tells of everybody."""
        people = (self.persona, *self.others)
        return {(one.key, stage.name): stage.profile for one in people for stage in one.stages}


async def prepare(
    sources: Sources,
    annotating: Respondent,
    judge: Judge,
    writer: TimeWriter,
    spec: ExamSpec,
    *,
    width: int = IN_FLIGHT,
    on_progress: OnProgress = silent,
) -> Exam:
    """Puts an examination together.

    Args:
        sources: Material and data.
        annotating: Answers as anybody, for examples and comparison.
        judge: Says what questions are after.
        writer: Of questions about points in time.
        spec: How many of what.
        width: Most questions at once; it changes nothing about the result.
        on_progress: Called as the work goes on.

    Raises:
        EngineError: The model behind annotator or judge is broken.
        InputError: The data holds no item of a stage.
    """
    persona = sources.material.persona
    stages = tuple(persona.stage(name) for name in sources.stages)
    held = _drawn(sources.data.test, sources.stages, spec.items)
    for stage in stages:
        if not any(item.stage == stage.name for item in held):
            raise InputError(
                f"data holds no test item of stage {stage.name!r}; write it with "
                "`symposion persona data`"
            )
    others = tuple(one.persona for one in sources.others[: spec.others])
    items = tuple(item for item in held if item.origin.pattern != "general")
    timed = [Timed("future", item) for item in held if item.refused and len(item.turns) == 1]
    written = await all_of(
        [partial(writer.write, stage, spec) for stage in stages], "writing questions", on_progress
    )
    timed += [Timed(kind, item) for part in written for kind, item in part]
    timed = list(_capped(timed, spec.times))
    sorted_out = [*items, *(one.item for one in timed)]
    topics = await all_of(
        [partial(_topic, judge, item) for item in sorted_out], "sorting", on_progress, width
    )
    compared = [item for stage in stages for item in _compared(items, stage, spec.distinct)]
    rivals = await all_of(
        [partial(_rivals, item, persona, others, annotating) for item in compared],
        "asking others", on_progress, width,
    )  # fmt: skip
    shots = await _shots(sources.data.train, persona, others, annotating, spec)
    return Exam(
        persona, stages, items, _by_name(sorted_out, topics), tuple(timed), shots, others,
        _by_name(compared, rivals),
        _general(sources, held, spec),
    )  # fmt: skip


def _drawn(held: Sequence[Item], stages: Sequence[str], most: int) -> list[Item]:
    """At most so many held-out items of each stage, drawn by name, in their order."""
    found: set[str] = set()
    for stage in stages:
        here = [item.name for item in held if item.stage == stage]
        found.update(sorted(here, key=lambda name: seed_for(0, "held out", name))[:most])
    return [item for item in held if item.name in found]


def _by_name(items: Sequence[Item], found: Sequence[T]) -> dict[str, T]:
    return {item.name: one for item, one in zip(items, found, strict=True)}


async def _topic(judge: Judge, item: Item) -> Topic:
    turn = item.turns[0]
    return await judge.topic(item.question, turn.note, turn.response)


def contemporary(persona: Persona, year: int) -> Speaker:
    """Somebody else at about the same time, in the nearest stage and year of theirs."""
    stage = min(persona.stages, key=lambda one: abs(year - _nearest(one, year)))
    return Speaker(persona.key, persona.name, stage.name, _nearest(stage, year))


def speaker_of(persona: Persona, item: Item) -> Speaker:
    """The persona as it is when the item is put to it."""
    return Speaker(persona.key, persona.name, item.stage, item.year)


def other_selves(persona: Persona, item: Item) -> list[Speaker]:
    """The persona in its other stages."""
    return [
        Speaker(persona.key, persona.name, stage.name, _nearest(stage, item.year))
        for stage in persona.stages
        if stage.name != item.stage
    ]


def _nearest(stage: Stage, year: int) -> int:
    return min(max(year, stage.years[0]), stage.years[1])


def _compared(items: Sequence[Item], stage: Stage, count: int) -> list[Item]:
    """Questions whose answers are sentences, drawn by name."""
    fit = [
        item
        for item in items
        if item.stage == stage.name
        and item.origin.pattern in ASKED
        and count_words(item.turns[0].response) >= FEWEST_WORDS
    ]
    return sorted(fit, key=lambda item: seed_for(0, "compared", item.name))[:count]


def _capped(timed: Sequence[Timed], most: int) -> Iterator[Timed]:
    """At most so many of each kind and stage."""
    for kind, stage in dict.fromkeys((one.kind, one.item.stage) for one in timed):
        same = (one for one in timed if (one.kind, one.item.stage) == (kind, stage))
        yield from islice(same, most)


async def _shots(
    train: Sequence[Item],
    persona: Persona,
    others: Sequence[Persona],
    annotating: Respondent,
    spec: ExamSpec,
) -> dict[Who, tuple[Shot, ...]]:
    """Examples of everybody: the persona's from its data, others' answers to the same questions."""
    found: dict[Who, tuple[Shot, ...]] = {}
    for stage in persona.stages:
        chosen = _compared(train, stage, spec.shots)
        found[persona.key, stage.name] = tuple(
            Shot(item.turns[0].user, item.turns[0].response) for item in chosen
        )
        for other in others:
            speakers = [(item, contemporary(other, item.year)) for item in chosen]
            said = [(item, who, await _as(annotating, item, who)) for item, who in speakers]
            for item, who, answer in said:
                shot = (Shot(item.turns[0].user, answer),) if answer else ()
                before = found.get((who.persona, who.stage), ())
                found[who.persona, who.stage] = (*before, *shot)[: spec.shots]
    return found


async def _rivals(
    item: Item, persona: Persona, others: Sequence[Persona], annotating: Respondent
) -> tuple[Candidate, ...]:
    """Who could have said it: the persona as it is, its other selves, and the others."""
    own = speaker_of(persona, item)
    profile = persona.stage(item.stage).profile
    found = [Candidate(f"{own.persona}/{own.stage}", profile, item.turns[0].response)]
    people = {one.key: one for one in (persona, *others)}
    rivals = other_selves(persona, item) + [contemporary(one, item.year) for one in others]
    for who in rivals:
        answer = await _as(annotating, item, who)
        if answer is not None:
            told = people[who.persona].stage(who.stage).profile
            found.append(Candidate(f"{who.persona}/{who.stage}", told, answer))
    return tuple(found)


async def _as(annotating: Respondent, item: Item, speaker: Speaker) -> str | None:
    """What somebody else would answer to an item's first question."""
    turn, seed = item.turns[0], seed_for(item.origin.seed, "as", speaker.persona, speaker.stage)
    return await annotating.answer(
        Question(speaker, item.origin.pattern, turn.user, turn.note, seed=seed)
    )


def _general(sources: Sources, held: Sequence[Item], spec: ExamSpec) -> tuple[Instruction, ...]:
    """Instructions that training has not seen, the given ones or the data's own."""
    seen = {item.question for item in sources.data.train}
    seen |= {one.prompt for one in sources.data.general}
    given = [one for one in sources.instructions if one.reference and one.prompt not in seen]
    own = [
        Instruction(item.question, item.turns[0].response, item.turns[0].note)
        for item in held
        if item.origin.pattern == "general" and not item.refused
    ]
    return tuple((given or own)[: spec.general])
