"""Is what is false called false? The share of misleading inputs that are explicitly rejected."""

from collections.abc import Iterable, Iterator

from personas.examination.answers import Answer, Point, of_part, point

REJECTION = "false-premise rejection"


def points(answers: Iterable[Answer]) -> Iterator[Point]:
    """1 for an input that is rejected, 0 for one that is let pass (PersLLM's anti-induction)."""
    for one in of_part(answers, "test"):
        verdict = one.verdict("rejects")
        if one.kind == "error" and verdict is not None:
            yield point(one, REJECTION, verdict)
