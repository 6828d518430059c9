"""Novelty, transience and resonance: what is new in a turn, and what of it stays."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from personas.errors import InputError
from simulation.analysis.annotation import TURN, in_order, words

Mixture = Callable[[Sequence[str]], NDArray[np.float64]]
"""From texts to what each is about: shape (texts, topics), rows positive with the sum 1."""


def word_mixture(texts: Sequence[str], smoothing: float = 0.5) -> NDArray[np.float64]:
    """Takes each word for a topic; needs no model.

    Relative frequencies with `smoothing` added to each count (Jeffreys 1946 for 0.5), because a
    word that another turn lacks would make the divergence infinite.

    Args:
        texts: At least one of them with a word.
        smoothing: Added to each count, more than 0.

    Returns:
        Shape (texts, different words), rows positive with the sum 1; words in alphabetical order.

    Raises:
        InputError: No text has a word, or `smoothing` is not positive.
    """
    if smoothing <= 0:
        raise InputError(f"smoothing must be more than 0, got {smoothing}")
    said = [words(text) for text in texts]
    place = {word: index for index, word in enumerate(sorted({w for own in said for w in own}))}
    if not place:
        raise InputError("texts hold no word, so they are about nothing")
    counts = np.full((len(texts), len(place)), smoothing)
    for row, own in enumerate(said):
        np.add.at(counts[row], [place[word] for word in own], 1.0)
    shares: NDArray[np.float64] = counts / counts.sum(axis=1, keepdims=True)
    return shares


def topic_mixture(topics: int, seed: int) -> Mixture:
    """Topics learnt from the texts themselves by latent Dirichlet allocation.

    Source: Blei, Ng & Jordan 2003, Journal of Machine Learning Research 3, 993-1022, as in
    scikit-learn; Barron et al. took 100 topics for 40,000 speeches. A talk is far smaller.

    Args:
        topics: At least 2.
        seed: Of the fit.

    Raises:
        InputError: `topics` is less than 2.
    """
    if topics < 2:
        raise InputError(f"topics must be at least 2, got {topics}")

    def mixture(texts: Sequence[str]) -> NDArray[np.float64]:
        from sklearn.decomposition import LatentDirichletAllocation
        from sklearn.feature_extraction.text import CountVectorizer

        counts = CountVectorizer(analyzer=words).fit_transform(texts)
        model = LatentDirichletAllocation(topics, random_state=seed)
        return np.asarray(model.fit_transform(counts), dtype=float)

    return mixture


def novelty(turns: pd.DataFrame, window: int, mixture: Mixture = word_mixture) -> pd.DataFrame:
    """How far each turn is from those before, and those after from it.

    With s_j the topic mix of turn j, novelty is the mean over d = 1..w of KL(s_j || s_(j-d)),
    transience the mean of KL(s_j || s_(j+d)), resonance their difference: positive if what was
    new stayed. Turns of one moment stand in the order of agents, as in the transcript.

    Source: Barron, Huang, Spang & DeDeo 2018, PNAS 115, 4607-4612.

    Args:
        turns: Columns as in `RunFrames`.
        window: w, turns on each side, at least 1.
        mixture: What each turn of an arm is about.

    Returns:
        Columns ``arm``, ``agent``, ``counter``; ``novelty`` and ``transience`` in bits, at least
        0; ``resonance`` in bits. NaN where the window goes beyond the talk.

    Raises:
        InputError: A column is missing, `window` is less than 1, or `mixture` gives something
            that is no positive distribution.
    """
    if window < 1:
        raise InputError(f"window must be at least 1 turn, got {window}")
    parts = []
    for _, talk in in_order(turns).groupby("arm"):
        mixes = mixture([str(text) for text in talk["text"]])
        _check_mixes(mixes, len(talk))
        before, after = mean_divergences(mixes, window)
        parts.append(talk[TURN].assign(novelty=before, transience=after, resonance=before - after))
    columns = [*TURN, "novelty", "transience", "resonance"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def mean_divergences(
    mixes: NDArray[np.float64], window: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean Kullback-Leibler divergence of each row from the rows before it, and after it.

    Args:
        mixes: Shape (turns, topics), rows positive with the sum 1.
        window: Rows on each side.

    Returns:
        Two arrays of shape (turns,), in bits, at least 0; NaN without a whole window on that side.
    """
    count = len(mixes)
    logs = np.log2(mixes)
    own = (mixes * logs).sum(axis=1)
    divergences = np.maximum(own[:, None] - mixes @ logs.T, 0.0)
    before, after = np.full(count, np.nan), np.full(count, np.nan)
    for row in range(count):
        if row >= window:
            before[row] = divergences[row, row - window : row].mean()
        if row + window < count:
            after[row] = divergences[row, row + 1 : row + 1 + window].mean()
    return before, after


def _check_mixes(mixes: NDArray[np.float64], count: int) -> None:
    if mixes.ndim != 2 or len(mixes) != count:
        raise InputError(f"mixture must give {count} rows, one a turn, got shape {mixes.shape}")
    if not ((mixes > 0).all() and np.allclose(mixes.sum(axis=1), 1)):
        raise InputError("mixture must give rows of positive shares with the sum 1; smooth them")
