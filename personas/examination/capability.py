"""What general ability is left: instructions about nobody, against the bare base.

Questions whose answer is one option are weighed by log-probability, which gives accuracy and
log-loss (perplexity is its exponential); others are answered and graded. A change is an arm minus
the base on the same question, so it is 0 for the base itself.
"""

from collections.abc import Iterable, Iterator

from personas.examination.answers import Answer, Point, Weighed, of_part, point
from personas.examination.judge import RIGHT_FROM
from personas.examination.traits import GENERAL

ACCURACY, LOSS, CHANGE = "general accuracy", "general log-loss", "general accuracy, change"


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
    right = [one for one in found if one.measure == ACCURACY]
    floor = {(one.stage, one.item, one.seed): one.value for one in right if one.arm == base}
    for one in right:
        before = floor.get((one.stage, one.item, one.seed))
        if before is not None:
            yield Point(CHANGE, one.arm, one.stage, one.item, one.seed, one.value - before)


def _weighed(weighed: Iterable[Weighed]) -> Iterator[Point]:
    for one in weighed:
        if one.scale == GENERAL:
            likeliest = max(range(len(one.logprobs)), key=lambda i: one.logprobs[i])
            place = one.values.index(1.0)
            for measure, value in (
                (ACCURACY, float(likeliest == place)),
                (LOSS, -one.logprobs[place]),
            ):
                yield Point(measure, one.arm, one.stage, one.question, 0, value)


def _answered(answers: Iterable[Answer]) -> Iterator[Point]:
    for one in of_part(answers, "general"):
        grade = one.verdict("grade")
        if grade is not None:
            yield point(one, ACCURACY, grade >= RIGHT_FROM)
