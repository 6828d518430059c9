"""Do the agents answer like people? Their option shares beside a table of human answers.

The table is a CSV file with the columns question, option, share and, if the humans come in groups,
group; shares of one question (and group) sum to 1.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from personas.errors import InputError, nearest
from simulation.analysis.excess import interval_over_runs
from simulation.analysis.frames import SURVEY_COLUMNS, RunFrames, require_columns
from simulation.analysis.shares import ANSWER, DEGENERATE_BELOW, option_shares

EVERYBODY = "all"
"""Group of a table without groups, and of agents that are in none."""
ROUNDING = 0.02
"""How far from 1 printed shares may sum, as rounded percentages do; they are then rescaled."""
HUMAN_COLUMNS = ("question", "group", "option", "share")
DISTANCE_COLUMNS = (
    "run",
    "seed",
    "arm",
    "question",
    "group",
    "wave",
    "agents",
    "wasserstein",
    "total_variation",
)
DISTANCES = {
    "wasserstein": "Wasserstein distance to humans",
    "total_variation": "total variation from humans",
}
"""Columns of distances, and what they are called as measures."""


def read_human_shares(path: Path) -> pd.DataFrame:
    """Reads a table of human answers.

    Args:
        path: A CSV file with a header; columns question, option, share and optionally group, in
            any order; further columns are left aside. An option without a row has share 0.

    Returns:
        `HUMAN_COLUMNS`; ``group`` is ``all`` where the file has none, shares sum to 1.

    Raises:
        InputError: There is no such file or column, a share is no number in [0, 1], an option
            stands twice, or shares sum to something else than 1 (more than rounding explains).
    """
    if not path.is_file():
        raise InputError(f"no file {str(path)!r} with human answers: give the path of a CSV file")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read as CSV in UTF-8: {error}") from error
    known = [str(column) for column in table.columns]
    for column in ("question", "option", "share"):
        if column not in known:
            raise InputError(f"{path.name} has no column {column!r}: {nearest(column, known)}")
    if "group" not in known:
        table = table.assign(group=EVERYBODY)
    table = table[list(HUMAN_COLUMNS)].apply(lambda column: column.str.strip())
    return check_human_shares(table.assign(share=_numbers(table["share"], path.name)), path.name)


def check_human_shares(table: pd.DataFrame, name: str = "human answers") -> pd.DataFrame:
    """Checks a table of human answers, and rescales shares so that they sum to exactly 1.

    Args:
        table: `HUMAN_COLUMNS`.
        name: What messages call it.

    Raises:
        InputError: As in `read_human_shares`.
    """
    require_columns(name, table, HUMAN_COLUMNS)
    if table.empty:
        raise InputError(f"{name} has no rows: give one row a question and option")
    twice = table[table.duplicated(["question", "group", "option"])]
    if not twice.empty:
        row = twice.iloc[0]
        where = _where(row["question"], row["group"])
        raise InputError(f"{name}: option {row['option']!r} of {where} stands twice")
    outside = table[~table["share"].between(0, 1)]
    if not outside.empty:
        row = outside.iloc[0]
        raise InputError(
            f"{name}: share of {row['option']!r} must lie in [0, 1], got {row['share']:g}: "
            "write 25 % as 0.25"
        )
    whole = table.groupby(["question", "group"])["share"].transform("sum")
    off = table[(whole - 1).abs() > ROUNDING]
    if not off.empty:
        row, total = off.iloc[0], whole[off.index[0]]
        where = _where(row["question"], row["group"])
        raise InputError(f"{name}: shares of {where} must sum to 1, got {total:.3g}")
    return table.assign(share=table["share"] / whole)


def agent_shares(surveys: pd.DataFrame) -> pd.DataFrame:
    """What part of its probability each agent gives to each option, over orders and wordings.

    Both option orders weigh the same, as in `opinion.opinions`. Degenerate answers are left out.

    Args:
        surveys: Columns as in `RunFrames`.

    Returns:
        Columns of `opinion.ANSWER`, ``option``, ``value`` in [-1, 1] and ``share`` in [0, 1];
        shares of one answer sum to 1.
    """
    require_columns("surveys", surveys, SURVEY_COLUMNS)
    every = option_shares(surveys.reset_index(drop=True))
    option = [*ANSWER, "options", "values"]
    # Options without an order have no value: dropna would lose them.
    by_order = every.groupby([*option, "order"], as_index=False, dropna=False)
    orders = by_order[["share", "mass"]].mean()
    answers = orders.groupby(option, as_index=False, dropna=False)[["share", "mass"]].mean()
    known = answers[(answers["mass"] >= DEGENERATE_BELOW) & answers["share"].notna()]
    named = known.rename(columns={"options": "option", "values": "value"})
    return named[[*ANSWER, "option", "value", "share"]].reset_index(drop=True)


def distances_to_humans(
    runs: Sequence[RunFrames],
    human: pd.DataFrame,
    *,
    wave: int | None = None,
    groups: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """How far the agents' mean option shares lie from the humans', run by run.

    Wasserstein is the least work that turns one distribution into the other, with the options at
    their values (Santurkar et al. 2023, arXiv 2303.17548, compare models with opinion polls so);
    total variation is half the sum of absolute differences, whatever the options mean.

    Args:
        runs: The runs; questions that the table does not hold are left out.
        human: From `read_human_shares`.
        wave: Wave of the survey; None is each arm's last one.
        groups: Group by agent key; agents that are not named, and all without it, are in ``all``.

    Returns:
        `DISTANCE_COLUMNS`, one row a run, arm, question and group that both sides have: ``run`` is
        the position in `runs`, ``agents`` how many answered, ``wasserstein`` in [0, 2] (values
        run from -1 to 1), ``total_variation`` in [0, 1].

    Raises:
        InputError: No question or no group is shared, the table has an option that the agents were
            not given, or nobody was asked at the wave.
    """
    tables = []
    for position, run in enumerate(runs):
        shares = agent_shares(run.surveys)
        _check_options(shares, human)
        named = [(groups or {}).get(agent, EVERYBODY) for agent in shares["agent"]]
        shares = shares.assign(group=named)
        found = _distances(_at_wave(shares, wave), human)
        tables.append(found.assign(run=position, seed=run.facts.seed))
    if not tables:
        raise InputError("runs must hold at least one run, got none")
    table = pd.concat(tables, ignore_index=True)[list(DISTANCE_COLUMNS)]
    if table.empty:
        raise InputError(
            f"no group of agents answered as a group of humans did: {nearest('', human['group'])}; "
            "map agents to them with groups="
        )
    return table


def human_comparison(
    distances: pd.DataFrame, rng: np.random.Generator, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Mean distance to the humans over runs, with its interval.

    Args:
        distances: From `distances_to_humans`.
        rng: Draws resamples of runs.
        confidence: Of the interval, in (0, 1).

    Returns:
        Columns ``arm``, ``question``, ``group``, ``measure`` (`DISTANCES`), ``runs``, ``value``,
        ``low``, ``high`` (NaN with fewer than six runs) and ``words``, which say why.
    """
    rows = []
    names = ["arm", "question", "group"]
    for (arm, question, group), mine in distances.groupby(names, sort=False):
        for column, measure in DISTANCES.items():
            values = mine[column].to_numpy(dtype=float)
            found = interval_over_runs(values.tolist(), rng, confidence=confidence)
            row = {
                "arm": arm,
                "question": question,
                "group": group,
                "measure": measure,
                "runs": found.runs,
                "value": float(values.mean()),
                "low": np.nan if found.low is None else found.low,
                "high": np.nan if found.high is None else found.high,
                "words": found.words,
            }
            rows.append(row)
    return pd.DataFrame(rows)


def _numbers(column: "pd.Series[str]", name: str) -> "pd.Series[float]":
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = column[numbers.isna()]
    if not wrong.empty:
        row = int(wrong.index[0]) + 2  # the header is line 1
        raise InputError(
            f"{name}, line {row}: share must be a number in [0, 1], got {wrong.iloc[0]!r}"
        )
    return numbers.astype(float)


def _where(question: object, group: object) -> str:
    within = "" if group == EVERYBODY else f" in group {group!r}"
    return f"question {question!r}{within}"


def _check_options(shares: pd.DataFrame, human: pd.DataFrame) -> None:
    """Every question of the table that was asked must have been asked with the table's options."""
    asked = dict(shares.groupby("question")["option"].unique())
    shared = [question for question in dict.fromkeys(human["question"]) if question in asked]
    if not shared:
        first = str(human["question"].iloc[0])
        raise InputError(f"no question of the human answers was asked: {nearest(first, asked)}")
    for question in shared:
        known = [str(option) for option in asked[question]]
        for option in human.loc[human["question"] == question, "option"]:
            if option not in known:
                raise InputError(
                    f"human answers: question {question!r} has no option {option!r}: "
                    f"{nearest(str(option), known)}"
                )


def _at_wave(shares: pd.DataFrame, wave: int | None) -> pd.DataFrame:
    if wave is None:
        last = shares.groupby(["arm", "question"])["wave"].transform("max")
        return shares[shares["wave"] == last]
    chosen = shares[shares["wave"] == wave]
    if chosen.empty:
        waves = ", ".join(str(one) for one in sorted(shares["wave"].unique()))
        raise InputError(f"nobody was asked at wave {wave}: waves are {waves}")
    return chosen


def _distances(shares: pd.DataFrame, human: pd.DataFrame) -> pd.DataFrame:
    """One row an arm, question, group and wave."""
    people = {
        place: table.set_index("option")["share"]
        for place, table in human.groupby(["question", "group"])
    }
    rows = []
    names = ["arm", "question", "group", "wave"]
    for place, mine in shares.groupby(names, sort=False):
        _, question, group, _ = place
        if (question, group) not in people:
            continue
        mean = mine.groupby(["option", "value"])["share"].mean().reset_index(level="value")
        theirs = people[question, group].reindex(mean.index).fillna(0.0)
        values, weights = mean["value"].to_numpy(dtype=float), mean["share"].to_numpy(dtype=float)
        row = dict(zip(names, place, strict=True)) | {
            "agents": mine["agent"].nunique(),
            "wasserstein": stats.wasserstein_distance(values, values, weights, theirs.to_numpy()),
            "total_variation": float(abs(weights - theirs.to_numpy()).sum() / 2),
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=[*names, "agents", "wasserstein", "total_variation"])
