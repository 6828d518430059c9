"""Can it be told from a text alone who spoke, and at which stage of life?"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from threadpoolctl import ThreadpoolController

from personas.errors import InputError
from simulation.analysis.annotation import words
from simulation.analysis.excess import LEAST_RUNS, RESAMPLES
from simulation.analysis.frames import require_columns

TEXT_COLUMNS = ("text", "label", "group")
EVERYBODY = "all"
"""The row over all labels."""
HIDDEN = "\u2026"  # no word of any text
"""Stands where a hidden word stood."""
TERMS = 2
"""Single words and pairs of neighbouring words are what a speaker is known by."""


def identify(
    texts: pd.DataFrame, rng: np.random.Generator, folds: int = 5, hidden: Sequence[str] = ()
) -> pd.DataFrame:
    """Guesses the label of each text by a classifier that has not seen its group.

    Multinomial logistic regression on TF-IDF of words and pairs of words, trained on the other
    folds. Turns of one talk echo each other, so a group (a run, a conversation) is never split.

    Source: after TimeChara (Ahn et al. 2024, arXiv 2405.18027), which asks whether who speaks,
    and when in its life, can be recognised; cross-validation by scikit-learn.

    Args:
        texts: Columns ``text``, ``label`` (persona, stage, or both) and ``group``.
        rng: Deals the groups into folds.
        folds: At least 2, at most the number of groups.
        hidden: Words that would give a speaker away, such as its own name.

    Returns:
        Columns ``label``, ``guess``, ``group``, ``fold``; one row a text, in the order of `texts`.

    Raises:
        InputError: A column is missing, there are fewer than two labels, or fewer groups than
            folds, all in all or for one label.
    """
    require_columns("texts", texts, TEXT_COLUMNS)
    _check_groups(texts, folds)
    from sklearn.model_selection import StratifiedGroupKFold

    said = np.array([_without(str(text), hidden) for text in texts["text"]], dtype=object)
    labels = texts["label"].astype(str).to_numpy(dtype=object)
    dealing = StratifiedGroupKFold(folds, shuffle=True, random_state=int(rng.integers(2**31)))
    guesses = np.empty(len(texts), dtype=object)
    fold_of = np.zeros(len(texts), dtype=int)
    for fold, (train, test) in enumerate(dealing.split(said, labels, texts["group"].astype(str))):
        guesses[test] = _guess(said[train], labels[train], said[test])
        fold_of[test] = fold
    return pd.DataFrame(
        {"label": labels, "guess": guesses, "group": texts["group"].to_numpy(), "fold": fold_of}
    )


def identification(
    guesses: pd.DataFrame, rng: np.random.Generator, confidence: float = 0.95
) -> pd.DataFrame:
    """How often the guess is right, beside chance, with an interval over groups.

    The accuracy of a label is the share of its texts that are recognised; over all it is the mean
    of these (balanced accuracy, Brodersen et al. 2010, ICPR), so that a guess which pays no heed
    to the text scores 1 / labels, however often each label occurs. The interval is the percentile
    bootstrap over whole groups, expanded for few of them (Hesterberg 2015, The American
    Statistician 69, 371-386). It holds the classifiers for given, so it is somewhat too narrow:
    to test against chance, compare with `shuffled_accuracies`.

    Args:
        guesses: From `identify`, or columns ``label``, ``guess``, ``group`` of a judge.
        rng: Draws the resamples.
        confidence: Level in (0, 1).

    Returns:
        Columns ``label`` (`EVERYBODY` first, then each), ``value``, ``chance``, ``low`` and
        ``high`` in [0, 1], ``texts``, ``groups``. Chance is NaN for a single label: it depends on
        how often that label is guessed. Without six groups there is no interval: NaN.

    Raises:
        InputError: A column is missing, there is no guess, or `confidence` is out of range.
    """
    require_columns("guesses", guesses, ["label", "guess", "group"])
    if guesses.empty:
        raise InputError("guesses must hold at least one row, got none")
    if not 0 < confidence < 1:
        raise InputError(f"confidence must lie in (0, 1), got {confidence}")
    right = guesses.assign(right=(guesses["guess"] == guesses["label"]).astype(float))
    hits = right.pivot_table(index="group", columns="label", values="right", aggfunc="sum")
    totals = right.pivot_table(index="group", columns="label", values="right", aggfunc="count")
    counts = (hits.fillna(0).to_numpy(float), totals.fillna(0).to_numpy(float))
    drawn = _resampled(*counts, rng)
    edges = _expanded(confidence, len(hits))
    low, high = np.nanquantile(drawn, edges, axis=0) if len(drawn) else np.full((2, 1), np.nan)
    shares = _accuracies(*(part.sum(axis=0, keepdims=True) for part in counts))[0]
    per_label = counts[1].sum(axis=0).astype(int)
    of_label = (counts[1] > 0).sum(axis=0)
    result = pd.DataFrame({"label": [EVERYBODY, *hits.columns], "value": shares})
    result["chance"] = [1 / len(per_label), *[np.nan] * len(per_label)]
    result["low"], result["high"] = low * np.ones(len(shares)), high * np.ones(len(shares))
    result["texts"] = [len(guesses), *per_label]
    result["groups"] = [len(hits), *of_label]
    return result


def shuffled_accuracies(
    texts: pd.DataFrame,
    rng: np.random.Generator,
    permutations: int = 199,
    folds: int = 5,
    hidden: Sequence[str] = (),
) -> pd.DataFrame:
    """What `identify` would score if labels meant nothing: they are permuted within each group.

    With m of n values at least as high as the one observed, p = (1 + m) / (1 + n) (Phipson &
    Smyth 2010, Statistical Applications in Genetics and Molecular Biology 9, 39). This is exact
    if, without an effect, the texts of a group could as well have been the other speaker's.

    Args:
        texts: As in `identify`.
        rng: Permutes the labels and deals the groups into folds.
        permutations: How often everything is learnt anew, at least 1.
        folds: As in `identify`.
        hidden: As in `identify`.

    Returns:
        Columns ``permutation`` and ``value``, the balanced accuracy in [0, 1].

    Raises:
        InputError: As `identify`, or `permutations` is less than 1.
    """
    if permutations < 1:
        raise InputError(f"permutations must be at least 1, got {permutations}")
    require_columns("texts", texts, TEXT_COLUMNS)
    values = []
    for _ in range(permutations):
        labels = texts.groupby("group")["label"].transform(rng.permutation)
        guesses = identify(texts.assign(label=labels), rng, folds, hidden)
        right = guesses["guess"] == guesses["label"]
        values.append(float(right.groupby(guesses["label"]).mean().mean()))
    return pd.DataFrame({"permutation": range(permutations), "value": values})


def _expanded(confidence: float, groups: int) -> list[float]:
    """The percentiles to take, further out the fewer groups there are."""
    if groups < LEAST_RUNS:
        return [(1 - confidence) / 2, (1 + confidence) / 2]
    reach = stats.t.ppf((1 + confidence) / 2, groups - 1) * math.sqrt(groups / (groups - 1))
    return [float(stats.norm.cdf(-reach)), float(stats.norm.cdf(reach))]


def _check_groups(texts: pd.DataFrame, folds: int) -> None:
    if folds < 2:
        raise InputError(f"folds must be at least 2, got {folds}")
    groups_of = texts.groupby("label")["group"].nunique()
    if len(groups_of) < 2:
        raise InputError(f"label must take at least 2 values to tell apart, got {len(groups_of)}")
    if groups_of.min() < folds:
        raise InputError(
            f"each label needs texts in at least {folds} groups for {folds} folds; "
            f"{groups_of.idxmin()!r} has {groups_of.min()}: take fewer folds or more runs"
        )


def _guess(
    train: NDArray[np.object_], labels: NDArray[np.object_], test: NDArray[np.object_]
) -> NDArray[np.object_]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    terms = TfidfVectorizer(
        tokenizer=str.split, token_pattern=None, ngram_range=(1, TERMS), sublinear_tf=True
    )
    # Few regularised texts say little, so a weak prior; balanced, so that a rare label is guessed.
    classifier = LogisticRegression(C=10.0, class_weight="balanced", max_iter=1000)
    model = make_pipeline(terms, classifier)
    with _libraries().limit(limits=1, user_api="blas"):  # else threads wait, for sums so short
        return np.asarray(model.fit(train, labels).predict(test), dtype=object)


@lru_cache(maxsize=1)
def _libraries() -> ThreadpoolController:
    """Those of linear algebra that are loaded."""
    return ThreadpoolController()


def _without(text: str, hidden: Sequence[str]) -> str:
    """The words of a text, in small letters, the hidden ones covered."""
    covered = {word for name in hidden for word in words(name)}
    return " ".join(HIDDEN if word in covered else word for word in words(text))


def _resampled(
    hits: NDArray[np.float64], totals: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Accuracies of resampled groups, shape (resamples, 1 + labels); none with too few groups."""
    groups = len(hits)
    if groups < LEAST_RUNS:
        return np.zeros((0, 1 + hits.shape[1]))
    weights = rng.multinomial(groups, np.full(groups, 1 / groups), size=RESAMPLES).astype(float)
    return _accuracies(weights @ hits, weights @ totals)


def _accuracies(hits: NDArray[np.float64], totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over labels, then each; a label that is not there counts for nothing."""
    shares = np.divide(hits, totals, out=np.full_like(hits, np.nan), where=totals > 0)
    return np.column_stack([np.nanmean(shares, axis=1), shares])
