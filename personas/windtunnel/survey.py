"""The private survey: how a stance is asked for by letter, in both orders and several wordings.

The letters are dealt anew in each order: A is the first option listed, whichever that is, so that
a liking for a letter or for a place in the list cancels over the two orders. The simulation asks
with exactly these words, and the corpus trains on the first ones of them.
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
        "Which letter is closest to your view on {noun}? {options}",
        "A survey on {noun}, please. {options} Which letter do you choose?",
        "Choose one letter for {noun}. {options}",
        "Here is a short survey. What do you think about {noun}? {options} Which letter?",
    ),
    held_out=(
        "A short survey about {noun}. {options} Which letter fits you?",
        "Choose the letter that is closest to your view on {noun}. {options}",
    ),
)


def option_stances(reverse: bool = False) -> tuple[int, ...]:
    """Stances that the letters A to E stand for, in turn.

    Args:
        reverse: False lists from strongly for to strongly against, True the other way round.
    """
    return STANCES if reverse else STANCES[::-1]


def survey_options(reverse: bool = False) -> str:
    """The options in words, such as ``A: strongly for. B: mildly for. ...``.

    Args:
        reverse: Order of the options, as in `option_stances`.
    """
    pairs = zip(LETTERS, option_stances(reverse), strict=True)
    return " ".join(f"{letter}: {STANCE_LABELS[stance]}." for letter, stance in pairs)


def survey_letter(stance: int, reverse: bool = False) -> str:
    """The letter that stands for a stance on the scale from -2 to 2.

    Args:
        stance: From -2 to 2.
        reverse: Order of the options, as in `option_stances`.
    """
    return LETTERS[option_stances(reverse).index(stance)]


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
