"""How far each agent's opinion moves from wave to wave: openness without a model of where to.

Models that average explain a move by what others think on average. Where one good reason moves
somebody a notch, most moves miss that average and a fit takes them for noise; whether somebody
moved at all is still there to be counted.
"""

import numpy as np
import pandas as pd

from simulation.analysis.slopes import Column, by_code, column, why_not_told
from simulation.analysis.transitions import steps

MOBILITY_COLUMNS = ("agent", "mobility", "plain", "low", "high", "steps", "words")
REACH = 1.96


def mobility(meetings: pd.DataFrame) -> pd.DataFrame:
    """Mean absolute move between two waves, over steps in which somebody else was heard.

    Means of few steps are drawn towards everybody's by what the spread between agents allows
    (empirical Bayes with normal means and one error variance: Morris 1983, JASA 78, 47-55; the
    variance between agents by moments), so that nobody ranks first by the luck of a single step.
    With as many steps for everybody the order is that of the plain means.

    It counts errors of the survey as moves, the same for everybody: set the noise floor's beside
    it. And it depends on what was heard: who meets nobody of another mind has no reason to move. So
    compare agents who met in the same waves and the same kind of company.

    Over 100 people who obey the town's law of persuasion it ranks them by openness as well as
    anything could that knew when each heard a new reason (``bench/openness.py``).

    Args:
        meetings: From `transitions.meetings` or `meetings_heard`; several questions and runs are
            pooled by agent.

    Returns:
        `MOBILITY_COLUMNS`, one row an agent, sorted:

        - ``mobility`` >= 0: on the scale of 2, drawn towards the mean;
        - ``plain`` >= 0: the mean as it is;
        - ``low``, ``high``: 95 % interval of ``mobility``, not below 0, NaN where nobody has two
          steps;
        - ``steps``, and ``words``: empty unless something must be said.
    """
    frame = steps(meetings)
    codes, agents = pd.factorize(frame["agent"], sort=True)
    moves = np.abs(column(frame, "next") - column(frame, "now"))
    count = np.bincount(codes, minlength=len(agents)).astype(float)
    plain = by_code(codes, moves) / np.maximum(count, 1)
    freedom = int(len(moves) - len(agents))
    within = float(((moves - plain[codes]) ** 2).sum()) / freedom if freedom > 0 else np.nan
    value, error = _drawn_together(plain, within / count)
    table = pd.DataFrame({"agent": agents, "mobility": value, "plain": plain})
    table["low"] = np.maximum(value - REACH * error, 0)
    table["high"] = value + REACH * error
    table["steps"] = count.astype(int)
    table["words"] = why_not_told(True, freedom)
    return table[list(MOBILITY_COLUMNS)]


def _drawn_together(means: Column, variances: Column) -> tuple[Column, Column]:
    """Means drawn towards their common mean, and the error of each; as they are if errors are NaN.

    Args:
        means: One an agent.
        variances: Of each mean, by chance alone.
    """
    if len(means) < 2 or np.isnan(variances).any():
        return means, np.full_like(means, np.nan)
    between = max(0.0, float(means.var(ddof=1)) - float(variances.mean()))
    spread = np.maximum(between + variances, np.finfo(float).tiny)
    centre = float(np.average(means, weights=1 / spread))
    # Morris's factor: however few the agents, nobody is drawn to the mean altogether, and the
    # order stays. For three or fewer nothing is known of the spread between them.
    drawn = max(0.0, (len(means) - 3) / (len(means) - 1)) * variances / spread
    return centre + (1 - drawn) * (means - centre), np.sqrt((1 - drawn) * variances)
