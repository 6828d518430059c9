"""What one seat is worth, over seeds: where the others end, and would have ended without it."""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from simulation.analysis.frames import RunFrames
from simulation.analysis.inference import CONTRAST_COLUMNS, paired_contrasts
from simulation.analysis.opinion import opinions
from simulation.analysis.reach import ALPHA
from simulation.effects.figures import forest
from simulation.sections.measures import printed
from simulation.sections.section import Cell, Part, Piece, Section, drawn, table
from simulation.sections.studies.page import interval_words, p_words
from simulation.study import Study, StudyRun
from simulation.studyplan import AS_IT_IS, JOINED_BY
from simulation.view import signed
from simulation.whatif.worth import worth

FACTOR = "swap"
SHIFT = "mean of the others"
WORDS = (
    "Somebody else sits in one seat; the seat itself does not count. Tested is the shift of the "
    "others' mean opinion at the last wave from the run of the same seed as it was: if the seat "
    "does not matter, chance makes it as often positive as negative. One number a seed: intervals "
    "are over seeds, p flips their signs, and is corrected for all seats (Benjamini & Hochberg "
    "1995). Beside it, how far the others moved in either direction, and the same where that seat "
    "is swapped in a talk about something else: that much comes of any change."
)
BESIDE = ("moved", "floor")
WORTH_COLUMNS = ("run", "seed", FACTOR, "measure", "value", *BESIDE)


def has_seats(study: Study) -> bool:
    """Whether the study swaps single seats, and has the runs as they were beside them."""
    levels = study.factors.get(FACTOR, ())
    return AS_IT_IS in levels and any(map(_seat, levels))


def values(study: Study) -> pd.DataFrame:
    """The worth of each swapped seat in each finished run.

    Returns:
        Columns ``run``, ``seed``, ``swap``, the other factors, ``measure`` (`SHIFT`), ``value`` in
        [-2, 2]: ``shift`` in the talk as `whatif.worth.worth` has it; ``moved`` and ``floor`` in
        [0, 2]: its ``moved`` in the talk and in the control, NaN without one. The runs as they were
        have 0.
    """
    done = {(run.seed, *_beside(run), run.levels[FACTOR]): run for run in study.done}
    rows = []
    for run in study.done:
        plain = done.get((run.seed, *_beside(run), AS_IT_IS))
        level = run.levels[FACTOR]
        if plain is not None and (seat := _seat(level)):
            found = _worth(plain.frames, run.frames, seat)
        elif level == AS_IT_IS:
            found = {"value": 0.0, "moved": 0.0, "floor": 0.0}
        else:
            continue
        rows.append({"run": run.name, "seed": run.seed, **run.levels, "measure": SHIFT, **found})
    columns = [*WORTH_COLUMNS, *(name for name in study.factors if name != FACTOR)]
    return pd.DataFrame(rows, columns=columns)


def contrasts(held: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The seats, the most influential first, by `inference.paired_contrasts`.

    Args:
        held: From `values`.
        rng: Draws subsets and flips.

    Returns:
        Its columns, and ``moved`` and ``floor``, means over seeds; by the size of the difference.
    """
    if AS_IT_IS not in set(held[FACTOR]) or held[FACTOR].nunique() < 2:
        return pd.DataFrame(columns=[*CONTRAST_COLUMNS, *BESIDE])
    found = paired_contrasts(held.drop(columns=list(BESIDE)), FACTOR, AS_IT_IS, rng)
    means = held.groupby(FACTOR)[list(BESIDE)].mean()
    joined = found.join(means, on="level")
    size = joined["difference"].abs()
    return joined.iloc[(-size).argsort(kind="stable")].reset_index(drop=True)


def lede(found: pd.DataFrame) -> str:
    """The first seat in a sentence.

    Args:
        found: From `contrasts`, with at least one row.
    """
    told = found.to_dict("records")[0]
    tested = int(found["p_adjusted"].notna().sum())
    below = int((found["p_adjusted"] <= ALPHA).sum())
    sure = (
        f"{below} of {tested} seats stay below {ALPHA} after the correction"
        if tested
        else "no seat is tested"
    )
    first = f"{told['level']} moves the others' mean the most, by {signed(told['difference'])}"
    return f"Swap {first} of a scale of 2; {sure}."


def section(found: pd.DataFrame) -> Section:
    """The picture and the table."""
    pieces: list[Piece] = [
        drawn("worth", forest(found, "scale of 2"), WORDS, "What one seat is worth"),
        table(
            ("swap", "mean of the others", "95 % interval", "p", "corrected", "they moved",
             "elsewhere", "pairs"),
            [_row(row) for row in found.to_dict("records")],
            words=1,
        ),
    ]  # fmt: skip
    return Section("worth", "What one seat is worth", WORDS, (Part("", tuple(pieces)),))


def _row(row: Mapping[Hashable, object]) -> tuple[str | Cell, ...]:
    shift, p, corrected, moved, floor = (
        float(str(row[name])) for name in ("difference", "p_value", "p_adjusted", "moved", "floor")
    )
    return (
        str(row["level"]),
        Cell(printed(shift, "signed"), strong=True),
        interval_words(row, "signed"),
        p_words(p),
        p_words(corrected),
        printed(moved, "number"),
        printed(floor, "number"),
        str(row["pairs"]),
    )


def _seat(level: str) -> str:
    """The seat of a level such as ``1 rosa=wanda``; empty if it is not about one seat."""
    change = level.partition(" ")[2]
    return "" if JOINED_BY in level else change.partition("=")[0].strip()


def _beside(run: StudyRun) -> tuple[str, ...]:
    return tuple(level for name, level in run.levels.items() if name != FACTOR)


def _worth(plain: RunFrames, swapped: RunFrames, seat: str) -> dict[str, float]:
    facts = plain.facts
    found = worth(opinions(plain.surveys), {seat: opinions(swapped.surveys)})
    rows = found[found["question"] == facts.topic].to_dict("records")
    by_arm = {str(row["arm"]): row for row in rows}
    talk = by_arm[facts.main_arm]
    floor = float(by_arm[facts.floor_arm]["moved"]) if facts.floor_arm else np.nan
    return {"value": float(talk["shift"]), "moved": float(talk["moved"]), "floor": floor}
