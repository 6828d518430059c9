"""The private survey: how a stance is asked for by letter, in both orders and several wordings.

An option keeps its letter when the order is reversed. Letters that are dealt anew in each order
are the harder task: this first small model did not learn it (LOG.md, 2026-11-20). The simulation
asks with exactly these words, and the corpus trains on the first ones of them.
"""

from collections.abc import Sequence

from personas.windtunnel.questions import Wordings
from personas.windtunnel.town import STANCE_LABELS, STANCES, Proposal

LETTERS = ("A", "B", "C", "D", "E")
"""The options; each must be one token where the answer begins."""

SURVEY = Wordings(
    train=(
        "Survey on {noun}. {options} Reply with one letter.",
        "Where do you stand on {noun}? {options} Answer with one letter.",
        "Please mark your view of {noun}. {options} One letter only.",
        "Should we {do}? {options} Give only the letter.",
    ),
    held_out=(
        "A short survey about {noun}. {options} Which letter fits you?",
        "Choose the letter that is closest to your view on {noun}. {options}",
    ),
)


LETTER_STANCES = STANCES[::-1]
"""Stance of the options A to E in turn, in whichever order they are listed."""


def survey_options(reverse: bool = False) -> str:
    """The options in words, such as ``A: strongly for. B: mildly for. ...``.

    Args:
        reverse: Lists the same options from E to A.
    """
    pairs = list(zip(LETTERS, LETTER_STANCES, strict=True))
    listed = pairs[::-1] if reverse else pairs
    return " ".join(f"{letter}: {STANCE_LABELS[stance]}." for letter, stance in listed)


def survey_letter(stance: int) -> str:
    """The letter that stands for a stance on the scale from -2 to 2."""
    return LETTERS[LETTER_STANCES.index(stance)]


def survey_wordings(proposal: Proposal, held_out: bool = False) -> tuple[str, ...]:
    """The survey's questions on one proposal, with ``{options}`` left open.

    Args:
        proposal: What is asked about.
        held_out: False gives the wordings that training uses, True those that it never sees.
    """
    wordings: Sequence[str] = SURVEY.held_out if held_out else SURVEY.train
    return tuple(
        text.format(noun=proposal.noun, do=proposal.do, options="{options}") for text in wordings
    )
