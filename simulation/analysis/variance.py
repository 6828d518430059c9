"""Analysis of variance over a design: which factors, and which of their combinations, matter?

The run is the unit, and runs of one seed form a block: all arms see the same seeds, so what a seed
does to all of its runs is taken out of the error. Reads a frame of measures as
`simulation.analysis.inference` describes it.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from personas.errors import InputError
from simulation.analysis.frames import require_columns
from simulation.analysis.inference import MEASURE_COLUMNS, adjusted, refuse_replicates

ORDER = 2
"""Highest order of interactions in a model, unless asked otherwise."""
ANOVA_COLUMNS = (
    "measure",
    "term",
    "df",
    "df_error",
    "F",
    "p_value",
    "p_adjusted",
    "partial_eta_squared",
    "words",
)
MIXED_COLUMNS = (
    "measure",
    "term",
    "df",
    "df_error",
    "F",
    "p_value",
    "p_adjusted",
    "seed_share",
    "words",
)
SEED = "C(seed, Sum)"
TIMES = " \N{MULTIPLICATION SIGN} "
"""Between the factors of an interaction."""


@dataclass(frozen=True)
class _Design:
    """One measure, ready for a formula: columns ``value``, ``seed`` and ``f0``, ``f1``, ..."""

    frame: pd.DataFrame
    terms: dict[str, str]
    """Name for people by term of the formula."""
    notes: tuple[str, ...]
    """What a reader must know about the data."""


def anova(
    measures: pd.DataFrame, factors: Sequence[str], *, order: int = ORDER, block: bool = True
) -> pd.DataFrame:
    """Type-III analysis of variance with sum contrasts, and partial eta squared, by measure.

    Each term is tested given all others, so an unbalanced design means what a balanced one does
    (Yates 1934, JASA 29, 51-66); eta_p^2 = SS_term / (SS_term + SS_error) (Cohen 1973,
    Educational and Psychological Measurement 33, 107-112). The seed is a block without
    interactions: runs of one seed may all be high. The family for Benjamini and Hochberg is every
    test in the returned frame.

    Args:
        measures: `inference.MEASURE_COLUMNS` and the factors.
        factors: Columns to explain the value by; each needs two levels or more.
        order: Highest order of interactions: 1 is main effects alone.
        block: False for runs whose seeds have nothing in common.

    Returns:
        `ANOVA_COLUMNS`, one row a measure and term (a factor, or several joined by `TIMES`):
        degrees of freedom, ``F`` >= 0, ``p_value``, ``p_adjusted``, ``partial_eta_squared`` in
        [0, 1], and ``words``.
        Without degrees of freedom for the error, or where all runs are alike, figures are NaN and
        the words say why.

    Raises:
        InputError: A column is missing, a factor has one level, two runs share seed and levels,
            or the design cannot tell two terms apart (aliased, or an empty cell).
    """
    _check(measures, factors, order)
    rows = []
    for measure in dict.fromkeys(measures["measure"]):
        design = _design(measures, str(measure), factors, order)
        rows += [{"measure": measure} | row for row in _anova_rows(design, block)]
    return _corrected(rows, ANOVA_COLUMNS)


def mixed_model(
    measures: pd.DataFrame, factors: Sequence[str], *, order: int = ORDER
) -> pd.DataFrame:
    """Linear mixed model with a random intercept per seed, fitted by REML, by measure.

    Laird & Ware 1982, Biometrics 38, 963-974, as in statsmodels. Terms are tested together by
    Wald's F with the degrees of freedom that are left within seeds (runs - seeds - those of all
    terms), not by chi squared, which finds too much with few seeds (Pinheiro & Bates 2000, sec.
    2.4.2). In a balanced design in which seeds differ it is `anova`; it also uses seeds of which
    runs are missing.

    Args:
        measures: `inference.MEASURE_COLUMNS` and the factors, which must vary within seeds.
        factors: Columns to explain the value by.
        order: Highest order of interactions: 1 is main effects alone.

    Returns:
        `MIXED_COLUMNS`, one row a measure and term; ``seed_share`` in [0, 1] is the share of the
        unexplained variance that seeds carry (intraclass correlation). Figures are NaN where there
        is nothing to fit, and the words say why.

    Raises:
        InputError: As in `anova`, or a factor does not vary within any seed.
    """
    _check(measures, factors, order)
    rows = []
    for measure in dict.fromkeys(measures["measure"]):
        design = _design(measures, str(measure), factors, order)
        rows += [{"measure": measure} | row for row in _mixed_rows(design)]
    return _corrected(rows, MIXED_COLUMNS)


def _check(measures: pd.DataFrame, factors: Sequence[str], order: int) -> None:
    if not factors or len(set(factors)) < len(factors):
        raise InputError(f"factors must be one or more, each once, got {list(factors)}")
    if order < 1:
        raise InputError(f"order must be at least 1 (main effects alone), got {order}")
    require_columns("measures", measures, [*MEASURE_COLUMNS, *factors])
    for factor in factors:
        levels = measures[factor].nunique()
        if levels < 2:
            raise InputError(
                f"factor {factor!r} needs at least 2 levels, got {levels}: leave it out"
            )
    refuse_replicates(measures, factors)


def _design(measures: pd.DataFrame, measure: str, factors: Sequence[str], order: int) -> _Design:
    """One measure's runs, under names that a formula can hold."""
    mine = measures[measures["measure"] == measure]
    known = mine.dropna(subset=["value"])
    frame = pd.DataFrame({f"f{i}": known[name].astype(str) for i, name in enumerate(factors)})
    frame = frame.assign(value=known["value"].astype(float), seed=known["seed"].astype(str))
    terms = {
        ":".join(f"C(f{i}, Sum)" for i in chosen): TIMES.join(factors[i] for i in chosen)
        for size in range(1, min(order, len(factors)) + 1)
        for chosen in combinations(range(len(factors)), size)
    }
    return _Design(frame.reset_index(drop=True), terms, _notes(frame, len(mine)))


def _notes(frame: pd.DataFrame, runs: int) -> tuple[str, ...]:
    """What is odd about the runs: missing values, cells of different size."""
    notes = []
    if len(frame) < runs:
        notes.append(f"{runs - len(frame)} of {runs} runs without a value left out")
    cells = frame.groupby([name for name in frame if name not in ("value", "seed")]).size()
    if len(cells) and cells.min() < cells.max():
        notes.append(f"unbalanced: {cells.min()} to {cells.max()} runs a cell")
    return tuple(notes)


def _why_not(design: _Design, columns: int, rank: int) -> str:
    """Why nothing can be tested, or nothing if it can."""
    frame = design.frame
    if frame.empty:
        return "no run has a value"
    if np.ptp(frame["value"]) <= 1e-12 * abs(frame["value"]).max():
        return f"all {len(frame)} runs alike: nothing to explain"
    if rank < columns:
        raise InputError(_aliased(design))
    if len(frame) <= columns:
        return f"{len(frame)} runs for {columns} coefficients: no error left, add seeds"
    return ""


def _aliased(design: _Design) -> str:
    """Names the first term that the design cannot tell from those before it."""
    import statsmodels.formula.api as formulas

    before: list[str] = []
    for term, name in design.terms.items():
        matrix = formulas.ols(f"value ~ {' + '.join([*before, term])}", design.frame).exog
        if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
            return (
                f"the design cannot tell {name!r} from the other terms (aliased, or a cell "
                "without a run): lower the order of interactions, or run the missing cells"
            )
        before.append(term)
    return "a factor varies between seeds alone: every seed needs runs at two levels of it or more"


def _anova_rows(design: _Design, block: bool) -> list[dict[str, object]]:
    import statsmodels.formula.api as formulas
    from statsmodels.stats.anova import anova_lm

    formula = " + ".join([*design.terms, *([SEED] if block and _blocks(design) else [])])
    why_not = "no run has a value"
    if not design.frame.empty:
        model = formulas.ols(f"value ~ {formula}", design.frame)
        columns, rank = model.exog.shape[1], int(np.linalg.matrix_rank(model.exog))
        why_not = _why_not(design, columns, rank)
    if why_not:
        return [_nothing(name, why_not, design) for name in design.terms.values()]
    fitted = model.fit()
    if fitted.ssr <= 1e-12 * fitted.centered_tss:
        words = "the model leaves no error: nothing to test against"
        return [_nothing(name, words, design) for name in design.terms.values()]
    table = anova_lm(fitted, typ=3)
    error, df_error = float(table.loc["Residual", "sum_sq"]), float(table.loc["Residual", "df"])
    rows = []
    for term, name in design.terms.items():
        f_value, p_value = float(table.loc[term, "F"]), float(table.loc[term, "PR(>F)"])
        explained = float(table.loc[term, "sum_sq"])
        row = {
            "term": name,
            "df": float(table.loc[term, "df"]),
            "df_error": df_error,
            "F": f_value,
            "p_value": p_value,
            "partial_eta_squared": explained / (explained + error),
            "words": design.notes,
        }
        rows.append(row)
    return rows


def _blocks(design: _Design) -> bool:
    """Whether some seed has more than one run: only then can its effect be told."""
    return bool(design.frame["seed"].duplicated().any() and design.frame["seed"].nunique() > 1)


def _mixed_rows(design: _Design) -> list[dict[str, object]]:
    import statsmodels.formula.api as formulas

    names = list(design.terms.values())
    if design.frame.empty:
        return [_nothing(name, "no run has a value", design) for name in names]
    fixed = " + ".join(design.terms)
    within = formulas.ols(f"value ~ {fixed} + {SEED}", design.frame)
    columns, rank = within.exog.shape[1], int(np.linalg.matrix_rank(within.exog))
    why_not = _why_not(design, columns, rank)
    if not why_not and not _blocks(design):
        why_not = "no seed has two runs: seeds and error cannot be told apart, use anova"
    if why_not:
        return [_nothing(name, why_not, design) for name in names]
    with warnings.catch_warnings():  # no variance of seeds lies on the boundary: said in words
        warnings.simplefilter("ignore")
        fitted = formulas.mixedlm(f"value ~ {fixed}", design.frame, groups="seed").fit(reml=True)
    seeds = float(np.asarray(fitted.cov_re)[0, 0])
    share = seeds / (seeds + float(fitted.scale))
    notes = (*design.notes, *(["seeds hardly differ"] if share < 0.01 else []))
    tests = fitted.wald_test_terms().table
    df_error = float(len(design.frame) - columns)
    rows = []
    for term, name in design.terms.items():
        df = float(tests.loc[term, "df_constraint"])
        f_value = float(np.asarray(tests.loc[term, "statistic"]).item()) / df
        row = {
            "term": name,
            "df": df,
            "df_error": df_error,
            "F": f_value,
            "p_value": float(stats.f.sf(f_value, df, df_error)),
            "seed_share": share,
            "words": notes,
        }
        rows.append(row)
    return rows


def _nothing(term: str, why_not: str, design: _Design) -> dict[str, object]:
    return {"term": term, "words": (why_not, *design.notes)}


def _corrected(rows: list[dict[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    """The table with p-values corrected over all of it, and each row in words."""
    table = pd.DataFrame(rows, columns=list(columns))
    numbers = [name for name in columns if name not in ("measure", "term", "words")]
    table[numbers] = table[numbers].astype(float)
    table["p_adjusted"] = adjusted(table["p_value"])
    tests = int(table["p_value"].notna().sum())
    table["words"] = [
        "; ".join([*_test_in_words(row, tests), *row["words"]]) for _, row in table.iterrows()
    ]
    return table


def _test_in_words(row: "pd.Series[float]", tests: int) -> list[str]:
    if np.isnan(row["p_value"]):
        return []
    return [
        f"F({row['df']:.0f}, {row['df_error']:.0f}) = {row['F']:.2f}, p = {row['p_value']:.2g}, "
        f"over {tests} tests {row['p_adjusted']:.2g}"
    ]
