"""Opinion: what agents think, how far it moves, and how much of that is the wording.

Every function is pure, from a tidy frame to a tidy frame. `opinions` reads the raw survey;
the others read what `opinions` returns. An answer that puts less than half of its probability
on the options is *degenerate*: it stays in the frame, marked, and no measure counts it.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulation.analysis.frames import SURVEY_COLUMNS, require_columns
from simulation.analysis.shares import (
    ANSWER,
    leads,
    levels_of_answers,
    option_shares,
    ranked,
)
from simulation.graph import Tie

SURVEY = ["arm", "question", "wave"]
"""What identifies one survey of the whole population."""


def opinions(surveys: pd.DataFrame) -> pd.DataFrame:
    """Reads one opinion per arm, question, agent and wave from option log-probabilities.

    With p_k the probability of option k renormalised over the options and v_k its value, one
    answer's opinion is E = sum_k p_k v_k. It is averaged over the wordings within each option
    order and then over the orders, so both orders weigh the same.

    Args:
        surveys: One row an answer; columns as in `RunFrames`.

    Returns:
        One row per `ANSWER`, sorted by it, with

        - ``time``: virtual;
        - ``opinion``: in [-1, 1], NaN if no option has any probability, or options have no values;
        - ``mass``: mean probability on the options, in [0, 1];
        - ``degenerate``: whether ``mass`` < 0.5;
        - ``reason``: why it is degenerate, in words; empty if it is not;
        - ``modal``: likeliest option over both orders; ties go to the least extreme option;
        - ``modal_forward``, ``modal_reverse``: the same within one order, None if not asked;
        - ``consistent``: 1.0 if the orders agree, 0.0 if not, NaN if only one was asked;
        - ``margin``: probability of the likeliest option minus the second's, in [0, 1].

    Raises:
        InputError: A column is missing, an answer's options, values and log-probabilities
            differ in length, or a value lies outside [-1, 1].
    """
    require_columns("surveys", surveys, SURVEY_COLUMNS)
    shares = option_shares(surveys.reset_index(drop=True))
    # Options without an order have no value: dropna would lose them.
    by_order = shares.groupby(
        [*ANSWER, "order", "options", "values"], as_index=False, dropna=False
    ).agg(share=("share", "mean"))
    overall = by_order.groupby([*ANSWER, "options", "values"], as_index=False, dropna=False).agg(
        share=("share", "mean")
    )
    result = levels_of_answers(shares)
    falling = ranked(overall)
    result["modal"] = falling.groupby(ANSWER)["options"].first()
    for order in ("forward", "reverse"):
        modal = ranked(by_order[by_order["order"] == order]).groupby(ANSWER)["options"].first()
        result[f"modal_{order}"] = modal.astype(object).reindex(result.index)
    both = result["modal_forward"].notna() & result["modal_reverse"].notna()
    agree = (result["modal_forward"] == result["modal_reverse"]).astype(float)
    result["consistent"] = agree.where(both)
    result["margin"] = leads(falling)
    return result.reset_index()


def drift(opinions: pd.DataFrame) -> pd.DataFrame:
    """How far each agent has moved since before the talk: opinion(w) - opinion(0).

    Args:
        opinions: From `opinions`.

    Returns:
        Columns of `ANSWER` and ``drift`` in [-2, 2]. Agents whose answer at either wave is
        degenerate, or missing, are left out for that wave.
    """
    counted = usable(opinions)
    start = counted.loc[counted["wave"] == 0, ["arm", "question", "agent", "opinion"]]
    paired = counted.merge(start, on=["arm", "question", "agent"], suffixes=("", "_start"))
    paired["drift"] = paired["opinion"] - paired["opinion_start"]
    return paired[[*ANSWER, "drift"]]


def mean_absolute_drift(opinions: pd.DataFrame) -> pd.DataFrame:
    """Mean over agents of the distance from where each stood: abs(opinion(w) - opinion(0)).

    Returns:
        Columns of `SURVEY`, ``value`` in [0, 2], and ``agents``, how many were counted.
    """
    moved = drift(opinions)
    return _mean_by_survey(moved.assign(value=moved["drift"].abs()))


def flips(opinions: pd.DataFrame) -> pd.DataFrame:
    """Share of agents whose modal answer differs from their modal answer before the talk.

    Source: arXiv 2605.00197, which reads it beside the same share under a control.

    Returns:
        Columns of `SURVEY`, ``value`` in [0, 1], and ``agents``, how many were counted.
    """
    counted = answered(opinions)
    start = counted.loc[counted["wave"] == 0, ["arm", "question", "agent", "modal"]]
    paired = counted.merge(start, on=["arm", "question", "agent"], suffixes=("", "_start"))
    flipped = (paired["modal"] != paired["modal_start"]).astype(float)
    return _mean_by_survey(paired.assign(value=flipped))


def flips_between_waves(opinions: pd.DataFrame) -> pd.DataFrame:
    """Share of agents whose modal answer differs from the one they gave at the wave before.

    Unlike `flips`, it counts who goes and comes back. Read it beside the same under a control.

    Source: arXiv 2605.00197.

    Returns:
        Columns of `SURVEY` from the second wave on, ``value`` in [0, 1], and ``agents``.
    """
    return _mean_by_survey(_changes(opinions, "modal").rename(columns={"changed": "value"}))


def flip_rates(opinions: pd.DataFrame) -> pd.DataFrame:
    """How often each agent changes its mind: changes of the modal answer per step between waves.

    Returns:
        Columns ``arm``, ``question``, ``agent``, ``value`` in [0, 1], and ``steps``, how many
        pairs of successive waves had usable answers at both.
    """
    changed = _changes(opinions, "modal")
    return changed.groupby(["arm", "question", "agent"], as_index=False).agg(
        value=("changed", "mean"), steps=("changed", "size")
    )


def side_changes(opinions: pd.DataFrame) -> pd.DataFrame:
    """Share of agents who went over from for to against, or back, since before the talk.

    A side is the sign of the opinion; who was or is exactly undecided has not gone over.

    Returns:
        Columns of `SURVEY`, ``value`` in [0, 1], and ``agents``, how many were counted.
    """
    counted = usable(opinions)
    start = counted.loc[counted["wave"] == 0, ["arm", "question", "agent", "opinion"]]
    paired = counted.merge(start, on=["arm", "question", "agent"], suffixes=("", "_start"))
    over = (paired["opinion"] * paired["opinion_start"] < 0).astype(float)
    return _mean_by_survey(paired.assign(value=over))


def order_consistency(opinions: pd.DataFrame, by: Sequence[str] = SURVEY) -> pd.DataFrame:
    """Share of answers in which both option orders give the same modal option.

    Source: arXiv 2605.00197.

    Args:
        opinions: From `opinions`.
        by: Columns to group by.

    Returns:
        The columns `by`, ``value`` in [0, 1], and ``answers``, how many were counted.
    """
    counted = answered(opinions).dropna(subset=["consistent"])
    return counted.groupby(list(by), as_index=False).agg(
        value=("consistent", "mean"), answers=("consistent", "size")
    )


def levels(opinions: pd.DataFrame) -> pd.DataFrame:
    """Where the population stands, and how spread out it is.

    Returns:
        Columns of `SURVEY`, ``mean`` in [-1, 1], ``spread`` in [0, 1] (standard deviation over
        agents, divisor n: the agents are the population, not a sample), and ``agents``.
    """
    grouped = usable(opinions).groupby(SURVEY)["opinion"]
    frame = pd.DataFrame(
        {"mean": grouped.mean(), "spread": grouped.std(ddof=0), "agents": grouped.size()}
    )
    return frame.reset_index()


def assortativity(
    opinions: pd.DataFrame, ties: Sequence[Tie], *, directed: bool = False
) -> pd.DataFrame:
    """Do people who hear each other think alike? Weighted correlation of opinion over ties.

    Newman's numeric assortativity (2003, Physical Review E 67, 026126): Pearson's correlation
    between the opinions at the two ends of a tie, each tie weighted, undirected ties counted
    both ways.

    Args:
        opinions: From `opinions`.
        ties: Who hears whom; ties to agents without a usable opinion are left out.
        directed: Whether a tie counts one way only.

    Returns:
        Columns of `SURVEY` and ``value`` in [-1, 1]; NaN if opinions do not vary over the ties.
    """
    rows = []
    for (arm, question, wave), group in usable(opinions).groupby(SURVEY):
        held = dict(zip(group["agent"], group["opinion"], strict=True))
        value = _correlation_over_ties(held, ties, directed=directed)
        rows.append({"arm": arm, "question": question, "wave": wave, "value": value})
    return pd.DataFrame(rows, columns=[*SURVEY, "value"])


def usable(opinions: pd.DataFrame) -> pd.DataFrame:
    """The rows that measures count: not degenerate, and with an opinion."""
    return opinions[~opinions["degenerate"] & opinions["opinion"].notna()]


def answered(opinions: pd.DataFrame) -> pd.DataFrame:
    """The rows that say which option: not degenerate; also of options that have no order."""
    return opinions[~opinions["degenerate"] & opinions["modal"].notna()]


def _changes(opinions: pd.DataFrame, column: str) -> pd.DataFrame:
    """Pairs of successive waves with usable answers: 1.0 in ``changed`` where `column` differs."""
    counted = answered(opinions)
    waves = {wave: place for place, wave in enumerate(sorted(opinions["wave"].unique()))}
    placed = counted.assign(place=counted["wave"].map(waves))
    before = placed[["arm", "question", "agent", "place", column]]
    before = before.assign(place=before["place"] + 1)
    names = ["arm", "question", "agent", "place"]
    paired = placed.merge(before, on=names, suffixes=("", "_before"))
    return paired.assign(changed=(paired[column] != paired[f"{column}_before"]).astype(float))


def _mean_by_survey(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.groupby(SURVEY, as_index=False).agg(
        value=("value", "mean"), agents=("value", "size")
    )


def _correlation_over_ties(held: dict[str, float], ties: Sequence[Tie], *, directed: bool) -> float:
    known = [tie for tie in ties if tie.speaker in held and tie.listener in held]
    pairs = [(held[tie.speaker], held[tie.listener], tie.weight) for tie in known]
    if not directed:
        pairs += [(there, here, weight) for here, there, weight in pairs]
    if not pairs:
        return float("nan")
    here, there, weights = np.array(pairs).T
    here = here - np.average(here, weights=weights)
    there = there - np.average(there, weights=weights)
    scale = np.sqrt(np.average(here**2, weights=weights) * np.average(there**2, weights=weights))
    if scale < 1e-12:
        return float("nan")
    return float(np.clip(np.average(here * there, weights=weights) / scale, -1, 1))
