"""From opinions over waves to steps: where somebody stood, whom they heard, where they stood next.

What models of opinion dynamics (`simulation.analysis.dynamics`) are fitted to. Everything handed
over in one frame is pooled: leave one question in it for a fit to that question, put several
questions and runs in it, told apart by a column ``run``, for more steps of the same agents. Leave
one arm in it: what nobody said moves nobody.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from personas.errors import InputError
from simulation.analysis.frames import require_columns
from simulation.analysis.opinion import usable
from simulation.analysis.shares import ANSWER
from simulation.graph import Tie

CASE = ["run", "arm", "question"]
"""Within a case, opinions follow each other."""
STEP = [*CASE, "agent", "wave"]
"""What identifies one step: an agent's, from this wave to the next."""
MEETING_COLUMNS = (*STEP, "other", "weight", "start", "now", "next", "theirs")
HEARD_COLUMNS = ("arm", "listener", "speaker", "time", "noticed")

Ties = Sequence[Tie] | Mapping[object, Sequence[Tie]]
"""Ties of the only run, or by the ``run`` of each."""


def meetings(opinions: pd.DataFrame, ties: Ties, *, directed: bool = False) -> pd.DataFrame:
    """Every step of every agent, with the opinion of each neighbour at its beginning.

    Args:
        opinions: From `opinion.opinions`, and optionally a column ``run``.
        ties: Who hears whom, by ``run`` if there are several.
        directed: Whether a tie counts one way only.

    Returns:
        `MEETING_COLUMNS`, one row a step and neighbour with usable opinions: ``weight``, in (0, 1],
        adds up to 1 over the neighbours of a step; ``start``, ``now``, ``next`` and ``theirs`` are
        opinions in [-1, 1]: the agent's at the first wave, at ``wave`` and at the wave after it,
        and the other's at ``wave``. Steps of agents who hear nobody are left out, and so are all
        steps of an agent without a usable opinion at the first wave.

    Raises:
        InputError: A column is missing, or a run has no ties.
    """
    frame = _cases(opinions)
    runs = list(dict.fromkeys(frame["run"]))
    by_run = ties if isinstance(ties, Mapping) else dict.fromkeys(runs, ties)
    pairs = []
    for run in runs:
        if run not in by_run:
            raise InputError(f"ties must name every run, run {run!r} is missing")
        both = _both_ways(by_run[run], directed=directed)
        pairs += [(run, listener, other, weight) for (other, listener), weight in both.items()]
    heard = pd.DataFrame(pairs, columns=["run", "agent", "other", "weight"])
    return _met(frame, heard, ["run", "agent"])


def meetings_heard(opinions: pd.DataFrame, exposures: pd.DataFrame) -> pd.DataFrame:
    """As `meetings`, with those who were really heard between two waves in place of neighbours.

    Args:
        opinions: From `opinion.opinions`, and optionally a column ``run``.
        exposures: `HEARD_COLUMNS`, as a record holds them, and ``run`` where opinions have it. A
            message counts for the step in which it arrives: later than one wave, and not later
            than the next.

    Returns:
        `MEETING_COLUMNS`; ``weight`` is the other's share of the messages that were noticed.

    Raises:
        InputError: A column is missing.
    """
    require_columns("exposures", exposures, HEARD_COLUMNS)
    frame = _cases(opinions)
    if "run" not in exposures:
        exposures = exposures.assign(run=0)
    times = frame.groupby([*CASE, "wave"], as_index=False)["time"].first()  # sorted by these
    times["until"] = times.groupby(CASE)["time"].shift(-1)
    noticed = exposures[exposures["noticed"].astype(bool)].rename(columns={"time": "arrival"})
    merged = noticed.merge(times, on=["run", "arm"])
    inside = merged[(merged["arrival"] > merged["time"]) & (merged["arrival"] <= merged["until"])]
    named = inside.rename(columns={"listener": "agent", "speaker": "other"})
    place = [*CASE, "wave", "agent"]
    counts = named.groupby([*place, "other"], as_index=False).agg(weight=("noticed", "size"))
    return _met(frame, counts, place)


def steps(meetings: pd.DataFrame) -> pd.DataFrame:
    """One row a step, with the weighted mean of what the others thought.

    Args:
        meetings: From `meetings` or `meetings_heard`.

    Returns:
        Columns of `STEP`, ``start``, ``now``, ``next`` and ``heard``, all in [-1, 1].
    """
    weighed = meetings.assign(heard=meetings["weight"] * meetings["theirs"])
    return weighed.groupby(STEP, as_index=False).agg(
        start=("start", "first"),
        now=("now", "first"),
        next=("next", "first"),
        heard=("heard", "sum"),
    )


def _cases(opinions: pd.DataFrame) -> pd.DataFrame:
    require_columns("opinions", opinions, [*ANSWER, "opinion", "degenerate"])
    return opinions if "run" in opinions else opinions.assign(run=0)


def _both_ways(ties: Sequence[Tie], *, directed: bool) -> dict[tuple[str, str], float]:
    """Weight by (speaker, listener); undirected ties that stand once count the other way too."""
    found = {(tie.speaker, tie.listener): tie.weight for tie in ties}
    if not directed:
        for (speaker, listener), weight in list(found.items()):
            found.setdefault((listener, speaker), weight)
    return found


def _met(frame: pd.DataFrame, heard: pd.DataFrame, place: list[str]) -> pd.DataFrame:
    """Steps joined with whom was heard (columns `place`, ``other``, ``weight``)."""
    known = usable(frame)
    column = [*CASE, "agent"]
    waves = frame[[*CASE, "wave"]].drop_duplicates().sort_values("wave")
    waves["following"] = waves.groupby(CASE)["wave"].shift(-1)
    first = known.merge(waves.groupby(CASE, as_index=False)["wave"].min(), on=[*CASE, "wave"])
    start = first[[*column, "opinion"]].rename(columns={"opinion": "start"})
    now = known[[*STEP, "opinion"]].rename(columns={"opinion": "now"})
    after = now.rename(columns={"wave": "following", "now": "next"})
    moved = now.merge(waves, on=[*CASE, "wave"]).merge(after, on=[*column, "following"])
    moved = moved.merge(start, on=column)
    theirs = now.rename(columns={"agent": "other", "now": "theirs"})
    met = moved.merge(heard, on=place).merge(theirs, on=[*CASE, "wave", "other"])
    met = met[met["other"] != met["agent"]]
    total = met.groupby(STEP)["weight"].transform("sum")
    met = met.assign(weight=met["weight"] / total)
    return met[list(MEETING_COLUMNS)].sort_values([*STEP, "other"], ignore_index=True)
