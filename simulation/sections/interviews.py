"""Answers in free words: what was said in each interview, and the view that somebody read in it."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from simulation.analysis.answers import read_interviews
from simulation.page import Reading
from simulation.sections.annotated import Reader
from simulation.sections.figures import said
from simulation.sections.section import Part, Piece, Quote, Quotes, Section, Words, drawn, table
from simulation.units import point
from simulation.view import DASH, signed

WORDS = (
    "Asked in private and answered in words that nobody hears. A dot is the view that was read in "
    "an answer, the line what the same agent answers to option letters at the same time."
)
ALONE = "Asked in private and answered in words that nobody hears."
LEGEND = ("answered by letters", "read in the interview")


def section(readings: Sequence[Reading]) -> Section | None:
    """Views over time, how many could be read, and every answer; None without interviews."""
    if all(reading.frames.interviews.empty for reading in readings):
        return None
    parts = tuple(Part(reading.caption, tuple(_pieces(reading))) for reading in readings)
    return Section("interviews", "In their own words", WORDS, parts)


def views(reading: Reading, question: str, reader: Reader) -> pd.DataFrame:
    """The view read in each answer to an interview: `analysis.answers.READ_COLUMNS`.

    Its subject is the question's name; where no answer states a view on that, the run's topic.
    """
    asked = reading.frames.interviews
    asked = asked[asked["question"] == question]
    subjects = {one.subject for text in asked["text"] for one in reader.stances.stances(str(text))}
    about = question if question in subjects else reading.facts.topic
    return read_interviews(asked, reader.stances, lambda _: about)


def _pieces(reading: Reading) -> list[Piece]:
    reader, found = reading.annotated.reader, list[Piece]()
    if reading.frames.interviews.empty:
        return [Words("Nobody was interviewed in this run.")]
    if reader is None:
        found.append(Words("Nobody could read the answers: they are quoted, and no view is told."))
    else:
        found.append(Words(f"Read by {reader.name}."))
    names = [str(name) for name in dict.fromkeys(reading.frames.interviews["question"])]
    for place, question in enumerate(names):
        read = views(reading, question, reader) if reader else None
        if read is not None:
            found += _read(reading, question, read, place)
        found += _quoted(reading, question, read)
    return found


def _read(reading: Reading, question: str, read: pd.DataFrame, place: int) -> list[Piece]:
    view = reading.view
    shown = replace(view, question=question)
    told = read.rename(columns={"opinion": "stance", "question": "subject"})
    told = told.assign(time=told["wave"])[~told["degenerate"]]
    letters = reading.opinions.assign(question=question)
    letters = letters[reading.opinions["question"] == view.question]
    same = question == view.question or set(reading.opinions["question"]) == {view.question}
    drawing = said(letters if same else letters.iloc[:0], told, shown, words=LEGEND)
    name = f"{reading.prefix}interview-{place + 1}"
    return [drawn(name, drawing, f"{question}: {WORDS if same else ALONE}", question),
            _counts(reading, read)]  # fmt: skip


def _counts(reading: Reading, read: pd.DataFrame) -> Piece:
    """Mean views at both ends, and how many answers told none, arm by arm."""
    rows = []
    for arm in reading.view.arms_of(read):
        own = read[read["arm"] == arm]
        ends = [own.loc[own["wave"] == wave, "opinion"].mean() for wave in _ends(own)]
        lost = own.loc[own["degenerate"], "reason"]
        silent = int((lost == "no stance was stated").sum())
        cells = [signed(float(one)) if pd.notna(one) else DASH for one in ends]
        rows.append((arm, *cells, str(len(own)), str(silent), str(len(lost) - silent)))
    head = ("arm", "mean before", "mean after", "answers", "without a view", "unusable")
    return table(head, rows)


def _ends(own: pd.DataFrame) -> tuple[int, int]:
    return (int(own["wave"].min()), int(own["wave"].max())) if len(own) else (0, 0)


def _quoted(reading: Reading, question: str, read: pd.DataFrame | None) -> list[Piece]:
    """Every answer of the talk, agent by agent."""
    asked = reading.frames.interviews
    asked = asked[(asked["question"] == question) & (asked["arm"] == reading.view.main)]
    held = {} if read is None else _held(read[read["arm"] == reading.view.main])
    found: list[Piece] = []
    for agent, label in reading.view.labels.items():
        own = asked[asked["agent"] == agent].sort_values(["wave", "wording"])
        quotes = tuple(
            Quote((_head(reading, int(wave), held.get((agent, int(wave)))),), (str(text),))
            for wave, text in zip(own["wave"], own["text"], strict=True)
        )
        if quotes:
            found.append(Quotes(f"{label} on {question}: {len(quotes)} answers", quotes))
    return found


def _held(read: pd.DataFrame) -> dict[tuple[str, int], str]:
    """Words for the view of each answer, or why there is none."""
    return {
        (str(agent), int(wave)): reason or signed(float(opinion))
        for agent, wave, opinion, reason in zip(
            read["agent"], read["wave"], read["opinion"], read["reason"], strict=True
        )
    }


def _head(reading: Reading, wave: int, held: str | None) -> str:
    when = "before the talk" if wave == 0 else f"after {point(wave, reading.view.unit)}"
    return when if held is None else f"{when}: {held}"
