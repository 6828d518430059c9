"""Models with a bound of confidence: only those who think not too differently are heard at all."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from simulation.analysis.dynamics import EVERYBODY
from simulation.analysis.slopes import CONFIDENCE, NOTHING, PARAMETER_COLUMNS, Column, interval_on
from simulation.analysis.transitions import STEP, steps

BOUND = "confidence bound"
RATE = "convergence rate"
WIDEST = 2.0
"""Nobody is further away than the length of the scale, so this bound excludes nobody."""
CANDIDATES = 200
"""Most bounds that are tried; the fit changes only where one more pair comes within the bound."""


def deffuant(meetings: pd.DataFrame) -> pd.DataFrame:
    """Deffuant's model: one bound of confidence and one rate of convergence for everybody.

    Who meets somebody no further away than e moves towards them by the share mu of the distance
    (Deffuant, Neau, Amblard & Weisbuch 2000, Advances in Complex Systems 3, 87-98). Between two
    waves an agent may have met any of those it hears, so its mean move is fitted: x_i(t+1) =
    x_i(t) + mu sum_j w_ij (x_j(t) - x_i(t)) [abs(x_j(t) - x_i(t)) <= e], with weights that sum
    to 1. For given e the best mu is a slope cut to [0, 1] (hearing goes one way here; where both
    move, mu is at most 0.5); every e at which the fit can change is tried, up to 200.

    Args:
        meetings: From `transitions.meetings` or `meetings_heard`.

    Returns:
        `slopes.PARAMETER_COLUMNS`, two rows: ``confidence bound`` in [0, 2] and ``convergence
        rate`` in [0, 1]. The bound lies halfway between the last distance that it includes and the
        first that it does not; its interval holds every bound that fits about as well (likelihood
        ratio, 95 %), its error is NaN. If nobody moves, no bound can be told, and the words say so.
    """
    frame = steps(meetings)
    moved = (frame["next"] - frame["now"]).to_numpy(dtype=float)
    pulls = _Pulls(meetings)
    fits = [_slope(pulls.within(bound), moved) for bound in pulls.bounds]
    left = np.array([fit[2] for fit in fits])
    best = int(np.argmin(left))
    rate, unbounded, least, size = fits[best][0], fits[best][1], left[best], fits[best][3]
    freedom = len(frame) - 2
    error = np.sqrt(least / freedom / size) if freedom > 0 and size > NOTHING else np.nan
    low, high = interval_on(np.array([unbounded]), np.array([rate]), np.array([error]), freedom)
    told = size > NOTHING and rate > 0
    words = "" if told else "nobody moves towards those whom they hear: no bound can be told"
    bound = pulls.interval(left, best) if told else (np.nan, np.nan, np.nan)
    rows = [
        (EVERYBODY, BOUND, bound[0], np.nan, bound[1], bound[2], len(frame), words),
        (EVERYBODY, RATE, rate, error, float(low[0]), float(high[0]), len(frame), words),
    ]
    return pd.DataFrame(rows, columns=list(PARAMETER_COLUMNS))


def predict_deffuant(meetings: pd.DataFrame, parameters: pd.DataFrame) -> "pd.Series[float]":
    """What `deffuant` says that the next opinions are, in the order of `transitions.steps`."""
    values = dict(zip(parameters["parameter"], parameters["value"], strict=True))
    bound = WIDEST if np.isnan(values[BOUND]) else float(values[BOUND])
    now: pd.Series[float] = steps(meetings)["now"]
    return now + float(values[RATE]) * _Pulls(meetings).within(bound)


def hegselmann_krause(meetings: pd.DataFrame) -> pd.DataFrame:
    """Hegselmann and Krause's model: everybody takes the mean of all within a bound of confidence.

    x_i(t+1) is the mean of x_j(t) over i itself and all j whom i hears with abs(x_j(t) - x_i(t))
    <= e (Hegselmann & Krause 2002, JASSS 5(3), 2), by least squares over e as in `deffuant`.

    Args:
        meetings: From `transitions.meetings`; weights do not count.

    Returns:
        `slopes.PARAMETER_COLUMNS`, one row: ``confidence bound`` in [0, 2], as in `deffuant`.
    """
    frame = steps(meetings)
    now, after = (frame[name].to_numpy(dtype=float) for name in ("now", "next"))
    pulls = _Pulls(meetings)
    left = np.array([((after - now - pulls.mean_within(b)) ** 2).sum() for b in pulls.bounds])
    value, low, high = pulls.interval(left, int(np.argmin(left)))
    row = (EVERYBODY, BOUND, value, np.nan, low, high, len(frame), "")
    return pd.DataFrame([row], columns=list(PARAMETER_COLUMNS))


def predict_hegselmann_krause(
    meetings: pd.DataFrame, parameters: pd.DataFrame
) -> "pd.Series[float]":
    """What `hegselmann_krause` says that the next opinions are, in the order of `steps`."""
    now: pd.Series[float] = steps(meetings)["now"]
    return now + _Pulls(meetings).mean_within(float(parameters["value"].iloc[0]))


class _Pulls:
    """How far those within a bound draw each agent, for any bound."""

    def __init__(self, meetings: pd.DataFrame) -> None:
        # Numbered in the order of `steps`, which sorts by STEP as well.
        self._step = meetings.groupby(STEP).ngroup().to_numpy()
        self._count = int(self._step.max()) + 1 if len(meetings) else 0
        self._towards = (meetings["theirs"] - meetings["now"]).to_numpy(dtype=float)
        self._weight = meetings["weight"].to_numpy(dtype=float)
        distances = np.unique(np.abs(self._towards).round(12))
        if len(distances) > CANDIDATES:
            distances = np.unique(np.quantile(distances, np.linspace(0, 1, CANDIDATES)))
        edges = np.concatenate([[0.0], distances[distances > 0], [WIDEST]])
        self.edges: Column = np.unique(np.minimum(edges, WIDEST))
        """Distances at which the fit changes, from 0 to the length of the scale."""
        halves = (self.edges[:-1] + self.edges[1:]) / 2
        self.bounds: Column = halves if len(halves) else np.array([WIDEST])
        """A bound between each two of them."""

    def within(self, bound: float) -> Column:
        """Weighted sum of the distances to all within the bound, a value a step."""
        near = np.abs(self._towards) <= bound
        return self._over(self._weight * self._towards * near)

    def mean_within(self, bound: float) -> Column:
        """Mean distance to oneself and all within the bound, a value a step."""
        near = (np.abs(self._towards) <= bound).astype(float)
        return self._over(self._towards * near) / (1 + self._over(near))

    def interval(self, left: Column, best: int) -> tuple[float, float, float]:
        """A bound, and the lowest and the highest of those that fit about as well as it.

        Args:
            left: Sum of squared errors for each of `bounds`.
            best: Place of the least.
        """
        drop = stats.chi2.ppf(CONFIDENCE, 1)
        limit = max(left[best], NOTHING) * np.exp(drop / max(self._count, 1))
        among = np.flatnonzero(left <= limit)
        edges = self.edges if len(self.edges) > 1 else np.array([0.0, WIDEST])
        return float(self.bounds[best]), float(edges[among[0]]), float(edges[among[-1] + 1])

    def _over(self, products: NDArray[np.float64]) -> Column:
        return np.bincount(self._step, products, minlength=self._count).astype(float)


def _slope(regressor: Column, response: Column) -> tuple[float, float, float, float]:
    """Slope cut to [0, 1], slope, what is left over, and the regressor's sum of squares."""
    size, along = float(regressor @ regressor), float(regressor @ response)
    slope = along / size if size > NOTHING else 0.0
    cut = min(max(slope, 0.0), 1.0)
    left = float(((response - cut * regressor) ** 2).sum())
    return cut, slope, left, size
