"""Contradictions, word for word: both lines, when, and whose."""

from collections.abc import Callable

import pandas as pd

from simulation.page import Reading
from simulation.sections.section import Piece, Quote, Quotes, Words
from simulation.units import point

MOST = 3
"""Contradictions quoted of one agent and kind."""
Why = Callable[[str, str], str]
"""The judge's reason for a verdict on two lines; empty if there is none."""


def quotations(reading: Reading) -> list[Piece]:
    """What each agent said in the talk that goes against its persona, or against itself.

    Of contradictions between two own lines, those closest in time are quoted first: what lies far
    apart may be a mind that was changed.
    """
    annotated, main = reading.annotated, reading.view.main
    if annotated.reader is None:
        return []
    claims, pairs = annotated.claim_verdicts, annotated.pair_verdicts
    claims = claims[(claims["arm"] == main) & (claims["verdict"] == "contradicts")]
    pairs = pairs[(pairs["arm"] == main) & (pairs["verdict"] == "contradicts")]
    said, why = _said(reading), annotated.reader.reason or _unsaid
    found: list[Piece] = []
    for agent, label in reading.view.labels.items():
        own_claims = claims[claims["agent"] == agent].drop_duplicates(["counter", "claim"])
        own_pairs = pairs[pairs["agent"] == agent]
        if own_claims.empty and own_pairs.empty:
            continue
        quotes = _against_persona(own_claims, said, label, why)
        quotes += _against_self(own_pairs, said, why)
        found.append(Quotes(_summary(label, own_claims, own_pairs), tuple(quotes)))
    return found or [Words(_none_found(reading))]


def _none_found(reading: Reading) -> str:
    reader = reading.annotated.reader
    every = None if reader is None else reader.verdicts
    lost = 0 if every is None else int((every["verdict"] == "unusable").sum())
    if not lost:
        return "No agent contradicted its persona or itself in the talk."
    return (
        "No verdict says that an agent contradicted its persona or itself in the talk; "
        f"{lost} verdicts cannot be used."
    )


def _said(reading: Reading) -> dict[tuple[str, int], tuple[str, str]]:
    """When each turn of the talk was, and its words."""
    turns = reading.frames.turns
    turns = turns[turns["arm"] == reading.view.main]
    return {
        (str(agent), int(counter)): (point(time, reading.view.unit), str(text))
        for agent, counter, time, text in zip(
            turns["agent"], turns["counter"], turns["time"], turns["text"], strict=True
        )
    }


def _summary(label: str, claims: pd.DataFrame, pairs: pd.DataFrame) -> str:
    counts = []
    if len(claims):
        lines = claims["counter"].nunique()
        counts.append(f"{lines} {'line' if lines == 1 else 'lines'} against the persona")
    if len(pairs):
        counts.append(f"{len(pairs)} {'pair' if len(pairs) == 1 else 'pairs'} of own lines")
    return f"{label}: {', '.join(counts)}"


def _against_persona(
    claims: pd.DataFrame, said: dict[tuple[str, int], tuple[str, str]], label: str, why: Why
) -> list[Quote]:
    chosen = claims.sort_values("counter").drop_duplicates("counter").head(MOST)
    quotes = []
    for agent, counter, claim in zip(
        chosen["agent"], chosen["counter"], chosen["claim"], strict=True
    ):
        when, text = said[agent, int(counter)]
        heads, lines = (f"the persona of {label}", when), (str(claim), text)
        quotes.append(_judged(heads, lines, why))
    return quotes


def _against_self(
    pairs: pd.DataFrame, said: dict[tuple[str, int], tuple[str, str]], why: Why
) -> list[Quote]:
    near = pairs.assign(apart=pairs["later"] - pairs["earlier"])
    chosen = near.sort_values(["apart", "earlier"]).head(MOST)
    quotes = []
    for agent, earlier, later in zip(
        chosen["agent"], chosen["earlier"], chosen["later"], strict=True
    ):
        first, second = said[agent, int(earlier)], said[agent, int(later)]
        quotes.append(_judged((first[0], second[0]), (first[1], second[1]), why))
    return quotes


def _judged(heads: tuple[str, str], lines: tuple[str, str], why: Why) -> Quote:
    """Both, and what the judge said to them, if it was asked for its reasons."""
    reason = why(*lines)
    return Quote((*heads, "the judge"), (*lines, reason)) if reason else Quote(heads, lines)


def _unsaid(_claim: str, _line: str) -> str:
    return ""
