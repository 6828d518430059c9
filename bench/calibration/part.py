"""A part of the calibration's page: what was wanted, what was found, and the table behind it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure that an instrument must reach."""

    what: str
    wanted: str
    """In words, such as ``at most 0.05``."""
    found: str
    met: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One instrument."""

    title: str
    goals: tuple[Goal, ...]
    body: str
    """Markdown: how it was tried, and the tables."""
    seconds: float = 0.0

    def markdown(self) -> str:
        """The part as it stands on the page."""
        return f"## {self.title}\n\n{self.body.strip()}\n"


def table(frame: pd.DataFrame, headings: Mapping[str, str]) -> str:
    """A frame as a Markdown table.

    Args:
        frame: Rows.
        headings: Columns to show, in this order, and what to call them.
    """
    lines = [" | ".join(headings.values()), " | ".join("---" for _ in headings)]
    lines += [" | ".join(_cell(row[name]) for name in headings) for row in frame.to_dict("records")]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def summary(parts: tuple[Part, ...]) -> str:
    """All goals in one table."""
    rows = [
        {
            "what": goal.what,
            "wanted": goal.wanted,
            "found": goal.found if goal.met else f"**{goal.found}**",
            "met": "met" if goal.met else "**missed**",
        }
        for part in parts
        for goal in part.goals
    ]
    headings = {"what": "instrument", "wanted": "goal", "found": "found", "met": ""}
    return table(pd.DataFrame(rows), headings)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.3f}"
    return str(value)
