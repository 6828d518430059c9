"""Personality scales, read off log-probabilities in both orders of the options."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from personas.examination.answers import Point, Weighed
from personas.examination.scale import RESERVED

GENERAL = RESERVED
"""Stands for no scale: questions of general ability with one right option."""
DEGENERATE_MASS = 0.5
"""Probability on the options together below which an answer is degenerate, which is data."""

Levels = Mapping[str, Mapping[str, float]]
"""By stage and trait: where the persona truly stands, -1 to 1."""


def expectation(values: Sequence[float], logprobs: Sequence[float]) -> float:
    """What the options are worth on average, under the model's weights among them.

    Args:
        values: In [-1, 1], one an option.
        logprobs: Natural; need not sum to one.
    """
    top = max(logprobs)
    weights = [math.exp(one - top) for one in logprobs]
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)


def mass(logprobs: Sequence[float]) -> float:
    """Probability on the options at all, in [0, 1]."""
    return min(1.0, sum(map(math.exp, logprobs)))


def points(weighed: Iterable[Weighed], truth: Levels) -> Iterator[Point]:
    """What each statement says of a trait, and how far that can be relied on.

    Args:
        weighed: Of all scales; general questions are passed over.
        truth: Where the persona truly stands, where somebody knows.

    Yields:
        For each statement: its keyed mean over the orders in [-1, 1] under ``scale: trait``; 1 or
        0 for the same likeliest answer in both orders; the mass on the options; 1 or 0 for a usable
        mass; and where the trait is known and not middling, 1 or 0 for the right side.
    """
    asked: defaultdict[tuple[str, str, str, str, str], list[Weighed]] = defaultdict(list)
    for one in weighed:
        if one.scale != GENERAL:
            asked[one.arm, one.stage, one.scale, one.trait, one.question].append(one)
    for (arm, stage, scale, trait, text), orders in asked.items():
        means = [one.key * expectation(one.values, one.logprobs) for one in orders]
        held = sum(means) / len(means)
        masses = [mass(one.logprobs) for one in orders]
        found = {
            f"{scale}: {trait}": held,
            f"{scale}, order consistency": float(len(set(map(_modal, orders))) == 1),
            f"{scale}, mass on the options": sum(masses) / len(masses),
            f"{scale}, usable": float(min(masses) >= DEGENERATE_MASS),
        }
        level = truth.get(stage, {}).get(trait, 0.0)
        if level:
            found[f"{scale}, right side"] = float(held * level > 0)
        for measure, value in found.items():
            yield Point(measure, arm, stage, text, 0, value)


def _modal(one: Weighed) -> float:
    """What the likeliest option is worth."""
    place = max(range(len(one.logprobs)), key=lambda i: one.logprobs[i])
    return one.values[place]
