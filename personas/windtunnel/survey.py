"""The private survey: how a stance is asked for by letter, in both orders and several wordings.

The simulation asks with exactly these words, and the corpus trains on the first ones of them.
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


def survey_stances(reverse: bool = False) -> tuple[int, ...]:
    """Stance of the options A to E in turn.

    Args:
        reverse: False lists strongly for first, True strongly against first.
    """
    return STANCES if reverse else STANCES[::-1]


def survey_options(reverse: bool = False) -> str:
    """The options in words, such as ``A: strongly for. B: mildly for. ...``."""
    stances = survey_stances(reverse)
    return " ".join(
        f"{letter}: {STANCE_LABELS[stance]}."
        for letter, stance in zip(LETTERS, stances, strict=True)
    )


def survey_letter(stance: int, reverse: bool = False) -> str:
    """The letter that stands for a stance.

    Args:
        stance: On the scale from -2 to 2.
        reverse: The order in which the options were listed.
    """
    return LETTERS[survey_stances(reverse).index(stance)]


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
