"""Slopes through 0, cut to [0, 1], by agent: least squares for models of opinion dynamics."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

Column = NDArray[np.float64]

PARAMETER_COLUMNS = ("agent", "parameter", "value", "error", "low", "high", "steps", "words")
NOTHING = 1e-12
"""Sum of squares below which a regressor says nothing."""
CONFIDENCE = 0.95


def interval_on(
    unbounded: Column, value: Column, error: Column, freedom: int
) -> tuple[Column, Column]:
    """95 % intervals of slopes that were cut to [0, 1]: those that fit not much worse.

    All values in [0, 1] whose sum of squares exceeds that of the best by at most t^2 error
    variances; the textbook's interval where nothing was cut, and never empty.

    Args:
        unbounded: Least-squares slopes.
        value: The same, cut to [0, 1].
        error: Their standard errors.
        freedom: Degrees of freedom of the error variance.
    """
    reach = np.sqrt((value - unbounded) ** 2 + (quantile(freedom) * error) ** 2)
    return np.clip(unbounded - reach, 0, 1), np.clip(unbounded + reach, 0, 1)


def column(frame: pd.DataFrame, name: str) -> Column:
    """A column as numbers."""
    return frame[name].to_numpy(dtype=float)


def slopes_by_agent(
    frame: pd.DataFrame, regressor: Column, response: Column, parameter: str
) -> pd.DataFrame:
    """A slope through 0, cut to [0, 1], for each agent.

    Args:
        frame: From `transitions.steps`.
        regressor: What the parameter multiplies, a value a step.
        response: What it should give.
        parameter: Its name.

    Returns:
        `PARAMETER_COLUMNS`, a row an agent; one error variance for everybody.
    """
    codes, agents = pd.factorize(frame["agent"], sort=True)
    size = by_code(codes, regressor**2)
    along = by_code(codes, regressor * response)
    known = size > NOTHING
    slope = ratio(along, size)
    value = np.clip(slope, 0, 1)
    errors = response - np.nan_to_num(value)[codes] * regressor
    freedom = int(known[codes].sum() - known.sum())
    variance = float((errors[known[codes]] ** 2).sum()) / freedom if freedom > 0 else np.nan
    error = np.sqrt(ratio(np.full_like(size, variance), size))
    low, high = interval_on(slope, value, error, freedom)
    table = pd.DataFrame(
        {
            "agent": agents,
            "parameter": parameter,
            "value": value,
            "error": error,
            "low": low,
            "high": high,
            "steps": np.bincount(codes),
        }
    )
    table["words"] = [why_not_told(one, freedom) for one in known]
    return table[list(PARAMETER_COLUMNS)]


def why_not_told(known: bool, freedom: int) -> str:
    """What is wrong with a parameter, if anything."""
    if not known:
        return "heard nothing that differs from their own opinion: cannot be told"
    return "" if freedom > 0 else "as many parameters as steps: no error can be given"


def by_code(codes: NDArray[np.intp], values: Column) -> Column:
    """Sums of the values of each code."""
    return np.bincount(codes, values).astype(float)


def ratio(above: Column, below: Column) -> Column:
    """A quotient, NaN where there is next to nothing to divide by."""
    return np.divide(above, below, out=np.full_like(below, np.nan), where=below > NOTHING)


def quantile(freedom: int) -> float:
    """Student's t for intervals of `CONFIDENCE`; NaN without degrees of freedom."""
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) if freedom > 0 else np.nan
