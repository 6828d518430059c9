"""Who matters to what the others think: a branch for each seat, with somebody else in it."""

import pandas as pd

from simulation.page import Reading
from simulation.sections.section import Cell, Part, Section, drawn, table
from simulation.view import DASH, signed
from simulation.whatif.figures import worths

WORDS = (
    "For each agent the run is branched: somebody else sits in that seat, and nothing else is "
    "different. The bar is how far the others end from where they ended in this run, on a scale "
    "of 2; the narrow bar is the same under the control, where the seat is swapped in another "
    "talk. One run: chance is in these numbers, and only the excess over the control speaks of the "
    "agent."
)


def section(reading: Reading, ranking: pd.DataFrame | None) -> Section | None:
    """The ranking as bars and as a table; None where no branches were made.

    Args:
        reading: The run that was branched.
        ranking: From `whatif.worth.ranked`.
    """
    if ranking is None or ranking.empty:
        return None
    labels = {str(seat): reading.view.labels.get(str(seat), str(seat)) for seat in ranking["seat"]}
    rows = [
        (
            labels[str(row["seat"])], str(row["rank"]), _plain(row["moved"]), _plain(row["floor"]),
            Cell(signed(float(row["excess"]), 3), strong=True), signed(float(row["shift"]), 3),
        )
        for row in ranking.to_dict("records")
    ]  # fmt: skip
    head = ("agent", "rank", "others moved", reading.view.floor or "floor", "excess", "their mean")
    pieces = (
        drawn("worth", worths(ranking, labels), WORDS),
        table(head, rows, note=_note(ranking)),
    )
    return Section("worth", "Who matters to the others", WORDS, (Part("", pieces),))


def _note(ranking: pd.DataFrame) -> str:
    least, most = int(ranking["others"].min()), int(ranking["others"].max())
    counted = str(most) if least == most else f"{least} to {most}"
    return f"Means over {counted} others with usable answers in both; their mean: branch less run."


def _plain(value: float) -> str:
    return DASH if pd.isna(value) else f"{value:.3f}"
