"""What general ability is left: instructions about nobody, against the bare base.

Put in character, to the persona, and out of it, under a system text that names nobody of the
examination: there, arms differ in their weights alone, so that is where a change counts. (In
character a persona may well answer a question about nobody by its own views.) Questions whose
answer is one option are weighed by log-probability, which gives accuracy and log-loss (perplexity
is its exponential); others are answered and graded. A change is an arm minus the base on the same
question, so it is 0 for the base itself and for personas in the prompt.
"""

from collections.abc import Iterable, Iterator

from personas.examination.answers import Answer, Point, Weighed, of_part, point
from personas.examination.judge import RIGHT_FROM
from personas.examination.traits import GENERAL

IN_CHARACTER, OUT = "general accuracy, in character", "general accuracy, out of character"
LOSS, CHANGE = "general log-loss, out of character", "general accuracy, change"
MEASURES = {"general": IN_CHARACTER, "out of character": OUT}


def points(
    answers: Iterable[Answer], weighed: Iterable[Weighed], base: str | None
) -> Iterator[Point]:
    """Accuracy (1 or 0 a question), log-loss in nats, and the change of accuracy.

    Args:
        answers: Of all parts.
        weighed: Of all scales.
        base: Name of the arm that changes are against; None where it was not examined.
    """
    found = [*_weighed(weighed), *_answered(answers)]
    yield from found
    right = [one for one in found if one.measure == OUT]
    floor = {(one.stage, one.item, one.seed): one.value for one in right if one.arm == base}
    for one in right:
        before = floor.get((one.stage, one.item, one.seed))
        if before is not None:
            yield Point(CHANGE, one.arm, one.stage, one.item, one.seed, one.value - before)


def _weighed(weighed: Iterable[Weighed]) -> Iterator[Point]:
    for one in weighed:
        if one.scale != GENERAL:
            continue
        likeliest = max(range(len(one.logprobs)), key=lambda i: one.logprobs[i])
        place = one.values.index(1.0)
        right, where = float(likeliest == place), (one.arm, one.stage, one.question, 0)
        yield Point(MEASURES[one.order], *where, right)
        if one.order == "out of character":
            yield Point(LOSS, *where, -one.logprobs[place])


def _answered(answers: Iterable[Answer]) -> Iterator[Point]:
    for one in of_part(answers, "general", "out of character"):
        grade = one.verdict("grade")
        if grade is not None:
            yield point(one, MEASURES[one.part], grade >= RIGHT_FROM)
