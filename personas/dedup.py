"""Taking out what was asked before, and setting a test part aside.

Items of all stages share one pool. The order in which they enter is drawn, so that no stage is
favoured: in the authors' code all early items go first, and the late ones get what is left.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from personas.chance import seed_for
from personas.embedding import Embedder
from personas.errors import InputError
from personas.items import Item

THRESHOLD = 0.95
"""Similarity of questions from which on they are the same (PersLLM)."""
TEST_SHARE = 0.2
"""Of each stage's items, kept for the examination."""

BLOCK = 512
"""Items compared at once: one product of matrices is far cheaper than many with a vector."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An item that was taken out."""

    item: str
    """Its name."""
    twin: str
    """Name of the item that stays."""
    similarity: float
    """Of their questions, a cosine, at least the threshold."""


@dataclass(frozen=True, slots=True)
class Split:
    """A data set in parts."""

    train: tuple[Item, ...]
    test: tuple[Item, ...]
    duplicates: tuple[Duplicate, ...]


def split_items(
    items: Sequence[Item],
    embedder: Embedder,
    seed: int = 0,
    threshold: float = THRESHOLD,
    test_share: float = TEST_SHARE,
) -> Split:
    """De-duplicates items and sets a share of each stage aside.

    No two questions that stay are as similar as the threshold, so nothing of the test part is
    asked in training, in whichever stage.

    Args:
        items: Of one persona, all stages.
        embedder: Places questions.
        seed: Of the order of entry and of the test part.
        threshold: Cosine in (0, 1].
        test_share: In [0, 1); of n items of a stage, the whole part of n times it are set aside.

    Returns:
        The parts, each in the order in which the items came.

    Raises:
        InputError: A share or threshold is out of range.
    """
    if not 0 < threshold <= 1:
        raise InputError(f"threshold must lie in (0, 1], got {threshold}")
    if not 0 <= test_share < 1:
        raise InputError(f"test_share must lie in [0, 1), got {test_share}")
    order = random.Random(seed_for(seed, "duplicates")).sample(range(len(items)), len(items))
    kept, duplicates = _distinct([items[place] for place in order], embedder, threshold)
    aside: set[str] = set()
    for stage in dict.fromkeys(item.stage for item in items):
        names = [item.name for item in items if item.stage == stage and item.name in kept]
        rng = random.Random(seed_for(seed, "test part", stage))
        aside.update(rng.sample(names, int(len(names) * test_share)))
    return Split(
        tuple(item for item in items if item.name in kept and item.name not in aside),
        tuple(item for item in items if item.name in aside),
        tuple(sorted(duplicates, key=lambda one: one.item)),
    )


def _distinct(
    items: Sequence[Item], embedder: Embedder, threshold: float
) -> tuple[set[str], list[Duplicate]]:
    """Names of the items that stay, and what was too close to one that had come before."""
    places = np.array([embedder.embed(item.question) for item in items])
    kept: list[int] = []
    duplicates: list[Duplicate] = []
    for start in range(0, len(items), BLOCK):
        block = places[start : start + BLOCK] @ places[: start + BLOCK].T
        for number, closeness in enumerate(block, start):
            # Rounded, so that equals are equals whatever the size of a block or the processor.
            near = closeness[kept].round(6)
            twin = int(near.argmax()) if kept else -1
            if kept and near[twin] >= threshold:
                names = items[number].name, items[kept[twin]].name
                duplicates.append(Duplicate(*names, round(float(near[twin]), 4)))
            else:
                kept.append(number)
    return {items[number].name for number in kept}, duplicates
