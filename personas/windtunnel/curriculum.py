"""What the base reads, in the order of learning.

Copying comes first, because looking something up in a profile is made of it. Without the echoes
nothing was copied after 1.8 million tokens; with them, names and jobs were after 2.1 million (one
run each; the second also read smaller batches and learnt less of what the assistant does not say).
"""

import random
from collections.abc import Iterator

from personas.windtunnel.chant import chants
from personas.windtunnel.corpus import BASE as WHOLE_TOWN
from personas.windtunnel.corpus import LOOK_UP, documents
from personas.windtunnel.document import Document
from personas.windtunnel.letters import letter_drills

ECHO_SHARDS = 10  # first shards, of about 50,000 tokens each: copying, and nothing else
LOOK_UP_SHARDS = 16  # next shards, of about 110,000 tokens each: all is in the header
ECHO_SHARE = 0.2  # of the documents while looking up is learnt
TOWN_SHARDS = 20  # next shards: the town as it is; after them, with surveys made plain
LETTER_SHARE = 0.5  # of the documents from then on


def curriculum(rng: random.Random, shard: int) -> Iterator[Document]:
    """The corpus in the order of learning: copying, looking up, talking, answering surveys."""
    town, looking_up = documents(rng, WHOLE_TOWN), documents(rng, LOOK_UP)
    if shard < ECHO_SHARDS:
        return chants(rng)
    if shard < ECHO_SHARDS + LOOK_UP_SHARDS:
        return _mixed(rng, chants(rng), looking_up, ECHO_SHARE)
    if shard < ECHO_SHARDS + LOOK_UP_SHARDS + TOWN_SHARDS:
        return town
    return _mixed(rng, letter_drills(rng), town, LETTER_SHARE)


def _mixed(
    rng: random.Random, some: Iterator[Document], others: Iterator[Document], share: float
) -> Iterator[Document]:
    """Documents of two streams; `share` of them are of the first."""
    while True:
        yield next(some) if rng.random() < share else next(others)
