"""Creativity: how many ideas, of how many kinds, how rare, how detailed, and from whose fields.

The four counts of divergent thinking are Guilford's (1967, The Nature of Human Intelligence) and
Torrance's (1966, Torrance Tests of Creative Thinking). All functions read the frame of ideas that
`annotation.ideas_in` makes. The run is the unit: intervals are taken over runs, not ideas.
"""

from collections.abc import Sequence

import pandas as pd

from personas.errors import InputError
from simulation.analysis.annotation import IDEA_COLUMNS, TURN, in_order, words
from simulation.analysis.frames import require_columns


def idea_counts(ideas: pd.DataFrame, by: Sequence[str] = ("arm",)) -> pd.DataFrame:
    """Fluency, flexibility and elaboration.

    Args:
        ideas: From `annotation.ideas_in`.
        by: Columns to group by. Groups without any idea have no row.

    Returns:
        The columns `by`; ``fluency``, the number of different ideas; ``flexibility``, of
        categories, at most ``fluency`` where an idea has one category; ``elaboration``, mean words
        of a telling; ``tellings``, the number of times that an idea was told.

    Raises:
        InputError: A column is missing.
    """
    require_columns("ideas", ideas, [*by, *IDEA_COLUMNS])
    told = ideas.assign(length=[float(len(words(str(text)))) for text in ideas["text"]])
    return told.groupby(list(by), as_index=False).agg(
        fluency=("idea", "nunique"),
        flexibility=("category", "nunique"),
        elaboration=("length", "mean"),
        tellings=("idea", "size"),
    )


def originality(
    ideas: pd.DataFrame, source: Sequence[str] = ("arm", "agent"), sources: int | None = None
) -> pd.DataFrame:
    """Statistical rarity: the share of all other sources that did not have the idea.

    An idea had by m of n sources has the rarity (n - m) / (n - 1): 1 if nobody else had it, 0 if
    all did. A source's originality is the mean over its different ideas.

    Source: after Torrance 1966, where rare answers in a norm sample score; here the pool of all
    sources in the frame is the sample.

    Args:
        ideas: From `annotation.ideas_in`, of everybody who is to be compared.
        source: Columns that say who had an idea: agents, or groups of them.
        sources: Number of sources asked, if some had no idea at all and so have no row.

    Returns:
        The columns `source`, ``value`` in [0, 1] (NaN with fewer than two sources) and ``ideas``.

    Raises:
        InputError: A column is missing, or `sources` is less than the frame holds.
    """
    require_columns("ideas", ideas, [*source, "idea"])
    had = ideas[[*source, "idea"]].drop_duplicates()
    present = len(had[list(source)].drop_duplicates())
    asked = present if sources is None else sources
    if asked < present:
        raise InputError(f"sources must be at least {present}, as many as have ideas, got {asked}")
    count = had.groupby("idea")["idea"].transform("size")
    had["rarity"] = (asked - count) / (asked - 1) if asked > 1 else float("nan")
    return had.groupby(list(source), as_index=False).agg(
        value=("rarity", "mean"), ideas=("idea", "size")
    )


def bridging(
    ideas: pd.DataFrame, domains: pd.DataFrame, by: Sequence[str] = ("arm",)
) -> pd.DataFrame:
    """Share of different ideas that join the fields of at least two participants.

    Args:
        ideas: From `annotation.ideas_in`.
        domains: Columns ``agent`` and ``domain``: who knows a lot about what. Participants are
            those who have a row here. An agent may have several.
        by: Columns to group by.

    Returns:
        The columns `by`, ``value`` in [0, 1], ``ideas``, and ``bridges``, how many join two fields
        of different participants.

    Raises:
        InputError: A column is missing.
    """
    require_columns("ideas", ideas, [*by, *IDEA_COLUMNS])
    require_columns("domains", domains, ["agent", "domain"])
    holders = {str(domain): frozenset(who) for domain, who in domains.groupby("domain")["agent"]}
    different = ideas.drop_duplicates([*by, "idea"])
    joins = [_joins(used, holders) for used in different["domains"]]
    result = (
        different.assign(joins=joins)
        .groupby(list(by), as_index=False)
        .agg(value=("joins", "mean"), ideas=("joins", "size"), bridges=("joins", "sum"))
    )
    return result.astype({"value": float, "bridges": int})


def _joins(used: Sequence[str], holders: dict[str, frozenset[str]]) -> bool:
    """Whether two different fields belong to two different people."""
    known = sorted({domain for domain in used if domain in holders})
    return any(
        len(holders[one] | holders[other]) > 1
        for position, one in enumerate(known)
        for other in known[position + 1 :]
    )


def concept_rate(
    ideas: pd.DataFrame, turns: pd.DataFrame, by: Sequence[str] = ("arm",)
) -> pd.DataFrame:
    """Different concepts borrowed from fields of expertise, per 100 words spoken.

    Args:
        ideas: From `annotation.ideas_in` on the same turns.
        turns: Columns as in `RunFrames`.
        by: Columns to group by.

    Returns:
        The columns `by`, ``value`` at least 0 (NaN if no word was spoken), ``concepts``,
        ``words``. The number of different concepts grows more slowly than the words: compare
        talks of equal length.

    Raises:
        InputError: A column is missing.
    """
    require_columns("ideas", ideas, [*by, "concepts"])
    require_columns("turns", turns, [*by, "text"])
    spoken = _with_words(turns).groupby(list(by))["words"].sum()
    borrowed = ideas.explode("concepts").groupby(list(by))["concepts"].nunique()
    result = pd.DataFrame({"concepts": borrowed.reindex(spoken.index, fill_value=0)})
    result["words"] = spoken
    result["value"] = 100 * result["concepts"] / result["words"].where(result["words"] > 0)
    return result.reset_index()[[*by, "value", "concepts", "words"]]


def within_budget(turns: pd.DataFrame, budget: int) -> pd.DataFrame:
    """The turns of each arm, in order, until the next would exceed a number of words.

    Args:
        turns: Columns as in `RunFrames`.
        budget: Words for each arm, at least 0.

    Returns:
        Rows of `turns` in order.

    Raises:
        InputError: A column is missing, or `budget` is negative.
    """
    if budget < 0:
        raise InputError(f"budget must be at least 0 words, got {budget}")
    ordered = _with_words(in_order(turns))
    so_far = ordered.groupby("arm")["words"].cumsum()
    return ordered[so_far <= budget].drop(columns="words").reset_index(drop=True)


def nominal_gain(
    ideas: pd.DataFrame, turns: pd.DataFrame, group: str = "talk", nominal: str = "nominal"
) -> pd.DataFrame:
    """Different ideas of a group over the pooled different ideas of its members alone.

    Below 1 a group loses, by blocking or by going along; above 1 the members stir each other.
    Both are cut at the words of the one that spoke less, so that neither wins by talking more.

    Source: Diehl & Stroebe 1987, Journal of Personality and Social Psychology 53, 497-509.

    Args:
        ideas: From `annotation.ideas_in` on the same turns.
        turns: Columns as in `RunFrames`, of both arms.
        group: The arm in which people hear each other.
        nominal: The arm in which the same people work alone.

    Returns:
        One row: ``value`` at least 0, NaN if the members alone had no idea; ``group_ideas``,
        ``nominal_ideas``, and ``budget``, the words within which they were counted.

    Raises:
        InputError: A column is missing, or an arm has no turns.
    """
    require_columns("ideas", ideas, IDEA_COLUMNS)
    require_columns("turns", turns, [*TURN, "text"])
    for arm in (group, nominal):
        if arm not in set(turns["arm"]):
            raise InputError(f"turns hold no arm {arm!r}; they have: {_names(turns['arm'])}")
    both = turns[turns["arm"].isin([group, nominal])]
    budget = int(_with_words(both).groupby("arm")["words"].sum().min())
    counted = ideas.merge(within_budget(both, budget)[TURN], on=TURN)
    had = counted.groupby("arm")["idea"].nunique().reindex([group, nominal], fill_value=0)
    together, alone = int(had[group]), int(had[nominal])
    value = together / alone if alone else float("nan")
    return pd.DataFrame(
        [(value, together, alone, budget)],
        columns=["value", "group_ideas", "nominal_ideas", "budget"],
    )


def _with_words(turns: pd.DataFrame) -> pd.DataFrame:
    return turns.assign(words=[len(words(str(text))) for text in turns["text"]])


def _names(arms: "pd.Series[str]") -> str:
    return ", ".join(sorted(set(arms))) or "none"
