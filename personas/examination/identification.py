"""Can one tell from an answer who speaks, and when in their life?

The judge spreads its belief over candidates; what falls on the right one is the figure. Chance is
one over the number of candidates, and stands beside it.
"""

from collections.abc import Iterable, Iterator

from personas.examination.answers import Answer, Point, of_part, point

PERSONA, STAGE = "persona", "stage"
FIGURES = {PERSONA: "persona recognised", STAGE: "stage recognised"}
CHANCE = {PERSONA: "persona recognised, by chance", STAGE: "stage recognised, by chance"}


def points(answers: Iterable[Answer]) -> Iterator[Point]:
    """Belief in the right candidate and what chance would give, both in [0, 1]."""
    for one in of_part(answers, "test"):
        for what in (PERSONA, STAGE):
            belief, chance = one.verdict(what), one.verdict(f"{what} by chance")
            if belief is not None and chance is not None:
                yield point(one, FIGURES[what], belief)
                yield point(one, CHANCE[what], chance)
