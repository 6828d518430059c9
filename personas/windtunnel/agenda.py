"""What a scenario in the town takes from a proposal: an opening, an answer scale, a control."""

from personas.errors import InputError, nearest
from personas.persona import Persona, Stage
from personas.windtunnel.life import read_person
from personas.windtunnel.proposals import BY_KEY, PROPOSALS
from personas.windtunnel.questions import IDEA, TOPIC
from personas.windtunnel.town import STANCE_LABELS, STANCES, Proposal, capital

STANCE_OPTIONS = tuple(STANCE_LABELS[stance] for stance in reversed(STANCES))
"""Options of the stance survey in forward order: from strongly for to strongly against."""

STANCE_VALUES = tuple(stance / 2 for stance in reversed(STANCES))
"""The opinion that each of them stands for: 1, 0.5, 0, -0.5, -1."""


def find_proposal(key: str) -> Proposal:
    """A proposal by its short name.

    Raises:
        InputError: There is none; suggests the nearest.
    """
    if key not in BY_KEY:
        raise InputError(f"unknown proposal {key!r}: {nearest(key, BY_KEY)}")
    return BY_KEY[key]


def least_related(proposal: Proposal) -> Proposal:
    """The proposal whose reasons share the fewest words with this one's; the first of equals."""
    own = _words(proposal)
    others = (other for other in PROPOSALS if other is not proposal)
    return min(others, key=lambda other: len(own & _words(other)))


def opening_line(proposal: Proposal) -> str:
    """What the moderator says to open a talk about it."""
    return TOPIC.train[0].format(noun=proposal.noun, do=proposal.do, ing=proposal.ing)


def idea_lines(proposal: Proposal) -> tuple[str, ...]:
    """What the moderator says to ask for ideas, in several wordings."""
    slots = {"noun": proposal.noun, "do": proposal.do, "ing": proposal.ing}
    return tuple(wording.format(**slots) for wording in IDEA.train)


def arguments(proposal: Proposal, side: int) -> tuple[str, ...]:
    """Every reason of one side as a sentence: +1 for it, -1 against it."""
    return tuple(f"{capital(reason.text)}." for reason in proposal.reasons(side))


def views_of(persona: Persona, stage: Stage) -> dict[str, float]:
    """What a townsperson thinks, by the proposal's short name, in [-1, 1]: read from their text.

    Raises:
        InputError: The text is not in the words of the town.
    """
    chapters = {chapter.name: chapter for chapter in read_person(persona.folder).chapters}
    return {key: stance / 2 for key, stance in chapters[stage.name].stances.items()}


def _words(proposal: Proposal) -> set[str]:
    text = " ".join((proposal.noun, *proposal.pro, *proposal.con))
    return {word for word in text.lower().split() if len(word) > 3}  # longer than "the", "for"
