"""Whether a persona sounds like itself, unlike its other stages, and unlike others (PersLLM).

Intra is BLEU between two answers of the same persona and stage to the same question, Stage
between the answers of its stages, Inter the mean over other personas. G = Intra - Stage should be
above 0, and D = Intra / Inter large (the paper gives the three; G and D are its readings). BLEU
rewards stock phrases, so distinct-1 and distinct-2 stand beside it, at the same amount of text.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from personas.examination.answers import Answer, Point, of_part, point
from personas.examination.overlap import distinct, gram_count, mutual_bleu

INTRA, STAGE, INTER, GAP = "Intra BLEU", "Stage BLEU", "Inter BLEU", "G = Intra - Stage"
RATIO = "D = Intra / Inter"

_Key = tuple[str, str, int, str]


class Variety(NamedTuple):
    """How varied some answers are."""

    share: float
    """Distinct-n, in (0, 1]."""
    texts: int


def points(answers: Iterable[Answer]) -> Iterator[Point]:
    """Intra, Stage, Inter and G for every question that was put more than once.

    Args:
        answers: Of all parts; those that compare are ``test``, ``again``, ``other stage`` and
            ``other persona``.

    Yields:
        BLEU in [0, 100]; G in [-100, 100].
    """
    answers = list(answers)
    others = (
        _by_question(of_part(answers, "other stage")),
        _by_question(of_part(answers, "other persona")),
    )
    again = _by_question(of_part(answers, "again"))
    for own in of_part(answers, "test"):
        key = _key(own)
        if own.turn or key not in again:
            continue
        intra = _mean_bleu(own, again[key])
        yield point(own, INTRA, intra)
        stages, people = (found.get(key, []) for found in others)
        if stages:
            yield point(own, STAGE, _mean_bleu(own, stages))
            yield point(own, GAP, intra - _mean_bleu(own, stages))
        if people:
            yield point(own, INTER, _mean_bleu(own, people))


def variety(answers: Iterable[Answer]) -> dict[tuple[str, str, int], Variety]:
    """Distinct-1 and distinct-2 of each arm's first answers to the compared questions.

    All arms of a stage are cut to the amount of text of the tersest, or a terse arm would seem
    the more varied one.

    Returns:
        By arm, stage and n.
    """
    answers = list(answers)
    again = {_key(one) for one in of_part(answers, "again")}
    texts: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in of_part(answers, "test"):
        if not one.turn and _key(one) in again:
            texts[one.arm, one.stage].append(one.text)
    found = {}
    for (arm, stage), said in texts.items():
        rivals = [part for (_, where), part in texts.items() if where == stage]
        for order in (1, 2):
            most = min(gram_count(part, order) for part in rivals)
            if most:
                found[arm, stage, order] = Variety(distinct(said, order, most), len(said))
    return found


def _by_question(answers: Iterable[Answer]) -> dict[_Key, list[Answer]]:
    found: defaultdict[_Key, list[Answer]] = defaultdict(list)
    for one in answers:
        found[_key(one)].append(one)
    return dict(found)


def _key(answer: Answer) -> _Key:
    return answer.arm, answer.stage, answer.seed, answer.question


def _mean_bleu(own: Answer, others: Sequence[Answer]) -> float:
    return sum(mutual_bleu(own.text, one.text) for one in others) / len(others)
