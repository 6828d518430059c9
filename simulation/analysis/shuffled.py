"""The control *shuffled*: what a measure would give if labels meant nothing.

Labels (who spoke, who holds which opinion) are permuted in analysis, so this control costs no run.
A measure is reported as its excess over the mean of the permuted values. Who can be told from a
text has its own, because there everything is learnt anew: `identification.shuffled_accuracies`.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from personas.errors import InputError
from simulation.analysis.coordination import coordination, mean_coordination
from simulation.analysis.frames import require_columns
from simulation.analysis.opinion import SURVEY, assortativity, usable
from simulation.graph import Tie

COLUMNS = ("value", "floor", "excess", "p")
"""How `Shuffled` stands in a frame: observed, its floor, the difference, and its p."""
PERMUTATIONS = 999
"""An odd number beside the observed value makes p a round figure."""


@dataclass(frozen=True)
class Shuffled:
    """A measure beside its values under permuted labels."""

    observed: float
    null: NDArray[np.float64]
    """One value a permutation; NaN where the measure is not defined."""

    @property
    def floor(self) -> float:
        """Mean under permuted labels; NaN if it never is defined."""
        defined = self.null[~np.isnan(self.null)]
        return float(defined.mean()) if len(defined) else float("nan")

    @property
    def excess(self) -> float:
        """Observed minus floor."""
        return self.observed - self.floor

    @property
    def p(self) -> float:
        """Chance of a value at least as high if labels meant nothing, in (0, 1].

        (1 + m) / (1 + n), with m of n permutations at least as high (Phipson & Smyth 2010,
        Statistical Applications in Genetics and Molecular Biology 9, 39). NaN if not defined.
        """
        defined = self.null[~np.isnan(self.null)]
        if np.isnan(self.observed) or not len(defined):
            return float("nan")
        as_high = np.sum(defined >= self.observed - 1e-12)  # sums in another order differ so much
        return float((1 + as_high) / (1 + len(defined)))

    @property
    def row(self) -> tuple[float, float, float, float]:
        """The values of `COLUMNS`."""
        return (self.observed, self.floor, self.excess, self.p)


def shuffled(
    measure: Callable[["pd.Series[str]"], float],
    labels: "pd.Series[str]",
    rng: np.random.Generator,
    within: Sequence[Hashable] | None = None,
    permutations: int = PERMUTATIONS,
) -> Shuffled:
    """A measure of labels, beside what it gives when they are permuted.

    Args:
        measure: Takes labels, or anything else that is permuted, with the index of `labels`.
        labels: One for each case.
        rng: Draws the permutations.
        within: Group of each case, such as its run, told apart by its text: labels are exchanged
            within groups only.
        permutations: At least 1.

    Raises:
        InputError: `permutations` is less than 1, or there are not as many groups as labels.
    """
    if permutations < 1:
        raise InputError(f"permutations must be at least 1, got {permutations}")
    if within is not None and len(within) != len(labels):
        raise InputError(f"within must name a group for each of {len(labels)} labels")
    codes = (
        np.zeros(len(labels), int)
        if within is None
        else pd.factorize(pd.Series(list(map(str, within))))[0]
    )
    groups = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    null, order = np.empty(permutations), np.arange(len(labels))
    for place in range(permutations):
        for members in groups:
            order[members] = rng.permutation(members)
        null[place] = measure(labels.iloc[order].set_axis(labels.index))
    return Shuffled(measure(labels), null)


def shuffled_assortativity(
    opinions: pd.DataFrame,
    ties: Sequence[Tie],
    rng: np.random.Generator,
    *,
    directed: bool = False,
    permutations: int = PERMUTATIONS,
) -> pd.DataFrame:
    """Do people who hear each other think more alike than if each had drawn another's opinion?

    Opinions are permuted among the agents of one survey; the ties stay (the null of Krackhardt &
    Stern 1988's index, for numeric assortativity).

    Args:
        opinions: From `simulation.analysis.opinion.opinions`.
        ties: Who hears whom.
        rng: Draws the permutations.
        directed: Whether a tie counts one way only.
        permutations: At least 1.

    Returns:
        Columns of `SURVEY`, ``value`` (observed, in [-1, 1]), ``floor``, ``excess`` and ``p``.
    """
    rows = []
    for names, survey in usable(opinions).groupby(SURVEY):

        def alike(agents: "pd.Series[str]", survey: pd.DataFrame = survey) -> float:
            value = assortativity(survey.assign(agent=agents), ties, directed=directed)["value"]
            return float(value.iloc[0])

        found = shuffled(alike, survey["agent"], rng, permutations=permutations)
        rows.append((*names, *found.row))
    return pd.DataFrame(rows, columns=[*SURVEY, *COLUMNS])


def shuffled_coordination(
    pairs: pd.DataFrame, rng: np.random.Generator, permutations: int = 199
) -> pd.DataFrame:
    """Do replies take on the words of what they answer more than those of anything else heard?

    What was answered is permuted among one agent's replies, so that manner and topic stay and the
    link between one message and its reply goes.

    Args:
        pairs: From `simulation.analysis.conversation.reply_texts`.
        rng: Draws the permutations.
        permutations: At least 1.

    Returns:
        Columns ``arm``, ``value`` (observed mean coordination), ``floor``, ``excess`` and ``p``.
    """
    require_columns("pairs", pairs, ["arm", "agent", "heard"])
    rows = []
    for arm, part in pairs.groupby("arm"):
        here = part.reset_index(drop=True)

        def taken_on(heard: "pd.Series[str]", here: pd.DataFrame = here) -> float:
            by_marker = coordination(here.assign(heard=heard), by=("arm",))
            return float(mean_coordination(by_marker)["value"].iloc[0])

        found = shuffled(taken_on, here["heard"], rng, list(here["agent"]), permutations)
        rows.append((arm, *found.row))
    return pd.DataFrame(rows, columns=["arm", *COLUMNS])
