"""What can be put to somebody of the town, and what a paragraph tells that can be asked about.

A matter travels as a note, as in ``false job: a baker`` or ``crowd: bike lanes | for``. The answer
follows from the note and the life alone, so anybody of the town, at any stage, can be asked what
was put to somebody else.
"""

import re
from dataclasses import dataclass

from personas.windtunnel import interview, questions
from personas.windtunnel.life import SENTENCES, TRAIT_SENTENCES
from personas.windtunnel.mind import Heard, Mind
from personas.windtunnel.proposals import REASONS
from personas.windtunnel.questions import Wordings
from personas.windtunnel.reader import read, slot_pattern
from personas.windtunnel.speech import Meaning
from personas.windtunnel.town import SIDES, STANCE_OF_LABEL, sign
from personas.windtunnel.traits import TRAINED

FACTS: dict[str, tuple[Wordings, interview.Asker]] = {
    "name": (questions.NAME, interview.ask_name),
    "age": (questions.AGE, interview.ask_age),
    "job": (questions.JOB, interview.ask_job),
    "home": (questions.HOME, interview.ask_home),
    "hobby": (questions.HOBBY, interview.ask_hobby),
    "field": (questions.FIELD, interview.ask_field),
    "introduction": (questions.INTRODUCTION, interview.ask_introduction),
    "year": (questions.YEAR, interview.ask_year),
}
"""Matters of the person alone: in which words they are put, and who knows the true answer."""
VIEWS: dict[str, tuple[Wordings, interview.Asker]] = {
    "stance": (questions.STANCE, interview.ask_stance),
    "view": (questions.STANCE, interview.ask_view),
    "vote": (questions.VOTE, interview.ask_vote),
    "rating": (questions.RATING, interview.ask_rating),
    "reason": (questions.REASON, interview.ask_reason),
    "idea": (questions.IDEA, interview.ask_idea),
}
"""Matters that name a proposal and nothing else: likewise."""
ORDERS = ("forward", "reverse")
"""Of a survey's options."""
SIDE_OF = {word: side for side, word in SIDES.items()}
"""The way back from a side in words to its sign."""
_QUOTE = re.compile(r'[^".?!]*\bI said: "([^"]*)"')
_ASIDE = re.compile(r"\s*\([^()]*\)")
_SENTENCE = re.compile(r"[^.?!]+[.?!]")


@dataclass(frozen=True, slots=True)
class Matter:
    """What an input is about."""

    family: str
    """Such as ``stance`` or ``false job``."""
    about: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """In words: ``crowd: bike lanes | for``."""
        return ": ".join(filter(None, (self.family, " | ".join(self.about))))

    @classmethod
    def of(cls, note: str) -> "Matter":
        """The matter that a note tells."""
        family, _, about = note.partition(": ")
        return cls(family, tuple(about.split(" | ")) if about else ())


def told_by(paragraph: str) -> tuple[Matter, ...]:
    """What a paragraph of a townsperson's text tells, as matters to ask about; at least one."""
    told: list[Matter] = []
    for quote in _QUOTE.findall(paragraph):
        reading = read(quote)
        told += [Matter("stance", (reading.proposal,))] if reading.proposal else []
        told += [Matter("reason", (reason.proposal,)) for reason in reading.reasons]
    for sentence in _SENTENCE.findall(_ASIDE.sub("", _QUOTE.sub("", paragraph))):
        told += _told_by_sentence(sentence.strip())
    return tuple(told) or (Matter("introduction"),)


def _told_by_sentence(sentence: str) -> list[Matter]:
    for level in TRAIT_SENTENCES.values():
        start, _, end = level.partition("{trait}")
        if sentence.startswith(start) and sentence.endswith(end):
            trait = sentence[len(start) : -len(end)]
            if any(one.trait == trait for one in TRAINED):
                return [Matter("trait", (trait,))]
    for family, wordings in SENTENCES.items():
        for wording in wordings:
            match = slot_pattern(wording).fullmatch(sentence)
            if match and family == "event":
                return [Matter("event", (match["when"], match["deed"]))]
            if match and family == "reason":
                known = REASONS.get(match["reason"])
                return [Matter("reason", (known.proposal,))] if known else []
            if match:
                return [Matter(family)]
    return []


def pushed_to(matter: Matter) -> tuple[str, int]:
    """Proposal and side that somebody argues for.

    Args:
        matter: Of the family ``claim``, ``crowd`` or ``thought``.

    Returns:
        Key of the proposal, and +1 for or -1 against.
    """
    if matter.family == "claim":
        reason = REASONS[matter.about[0]]
        return reason.proposal, reason.side
    if matter.family == "crowd":
        return matter.about[0], SIDE_OF[matter.about[1]]
    return matter.about[0], sign(STANCE_OF_LABEL[matter.about[1]])


def hear(mind: Mind, matter: Matter) -> None:
    """Takes a reason in, where the matter holds one.

    Args:
        mind: Who hears it; it is changed.
        matter: What is put to them.
    """
    if matter.family in ("claim", "thought"):
        side = pushed_to(matter)[1]
        mind.hear(Heard("", side, Meaning(reasons=(REASONS[matter.about[-1]],))))
