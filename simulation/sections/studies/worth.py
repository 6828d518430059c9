"""What one seat is worth, over seeds: how far the others end from where they would have ended."""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from simulation.analysis.frames import RunFrames
from simulation.analysis.inference import CONTRAST_COLUMNS, paired_contrasts
from simulation.analysis.opinion import opinions
from simulation.effects.figures import forest
from simulation.sections.measures import printed
from simulation.sections.section import Cell, Part, Piece, Section, drawn, table
from simulation.sections.studies.page import interval_words, p_words
from simulation.study import Study, StudyRun
from simulation.studyplan import AS_IT_IS, JOINED_BY
from simulation.view import DASH, signed
from simulation.whatif.worth import worth

FACTOR = "swap"
MOVED = "others moved"
WORDS = (
    "Somebody else sits in one seat; the seat itself does not count. How far the others' last "
    "opinions lie from those of the same seed as it was, less the same in the control, where that "
    "seat is swapped in a talk about something else. One number a seed: intervals are over seeds, "
    "p flips their signs, and is corrected for all seats (Benjamini & Hochberg 1995)."
)
BESIDE = ("talk", "floor", "shift")
WORTH_COLUMNS = ("run", "seed", FACTOR, "measure", "value", *BESIDE)


def has_seats(study: Study) -> bool:
    """Whether the study swaps single seats, and has the runs as they were beside them."""
    levels = study.factors.get(FACTOR, ())
    return AS_IT_IS in levels and any(map(_seat, levels))


def values(study: Study) -> pd.DataFrame:
    """The worth of each swapped seat in each finished run.

    Returns:
        Columns ``run``, ``seed``, ``swap``, the other factors, ``measure`` (`MOVED`), ``value`` =
        ``talk`` - ``floor``, or ``talk`` without a control; ``talk`` and ``floor`` in [0, 2] as
        `whatif.worth.worth` has ``moved``, and ``shift``. The runs as they were have 0.
    """
    done = {(run.seed, *_beside(run), run.levels[FACTOR]): run for run in study.done}
    rows = []
    for run in study.done:
        plain = done.get((run.seed, *_beside(run), AS_IT_IS))
        level = run.levels[FACTOR]
        if plain is not None and (seat := _seat(level)):
            found = _worth(plain.frames, run.frames, seat)
        elif level == AS_IT_IS:
            found = {"value": 0.0, "talk": 0.0, "floor": 0.0, "shift": 0.0}
        else:
            continue
        rows.append({"run": run.name, "seed": run.seed, **run.levels, "measure": MOVED, **found})
    columns = [*WORTH_COLUMNS, *(name for name in study.factors if name != FACTOR)]
    return pd.DataFrame(rows, columns=columns)


def contrasts(held: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The seats, the most influential first, by `inference.paired_contrasts`.

    Args:
        held: From `values`.
        rng: Draws subsets and flips.

    Returns:
        Its columns, and ``talk``, ``floor`` and ``shift``, means over seeds.
    """
    if AS_IT_IS not in set(held[FACTOR]) or held[FACTOR].nunique() < 2:
        return pd.DataFrame(columns=[*CONTRAST_COLUMNS, *BESIDE])
    found = paired_contrasts(held.drop(columns=list(BESIDE)), FACTOR, AS_IT_IS, rng)
    means = held.groupby(FACTOR)[list(BESIDE)].mean()
    joined = found.join(means, on="level")
    return joined.sort_values("difference", ascending=False, ignore_index=True)


def section(found: pd.DataFrame) -> Section:
    """The picture and the table."""
    pieces: list[Piece] = [
        drawn("worth", forest(found, "scale of 2"), WORDS, "What one seat is worth"),
        table(
            ("swap", "others moved", "floor", "excess", "95 % interval", "p", "corrected",
             "their mean by", "pairs"),
            [_row(row) for row in found.to_dict("records")],
            words=1,
        ),
    ]  # fmt: skip
    return Section("worth", "What one seat is worth", WORDS, (Part("", tuple(pieces)),))


def _row(row: Mapping[Hashable, object]) -> tuple[str | Cell, ...]:
    talk, floor, excess, shift, p, corrected = (
        float(str(row[name]))
        for name in ("talk", "floor", "difference", "shift", "p_value", "p_adjusted")
    )
    return (
        str(row["level"]),
        printed(talk, "number"),
        printed(floor, "number"),
        Cell(DASH if np.isnan(excess) else signed(excess), strong=True),
        interval_words(row, "signed"),
        p_words(p),
        p_words(corrected),
        printed(shift, "signed"),
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
    talk = float(by_arm[facts.main_arm]["moved"])
    floor = float(by_arm[facts.floor_arm]["moved"]) if facts.floor_arm else np.nan
    return {
        "value": talk if np.isnan(floor) else talk - floor,
        "talk": talk,
        "floor": floor,
        "shift": float(by_arm[facts.main_arm]["shift"]),
    }
