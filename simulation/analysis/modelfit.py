"""Which model of opinion dynamics describes a run, and does any do better than "nobody moves"?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from personas.errors import InputError
from simulation.analysis import confidence, dynamics
from simulation.analysis.slopes import PARAMETER_COLUMNS
from simulation.analysis.transitions import CASE, steps

NO_CHANGE = "no change"
FOLDS = 5
NOTHING = 1e-12
"""Sum of squared moves below which nobody has moved."""
COMPARISON_COLUMNS = (
    "model",
    "parameters",
    "steps",
    "agents",
    "rmse",
    "r2",
    "held_out_rmse",
    "held_out_r2",
    "aicc",
    "delta_aicc",
    "words",
)


@dataclass(frozen=True)
class Model:
    """A model of opinion dynamics: how it is fitted, and what it then says of the next wave."""

    name: str
    fit: Callable[[pd.DataFrame], pd.DataFrame]
    """From `transitions.meetings` to `slopes.PARAMETER_COLUMNS`."""
    predict: "Callable[[pd.DataFrame, pd.DataFrame], pd.Series[float]]"
    """From meetings and parameters to the next opinions, in the order of `transitions.steps`."""


def _nothing(_meetings: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(columns=list(PARAMETER_COLUMNS))


def _stay(meetings: pd.DataFrame, _parameters: pd.DataFrame) -> "pd.Series[float]":
    now: pd.Series[float] = steps(meetings)["now"]
    return now


MODELS = (
    Model(NO_CHANGE, _nothing, _stay),
    Model("DeGroot", dynamics.degroot, dynamics.predict_degroot),
    Model("DeGroot, one weight an agent", dynamics.degroot_each, dynamics.predict_degroot),
    Model(
        "Friedkin\N{EN DASH}Johnsen",
        dynamics.friedkin_johnsen,
        dynamics.predict_friedkin_johnsen,
    ),
    Model(
        "Friedkin\N{EN DASH}Johnsen, free self-weight",
        dynamics.friedkin_johnsen_free,
        dynamics.predict_friedkin_johnsen,
    ),
    Model("Deffuant", confidence.deffuant, confidence.predict_deffuant),
    Model(
        "Hegselmann\N{EN DASH}Krause",
        confidence.hegselmann_krause,
        confidence.predict_hegselmann_krause,
    ),
)
"""DeGroot's, Deffuant's and the freer form of Friedkin and Johnsen's contain "no change"; their
coupled form does not: whoever has moved is drawn back to the start."""


def compare_models(
    meetings: pd.DataFrame, models: tuple[Model, ...] = MODELS, folds: int = FOLDS
) -> pd.DataFrame:
    """Goodness of fit of each model, on the steps it was fitted to and on steps held out.

    Args:
        meetings: From `transitions.meetings` or `meetings_heard`.
        models: What to compare.
        folds: Parts into which surveys are dealt, wave by wave; each part is predicted by a fit to
            the others. With fewer surveys there are as many parts as surveys.

    Returns:
        `COMPARISON_COLUMNS`, one row a model:

        - ``parameters``: how many were fitted, the error variance not counted;
        - ``rmse`` >= 0: root of the mean squared error of the next opinion, on the scale of 2;
        - ``r2`` <= 1: share of the squared moves that the model explains, 1 - SSE / SSE of
          "no change"; negative where it does worse; NaN where nobody moved;
        - ``held_out_rmse``, ``held_out_r2``: the same on steps held out; NaN with one survey;
        - ``aicc``: n ln(SSE / n) + 2k + 2k(k + 1)/(n - k - 1), k with the error variance (Hurvich &
          Tsai 1989, Biometrika 76, 297-307); ``delta_aicc`` >= 0: above the best. NaN where there
          are too few steps, or nothing is left over;
        - ``words``: empty unless something must be said.

    Raises:
        InputError: There is no step, or folds are below 2.
    """
    if folds < 2:
        raise InputError(f"folds must be at least 2, got {folds}")
    if meetings.empty:
        raise InputError(
            "meetings must hold at least one step: two waves with usable answers of agents who "
            "hear each other"
        )
    frame = steps(meetings)
    still = float(((frame["next"] - frame["now"]) ** 2).sum())
    parts = _parts(meetings, folds)
    rows = [_row(model, meetings, frame, parts, still) for model in models]
    table = pd.DataFrame(rows, columns=list(COMPARISON_COLUMNS))
    table["delta_aicc"] = table["aicc"] - table["aicc"].min()
    return table


def _row(
    model: Model,
    meetings: pd.DataFrame,
    frame: pd.DataFrame,
    parts: Sequence["_Part"],
    still: float,
) -> dict[str, object]:
    parameters = model.fit(meetings)
    fitted = int(parameters["value"].notna().sum())
    left = _squared(model.predict(meetings, parameters), frame)
    held_out = _held_out(model, parts)
    count = len(frame)
    return {
        "model": model.name,
        "parameters": fitted,
        "steps": count,
        "agents": frame["agent"].nunique(),
        "rmse": float(np.sqrt(left / count)),
        "r2": _explained(left, still),
        "held_out_rmse": float(np.sqrt(held_out / count)),
        "held_out_r2": _explained(held_out, still),
        "aicc": _aicc(left, count, fitted + 1),
        "words": _words(parameters, still),
    }


class _Part(NamedTuple):
    """Some of the surveys, to be predicted by a fit to the others."""

    seen: pd.DataFrame
    unseen: pd.DataFrame
    steps: pd.DataFrame
    """Of what is unseen."""


def _parts(meetings: pd.DataFrame, folds: int) -> list[_Part]:
    """Surveys of a case and wave go together, dealt in turn."""
    part = meetings.groupby([*CASE, "wave"]).ngroup() % folds
    return [
        _Part(meetings[part != one], unseen := meetings[part == one], steps(unseen))
        for one in sorted(part.unique())
    ]


def _held_out(model: Model, parts: Sequence[_Part]) -> float:
    """Sum of squared errors on steps that the fit did not see; NaN if there is but one part."""
    if len(parts) < 2:
        return float("nan")
    return sum(_squared(model.predict(one.unseen, model.fit(one.seen)), one.steps) for one in parts)


def _squared(predicted: "pd.Series[float]", frame: pd.DataFrame) -> float:
    errors = frame["next"].to_numpy(dtype=float) - predicted.to_numpy(dtype=float)
    return float((errors**2).sum())


def _explained(left: float, still: float) -> float:
    return 1 - left / still if still > NOTHING else float("nan")


def _aicc(left: float, count: int, fitted: int) -> float:
    if left <= NOTHING or count - fitted - 1 <= 0:
        return float("nan")
    penalty = 2 * fitted + 2 * fitted * (fitted + 1) / (count - fitted - 1)
    return float(count * np.log(left / count) + penalty)


def _words(parameters: pd.DataFrame, still: float) -> str:
    if still <= NOTHING:
        return "nobody moved: there is nothing to explain"
    said = [word for word in dict.fromkeys(parameters["words"]) if word]
    return "; ".join(f"{word} ({(parameters['words'] == word).sum()})" for word in said)
