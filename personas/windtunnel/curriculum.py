"""What the base reads, in the order of learning.

Copying comes first, because looking something up in a profile is made of it; then looking up in
headers that tell little, and more and more; then sides and reactions; then the town as it is.
LOG.md has the recipes that were compared.
"""

import random
from collections.abc import Callable, Iterator, Mapping

from personas.windtunnel.chant import chants
from personas.windtunnel.corpus import catalogue, documents
from personas.windtunnel.dispute import reactions, side_drills
from personas.windtunnel.document import Document
from personas.windtunnel.drill import MOST_PARTS, drill
from personas.windtunnel.letters import letter_drills

ECHO_SHARDS = 2  # first shards, of about 40,000 tokens each: copying, and nothing else
BRIEF_SHARDS = 10  # next shards, of about 90,000 tokens each: drills whose headers grow
DRILL_SHARDS = 14  # next shards: drills in everything; after them, the town as it is

Stream = Iterator[Document]


def curriculum(rng: random.Random, shard: int) -> Stream:
    """The corpus in the order of learning: copying, looking up, surveys, talking."""
    letters, echoes, town = letter_drills(rng), chants(rng), documents(rng)
    sides, reacting = side_drills(rng), reactions(rng)
    if shard < ECHO_SHARDS:
        return _mixed(rng, {lambda: next(echoes): 0.4, lambda: catalogue(rng, 4).document: 0.6})
    shard -= ECHO_SHARDS
    if shard < BRIEF_SHARDS:
        parts = 1 + shard * MOST_PARTS // BRIEF_SHARDS
        return _mixed(
            rng,
            {
                lambda: next(echoes): 0.05,
                lambda: catalogue(rng, 4 + parts).document: 0.2,
                lambda: drill(rng, parts, letters=False).document: 0.75,
            },
        )
    shard -= BRIEF_SHARDS
    if shard < DRILL_SHARDS:
        return _mixed(
            rng,
            {
                lambda: next(letters): 0.2,
                lambda: drill(rng).document: 0.4,
                lambda: next(sides): 0.15,
                lambda: next(reacting): 0.15,
                lambda: next(town): 0.1,
            },
        )
    return _mixed(
        rng,
        {
            lambda: next(letters): 0.08,
            lambda: drill(rng).document: 0.2,
            lambda: next(sides): 0.06,
            lambda: next(reacting): 0.14,
            lambda: next(town): 0.52,
        },
    )


def _mixed(rng: random.Random, writers: Mapping[Callable[[], Document], float]) -> Stream:
    """Documents of several writers, each with its share."""
    weights = tuple(writers.values())
    while True:
        (writer,) = rng.choices(tuple(writers), weights)
        yield writer()
