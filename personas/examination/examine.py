"""The whole examination: asks all arms, has the answers judged, and counts."""

import asyncio
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from personas.examination import (
    accuracy,
    capability,
    distinction,
    identification,
    persistence,
    premises,
    ranking,
    retest,
    timeliness,
    traits,
)
from personas.examination.answers import EVERY_STAGE, Answer, Point, Weighed
from personas.examination.exam import Exam
from personas.examination.intervals import Difference, Figure, differences, figures
from personas.examination.interview import Interview
from personas.examination.judge import Judge
from personas.examination.marking import Marking
from personas.examination.scale import LETTERS, RatingForm, Scale
from personas.examination.spec import ExamSpec
from personas.examination.together import IN_FLIGHT, OnProgress, all_of, silent
from personas.examination.voices import Arm, ModelRespondent, Respondent, absent
from personas.examination.weighing import Balance
from personas.model import Model


@dataclass(frozen=True, slots=True)
class Examiner:
    """Who judges and what is known of the persona."""

    judge: Judge
    annotating: Respondent
    """Answers an arm of kind ``annotator``."""
    scales: tuple[Scale, ...] = ()
    form: RatingForm = LETTERS
    bare: str = "You are a helpful assistant."
    """System text that names nobody of the examination: for questions out of character."""
    truth: traits.Levels = field(default_factory=dict)
    """Where the persona truly stands, if somebody knows."""


@dataclass(frozen=True, slots=True)
class Results:
    """All that came of an examination."""

    answers: tuple[Answer, ...]
    weighed: tuple[Weighed, ...]
    points: tuple[Point, ...]
    figures: tuple[Figure, ...]
    differences: tuple[Difference, ...]
    """Of each arm from each one before it."""


async def examine(
    exam: Exam,
    arms: Sequence[Arm],
    model: Model,
    examiner: Examiner,
    spec: ExamSpec,
    *,
    width: int = IN_FLIGHT,
    on_progress: OnProgress = silent,
) -> Results:
    """Asks everything of every arm, under every seed.

    Args:
        exam: What is asked.
        arms: Under names of their own; one of kind ``annotator`` is answered by the examiner.
        model: Voices the others.
        examiner: Judges.
        spec: As the exam was prepared by.
        width: Most questions at once; it changes nothing about the result.
        on_progress: Called after every talk, every question weighed and every verdict.

    Raises:
        EngineError: A model is broken.
        InputError: An arm lacks the adapter of somebody who is asked.
    """
    gate = asyncio.Semaphore(width)
    profiles = exam.profiles()
    models = {
        arm.name: ModelRespondent(model, arm, profiles, exam.shots, spec.sampling)
        for arm in arms
        if arm.kind != "annotator"
    }
    talks = [
        task
        for arm in arms
        for seed in spec.seeds
        for task in _interview(exam, spec, arm, models.get(arm.name), examiner, seed, gate).tasks()
    ]
    asked = await all_of(talks, "asking", on_progress)
    weighing = [
        task
        for name, one in models.items()
        for task in Balance(
            exam, name, one, examiner.scales, examiner.form, gate, examiner.bare
        ).tasks()
    ]
    weighed = await all_of(weighing, "weighing options", on_progress)
    answers = [one for talk in asked for one in talk]
    marked = await Marking(exam, examiner.judge, gate).mark_all(answers, on_progress)
    ranked = await ranking.rank_all(marked, examiner.judge, gate, on_progress)
    return _counted(ranked, weighed, arms, examiner.truth)


def _interview(
    exam: Exam,
    spec: ExamSpec,
    arm: Arm,
    model: ModelRespondent | None,
    examiner: Examiner,
    seed: int,
    gate: asyncio.Semaphore,
) -> Interview:
    """One arm under one seed; the annotator is always in character."""
    if model is None:
        return Interview(exam, spec, arm.name, examiner.annotating, seed, gate)
    unable = frozenset(absent(arm, exam.persona))
    return Interview(exam, spec, arm.name, model, seed, gate, examiner.bare, unable)


def _counted(
    answers: Sequence[Answer], weighed: Sequence[Weighed], arms: Sequence[Arm], truth: traits.Levels
) -> Results:
    """Points of all measures, and the figures that follow from them."""
    base = next((arm.name for arm in arms if arm.kind == "base"), None)
    points = tuple(_points(answers, weighed, base, truth))
    pairs = [(later, earlier) for earlier, later in combinations([arm.name for arm in arms], 2)]
    return Results(
        tuple(answers), tuple(weighed), points, (*figures(points), *_variety(answers)),
        tuple(differences(points, pairs)),
    )  # fmt: skip


def _points(
    answers: Iterable[Answer], weighed: Iterable[Weighed], base: str | None, truth: traits.Levels
) -> Iterator[Point]:
    yield from distinction.points(answers)
    yield from accuracy.points(answers)
    yield from ranking.points(answers)
    yield from premises.points(answers)
    yield from persistence.points(answers)
    yield from identification.points(answers)
    yield from timeliness.points(answers)
    yield from retest.points(answers)
    yield from traits.points(weighed, truth)
    yield from capability.points(answers, weighed, base)


def _variety(answers: Sequence[Answer]) -> Iterator[Figure]:
    """Distinct-n has no interval: resampling repeats texts, which lowers it."""
    seeds = tuple(sorted({one.seed for one in answers}))
    if len({one.stage for one in answers}) > 1:
        answers = [*answers, *(replace(one, stage=EVERY_STAGE) for one in answers)]
    for (arm, stage, order), one in distinction.variety(answers).items():
        yield Figure(
            arm, stage, f"distinct-{order}", one.share, math.nan, math.nan, one.texts, seeds
        )
