"""Runs side by side: in what they differ, where they begin to, and where everybody ended."""

from collections.abc import Sequence

import pandas as pd

from simulation import figures
from simulation.comparison import contrast_lines, differences, parting_words
from simulation.divergence import Parting, partings
from simulation.page import Reading
from simulation.sections.section import Part, Piece, Quote, Quotes, Section, drawn, table


def section(readings: Sequence[Reading]) -> Section:
    """Outcomes of all runs, and each later run against the first."""
    differ = " ".join(contrast_lines(readings))
    words = f"Where each agent stands after the talk, one mark a run. {differ}"
    ends = {reading.name: _usable(reading) for reading in readings}
    picture = drawn("comparison", figures.outcomes(ends, readings[0].view), words)
    pieces: list[Piece] = [picture, _ends(readings)]
    for other in readings[1:]:
        pieces += _apart(readings[0], other)
    return Section("comparison", "The runs compared", words, (Part("", tuple(pieces)),))


def _usable(reading: Reading) -> pd.DataFrame:
    return reading.opinions[~reading.opinions["degenerate"]]


def _ends(readings: Sequence[Reading]) -> Piece:
    names = [reading.name for reading in readings]
    head = ("opinion after the talk", *names, *(["difference"] if len(names) == 2 else []))
    rows = [(row.name, *row.cells) for row in differences(readings)]
    note = "Differences between single runs carry no interval; repeat both under more seeds."
    return table(head, rows, note=note)


def _apart(one: Reading, other: Reading) -> list[Piece]:
    """How far two runs are the same, and what is said where they part."""
    found = partings(one.frames, other.frames)
    rows = [(p.arm, p.what, str(p.same), str(p.different), parting_words(p, one)) for p in found]
    head = ("arm", "what", "the same", "different", "first difference")
    title = f"Where {one.name} and {other.name} begin to differ"
    quotes = [_quote(parting, one, other) for parting in found if parting.what == "turns"]
    told = tuple(quote for quote in quotes if quote is not None)
    pieces: list[Piece] = [table(head, rows, words=2, title=title)]
    return [*pieces, Quotes("What is said where they part", told)] if told else pieces


def _quote(parting: Parting, one: Reading, other: Reading) -> Quote | None:
    if parting.time is None:
        return None
    where = f"{parting.arm}, {parting_words(parting, one)}"
    heads = (f"{one.name}: {where}", f"{other.name}: {where}")
    return Quote(heads, tuple(text or "(says nothing here)" for text in parting.texts))
