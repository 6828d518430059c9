"""Every control of a study beside its talk: how much of an effect each of them leaves over."""

import numpy as np
import pandas as pd

from simulation.analysis.excess import MEASURES, interval_over_runs
from simulation.analysis.frames import RunFacts
from simulation.page import SHARES
from simulation.sections.measures import Style, difference, printed
from simulation.sections.section import Cell, Part, Piece, Section, Words, table
from simulation.view import DASH

WORDS = (
    "What the population measures are at the last wave in each arm, over all cells of the study, "
    "and how far the talk is above it: paired within a run, averaged within a seed, with the "
    "interval over seeds. Read beside the family of contrasts, without a test of its own."
)
MEANT = {
    "scrambled": "scrambled, as much talk about something else: what any talk does to the answers",
    "silent": "silent, nobody speaks: what asking again does",
    "alone": "alone, everybody says as much and hears nobody: what one's own words do",
    "base": "base, the bare model in every seat",
    "prompt": "prompt, the same people told in the prompt",
}
DRIFT = "mean absolute drift"
TOO_HIGH = (
    "Opinions drift further in the scrambled control than in the talk, so an excess over it says "
    "little. The small model that ships is known to answer worse after a talk about something else "
    "than after one on the topic (docs/calibration.md): its floor is too high. Compare with silent "
    "or alone (--controls scrambled,silent,alone)."
)
ARM_COLUMNS = ("measure", "arm", "talk", "control", "excess", "low", "high", "seeds")


def compared(measures: pd.DataFrame, facts: RunFacts, rng: np.random.Generator) -> pd.DataFrame:
    """The talk against each control, by measure.

    Args:
        measures: From `study.measures`.
        facts: Of one run: its arms.
        rng: Draws subsets for the intervals.

    Returns:
        `ARM_COLUMNS`: means over seeds of the talk, of the control and of talk - control, with the
        interval over seeds, NaN with fewer than six. Measures that are nowhere defined are left
        out.
    """
    wide = measures.pivot(index=["seed", "run"], columns="measure", values="value")
    rows = []
    for measure in (name for name in MEASURES if name in wide and wide[name].notna().any()):
        for arm in (one for one in facts.arms if f"{one}: {measure}" in wide):
            both = pd.DataFrame({"talk": wide[measure], "control": wide[f"{arm}: {measure}"]})
            means = both.assign(excess=both["talk"] - both["control"]).groupby(level="seed").mean()
            interval = interval_over_runs(means["excess"].tolist(), rng)
            low = np.nan if interval.low is None else interval.low
            high = np.nan if interval.high is None else interval.high
            known = int(means["excess"].notna().sum())
            rows.append((measure, arm, *means.mean().tolist(), low, high, known))
    return pd.DataFrame(rows, columns=list(ARM_COLUMNS))


def is_floor_too_high(found: pd.DataFrame) -> bool:
    """Whether opinions drift further in the scrambled control than in the talk.

    Args:
        found: From `compared`.
    """
    row = found[(found["measure"] == DRIFT) & (found["arm"] == "scrambled")]
    return bool((row["excess"] < 0).any())


def section(found: pd.DataFrame) -> Section:
    """The table, what each control means, and a warning where the floor is too high."""
    arms = list(dict.fromkeys(found["arm"]))
    meant = "; ".join(MEANT.get(arm, arm) for arm in arms)
    pieces: list[Piece] = [Words(f"{meant[:1].upper()}{meant[1:]}.")]
    if is_floor_too_high(found):
        pieces.append(Words(TOO_HIGH))
    rows = []
    for row in found.itertuples():
        share = row.measure in SHARES
        style: Style = "share" if share else "signed"
        low, high = float(str(row.low)), float(str(row.high))
        told = f"{difference(low, style).removesuffix(' points')} to {difference(high, style)}"
        level: Style = "share" if share else "number" if row.measure == DRIFT else "signed"
        rows.append(
            (
                str(row.measure),
                str(row.arm),
                printed(float(str(row.talk)), level),
                printed(float(str(row.control)), level),
                Cell(difference(float(str(row.excess)), style), strong=True),
                DASH if np.isnan(low) else told,
                str(row.seeds),
            )
        )
    head = ("measure", "control", "talk", "there", "talk less it", "95 % interval", "seeds")
    pieces.append(table(head, rows, words=2))
    return Section("arms", "Beside every control", WORDS, (Part("", tuple(pieces)),))
