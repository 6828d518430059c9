"""Linguistic coordination: does who answers take on the function words of whom it answers?"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from personas.errors import InputError
from simulation.analysis.annotation import words
from simulation.analysis.frames import require_columns


def _marker(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


MARKERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "articles": _marker("a an the"),
        "auxiliary verbs": _marker(
            "am are be been being is was were have has had having do does did can could may might "
            "must shall should will would"
        ),
        "conjunctions": _marker(
            "although and as because but if nor or since so than though unless until when whereas "
            "whether while yet"
        ),
        "adverbs": _marker(
            "again almost already also always even ever here just maybe mostly never now often "
            "only perhaps quite rather really soon still then there too very"
        ),
        "impersonal pronouns": _marker(
            "another anybody anything each everybody everything it its itself nobody nothing other "
            "others somebody something that these this those what which who whoever"
        ),
        "personal pronouns": _marker(
            "he her hers herself him himself his i me mine my myself our ours ourselves she their "
            "theirs them themselves they us we you your yours yourself"
        ),
        "prepositions": _marker(
            "about above across after against along among around at before behind below beside "
            "between by down during for from in into near of off on onto out over through to "
            "toward towards under up upon with within without"
        ),
        "quantifiers": _marker(
            "all any both enough every few fewer half less lots many more most much none plenty "
            "several some whole"
        ),
    }
)
"""Closed classes of English: the eight kinds of marker of Danescu-Niculescu-Mizil et al. 2012, in
word lists of our own."""

REPLY_COLUMNS = ("arm", "agent", "to", "weight", "heard", "reply")


def coordination(
    pairs: pd.DataFrame,
    by: Sequence[str] = ("arm", "agent", "to"),
    markers: Mapping[str, frozenset[str]] = MARKERS,
) -> pd.DataFrame:
    """How much more often a reply shows a marker if what it answers shows it.

    C_m(b, a) = P(reply of b shows m | what a said shows m) - P(reply of b to a shows m).

    Source: Danescu-Niculescu-Mizil, Lee, Pang & Kleinberg 2012, WWW, Echoes of power.

    Args:
        pairs: From `conversation.reply_texts`; replies in part count in part.
        by: Columns to pool over: leave out ``to`` for how much somebody coordinates with all
            others, ``agent`` for how much somebody is coordinated with.
        markers: Words in small letters by the name of their class.

    Returns:
        The columns `by`, ``marker``, ``value`` in [-1, 1] (NaN if what was answered never shows
        it), ``replies`` and ``prompted``, those to something that shows it, both as weights.

    Raises:
        InputError: A column is missing, or there is no marker.
    """
    require_columns("pairs", pairs, [*by, *REPLY_COLUMNS])
    if not markers:
        raise InputError("markers must name at least one class of words, got none")
    heard = [_word_set(str(text)) for text in pairs["heard"]]
    reply = [_word_set(str(text)) for text in pairs["reply"]]
    groups = pairs.groupby(list(by))
    of_group, names = groups.ngroup().to_numpy(), groups.size().reset_index()[list(by)]
    weight, parts = pairs["weight"].to_numpy(dtype=float), []

    def sums(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(of_group, weights, len(names)).astype(np.float64)

    for marker, listed in markers.items():
        prompted = weight * [not listed.isdisjoint(said) for said in heard]
        shown = np.array([not listed.isdisjoint(said) for said in reply], dtype=float)
        asked, replies = sums(prompted), sums(weight)
        with np.errstate(divide="ignore", invalid="ignore"):  # nobody showed it: NaN
            value = sums(prompted * shown) / asked - sums(weight * shown) / replies
        found = names.assign(value=value.clip(-1, 1), replies=replies, prompted=asked)
        parts.append(found.assign(marker=marker))
    columns = [*by, "marker", "value", "replies", "prompted"]
    return pd.concat(parts, ignore_index=True).sort_values(columns[:-3], ignore_index=True)[columns]


@lru_cache(maxsize=2**14)  # a message is answered by many, and shuffled many times
def _word_set(text: str) -> frozenset[str]:
    return frozenset(words(text))


def mean_coordination(by_marker: pd.DataFrame, by: Sequence[str] = ("arm",)) -> pd.DataFrame:
    """Mean over markers, each the mean over those for whom it is defined.

    Source: the first aggregate of Danescu-Niculescu-Mizil et al. 2012 takes only speakers for
    whom all markers are defined; short talks hardly have any, so here each marker counts where it
    can.

    Args:
        by_marker: From `coordination`.
        by: Columns to group by.

    Returns:
        The columns `by`, ``value`` in [-1, 1], NaN if no marker is defined, and ``markers``, how
        many are.

    Raises:
        InputError: A column is missing.
    """
    require_columns("by_marker", by_marker, [*by, "marker", "value"])
    means = by_marker.groupby([*by, "marker"], as_index=False).agg(value=("value", "mean"))
    return means.groupby(list(by), as_index=False).agg(
        value=("value", "mean"), markers=("value", "count")
    )
