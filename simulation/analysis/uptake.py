"""Uptake: does a turn build on the one that it answers?"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from personas.embedding import Embedder
from personas.errors import InputError
from simulation.analysis.annotation import words
from simulation.analysis.frames import require_columns

PAIR_COLUMNS = ("arm", "heard", "reply")
MANY = 50
"""Other replies that one is compared with, at most: enough for the mean, and not all squared."""
LEAST_PROBABILITY = 1e-6
"""Probabilities are kept this far from 0 and 1: the logarithm of a model's rounding is no data."""


class ReplyModel(Protocol):
    """Tells real replies from others."""

    def probability(self, heard: str, reply: str) -> float:
        """Probability in [0, 1] that a reply was made to this and not to something else.

        Real and other replies are taken to be equally frequent.
        """
        ...


class SimilarityReplies:
    """A `ReplyModel` by the similarity of the two texts: logistic regression on their cosine.

    Args:
        embedder: Places both.
        slope: Change of the log-odds per unit of the cosine.
        intercept: Log-odds at a cosine of 0.
    """

    def __init__(self, embedder: Embedder, slope: float, intercept: float) -> None:
        self._embedder = embedder
        self.slope = slope
        self.intercept = intercept

    @classmethod
    def fit(
        cls, pairs: pd.DataFrame, embedder: Embedder, rng: np.random.Generator
    ) -> "SimilarityReplies":
        """Learns how much more alike real pairs are than shuffled ones of the same arm.

        Args:
            pairs: `PAIR_COLUMNS`.
            embedder: Places the texts.
            rng: Shuffles.

        Raises:
            InputError: A column is missing, or there are fewer than two pairs.
        """
        from sklearn.linear_model import LogisticRegression

        require_columns("pairs", pairs, PAIR_COLUMNS)
        if len(pairs) < 2:
            raise InputError(f"pairs must hold at least 2 replies to learn from, got {len(pairs)}")
        real = _cosine_of_pairs(pairs["heard"].tolist(), pairs["reply"].tolist(), embedder)
        others = pairs.groupby("arm")["reply"].transform(rng.permutation)
        shuffled = _cosine_of_pairs(pairs["heard"].tolist(), others.tolist(), embedder)
        model = LogisticRegression()
        model.fit(
            np.concatenate([real, shuffled])[:, None], np.repeat([1, 0], [len(real), len(shuffled)])
        )
        return cls(embedder, float(model.coef_[0, 0]), float(model.intercept_[0]))

    def probability(self, heard: str, reply: str) -> float:
        """The logistic function of slope times cosine plus intercept."""
        cosine = _cosine_of_pairs([heard], [reply], self._embedder)[0]
        return float(1 / (1 + np.exp(-(self.slope * cosine + self.intercept))))


def uptake(pairs: pd.DataFrame, model: ReplyModel, rng: np.random.Generator) -> pd.DataFrame:
    """Pointwise Jensen-Shannon divergence of a reply, and the share of words taken up.

    With D(t) the probability that t is a reply to what was heard, the divergence between replies
    to it and replies to anything is the mean over real replies t of
    1 + (log2 D(t) + E log2(1 - D(t'))) / 2, with t' drawn from the replies to other things; that
    term is the uptake in t.

    Source: Demszky et al. 2021, ACL, arXiv 2106.03873; the repetition is their simplest baseline.

    Args:
        pairs: `PAIR_COLUMNS`, such as from `conversation.reply_texts`; it may hold more.
        model: Gives D.
        rng: Draws `MANY` other replies of the same arm if there are more.

    Returns:
        `pairs` with ``uptake`` in bits, at most 1 (0 if the model cannot tell, below if it takes
        the reply for another's; NaN if the arm has no reply to something else), and ``repeated``,
        the share in [0, 1] of different words heard that the reply says again, NaN for none.

    Raises:
        InputError: A column is missing, or the model gave no probability.
    """
    require_columns("pairs", pairs, PAIR_COLUMNS)
    result = pairs.reset_index(drop=True)
    values = np.full(len(result), np.nan)
    for _, talk in result.groupby("arm"):
        values[talk.index] = _uptake_of_talk(talk, model, rng)
    repeated = [
        _repeated(str(heard), str(reply))
        for heard, reply in zip(result["heard"], result["reply"], strict=True)
    ]
    return result.assign(uptake=values, repeated=repeated)


def _uptake_of_talk(
    talk: pd.DataFrame, model: ReplyModel, rng: np.random.Generator
) -> NDArray[np.float64]:
    replies = talk["reply"].astype(str).to_numpy(dtype=object)
    heard = talk["heard"].astype(str).to_numpy(dtype=object)
    found = np.full(len(talk), np.nan)
    for row in range(len(talk)):
        others = replies[heard != heard[row]]
        if len(others) == 0:
            continue
        drawn = others if len(others) <= MANY else rng.choice(others, MANY, replace=False)
        real = np.log2(_sure(model, heard[row], replies[row]))
        false = np.mean([np.log2(1 - _sure(model, heard[row], other)) for other in drawn])
        found[row] = 1 + (real + false) / 2
    return found


def _sure(model: ReplyModel, heard: str, reply: str) -> float:
    probability = model.probability(heard, reply)
    if not 0 <= probability <= 1:
        raise InputError(f"probability of a reply must lie in [0, 1], the model gave {probability}")
    return min(max(probability, LEAST_PROBABILITY), 1 - LEAST_PROBABILITY)


def _repeated(heard: str, reply: str) -> float:
    said = set(words(heard))
    return len(said & set(words(reply))) / len(said) if said else float("nan")


def _cosine_of_pairs(
    one: Sequence[str], other: Sequence[str], embedder: Embedder
) -> NDArray[np.float64]:
    """Cosine of each text with the text at the same place; 0 where one has no words."""
    here = np.array([embedder.embed(str(text)) for text in one], dtype=float)
    there = np.array([embedder.embed(str(text)) for text in other], dtype=float)
    lengths = np.linalg.norm(here, axis=1) * np.linalg.norm(there, axis=1)
    products = (here * there).sum(axis=1)
    alike: NDArray[np.float64] = np.zeros(len(products))
    np.divide(products, lengths, out=alike, where=lengths > 0)
    return alike
