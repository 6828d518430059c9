"""How much two texts have in common word by word, and how varied a set of texts is.

BLEU is that of Papineni et al. 2002 (ACL) for single sentences, as sacrebleu computes it with
exponential smoothing and effective order (Post 2018, WMT). ROUGE-L is that of Lin 2004. Distinct-n
is that of Li et al. 2016 (NAACL). They are our own few lines, checked against sacrebleu's values:
see docs/decisions.md.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

MAX_ORDER = 4
_TOKEN = re.compile(r"\w+|[^\w\s]")


def tokens(text: str) -> list[str]:
    """Words in small letters, and signs one by one."""
    return _TOKEN.findall(text.lower())


def bleu(answer: Sequence[str], reference: Sequence[str]) -> float:
    """BLEU of one sentence against one reference, not symmetric.

    Args:
        answer: Tokens.
        reference: Tokens.

    Returns:
        In [0, 100]; 0 where no token is shared. Orders longer than the answer do not count, and
        an order without a match is smoothed: 1/2 of a match, then 1/4, and so on.
    """
    logs, smooth = [], 1.0
    for order in range(1, min(MAX_ORDER, len(answer)) + 1):
        found, known = _grams(answer, order), _grams(reference, order)
        matches = (found & known).total()
        if order == 1 and not matches:
            return 0.0
        if not matches:
            smooth *= 2
        logs.append(math.log((matches or 1 / smooth) / found.total()))
    if not logs:
        return 0.0
    brevity = min(0.0, 1 - len(reference) / len(answer))
    return 100 * math.exp(brevity + sum(logs) / len(logs))


def mutual_bleu(one: str, other: str) -> float:
    """Mean of BLEU in both directions: which of two answers came first must not matter.

    Returns:
        In [0, 100].
    """
    first, second = tokens(one), tokens(other)
    return (bleu(first, second) + bleu(second, first)) / 2


def rouge_l(answer: Sequence[str], reference: Sequence[str]) -> float:
    """F1 of the longest common subsequence.

    Args:
        answer: Tokens.
        reference: Tokens.

    Returns:
        In [0, 1]; 0 where either is empty.
    """
    common = _longest_common(answer, reference)
    return 2 * common / (len(answer) + len(reference)) if common else 0.0


def distinct(texts: Iterable[str], order: int, most: int | None = None) -> float:
    """Share of different n-grams among all n-grams; n-grams do not cross texts.

    Args:
        texts: Answers.
        order: n, at least 1.
        most: N-grams that count, from the beginning: the share falls with the amount of text, so
            sets of texts are compared at the amount of the smallest.

    Returns:
        In [0, 1]; nan where there is no n-gram.
    """
    grams = [gram for text in texts for gram in _row_of_grams(tokens(text), order)][:most]
    return len(set(grams)) / len(grams) if grams else math.nan


def gram_count(texts: Iterable[str], order: int) -> int:
    """How many n-grams texts hold."""
    return sum(max(0, len(tokens(text)) - order + 1) for text in texts)


def _grams(words: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(_row_of_grams(words, order))


def _row_of_grams(words: Sequence[str], order: int) -> list[tuple[str, ...]]:
    """As they stand in the text."""
    return [tuple(words[i : i + order]) for i in range(len(words) - order + 1)]


def _longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence, row by row."""
    row = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for place, also in enumerate(other, start=1):
            here = row[place]
            row[place] = before + 1 if word == also else max(here, row[place - 1])
            before = here
    return row[-1]
