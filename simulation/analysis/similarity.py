"""How alike texts are, by an embedder: the effective number of different ones, and merging."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from personas.embedding import Embedder
from personas.errors import InputError
from simulation.analysis.annotation import IDEA_COLUMNS
from simulation.analysis.frames import require_columns

SAME_IDEA = 0.8
"""Cosine from which on two texts tell the same idea; depends on the embedder: calibrate it."""
SAME_KIND = 0.5
"""Cosine from which on two ideas are of one kind; depends on the embedder."""


def cosines(texts: Sequence[str], embedder: Embedder) -> NDArray[np.float64]:
    """Similarity of each text to each other one.

    Returns:
        Shape (texts, texts), symmetric, in [-1, 1], 1 on the diagonal: a text is like itself even
        if the embedder found no word in it.
    """
    if not texts:
        return np.zeros((0, 0))
    rows = np.array([embedder.embed(text) for text in texts], dtype=float)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    alike: NDArray[np.float64] = np.clip(rows @ rows.T, -1, 1)
    np.fill_diagonal(alike, 1.0)
    return alike


def vendi_score(similarities: NDArray[np.float64]) -> float:
    """The effective number of different things: exp of the entropy of the eigenvalues of K / n.

    n things that have nothing in common score n; n copies of one score 1.

    Source: Friedman & Dieng 2023, Transactions on Machine Learning Research, arXiv 2210.02410.

    Args:
        similarities: K, shape (n, n), symmetric, positive semidefinite, 1 on the diagonal.

    Returns:
        From 1 to n; 0 for n = 0.

    Raises:
        InputError: The matrix is not square and symmetric with 1 on the diagonal, or it has an
            eigenvalue clearly below 0, which no kernel has.
    """
    count = len(similarities)
    if similarities.shape != (count, count):
        raise InputError(f"similarities must be a square matrix, got shape {similarities.shape}")
    if count == 0:
        return 0.0
    if not (np.allclose(similarities, similarities.T) and np.allclose(np.diag(similarities), 1)):
        raise InputError("similarities must be symmetric with 1 on the diagonal")
    shares = np.linalg.eigvalsh(similarities / count)
    if shares.min() < -1e-6:
        raise InputError(
            f"similarities must be positive semidefinite, got an eigenvalue of "
            f"{shares.min() * count:.3g}: use cosines or another kernel"
        )
    shares = shares[shares > 1e-12]
    # Rounding in many small eigenvalues must not push the score out of its range.
    return float(np.clip(np.exp(-(shares * np.log(shares)).sum()), 1.0, count))


def diversity(
    texts: pd.DataFrame, embedder: Embedder, by: Sequence[str] = ("arm",), column: str = "text"
) -> pd.DataFrame:
    """Vendi score of the texts of each group, with cosines as similarity.

    Args:
        texts: Columns `by` and `column`, such as turns or ideas.
        embedder: Places the texts.
        by: Columns to group by.
        column: What to compare.

    Returns:
        The columns `by`, ``value`` from 1 to ``texts``, and ``texts``, how many were compared. The
        score grows with their number: compare groups of equal size.

    Raises:
        InputError: A column is missing.
    """
    require_columns("texts", texts, [*by, column])
    rows = [
        (*key, vendi_score(cosines([str(text) for text in group[column]], embedder)), len(group))
        for key, group in texts.groupby(list(by))
    ]
    return pd.DataFrame(rows, columns=[*by, "value", "texts"])


def merge_ideas(
    ideas: pd.DataFrame,
    embedder: Embedder,
    same_idea: float = SAME_IDEA,
    same_kind: float = SAME_KIND,
) -> pd.DataFrame:
    """Gives ideas that are alike one key, and ideas of one kind one category.

    Average-linkage clustering of the cosine distances of all texts, cut at both similarities
    (Sokal & Michener 1958, University of Kansas Science Bulletin 38, 1409-1438). Merge the ideas
    of everything that is to be compared at once, or keys mean different things.

    Args:
        ideas: From `annotation.ideas_in`.
        embedder: Places the texts.
        same_idea: Mean cosine from which on ideas are the same, in (-1, 1].
        same_kind: Mean cosine from which on they are of one kind, at most `same_idea`.

    Returns:
        The same frame with other ``idea`` and ``category``: each is the text first told of it.

    Raises:
        InputError: A column is missing, or the similarities are not in order.
    """
    require_columns("ideas", ideas, IDEA_COLUMNS)
    if not -1 < same_kind <= same_idea <= 1:
        raise InputError(
            f"same_kind and same_idea must be ordered, -1 < same_kind <= same_idea <= 1, got "
            f"{same_kind} and {same_idea}"
        )
    told = [str(text) for text in ideas["text"]]
    different = list(dict.fromkeys(told))
    if len(different) < 2:
        return ideas.assign(idea=told, category=told)
    distances = squareform(1 - cosines(different, embedder), checks=False)
    tree = linkage(np.clip(distances, 0, 2), method="average")
    keys = _firsts(different, fcluster(tree, 1 - same_idea + 1e-9, criterion="distance"))
    kinds = _firsts(different, fcluster(tree, 1 - same_kind + 1e-9, criterion="distance"))
    return ideas.assign(idea=[keys[text] for text in told], category=[kinds[text] for text in told])


def _firsts(texts: Sequence[str], clusters: NDArray[np.int32]) -> dict[str, str]:
    """For each text, the first one of its cluster."""
    first: dict[int, str] = {}
    return {
        text: first.setdefault(int(cluster), text)
        for text, cluster in zip(texts, clusters, strict=True)
    }
