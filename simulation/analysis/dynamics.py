"""Classical models of opinion dynamics that average, fitted to what agents thought over waves.

Each model is a pair of functions over `transitions.meetings`: a fit by bounded least squares on
one-step predictions, and the prediction. Those with a bound of confidence are in
`simulation.analysis.confidence`; `simulation.analysis.modelfit` compares them all.
"""

import numpy as np
import pandas as pd
from numpy.polynomial.polynomial import polyder, polyroots, polyval
from numpy.typing import NDArray

from personas.errors import InputError
from simulation.analysis.slopes import (
    NOTHING,
    PARAMETER_COLUMNS,
    Column,
    by_code,
    column,
    quantile,
    ratio,
    slopes_by_agent,
    why_not_told,
)
from simulation.analysis.transitions import steps

EVERYBODY = ""
"""Stands for the agent of a parameter that all share."""
SELF_WEIGHT = "self-weight"
SUSCEPTIBILITY = "susceptibility"
GRID = np.linspace(0, 1, 1001)


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
    return slopes_by_agent(frame.assign(agent=EVERYBODY), *_degroot_terms(frame), SELF_WEIGHT)


def degroot_each(meetings: pd.DataFrame) -> pd.DataFrame:
    """DeGroot's model with a self-weight for each agent: x_i(t+1) = w_i x_i(t) + (1 - w_i) h_i(t).

    Args:
        meetings: From `transitions.meetings`.

    Returns:
        As `degroot`, one row an agent.
    """
    frame = steps(meetings)
    return slopes_by_agent(frame, *_degroot_terms(frame), SELF_WEIGHT)


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
    moved = column(frame, "next") - column(frame, "start")
    sums = _sums_of_squares(codes, once, twice, moved)
    told = by_code(codes, once**2 + twice**2) > NOTHING
    value = np.array([_least(one) for one in sums])
    left = np.maximum(polyval(value, sums.T, tensor=False), 0)  # rounding may fall below
    freedom = int(told[codes].sum() - told.sum())
    variance = float(left[told].sum()) / freedom if freedom > 0 else np.nan
    curved = by_code(codes, (once + 2 * value[codes] * twice) ** 2)
    low, high = _fits_as_well(sums, value, variance * quantile(freedom) ** 2)
    table = pd.DataFrame(
        {
            "agent": agents,
            "parameter": SUSCEPTIBILITY,
            "value": value,
            "error": np.sqrt(ratio(np.full_like(curved, variance), curved)),
            "low": low,
            "high": high,
        }
    )
    table.loc[~told, ["value", "error", "low", "high"]] = np.nan
    table["steps"] = np.bincount(codes, minlength=len(agents))
    table["words"] = [why_not_told(bool(one), freedom) for one in told]
    return table[list(PARAMETER_COLUMNS)]


def friedkin_johnsen_free(meetings: pd.DataFrame) -> pd.DataFrame:
    """Friedkin and Johnsen's model with one self-weight m for everybody, fitted as well.

    It can follow opinions that wander and never return, where `friedkin_johnsen` cannot; then m
    takes up all inertia and the susceptibilities tell little apart.

    Args:
        meetings: From `transitions.meetings`.

    Returns:
        As `friedkin_johnsen`, and a last row ``self-weight``: m in [0, 1] on a grid of 0.001, with
        the interval of those that fit about as well (likelihood ratio, 95 %). With but one step
        from the start, m is taken as 0, as the words say.
    """
    frame = steps(meetings)
    mixed = bool((frame["now"] != frame["start"]).any())
    left = _left_by_self_weight(frame) if mixed else np.zeros(1)
    best = int(np.argmin(left))
    table = friedkin_johnsen(meetings, float(GRID[best]))
    freedom = len(frame) - len(table) - 1
    near = GRID[: len(left)][left <= left[best] * np.exp(quantile(freedom) ** 2 / max(freedom, 1))]
    told = mixed and freedom > 0 and len(near) > 0
    row = {
        "agent": EVERYBODY,
        "parameter": SELF_WEIGHT,
        "value": float(GRID[best]),
        "error": np.nan,
        "low": near[0] if told else np.nan,
        "high": near[-1] if told else np.nan,
        "steps": len(frame),
        "words": "" if mixed else "one step from the start alone: self-weight taken as 0",
    }
    return pd.concat([table, pd.DataFrame([row])], ignore_index=True)


def predict_degroot(meetings: pd.DataFrame, parameters: pd.DataFrame) -> "pd.Series[float]":
    """What `degroot` or `degroot_each` say that the next opinions are, in the order of `steps`."""
    frame = steps(meetings)
    weight = _by_agent(frame, parameters, SELF_WEIGHT)
    return weight * frame["now"] + (1 - weight) * frame["heard"]


def predict_friedkin_johnsen(
    meetings: pd.DataFrame, parameters: pd.DataFrame
) -> "pd.Series[float]":
    """What `friedkin_johnsen` (or `..._free`) says that the next opinions are, as in `steps`."""
    frame = steps(meetings)
    value = _by_agent(frame, parameters, SUSCEPTIBILITY)
    shared = parameters.loc[parameters["parameter"] == SELF_WEIGHT, "value"]
    once, twice = _pulls(frame, None if shared.empty else float(shared.iloc[0]))
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


def _pulls(frame: pd.DataFrame, self_weight: float | None) -> tuple[Column, Column]:
    """What a susceptibility multiplies, and its square: next - start = s once + s^2 twice."""
    now, heard, start = (column(frame, name) for name in ("now", "heard", "start"))
    if self_weight is None:
        return now - start, heard - now
    if not 0 <= self_weight <= 1:
        raise InputError(f"self_weight must lie in [0, 1], got {self_weight}")
    return self_weight * now + (1 - self_weight) * heard - start, np.zeros_like(now)


def _left_by_self_weight(frame: pd.DataFrame) -> Column:
    """Sum of squared errors with the best susceptibilities, for each self-weight of the grid."""
    codes = pd.factorize(frame["agent"], sort=True)[0]
    start = column(frame, "start")
    stayed, heard, moved = (column(frame, name) - start for name in ("now", "heard", "next"))
    own, others = GRID[:, None], 1 - GRID[:, None]
    size = (
        own**2 * by_code(codes, stayed**2)
        + 2 * own * others * by_code(codes, stayed * heard)
        + others**2 * by_code(codes, heard**2)
    )
    along = own * by_code(codes, stayed * moved) + others * by_code(codes, heard * moved)
    value = np.clip(np.nan_to_num(ratio(along, size)), 0, 1)
    left = by_code(codes, moved**2) - 2 * value * along + value**2 * size
    return np.asarray(np.maximum(left.sum(axis=1), 0))


def _sums_of_squares(codes: NDArray[np.intp], once: Column, twice: Column, moved: Column) -> Column:
    """(agents, 5): coefficients of the sum of squared errors in s, the constant first."""
    products = (
        moved**2,
        -2 * moved * once,
        once**2 - 2 * moved * twice,
        2 * once * twice,
        twice**2,
    )
    return np.stack([by_code(codes, product) for product in products], axis=1)


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
    heard = column(frame, "heard")
    return column(frame, "now") - heard, column(frame, "next") - heard


def _by_agent(frame: pd.DataFrame, parameters: pd.DataFrame, parameter: str) -> "pd.Series[float]":
    """A parameter for each step; agents who have none of their own get the mean of the others."""
    mine = parameters[parameters["parameter"] == parameter]
    own = frame["agent"].map(dict(zip(mine["agent"], mine["value"], strict=True)))
    return own.astype(float).fillna(float(mine["value"].mean()))
