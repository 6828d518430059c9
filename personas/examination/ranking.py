"""All arms' answers to a question ranked together, ties allowed, the order of showing shuffled.

After PersLLM's ranking of systems; the paper does not say how it adds ranks up. Here an answer's
standing is (K - rank) / (K - 1) among K arms, 1 for the best, with tied arms at their mean rank,
averaged over `ORDERS` random orders of showing. It depends on which arms there are.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from statistics import fmean

from personas.chance import seed_for
from personas.examination.accuracy import ASKED
from personas.examination.answers import Answer, Point, Verdict, of_part, point
from personas.examination.judge import Case, Judge
from personas.examination.together import OnProgress, all_of, silent

STANDING = "standing among the arms"
ORDERS = 2
"""How often a set of answers is ranked, each time shown in another order."""


def points(answers: Iterable[Answer]) -> Iterator[Point]:
    """Standings of answers that were ranked, in [0, 1]."""
    for one in of_part(answers, "test"):
        standing = one.verdict(STANDING)
        if standing is not None:
            yield point(one, STANDING, standing)


def standings(scores: Sequence[float]) -> list[float]:
    """From scores, higher is better, to standings among them.

    Args:
        scores: At least two.

    Returns:
        In [0, 1], 1 for the best and 0 for the worst; their mean is always 1/2.
    """
    from scipy import stats  # takes a second: the command's start should not

    ranks = stats.rankdata([-one for one in scores], method="average")
    return [float((len(scores) - rank) / (len(scores) - 1)) for rank in ranks]


async def rank_all(
    answers: Sequence[Answer],
    judge: Judge,
    gate: asyncio.Semaphore,
    on_progress: OnProgress = silent,
) -> list[Answer]:
    """The same answers with their standing, where several arms answered one question.

    Raises:
        EngineError: The model behind the judge is broken.
    """
    groups: defaultdict[tuple[str, int, str], list[int]] = defaultdict(list)
    for place, one in enumerate(answers):
        if one.part == "test" and one.kind in ASKED and one.reference:
            groups[one.stage, one.seed, one.question].append(place)
    rivals = [places for places in groups.values() if len(places) > 1]
    tasks = [partial(_ranked, [answers[place] for place in places], judge, gate)
             for places in rivals]  # fmt: skip
    found = await all_of(tasks, "ranking", on_progress)
    ranked = list(answers)
    for places, values in zip(rivals, found, strict=True):
        for place, value in zip(places, values, strict=False):
            verdicts = (*answers[place].verdicts, Verdict(STANDING, value))
            ranked[place] = replace(answers[place], verdicts=verdicts)
    return ranked


async def _ranked(rivals: Sequence[Answer], judge: Judge, gate: asyncio.Semaphore) -> list[float]:
    """Mean standings over the orders in which the judge came to a verdict; none without any."""
    rounds: list[list[float]] = []
    for number in range(ORDERS):
        first = rivals[0]
        seed = seed_for(first.seed, "rank", first.stage, first.question, number)
        order = random.Random(seed).sample(range(len(rivals)), len(rivals))
        case = Case(first.topic, first.user, "", first.reference, "", seed=seed)
        async with gate:
            scores = await judge.compare(case, [rivals[place].text for place in order])
        if scores is not None:
            told = dict(zip(order, standings(scores), strict=True))
            rounds.append([told[place] for place in range(len(rivals))])
    return [fmean(values) for values in zip(*rounds, strict=True)]
