"""What a picture or a page shows of a frame: which question, which arms, which names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isnan

import pandas as pd

from simulation.analysis.frames import RunFacts

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
"""Stands where there is no number."""


@dataclass(frozen=True)
class View:
    """What to show of a frame, and under which names."""

    question: str
    labels: Mapping[str, str]
    """Name for people by agent key; also the order in which agents are shown."""
    main: str = "talk"
    floor: str | None = "scrambled"
    unit: str = "rounds"
    """What one unit of virtual time is called."""
    swaps: tuple[tuple[float, str], ...] = ()
    """Where on the axis of waves an agent, given by its key, changes its persona."""

    @classmethod
    def of(cls, facts: RunFacts) -> "View":
        """The view that a run's manifest suggests."""
        return cls(facts.topic, facts.labels, facts.main_arm, facts.floor_arm, facts.unit)

    @property
    def time_axis(self) -> str:
        """Words for an axis of virtual time."""
        return f"virtual time ({self.unit}; 0 is before the talk)"

    @property
    def arms(self) -> list[str]:
        """The floor, if there is one, and the talk: drawn in this order the talk lies on top."""
        return [self.floor, self.main] if self.floor else [self.main]

    def arms_of(self, frame: pd.DataFrame) -> list[str]:
        """All arms of a frame: the talk, its floor, then the other controls."""
        known = [str(arm) for arm in dict.fromkeys(frame["arm"])]
        return [*self.arms[::-1], *(arm for arm in known if arm not in self.arms)]

    def rows(self, frame: pd.DataFrame, arm: str) -> pd.DataFrame:
        """The rows of one arm that answer the question, by wave."""
        chosen: pd.DataFrame = frame[(frame["arm"] == arm) & (frame["question"] == self.question)]
        return chosen.sort_values("wave")

    def finals(self, frame: pd.DataFrame, arm: str, column: str) -> "pd.Series[float]":
        """`column` at the arm's last wave, by agent, in the order of `labels`."""
        rows = self.rows(frame, arm)
        last: pd.DataFrame = rows[rows["wave"] == rows["wave"].max()]
        final: pd.Series[float] = last.set_index("agent")[column]
        return final.reindex(list(self.labels))


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, set with a true minus; no sign on zero; a dash for NaN."""
    if isnan(value):
        return DASH
    text = f"{value:+.{digits}f}"
    return text.replace("-", MINUS) if text.strip("+-0.") else text[1:]


def when(moment: str) -> str:
    """A manifest's moment for people: ``2026-11-20 10:07 UTC``; other words stay as they are."""
    try:
        return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M %Z}".strip()
    except ValueError:
        return moment
