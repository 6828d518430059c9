"""What a scenario in the town takes from a proposal: an opening, an answer scale, a control."""

from personas.errors import InputError, nearest
from personas.windtunnel.proposals import BY_KEY, PROPOSALS
from personas.windtunnel.questions import TOPIC
from personas.windtunnel.town import STANCE_LABELS, STANCES, Proposal

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


def _words(proposal: Proposal) -> set[str]:
    text = " ".join((proposal.noun, *proposal.pro, *proposal.con))
    return {word for word in text.lower().split() if len(word) > 3}  # longer than "the", "for"
