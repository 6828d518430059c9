"""Classical models of opinion dynamics that average, fitted to what agents thought over waves.

Each model is a pair of functions over `transitions.meetings`: a fit by bounded least squares on
one-step predictions, and the prediction. Those with a bound of confidence are in
`simulation.analysis.confidence`; `simulation.analysis.modelfit` compares them all.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

from simulation.analysis.transitions import steps

Column = NDArray[np.float64]

EVERYBODY = ""
"""Stands for the agent of a parameter that all share."""
PARAMETER_COLUMNS = ("agent", "parameter", "value", "error", "low", "high", "steps", "words")
SELF_WEIGHT = "self-weight"
SUSCEPTIBILITY = "susceptibility"
GRID = np.linspace(0, 1, 101)
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


def friedkin_johnsen(meetings: pd.DataFrame) -> pd.DataFrame:
    """Friedkin and Johnsen's model: a susceptibility for each agent, one self-weight for all.

    x_i(t+1) = s_i [m x_i(t) + (1 - m) h_i(t)] + (1 - s_i) x_i(0): who has s_i = 0 stays what they
    were, who has s_i = 1 takes part in DeGroot's averaging (Friedkin & Johnsen 1990, Journal of
    Mathematical Sociology 15, 193-206). For given m each s_i is a least-squares slope, cut to
    [0, 1]; m is found on a grid and refined. Errors come from the curvature at the solution with
    one error variance for everybody, and count that m was fitted too.

    Args:
        meetings: From `transitions.meetings`.

    Returns:
        `PARAMETER_COLUMNS`: a row ``susceptibility`` for each agent, and a last row for the shared
        ``self-weight`` m. A susceptibility is NaN for who heard nothing but their own opinion of
        the start; m is 0, without an error, if there is but one step from the start.
    """
    frame = steps(meetings)
    sums = _Sums(frame)
    mixed = bool((frame["now"] != frame["start"]).any())
    weight = sums.best_self_weight() if mixed else 0.0
    start = frame["start"].to_numpy(dtype=float)
    pull = _mixed(frame, weight) - start
    moved = frame["next"].to_numpy(dtype=float) - start
    table = _slopes_by_agent(frame, pull, moved, SUSCEPTIBILITY, spent=int(mixed))
    return _with_self_weight(table, frame, weight, pull, mixed=mixed)


def predict_degroot(meetings: pd.DataFrame, parameters: pd.DataFrame) -> "pd.Series[float]":
    """What `degroot` or `degroot_each` say that the next opinions are, in the order of `steps`."""
    frame = steps(meetings)
    weight = _by_agent(frame, parameters, SELF_WEIGHT)
    return weight * frame["now"] + (1 - weight) * frame["heard"]


def predict_friedkin_johnsen(
    meetings: pd.DataFrame, parameters: pd.DataFrame
) -> "pd.Series[float]":
    """What `friedkin_johnsen` says that the next opinions are, in the order of `steps`."""
    frame = steps(meetings)
    susceptibility = _by_agent(frame, parameters, SUSCEPTIBILITY)
    shared = parameters.loc[parameters["parameter"] == SELF_WEIGHT, "value"].iloc[0]
    pull = pd.Series(_mixed(frame, float(shared)), index=frame.index)
    return susceptibility * pull + (1 - susceptibility) * frame["start"]


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
    mine = fitted[fitted["parameter"] == SUSCEPTIBILITY]
    return (
        mine.drop(columns="parameter")
        .rename(columns={"value": SUSCEPTIBILITY})
        .reset_index(drop=True)
    )


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


class _Sums:
    """Sums of products by agent, from which the fit for any self-weight follows."""

    def __init__(self, frame: pd.DataFrame) -> None:
        start = frame["start"].to_numpy(dtype=float)
        heard, stayed = (frame[name].to_numpy(dtype=float) - start for name in ("heard", "now"))
        moved = frame["next"].to_numpy(dtype=float) - start
        codes = pd.factorize(frame["agent"], sort=True)[0]

        def over(products: Column) -> Column:
            return np.bincount(codes, products)

        self.heard_heard, self.heard_stayed = over(heard**2), over(heard * stayed)
        self.stayed_stayed, self.moved_moved = over(stayed**2), over(moved**2)
        self.heard_moved, self.stayed_moved = over(heard * moved), over(stayed * moved)

    def left(self, weight: float) -> float:
        """Sum of squared errors with the best susceptibilities for a self-weight."""
        other = 1 - weight
        size = (
            other**2 * self.heard_heard
            + 2 * weight * other * self.heard_stayed
            + weight**2 * self.stayed_stayed
        )
        along = other * self.heard_moved + weight * self.stayed_moved
        slope = np.clip(np.divide(along, size, out=np.zeros_like(size), where=size > NOTHING), 0, 1)
        return float((self.moved_moved - 2 * slope * along + slope**2 * size).sum())

    def best_self_weight(self) -> float:
        """The self-weight in [0, 1] that leaves least; the smallest one if several do."""
        left = [self.left(weight) for weight in GRID]
        best = int(np.argmin(left))
        if left[best] <= NOTHING:
            return float(GRID[best])
        around = (GRID[max(best - 1, 0)], GRID[min(best + 1, len(GRID) - 1)])
        refined = optimize.minimize_scalar(
            self.left, bounds=around, method="bounded", options={"xatol": 1e-9}
        )
        return float(refined.x if refined.fun < left[best] else GRID[best])


def _degroot_terms(frame: pd.DataFrame) -> tuple[Column, Column]:
    """Regressor and response of the self-weight: what lies between oneself and the others."""
    heard = frame["heard"].to_numpy(dtype=float)
    return frame["now"].to_numpy(float) - heard, frame["next"].to_numpy(float) - heard


def _mixed(frame: pd.DataFrame, weight: float) -> Column:
    mixed = weight * frame["now"] + (1 - weight) * frame["heard"]
    return mixed.to_numpy(dtype=float)


def _slopes_by_agent(
    frame: pd.DataFrame, regressor: Column, response: Column, parameter: str, spent: int = 0
) -> pd.DataFrame:
    """A slope through 0, cut to [0, 1], for each agent; `spent` parameters were fitted before."""
    codes, agents = pd.factorize(frame["agent"], sort=True)
    size = np.bincount(codes, regressor**2)
    along = np.bincount(codes, regressor * response)
    known = size > NOTHING
    slope = np.divide(along, size, out=np.full_like(size, np.nan), where=known)
    value = np.clip(slope, 0, 1)
    errors = response - np.nan_to_num(value)[codes] * regressor
    freedom = int(known[codes].sum() - known.sum()) - spent
    variance = float((errors[known[codes]] ** 2).sum()) / freedom if freedom > 0 else np.nan
    error = np.sqrt(np.divide(variance, size, out=np.full_like(size, np.nan), where=known))
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


def _with_self_weight(
    table: pd.DataFrame, frame: pd.DataFrame, weight: float, pull: Column, *, mixed: bool
) -> pd.DataFrame:
    """Adds the shared self-weight, and what its own error does to the errors of the others."""
    row = {
        "agent": EVERYBODY,
        "parameter": SELF_WEIGHT,
        "value": weight,
        "error": np.nan,
        "low": np.nan,
        "high": np.nan,
        "steps": len(frame),
        "words": "" if mixed else "one step from the start alone: taken as 0",
    }
    if mixed:
        codes = pd.factorize(frame["agent"], sort=True)[0]
        value = np.nan_to_num(table["value"].to_numpy(dtype=float))
        size = np.bincount(codes, pull**2)
        own = value[codes] * (frame["now"] - frame["heard"]).to_numpy(dtype=float)
        # A slope at its bound does not give way when the self-weight changes.
        inside = (size > NOTHING) & (value > 0) & (value < 1)
        cross = np.bincount(codes, pull * own)
        lean = np.divide(cross, size, out=np.zeros_like(size), where=inside)
        left = float((own**2).sum() - (lean * cross).sum())
        variance = float(np.nanmedian(table["error"] ** 2 * size)) if size.any() else np.nan
        row["error"] = np.sqrt(variance / left) if left > NOTHING else np.nan
        freedom = int((size > NOTHING)[codes].sum() - (size > NOTHING).sum()) - 1
        reach = _quantile(freedom) * float(row["error"])
        row["low"], row["high"] = np.clip([weight - reach, weight + reach], 0, 1)
        wider = np.sqrt(table["error"] ** 2 + (lean * np.nan_to_num(row["error"])) ** 2)
        grown = (wider - table["error"]).fillna(0) * _quantile(freedom)
        table["error"] = wider
        table["low"] = (table["low"] - grown).clip(0, 1)
        table["high"] = (table["high"] + grown).clip(0, 1)
    return pd.concat([table, pd.DataFrame([row])], ignore_index=True)[list(PARAMETER_COLUMNS)]


def _quantile(freedom: int) -> float:
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) if freedom > 0 else np.nan


def _by_agent(frame: pd.DataFrame, parameters: pd.DataFrame, parameter: str) -> "pd.Series[float]":
    """A parameter for each step; agents who have none of their own get the mean of the others."""
    mine = parameters[parameters["parameter"] == parameter]
    own = frame["agent"].map(dict(zip(mine["agent"], mine["value"], strict=True)))
    return own.astype(float).fillna(float(mine["value"].mean()))
