"""How well answers agree with what is true of the persona: by a judge, and word by word.

Knowledge and attitude accuracy are the means of a judge's grades from 0 (conflict) to 5 (the
same), after a first step that says which of the two a question is after (PersLLM). BLEU and ROUGE-L
to the reference are the paper's word-by-word companions.
"""

from collections.abc import Iterable, Iterator

from personas.examination.answers import Answer, Point, of_part, point
from personas.examination.overlap import bleu, rouge_l, tokens

BLEU, ROUGE = "BLEU to reference", "ROUGE-L to reference"
ASKED = ("ordinary", "thought")
"""Patterns that ask for something true; the others are examined by measures of their own."""


def points(answers: Iterable[Answer]) -> Iterator[Point]:
    """Grades by topic in [0, 5], BLEU in [0, 100] and ROUGE-L in [0, 1], of held-out items."""
    for one in of_part(answers, "test"):
        if one.kind not in ASKED or not one.reference:
            continue
        grade = one.verdict("grade")
        if grade is not None and one.topic != "neither":
            yield point(one, f"{one.topic} accuracy", grade)
        said, right = tokens(one.text), tokens(one.reference)
        yield point(one, BLEU, bleu(said, right))
        yield point(one, ROUGE, rouge_l(said, right))
