"""Influence: whose ideas, reasons or words do others make their own?"""

from collections.abc import Sequence

import pandas as pd

from simulation.analysis.annotation import TURN
from simulation.analysis.consistency import HEARD_COLUMNS
from simulation.analysis.frames import require_columns

MENTION_COLUMNS = (*TURN, "item")


def adoptions(mentions: pd.DataFrame, exposures: pd.DataFrame) -> pd.DataFrame:
    """Every chance to take something up from somebody, and whether it was taken.

    A listener has a chance with an item that it notices before it has named it itself. The chance
    is taken if it names the item later. Credit for it is shared equally by all who had told the
    listener until then (until the end, if the chance was not taken).

    Source: exposure and adoption as in models of diffusion (Granovetter 1978, American Journal of
    Sociology 83, 1420-1443); equal shares are ours. People also think of things by themselves:
    read the rate beside the same rate under a control.

    Args:
        mentions: `MENTION_COLUMNS`; ``item`` is an idea, a reason, a concept or a word.
        exposures: Columns as in `consistency.HEARD_COLUMNS`.

    Returns:
        Columns ``arm``, ``listener``, ``item``, ``speaker``; ``credit`` in (0, 1], adding up to 1
        for each arm, listener and item; ``adopted``; ``heard_before``, the listener's turn before
        which it was first noticed; ``named_in``, its turn of first naming, NaN if never.

    Raises:
        InputError: A column is missing.
    """
    require_columns("mentions", mentions, MENTION_COLUMNS)
    require_columns("exposures", exposures, HEARD_COLUMNS)
    case = ["arm", "listener", "item"]
    named = mentions.rename(columns={"agent": "listener"}).groupby(case)["counter"].min()
    told = mentions[list(MENTION_COLUMNS)].drop_duplicates()
    told = told.rename(columns={"agent": "speaker", "counter": "speaker_counter"})
    noticed = exposures[exposures["noticed"].astype(bool)]
    heard = noticed.merge(told, on=["arm", "speaker", "speaker_counter"])
    heard = heard[heard["listener"] != heard["speaker"]]
    heard = heard.merge(named.rename("named_in").reset_index(), on=case, how="left")
    heard["heard_before"] = heard.groupby(case)["listener_counter"].transform("min")
    new = heard["named_in"].isna() | (heard["named_in"] >= heard["heard_before"])
    in_time = heard["named_in"].isna() | (heard["named_in"] >= heard["listener_counter"])
    tellers = heard[new & in_time].drop_duplicates([*case, "speaker"])
    result = tellers.assign(
        credit=1 / tellers.groupby(case)["speaker"].transform("size"),
        adopted=tellers["named_in"].notna(),
    )
    columns = [*case, "speaker", "credit", "adopted", "heard_before", "named_in"]
    return result[columns].sort_values([*case, "speaker"], ignore_index=True)


def influence(
    adoptions: pd.DataFrame, by: Sequence[str] = ("arm", "speaker", "listener")
) -> pd.DataFrame:
    """Share of chances that were taken.

    Args:
        adoptions: From `adoptions`.
        by: Columns to group by: ``arm`` and ``speaker`` for how far somebody is followed, ``arm``
            and ``listener`` for how open somebody is.

    Returns:
        The columns `by`, ``value`` in [0, 1], ``chances`` and ``taken``, both in shares of credit.

    Raises:
        InputError: A column is missing.
    """
    require_columns("adoptions", adoptions, [*by, "credit", "adopted"])
    shares = adoptions.assign(taken=adoptions["credit"] * adoptions["adopted"].astype(float))
    sums = shares.groupby(list(by), as_index=False).agg(
        chances=("credit", "sum"), taken=("taken", "sum")
    )
    return sums.assign(value=sums["taken"] / sums["chances"])[[*by, "value", "chances", "taken"]]
