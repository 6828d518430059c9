"""The sections of a study's page."""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

from simulation.analysis.excess import LEAST_RUNS
from simulation.analysis.power import power_curve
from simulation.effects.figures import forest
from simulation.effects.figures import power as draw_power
from simulation.page import SHARES
from simulation.sections.measures import Style, difference
from simulation.sections.section import Cell, Part, Piece, Section, Table, Words, drawn, table
from simulation.sections.studies import effects
from simulation.sections.studies.figures import doses
from simulation.study import Study
from simulation.view import DASH

CONTRAST_WORDS = (
    "Each level of a factor less its first, over pairs of runs that share a seed and all else. The "
    "line is the interval over seeds; p flips the signs of whole seeds, and is corrected for all "
    "contrasts of this page (Benjamini & Hochberg 1995)."
)
DOSE_WORDS = (
    "A grey dot is a run, a black one the mean over seeds with its interval, drawn only where "
    f"there are at least {LEAST_RUNS} seeds."
)
POWER_WORDS = (
    "How often the test of this page would find one true effect among its {tests} contrasts, as "
    "they are corrected together, by simulation of normally distributed differences. This study "
    "has {seeds} seeds (dotted line, where it lies in the figure). The curves are for planning: "
    "what an effect turned out to be says nothing about the power to find it."
)
EFFECTS = (0.5, 0.8, 1.2, 2.0)
"""Mean difference over its deviation between seeds; 0.8 is called large (Cohen 1988)."""
PAIRS = (6, 8, 10, 12, 16, 20)
EXPERIMENTS = 400
"""A power of 0.8 is then known within 0.04."""
ANOVA_WORDS = (
    "Type-III sums of squares, each seed a block. Partial eta squared is the share of what is left "
    "by all other terms that a term explains; p is corrected for all tests of the table."
)


def contrasts(found: pd.DataFrame, trends: pd.DataFrame) -> Section:
    """Forest plot and table of contrasts; slopes of factors that are ranges of numbers."""
    pieces: list[Piece] = []
    for place, (factor, rows) in enumerate(found.groupby("factor", sort=False)):
        name, title = f"contrasts-{place + 1}", str(factor)
        pieces.append(drawn(name, forest(rows, "own units"), f"{title}. {CONTRAST_WORDS}", title))
    if len(found):
        pieces.append(_contrasts(found))
    if len(trends):
        pieces.append(_trends(trends))
    if not pieces:
        pieces.append(Words("No factor has two levels among the runs that have finished."))
    return Section("contrasts", "What the factors do", CONTRAST_WORDS, (Part("", tuple(pieces)),))


def dose_plots(
    measures: pd.DataFrame, factors: Mapping[str, Sequence[str]], rng: np.random.Generator
) -> Section:
    """Every measure over the levels of every factor."""
    pieces = []
    for place, factor in enumerate(factors):
        means = effects.level_means(measures, factor, rng)
        drawing = doses(measures, means, factor)
        pieces.append(drawn(f"dose-{place + 1}", drawing, f"{factor}. {DOSE_WORDS}", factor))
    return Section("doses", "Level by level", DOSE_WORDS, (Part("", tuple(pieces)),))


def power(found: pd.DataFrame, seeds: int, rng: np.random.Generator) -> Section | None:
    """How many seeds it takes to find one effect among all contrasts; None without contrasts."""
    if found.empty:
        return None
    pairs = sorted({*PAIRS, *([seeds] if LEAST_RUNS <= seeds <= max(PAIRS) else [])})
    curve = power_curve(EFFECTS, pairs, rng, tests=len(found), experiments=EXPERIMENTS)
    words = POWER_WORDS.format(tests=len(found), seeds=seeds)
    shown = seeds if min(pairs) <= seeds <= max(pairs) else None
    picture = drawn("power", draw_power(curve, own=shown), words)
    return Section("power", "How many seeds it would take", words, (Part("", (picture,)),))


def variance(measures: pd.DataFrame, factors: Mapping[str, Sequence[str]]) -> Section:
    """The table of the analysis of variance, or why there is none."""
    found, words = effects.variance(measures, factors)
    pieces: list[Piece] = [Words(words)] if words else []
    if len(found):
        pieces.append(_variance(found))
    title = "Analysis of variance"
    return Section("variance", title, ANOVA_WORDS, (Part("", tuple(pieces)),))


def design(study: Study) -> Section:
    """Factors, levels and seeds as they were planned, and which runs are done."""
    words = (
        f"{len(study.runs)} runs were listed before the first of them was made: {study.design}, "
        f"{len(study.seeds)} seeds of each cell; {len(study.done)} have finished."
    )
    rows = [(factor, ", ".join(levels)) for factor, levels in study.factors.items()]
    pieces: list[Piece] = [table(("factor", "levels"), rows, words=2)]
    for told, what in ((study.generators, "Generators"), (study.aliases, "Cannot be told apart")):
        if told:
            pieces.append(Words(f"{what}: {'; '.join(told)}."))
    pieces.append(_runs(study))
    return Section("design", "Design", words, (Part("", tuple(pieces)),))


def _contrasts(found: pd.DataFrame) -> Table:
    rows = [
        (
            str(row["measure"]),
            f"{row['factor']}: {row['level']} against {row['baseline']}",
            Cell(difference(float(row["difference"]), _style(row)), strong=True),
            interval_words(row, _style(row)),
            p_words(float(row["p_value"])),
            p_words(float(row["p_adjusted"])),
            str(row["pairs"]),
        )
        for row in found.to_dict("records")
    ]
    head = ("measure", "level", "difference", "95 % interval", "p", "corrected", "pairs")
    return table(head, rows, words=2, note=_why_not(found))


def _trends(found: pd.DataFrame) -> Table:
    rows = [
        (
            str(row["measure"]),
            str(row["factor"]),
            Cell(f"{row['slope']:+.3g}", strong=True),
            interval_words(row, "signed"),
            p_words(float(row["p_value"])),
            str(row["seeds"]),
        )
        for row in found.to_dict("records")
    ]
    head = ("measure", "one unit of", "change", "95 % interval", "p", "seeds")
    return table(head, rows, words=2, title="Slopes", note=_why_not(found))


def _variance(found: pd.DataFrame) -> Table:
    rows = []
    for row in found.to_dict("records"):
        known = not np.isnan(row["F"])
        freedom = f"{row['df']:.0f}, {row['df_error']:.0f}" if known else DASH
        rows.append(
            (
                str(row["measure"]),
                str(row["term"]),
                f"{row['F']:.2f}" if known else DASH,
                freedom,
                p_words(float(row["p_value"])),
                p_words(float(row["p_adjusted"])),
                Cell(f"{row['partial_eta_squared']:.2f}" if known else DASH, strong=True),
            )
        )
    head = ("measure", "term", "F", "df", "p", "corrected", "partial η²")
    return table(head, rows, words=2, note=_why_not(found))


def _runs(study: Study) -> Table:
    rows = [
        (run.name, *run.levels.values(), str(run.seed), "finished" if run.finished else "not yet")
        for run in study.runs
    ]
    head = ("run", *study.factors, "seed", "state")
    title = f"All {len(rows)} runs"
    return table(head, rows, words=len(head), title=title, folded=True)


def told(row: Mapping[Hashable, object]) -> str:
    """A contrast in words: the difference, its interval and corrected p, or why there is none."""
    size = difference(float(str(row["difference"])), _style(row))
    corrected = float(str(row["p_adjusted"]))
    if np.isnan(corrected):
        return f"{size} ({row['words']})"
    interval = interval_words(row, _style(row))
    known = "" if interval == DASH else f"95 % interval {interval}, "
    return f"{size} ({known}corrected p {p_words(corrected)}, {row['pairs']} pairs)"


def p_words(value: float) -> str:
    """A p-value; a dash where there is no test."""
    if np.isnan(value):
        return DASH
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _style(row: Mapping[Hashable, object]) -> Style:
    return "share" if row["measure"] in SHARES else "signed"


def interval_words(row: Mapping[Hashable, object], style: Style) -> str:
    """An interval; a dash where there is none."""
    low, high = float(str(row["low"])), float(str(row["high"]))
    if np.isnan(low):
        return DASH
    return f"{difference(low, style).removesuffix(' points')} to {difference(high, style)}"


def _why_not(found: pd.DataFrame) -> str:
    """Why rows have no test, once each."""
    untested = found[found["p_value"].isna()]
    words = "; ".join(dict.fromkeys(word for word in untested["words"] if word))
    return f"{words[:1].upper()}{words[1:]}." if words else ""
