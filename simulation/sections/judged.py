"""Who judged what was said, how often it said what, and what it could not tell."""

from collections.abc import Sequence

import pandas as pd

from simulation.page import Reading
from simulation.sections.section import Cell, Piece, Words, table

ASKED = {
    "persona": ("line beside persona", "does a line fit its speaker's account of itself?"),
    "lines": ("line beside line", "do two lines of one speaker fit?"),
    "stance": ("view", "which view does a line, or an answer in an interview, state?"),
}
"""What is asked of each kind of verdict."""
UNUSABLE = "unusable"


def judged_by(reading: Reading) -> Words:
    """Who judged, or that nobody did."""
    reader = reading.annotated.reader
    if reader is None:
        return Words(
            "No judge was available: most of this talk is not in the town's own sentences, which "
            "alone can be read without a model. So what was said is not compared with the personas "
            "here; only the private answers are. A language model can judge it: "
            "symposion report RUN --judge engine."
        )
    return Words(f"Judged by {reader.name}. {reader.rule}".rstrip())


def verdict_counts(readings: Sequence[Reading]) -> list[Piece]:
    """How often a judge that was asked said what over all runs, and why some cannot be used.

    A grammar is not asked; it has no verdicts to count.
    """
    readers = [reading.annotated.reader for reading in readings]
    known = [one.verdicts for one in readers if one is not None and one.verdicts is not None]
    if not known:
        return []
    every, rows = pd.concat(known, ignore_index=True), []
    for kind, (asked, meaning) in ASKED.items():
        said = every.loc[every["kind"] == kind, "verdict"]
        if said.empty:
            continue
        lost = int((said == UNUSABLE).sum())
        counts = said[said != UNUSABLE].value_counts()
        told = ", ".join(f"{verdict} {count}" for verdict, count in counts.items())
        share = Cell(str(lost), f"{lost / len(said):.0%}" if lost else "", strong=True)
        rows.append((Cell(asked, meaning), told, str(len(said)), share))
    found: list[Piece] = [
        table(("asked", "said", "questions", UNUSABLE), rows, words=2, title="What the judge said")
    ]
    unusable = every[every["verdict"] == UNUSABLE]
    if len(unusable):
        title = f"Why {len(unusable)} of {len(every)} verdicts are unusable"
        reasons = unusable["reason"].value_counts()
        lines = [(str(reason), str(count)) for reason, count in reasons.items()]
        found.append(table(("reason", "verdicts"), lines, title=title, folded=True))
    return found
