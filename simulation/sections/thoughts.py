"""What was thought of in one run: its ideas, what is new in it, and what is taken up."""

from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from personas.embedding import Embedder, HashedWords
from simulation.analysis.annotation import SentenceIdeas, ideas_in, in_order, words
from simulation.analysis.conversation import ARRIVAL_COLUMNS, replies, reply_texts
from simulation.analysis.creativity import originality
from simulation.analysis.novelty import novelty
from simulation.analysis.similarity import merge_ideas
from simulation.analysis.uptake import SimilarityReplies, uptake
from simulation.page import Reading

WINDOW = 12
"""Turns on each side that novelty compares a turn with, at most a quarter of a talk."""
LEAST_PAIRS, MOST_PAIRS = 10, 150
"""Replies: fewer teach nothing, more take long."""


class _Remembered:
    """Places each text once."""

    def __init__(self, embedder: Embedder) -> None:
        self.embed = lru_cache(maxsize=65536)(embedder.embed)


WORDS_EMBEDDED = _Remembered(HashedWords())


class Thoughts:
    """The ideas of one run, what is new in it and what is taken up, worked out when asked for.

    Args:
        reading: The run.
        rng: Draws the replies that uptake looks at.
    """

    def __init__(self, reading: Reading, rng: np.random.Generator) -> None:
        self.reading, self.turns = reading, reading.frames.turns
        self._rng = rng

    @cached_property
    def ideas(self) -> pd.DataFrame:
        """By whoever can read them; else every sentence is one, and those alike are merged."""
        annotated = self.reading.annotated
        if annotated.tells_ideas:
            return annotated.ideas
        return merge_ideas(ideas_in(self.turns, SentenceIdeas()), HashedWords())

    @cached_property
    def fresh(self) -> pd.DataFrame:
        """As `novelty.novelty`, with a window that fits the shortest arm."""
        shortest = int(self.turns.groupby("arm").size().min())
        return novelty(self.turns, max(1, min(WINDOW, shortest // 4)))

    @cached_property
    def replies(self) -> pd.DataFrame:
        """Uptake in `MOST_PAIRS` replies of each arm; who would reply so is learnt from the run."""
        columns = ["arm", "agent", "uptake"]
        exposures = self.reading.frames.exposures
        if not set(ARRIVAL_COLUMNS) <= set(exposures):
            return pd.DataFrame(columns=columns)
        pairs = reply_texts(replies(self.turns, exposures), self.turns)
        if len(pairs) < LEAST_PAIRS:
            return pd.DataFrame(columns=columns)
        order = pd.Series(self._rng.permutation(len(pairs)), index=pairs.index)
        chosen = order.groupby(pairs["arm"]).rank(method="first") <= MOST_PAIRS
        model = SimilarityReplies.fit(pairs, WORDS_EMBEDDED, self._rng)
        return uptake(pairs[chosen], model, self._rng)[columns]

    @cached_property
    def rarity(self) -> pd.DataFrame:
        """As `creativity.originality`, of everybody in every arm."""
        sources = len(self.turns[["arm", "agent"]].drop_duplicates())
        return originality(self.ideas, sources=sources)


def fields_of(reading: Reading) -> pd.DataFrame:
    """Who knows a lot about what, as far as the reader knows.

    Returns:
        Columns ``agent`` and ``domain``.
    """
    reader = reading.annotated.reader
    known = reader.fields if reader else lambda _: ()
    rows = [(agent.key, field) for agent in reading.facts.agents for field in known(agent)]
    return pd.DataFrame(rows, columns=["agent", "domain"])


def ideas_by_words(ideas: pd.DataFrame, turns: pd.DataFrame) -> pd.DataFrame:
    """How many different ideas had been told after each turn.

    Args:
        ideas: From `annotation.ideas_in`.
        turns: Columns as in `RunFrames`.

    Returns:
        Columns ``arm``, ``words`` (spoken so far) and ``ideas`` (different ones so far); a row
        (0, 0) begins each arm.
    """
    parts = []
    for arm, talk in in_order(turns).groupby("arm"):
        spoken = np.cumsum([len(words(str(text))) for text in talk["text"]])
        told = ideas[ideas["arm"] == arm].drop_duplicates("idea")
        new = told.groupby(["agent", "counter"]).size()
        keys = pd.MultiIndex.from_frame(talk[["agent", "counter"]])
        fresh = new.reindex(keys, fill_value=0).to_numpy().cumsum()
        parts.append(pd.DataFrame({"arm": arm, "words": [0, *spoken], "ideas": [0, *fresh]}))
    columns = ["arm", "words", "ideas"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
