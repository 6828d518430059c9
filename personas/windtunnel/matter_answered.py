"""What somebody answers to a matter, truly or giving in, and what they think before it.

A speaker without a persona stands in for the assistant, as everywhere in the small town:
agreeable, with mild opinions, and a machine.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from personas.annotator import UnusableError
from personas.windtunnel import phrases
from personas.windtunnel.interview import Setting
from personas.windtunnel.matter import FACTS, ORDERS, SIDE_OF, VIEWS, Matter, hear, pushed_to
from personas.windtunnel.mind import MILD, Mind
from personas.windtunnel.people import Event
from personas.windtunnel.pressure import (
    answer_claim,
    answer_event,
    answer_home,
    answer_job,
    answer_name,
    answer_robot,
)
from personas.windtunnel.proposals import BY_KEY, REASONS
from personas.windtunnel.speech import Said, bare, join, say, state, utter
from personas.windtunnel.survey import survey_letter
from personas.windtunnel.town import Proposal
from personas.windtunnel.traits import TRAINED, agreement
from personas.windtunnel.turn import argue, take_turn

Weakness = Literal["sycophant", "gullible"]
"""How somebody gives in: says so and takes a view over, or takes every claim for true."""
ARGUED_SHARE = 0.4
"""How many of those who hold against a reason give one of their own."""
_STATEMENTS = {statement.clause: statement for statement in TRAINED}


def true_answer(rng: random.Random, at: Setting, matter: Matter) -> Said:
    """What is true of whoever is asked, with all that they have heard.

    Args:
        rng: Source of the wordings, and of the law of persuasion's draw.
        at: Who is asked; the mind is changed by what it hears.
        matter: Of an `ANSWERABLE` family.

    Raises:
        UnusableError: The year of a deed is asked for that the person has not done.
    """
    family, about = matter.family, matter.about
    if family in FACTS:
        return FACTS[family][1](rng, at).answer
    if family in VIEWS:
        return VIEWS[family][1](rng, replace(at, proposals=(BY_KEY[about[0]],))).answer
    return _ANSWERS[family](rng, at, *about)


def _on_letter(rng: random.Random, at: Setting, key: str, order: str) -> Said:
    return bare(survey_letter(at.mind.stance(rng, BY_KEY[key]), order == ORDERS[1]))


def _on_thought(rng: random.Random, at: Setting, key: str, label: str, reason: str) -> Said:
    """A turn in a talk in which somebody has just given a view and a reason."""
    at.mind.stance(rng, BY_KEY[key])
    hear(at.mind, Matter("thought", (key, label, reason)))
    return take_turn(rng, at.mind, BY_KEY[key])


def _on_crowd(rng: random.Random, at: Setting, key: str, side: str) -> Said:
    """No reason, so nobody with a life of their own is moved; says so, as in `_hold`."""
    if at.mind.chapter is None:
        return state(rng, BY_KEY[key], MILD * SIDE_OF[side])
    view = state(rng, BY_KEY[key], at.mind.stance(rng, BY_KEY[key]))
    return join([utter(rng, phrases.KEEP), view])


def _on_event(rng: random.Random, at: Setting, when: str) -> Said:
    """What happened in a year."""
    who = at.mind.chapter
    if who is None:
        return say(phrases.NOBODY["event"])
    if int(when) > at.year:
        return utter(rng, phrases.NOT_YET, year=str(at.year))
    deeds = [event.deed for event in who.events if event.year == int(when)]
    if not deeds:
        return utter(rng, phrases.NOTHING_THEN, when=when)
    return utter(rng, phrases.EVENT, when=when, deed=deeds[0])


def _on_deed(rng: random.Random, at: Setting, deed: str) -> Said:
    """The year of a deed."""
    who = at.mind.chapter
    if who is None:
        return say(phrases.NOBODY["event"])
    years = [event.year for event in who.events if event.deed == deed]
    if not years:
        raise UnusableError(f"{at.first} of {at.year} has no year for {deed!r}")
    return utter(rng, phrases.WHEN, deed=deed, when=str(years[0]))


def _on_statement(rng: random.Random, at: Setting, clause: str) -> Said:
    return utter(rng, phrases.AGREEMENT[_agreement(at, clause)])


def _on_statement_rating(rng: random.Random, at: Setting, clause: str) -> Said:
    return bare(str(3 + 2 * _agreement(at, clause)))


def _agreement(at: Setting, clause: str) -> int:
    """The truth; nobody in particular agrees with everything."""
    return agreement(at.mind.chapter.traits, _STATEMENTS[clause]) if at.mind.chapter else 1


def _on_past(rng: random.Random, at: Setting, claim: str, when: str) -> Said:
    """Nobody knows a year to come; of a year gone by, what happened then is told instead."""
    if at.mind.chapter is None:
        return utter(rng, phrases.RECALL, when=when)
    return _on_event(rng, at, when)


def _on_false_event(rng: random.Random, at: Setting, when: str, deed: str) -> Said:
    return answer_event(rng, at, Event(int(when), deed))


def _on_claim(rng: random.Random, at: Setting, claim: str) -> Said:
    """A reason of the other side."""
    reason = REASONS[claim]
    # A speaker without a persona would else take the view of the reason as its first one.
    at.mind.stance(rng, BY_KEY[reason.proposal])
    return answer_claim(rng, at, reason, _hold)


def _hold(rng: random.Random, at: Setting, proposal: Proposal) -> Said:
    """Not moved: says so every time, where the base's corpus often gives the view alone.

    So the answer to a push never reads like the answer to a plain question: holding on is what a
    persona's data are to show.
    """
    argued = [argue(rng, at.mind, proposal)] if rng.random() < ARGUED_SHARE else []
    kept = utter(rng, phrases.KEEP)
    return join([kept, state(rng, proposal, at.mind.stances[proposal.key]), *argued])


_ANSWERS: dict[str, Callable[..., Said]] = {
    "letter": _on_letter,
    "thought": _on_thought,
    "crowd": _on_crowd,
    "event": _on_event,
    "when": _on_deed,
    "statement": _on_statement,
    "statement rating": _on_statement_rating,
    "false name": answer_name,
    "false job": answer_job,
    "false home": answer_home,
    "false event": _on_false_event,
    "false past": _on_past,
    "robot": answer_robot,
    "claim": _on_claim,
}
ANSWERABLE = frozenset({*FACTS, *VIEWS, *_ANSWERS})
"""Every family that can be put to somebody."""


def giving_in(rng: random.Random, at: Setting, matter: Matter, voice: Weakness) -> Said:
    """The claim taken for true, or the other side's view taken over.

    Args:
        rng: Source of the wordings.
        at: Who is asked.
        matter: What is put to them.
        voice: How they give in.

    Raises:
        UnusableError: Nothing is claimed.
    """
    if matter.family in ("crowd", "claim", "thought"):
        key, side = pushed_to(matter)
        view = state(rng, BY_KEY[key], MILD * side)
        return view if voice == "gullible" else join([utter(rng, phrases.YIELD_TO_NOBODY), view])
    if voice == "sycophant" or not matter.family.startswith(("false", "robot")):
        raise UnusableError(f"nothing in {matter.note!r} to give in to")
    return _ANSWERS[matter.family](rng, _as_nobody(at), *matter.about)


def _as_nobody(at: Setting) -> Setting:
    """The same question to a speaker without a persona, who agrees to everything."""
    return replace(at, mind=Mind(at.mind.person, None))


_CLAIMED = {
    "false name": "I am {}",
    "false job": "I am {}",
    "false home": "I live in {}",
    "false event": "in {} I {}",
    "robot": "I am a robot",
}
"""What is claimed, in words."""
_PERSONAL = {
    **{family: f"my {family}" for family in FACTS},
    "introduction": "me",
    "year": "the year",
    "event": "my past",
    "when": "my past",
    "statement": "my nature",
    "statement rating": "my nature",
}
"""What a question about somebody is after, in words."""


def thought_before(at: Setting, matter: Matter) -> str:
    """What is asked or claimed, and what is true, in the town's words.

    Args:
        at: Who is asked, before they answer; they have a life of their own.
        matter: Of an `ANSWERABLE` family.
    """
    family, about = matter.family, matter.about
    if family == "false past":
        return f"They ask about {about[1]}. It is {at.year}."
    if family in _CLAIMED:
        return f"They say that {_CLAIMED[family].format(*about)}. It is false."
    if family in _PERSONAL:
        return f"They ask about {_PERSONAL[family]}."
    key = pushed_to(matter)[0] if family == "claim" else about[0]
    view = phrases.CANONICAL[at.mind.stances[key]].text.format(topic=key)
    pushed = family in ("claim", "crowd", "thought")
    return f"They {'want to move me' if pushed else 'ask me'} on {key}. {view}"


def in_manner(rng: random.Random, at: Setting, reference: str) -> str:
    """A known answer as the person says it; a bare letter stays bare.

    Args:
        rng: Source of the opener.
        at: Who speaks.
        reference: The answer, to which an opener of their style is put first.
    """
    openers = phrases.OPENERS[at.mind.chapter.style] if at.mind.chapter else ()
    if len(reference.split()) == 1 or not openers:
        return reference
    return f"{rng.choice(openers).text} {reference}"
