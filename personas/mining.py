"""Worse answers found among those of others: similar questions that somebody else answered.

In the authors' code the sixth most similar item is taken, whoever said it; here it must be
somebody else, or the same person at another time, and the questions must lie in a band.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from personas.dedup import BLOCK
from personas.embedding import Embedder, Vector
from personas.items import Item, Negative, Preference
from personas.preferences import Dropped, Judge


def mine(
    own: Sequence[Item], others: Sequence[Item], embedder: Embedder, judge: Judge
) -> Iterator[Preference | Dropped]:
    """Pairs from items of one turn, general ones apart.

    Args:
        own: Training items of the persona, all stages; worse answers of another stage come from
            here as well.
        others: Training items of other personas.
        embedder: Places questions.
        judge: Says what speaks against a pair.

    Yields:
        For each item the pairs that were taken, or the last objection if none was.
    """
    single = [item for item in own if _personal(item)]
    pool = [*single, *filter(_personal, others)]
    if not pool:
        return
    places = np.array([embedder.embed(item.question) for item in pool])
    for start in range(0, len(single), BLOCK):
        some = single[start : start + BLOCK]
        block = places[start : start + len(some)] @ places.T
        for item, closeness in zip(some, block, strict=True):
            yield from _pairs(item, pool, closeness, judge)


def _pairs(
    item: Item, pool: Sequence[Item], closeness: Vector, judge: Judge
) -> Iterator[Preference | Dropped]:
    """The closest that nothing speaks against, as many as the rules allow."""
    rules, left = judge.rules, judge.rules.mined
    objection: Dropped | None = None
    for place in np.argsort(-closeness, kind="stable"):
        other = pool[place]
        if left == 0 or closeness[place] < rules.alike_from:
            break
        if closeness[place] >= rules.alike_to or _same_self(item, other):
            continue
        turn, negative = item.turns[0], _negative(item, other)
        rejected = other.turns[0].response
        reason = judge.objection((turn.user,), turn.response, rejected)
        if reason:
            objection = Dropped(item.name, negative, "mined", reason)
            continue
        left -= 1
        yield Preference(
            item.persona, item.stage, item.year, (turn.user,), turn.response, rejected,
            negative, "mined", item.name, other.name,
        )  # fmt: skip
    if objection and left == rules.mined:
        yield objection


def _personal(item: Item) -> bool:
    """Whether an item is one turn about somebody: a general answer is right for everybody."""
    return len(item.turns) == 1 and item.origin.pattern != "general"


def _same_self(one: Item, other: Item) -> bool:
    return (one.persona, one.stage) == (other.persona, other.stage)


def _negative(item: Item, other: Item) -> Negative:
    return "other stage" if other.persona == item.persona else "other persona"
