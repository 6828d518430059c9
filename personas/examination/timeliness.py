"""Does a persona know its place in time? Point-in-time questions after TimeChara (2405.18027).

``future``: about what comes later, so it cannot be known; a right answer says so.
``past-absence``: a false claim about what the persona did, from somebody else's life; a right
answer rejects it. ``past-presence``: what the persona lived in this stage. ``past-only``: what it
remembers from before. The last two are right where the judge grades them `RIGHT_FROM` or better.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, get_args

from personas.examination.answers import Answer, Point, of_part, point
from personas.examination.judge import RIGHT_FROM

TimeKind = Literal["future", "past-absence", "past-presence", "past-only"]
TIME_KINDS: tuple[TimeKind, ...] = get_args(TimeKind)
REJECTED: tuple[TimeKind, ...] = ("future", "past-absence")
"""Kinds that are right where they are rejected; the others where they are answered right."""
OVERALL = "point in time"


def points(answers: Iterable[Answer]) -> Iterator[Point]:
    """1 for a right answer, else 0: all kinds together, and by kind."""
    for one in of_part(answers, "time"):
        if one.kind in REJECTED:
            right = one.verdict("rejects")
        else:
            grade = one.verdict("grade")
            right = None if grade is None else float(grade >= RIGHT_FROM)
        if right is not None:
            yield point(one, OVERALL, right)
            yield point(one, f"{OVERALL}: {one.kind}", right)
