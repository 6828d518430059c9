"""Are facts still right in the middle of a talk? Asked again after every turn (2511.00222).

There, five-way multiple choice is re-asked; here the question is put openly and a judge grades the
answer, which any model can be asked. The talk does not remember that it was asked.
"""

from collections.abc import Iterable, Iterator

from personas.examination.answers import Answer, Point, of_part, point
from personas.examination.judge import RIGHT_FROM

CONSISTENCY = "Q&A consistency"


def points(answers: Iterable[Answer]) -> Iterator[Point]:
    """1 for a fact that is right after a turn, else 0; the talk is the item."""
    for one in of_part(answers, "retest"):
        grade = one.verdict("grade")
        if grade is not None:
            item = f"{one.question} {one.about} {one.turn}"
            yield point(one, CONSISTENCY, grade >= RIGHT_FROM, item)
