"""Classical models of opinion dynamics that average, fitted to what agents thought over waves.

Each model is a pair of functions over `transitions.meetings`: a fit by bounded least squares on
one-step predictions, and the prediction. Those with a bound of confidence are in
`simulation.analysis.confidence`; `simulation.analysis.modelfit` compares them all.
"""

import numpy as np
import pandas as pd
from numpy.polynomial.polynomial import polyder, polyroots, polyval
from numpy.typing import NDArray
from scipy import stats

from personas.errors import InputError
from simulation.analysis.transitions import steps

Column = NDArray[np.float64]

EVERYBODY = ""
"""Stands for the agent of a parameter that all share."""
PARAMETER_COLUMNS = ("agent", "parameter", "value", "error", "low", "high", "steps", "words")
SELF_WEIGHT = "self-weight"
SUSCEPTIBILITY = "susceptibility"
GRID = np.linspace(0, 1, 1001)
NOTHING = 1e-12
"""Sum of squares below which a regressor says nothing."""
CONFIDENCE = 0.95


def degroot(meetings: pd.DataFrame) -> pd.DataFrame:
    """DeGroot's model with one self-weight for everybody.

    x_i(t+1) = w x_i(t) + (1 - w) h_i(t), with h_i the weighted mean of those whom i hears, so rows
    sum to 1 (DeGroot 1974, JASA 69, 118-121).

    Args:
        meetings: From `transitions.meetings`.

    Returns:
        `PARAMETER_COLUMNS`, one row: ``self-weight`` in [0, 1], its standard ``error``, the 95 %
        interval ``low`` to ``high`` within [0, 1], the number of ``steps`` behind it, and ``words``
        that say what is wrong with it, if anything. Figures are NaN where they cannot be told.
    """
    frame = steps(meetings)
    return _slopes_by_agent(frame.assign(agent=EVERYBODY), *_degroot_terms(frame), SELF_WEIGHT)


def degroot_each(meetings: pd.DataFrame) -> pd.DataFrame:
    """DeGroot's model with a self-weight for each agent: x_i(t+1) = w_i x_i(t) + (1 - w_i) h_i(t).

    Args:
        meetings: From `transitions.meetings`.

    Returns:
        As `degroot`, one row an agent.
    """
    frame = steps(meetings)
    return _slopes_by_agent(frame, *_degroot_terms(frame), SELF_WEIGHT)


def friedkin_johnsen(meetings: pd.DataFrame, self_weight: float | None = None) -> pd.DataFrame:
    """Friedkin and Johnsen's model: a susceptibility for each agent.

    x_i(t+1) = s_i [m_i x_i(t) + (1 - m_i) h_i(t)] + (1 - s_i) x_i(0): who has s_i = 0 stays what
    they were at the start, who has s_i = 1 follows the others (Friedkin & Johnsen 1990, Journal of
    Mathematical Sociology 15, 193-206). The weight of oneself among the influences is what
    susceptibility leaves, m_i = 1 - s_i, as the authors couple them (1999, Advances in Group
    Processes 16, 1-29): a weight of its own would, where opinions wander, take up all inertia and
    leave s_i = 1 to everybody who ever moves. Each s_i minimises the sum of squared errors over
    [0, 1], exactly: the sum is a polynomial in s_i.

    Args:
        meetings: From `transitions.meetings`.
        self_weight: One m in [0, 1] for everybody, in place of the coupling; 0 is the form of 1990.

    Returns:
        `PARAMETER_COLUMNS`, a row ``susceptibility`` for each agent. ``low`` to ``high`` are the
        values that fit about as well (likelihood ratio, 95 %, one error variance for everybody,
        to 0.001); NaN in all of them for who heard nothing but their own opinion of the start.

    Raises:
        InputError: `self_weight` lies outside [0, 1].
    """
    frame = steps(meetings)
    codes, agents = pd.factorize(frame["agent"], sort=True)
    once, twice = _pulls(frame, self_weight)
    moved = _column(frame, "next") - _column(frame, "start")
    sums = _sums_of_squares(codes, once, twice, moved)
    told = _by_code(codes, once**2 + twice**2) > NOTHING
    value = np.array([_least(one) for one in sums])
    left = polyval(value, sums.T, tensor=False)
    freedom = int(told[codes].sum() - told.sum())
    variance = float(left[told].sum()) / freedom if freedom > 0 else np.nan
    curved = _by_code(codes, (once + 2 * value[codes] * twice) ** 2)
    low, high = _fits_as_well(sums, value, variance * _quantile(freedom) ** 2)
    table = pd.DataFrame(
        {
            "agent": agents,
            "parameter": SUSCEPTIBILITY,
            "value": value,
            "error": np.sqrt(_ratio(np.full_like(curved, variance), curved)),
            "low": low,
            "high": high,
        }
    )
    table.loc[~told, ["value", "error", "low", "high"]] = np.nan
    table["steps"] = np.bincount(codes, minlength=len(agents))
    table["words"] = [_words(bool(one), freedom) for one in told]
    return table[list(PARAMETER_COLUMNS)]


def predict_degroot(meetings: pd.DataFrame, parameters: pd.DataFrame) -> "pd.Series[float]":
    """What `degroot` or `degroot_each` say that the next opinions are, in the order of `steps`."""
    frame = steps(meetings)
    weight = _by_agent(frame, parameters, SELF_WEIGHT)
    return weight * frame["now"] + (1 - weight) * frame["heard"]


def predict_friedkin_johnsen(
    meetings: pd.DataFrame, parameters: pd.DataFrame, self_weight: float | None = None
) -> "pd.Series[float]":
    """What `friedkin_johnsen` says that the next opinions are, in the order of `steps`."""
    frame = steps(meetings)
    value = _by_agent(frame, parameters, SUSCEPTIBILITY)
    once, twice = _pulls(frame, self_weight)
    return frame["start"] + value * once + value**2 * twice


def susceptibilities(meetings: pd.DataFrame) -> pd.DataFrame:
    """How far each agent gives in to others, by `friedkin_johnsen`.

    Args:
        meetings: From `transitions.meetings`; several questions and runs are pooled by agent.

    Returns:
        One row an agent, sorted: ``agent``, ``susceptibility`` in [0, 1], its standard ``error``,
        ``low`` and ``high`` (95 % interval within [0, 1]), ``steps``, and ``words``, empty unless
        something is wrong.
    """
    fitted = friedkin_johnsen(meetings)
    return fitted.drop(columns="parameter").rename(columns={"value": SUSCEPTIBILITY})


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
    reach = np.sqrt((value - unbounded) ** 2 + (_quantile(freedom) * error) ** 2)
    return np.clip(unbounded - reach, 0, 1), np.clip(unbounded + reach, 0, 1)


def _pulls(frame: pd.DataFrame, self_weight: float | None) -> tuple[Column, Column]:
    """What a susceptibility multiplies, and its square: next - start = s once + s^2 twice."""
    now, heard, start = (_column(frame, name) for name in ("now", "heard", "start"))
    if self_weight is None:
        return now - start, heard - now
    if not 0 <= self_weight <= 1:
        raise InputError(f"self_weight must lie in [0, 1], got {self_weight}")
    return self_weight * now + (1 - self_weight) * heard - start, np.zeros_like(now)


def _sums_of_squares(codes: NDArray[np.intp], once: Column, twice: Column, moved: Column) -> Column:
    """(agents, 5): coefficients of the sum of squared errors in s, the constant first."""
    products = (
        moved**2,
        -2 * moved * once,
        once**2 - 2 * moved * twice,
        2 * once * twice,
        twice**2,
    )
    return np.stack([_by_code(codes, product) for product in products], axis=1)


def _least(coefficients: Column) -> float:
    """Where in [0, 1] a polynomial is least; the smallest such place."""
    known = np.trim_zeros(coefficients, "b")
    turning = polyroots(polyder(known)) if len(known) > 1 else np.array([])
    inside = [root.real for root in turning if abs(root.imag) < 1e-9 and 0 < root.real < 1]
    places = np.array([0.0, *sorted(inside), 1.0])
    return float(places[np.argmin(polyval(places, coefficients).round(15))])


def _fits_as_well(sums: Column, value: Column, slack: float) -> tuple[Column, Column]:
    """Lowest and highest values on a grid whose sum of squares is above the least by `slack`."""
    if np.isnan(slack):
        return np.full_like(value, np.nan), np.full_like(value, np.nan)
    least = polyval(value, sums.T, tensor=False)
    near = polyval(GRID, sums.T) <= (least + slack)[:, None]
    low = np.where(near.any(axis=1), GRID[near.argmax(axis=1)], value)
    high = np.where(near.any(axis=1), GRID[::-1][near[:, ::-1].argmax(axis=1)], value)
    return np.minimum(low, value), np.maximum(high, value)


def _degroot_terms(frame: pd.DataFrame) -> tuple[Column, Column]:
    """Regressor and response of the self-weight: what lies between oneself and the others."""
    heard = _column(frame, "heard")
    return _column(frame, "now") - heard, _column(frame, "next") - heard


def _column(frame: pd.DataFrame, name: str) -> Column:
    return frame[name].to_numpy(dtype=float)


def _slopes_by_agent(
    frame: pd.DataFrame, regressor: Column, response: Column, parameter: str
) -> pd.DataFrame:
    """A slope through 0, cut to [0, 1], for each agent."""
    codes, agents = pd.factorize(frame["agent"], sort=True)
    size = _by_code(codes, regressor**2)
    along = _by_code(codes, regressor * response)
    known = size > NOTHING
    slope = _ratio(along, size)
    value = np.clip(slope, 0, 1)
    errors = response - np.nan_to_num(value)[codes] * regressor
    freedom = int(known[codes].sum() - known.sum())
    variance = float((errors[known[codes]] ** 2).sum()) / freedom if freedom > 0 else np.nan
    error = np.sqrt(_ratio(np.full_like(size, variance), size))
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
    table["words"] = [_words(one, freedom) for one in known]
    return table[list(PARAMETER_COLUMNS)]


def _words(known: bool, freedom: int) -> str:
    if not known:
        return "heard nothing that differs from their own opinion: cannot be told"
    return "" if freedom > 0 else "as many parameters as steps: no error can be given"


def _by_code(codes: NDArray[np.intp], values: Column) -> Column:
    """Sums of the values of each code."""
    return np.bincount(codes, values).astype(float)


def _ratio(above: Column, below: Column) -> Column:
    """A quotient, NaN where there is next to nothing to divide by."""
    return np.divide(above, below, out=np.full_like(below, np.nan), where=below > NOTHING)


def _quantile(freedom: int) -> float:
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) if freedom > 0 else np.nan


def _by_agent(frame: pd.DataFrame, parameters: pd.DataFrame, parameter: str) -> "pd.Series[float]":
    """A parameter for each step; agents who have none of their own get the mean of the others."""
    mine = parameters[parameters["parameter"] == parameter]
    own = frame["agent"].map(dict(zip(mine["agent"], mine["value"], strict=True)))
    return own.astype(float).fillna(float(mine["value"].mean()))
