"""Several examinations in one table: means over personas, and who comes off worst.

A persona's figure is its mean over examinations (training seeds, say), and the pooled one the mean
over personas. Its interval is a 95 % percentile bootstrap in two levels, personas and then the
examinations of each (Davison and Hinkley 1997, 3.8): it speaks of another such persona, and of
another training. Items within an examination are not drawn again: its own figures tell of those.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from personas.chance import seed_for
from personas.errors import InputError
from personas.examination.answers import EVERY_STAGE
from personas.examination.intervals import RESAMPLES
from personas.examination.meanings import ORDER
from personas.examination.results import frame, read_figures, read_told


@dataclass(frozen=True, slots=True)
class Pooled:
    """One figure of one arm over personas."""

    arm: str
    measure: str
    value: float
    low: float
    """Ends of the interval; nan for fewer than three personas, or where all agree."""
    high: float
    least: float
    least_of: str
    """Persona whose figure that is."""
    most: float
    most_of: str
    personas: int
    examinations: int


def read_examinations(folders: Iterable[Path]) -> pd.DataFrame:
    """Figures over all stages of several examinations, with ``persona`` and ``folder`` beside them.

    Raises:
        InputError: There is none, or a folder holds no finished examination.
    """
    parts = []
    for folder in folders:
        found = read_figures(folder)
        stages = list(dict.fromkeys(found["stage"]))
        where = EVERY_STAGE if EVERY_STAGE in stages else stages[0]
        persona = str(read_told(folder)["persona"])
        parts.append(found[found["stage"] == where].assign(persona=persona, folder=str(folder)))
    if not parts:
        raise InputError("there is no examination to pool; name at least one folder")
    return pd.concat(parts, ignore_index=True)


def pool(figures: pd.DataFrame) -> pd.DataFrame:
    """Figures over personas.

    Args:
        figures: As `read_examinations` gives them.

    Returns:
        Columns as `Pooled`; arms as they come, measures in the order of cards.
    """
    arms = list(dict.fromkeys(figures["arm"]))
    known = {name: place for place, name in enumerate(ORDER)}
    measures = sorted(dict.fromkeys(figures["measure"]), key=lambda one: known.get(one, len(known)))
    grouped = {
        (str(arm), str(measure)): rows
        for (arm, measure), rows in figures.groupby(["arm", "measure"])
    }
    wanted = [(arm, measure) for measure in measures for arm in arms]
    return frame([_pooled(*key, grouped[key]) for key in wanted if key in grouped])


def _pooled(arm: str, measure: str, rows: pd.DataFrame) -> Pooled:
    values = {
        str(persona): mine["value"].to_numpy(float) for persona, mine in rows.groupby("persona")
    }
    means = {persona: float(some.mean()) for persona, some in values.items()}
    least, most = min(means, key=lambda one: means[one]), max(means, key=lambda one: means[one])
    low, high = _interval(list(values.values()), seed_for(0, "pooled", arm, measure))
    return Pooled(
        arm, measure, float(np.mean(list(means.values()))), low, high,
        means[least], least, means[most], most, len(means), len(rows),
    )  # fmt: skip


def _interval(values: Sequence[NDArray[np.float64]], seed: int) -> tuple[float, float]:
    """Of the mean over personas, each an array of its examinations."""
    if len(values) < 3 or np.ptp(np.concatenate(values)) == 0:
        return math.nan, math.nan
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(values), size=(RESAMPLES, len(values)))
    # Of every persona as many resampled means as it may be drawn at all.
    again = np.stack(
        [rng.choice(some, size=(RESAMPLES, len(values), len(some))).mean(axis=2) for some in values]
    )
    rounds, places = np.indices(drawn.shape)
    means = again[drawn, rounds, places].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
