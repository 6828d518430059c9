"""What is put to somebody: which matter a paragraph leads to, and in which words."""

import random
from collections.abc import Callable
from functools import partial

from personas.items import Pattern
from personas.windtunnel import names, phrases, questions
from personas.windtunnel.interview import Setting
from personas.windtunnel.matter import FACTS, ORDERS, VIEWS, Matter, told_by
from personas.windtunnel.people import Event
from personas.windtunnel.pressure import HAPPENED
from personas.windtunnel.proposals import BY_KEY
from personas.windtunnel.questions import Wordings, ask
from personas.windtunnel.speech import join, say, state
from personas.windtunnel.survey import survey_options, survey_wordings
from personas.windtunnel.town import SIDES, STANCE_LABELS, STANCE_OF_LABEL, Proposal, capital, sign
from personas.windtunnel.traits import TRAINED

OTHERS: dict[str, tuple[Wordings, tuple[str, ...]]] = {
    "event": (questions.EVENT, ("when",)),
    "when": (questions.WHEN, ("deed",)),
    "statement": (questions.STATEMENT, ("statement",)),
    "statement rating": (questions.STATEMENT_RATING, ("statement",)),
    "false name": (questions.WRONG_NAME, ("claim",)),
    "false job": (questions.IS_JOB, ("claim",)),
    "false home": (questions.IS_HOME, ("claim",)),
    "false event": (questions.IS_EVENT, ("when", "deed")),
    "false past": (questions.IS_PAST, ("claim", "when")),
    "robot": (questions.ROBOT, ()),
    "claim": (questions.CLAIM, ("claim",)),
}
"""Matters that name no proposal, with the slots that what they are about fills."""
STATED = ("stance", "stance", "vote", "rating", "letter", "view")
"""What may be asked about a paragraph that states a view, the likelier ones more than once."""
ARGUED = ("reason", "idea", "view")
"""What may be asked about a paragraph that argues."""
DEED, YEAR = 0, 1
"""What is wrong about a claim of the past; with a third number, both."""
REASONED_PUSHES = 2
"""How many pushes offer a new reason; later ones have nothing but the crowd."""


def opening(rng: random.Random, at: Setting, paragraph: str, pattern: Pattern) -> Matter:
    """What is put to somebody first, about a paragraph of theirs.

    Args:
        rng: Source of all choices.
        at: Who is asked; they have a life of their own.
        paragraph: A text of theirs.
        pattern: What kind of input it is.
    """
    return _OPENINGS[pattern](rng, at, rng.choice(_askable(paragraph, at)))


def _askable(paragraph: str, at: Setting) -> list[Matter]:
    """What a paragraph tells, as far as the person has a view on it."""
    known = {proposal.key for proposal in at.proposals}
    told = told_by(paragraph)
    viewless = ("stance", "reason")
    found = [one for one in told if one.family not in viewless or one.about[0] in known]
    return found or [Matter("introduction")]


def _ordinary(rng: random.Random, at: Setting, told: Matter) -> Matter:
    """A question whose answer the paragraph tells, or that it leads to."""
    if told.family == "stance":
        family = rng.choice(STATED)
        order = (rng.choice(ORDERS),) if family == "letter" else ()
        return Matter(family, (*told.about, *order))
    if told.family == "reason":
        return Matter(rng.choice(ARGUED), told.about)
    if told.family == "event":
        when, deed = told.about
        return rng.choice((Matter("event", (when,)), Matter("when", (deed,))))
    if told.family == "trait":
        clauses = [one.clause for one in TRAINED if one.trait in told.about]
        return Matter(rng.choice(("statement", "statement rating")), (rng.choice(clauses),))
    return told


def _somebodys_view(rng: random.Random, at: Setting, told: Matter) -> Matter:
    """Somebody else's view and reason, on the paragraph's proposal or on any."""
    proposal = _proposal_of(rng, at, told)
    stance = rng.choice((-2, -1, 1, 2))
    reason = rng.choice(proposal.reasons(sign(stance)))
    return Matter("thought", (proposal.key, STANCE_LABELS[stance], reason.text))


def _false(rng: random.Random, at: Setting, told: Matter) -> Matter:
    """A false claim about what the paragraph tells."""
    who, person = at.mind.chapter, at.mind.person
    assert who is not None
    if told.family in ("stance", "reason"):
        return _crowd(rng, at, BY_KEY[told.about[0]])
    if told.family in ("job", "home"):
        job = told.family == "job"
        truth, draw = (who.job, names.job) if job else (who.home, names.home)
        claim = _other(truth, partial(draw, rng))
        return Matter(f"false {told.family}", (names.with_article(claim) if job else claim,))
    if told.family == "event":
        return _false_event(rng, at, Event(int(told.about[0]), told.about[1]))
    if told.family in ("name", "introduction") and rng.random() < 0.5:
        return Matter("false name", (_other(person.name, partial(names.full_name, rng)),))
    if told.family in ("name", "introduction", "age", "trait"):
        return Matter("robot")
    return false_past(rng, at.year)


def _false_event(rng: random.Random, at: Setting, truth: Event) -> Matter:
    """What happened, with another deed, in another year of the life, or both."""
    who = at.mind.chapter
    assert who is not None
    taken = {event.year for event in who.events}
    free = [year for year in range(at.year - who.age + 1, at.year + 1) if year not in taken]
    deeds = {event.deed for event in who.events}
    kind, year, deed = rng.randrange(3), str(truth.year), truth.deed
    if kind != DEED:
        year = str(rng.choice(free))
    if kind != YEAR:
        deed = next(found for found in iter(partial(names.event, rng), "") if found not in deeds)
    return Matter("false event", (year, deed))


def false_past(rng: random.Random, year: int) -> Matter:
    """Something of a year to come, as if it had happened.

    Args:
        rng: Source of all choices.
        year: The last one that has been; what is claimed is up to 20 years later.
    """
    what = f"the {rng.choice(names.ADJECTIVES)} {rng.choice(names.BUILDINGS)}"
    happened = f"{what} {rng.choice(HAPPENED)}"
    return Matter("false past", (happened, str(year + rng.randint(1, 20))))


def _crowd(rng: random.Random, at: Setting, proposal: Proposal) -> Matter:
    """A side that the person is not on."""
    side = -sign(at.mind.stance(rng, proposal)) or rng.choice((1, -1))
    return Matter("crowd", (proposal.key, SIDES[side]))


def _pressed(rng: random.Random, at: Setting, told: Matter) -> Matter:
    """How pressure begins: with a question for a view."""
    return Matter("stance", (_proposal_of(rng, at, told).key,))


def push(rng: random.Random, at: Setting, first: Matter, level: int) -> Matter:
    """Two reasons of the other side, and after them the crowd.

    Args:
        rng: Source of all choices.
        at: Who is pushed, with all that they have heard and said so far.
        first: The question for a view that the pressure began with.
        level: How many turns there have been, at least 1.
    """
    proposal = BY_KEY[first.about[0]]
    if level > REASONED_PUSHES:
        return _crowd(rng, at, proposal)
    side = -sign(at.mind.stance(rng, proposal)) or rng.choice((1, -1))
    fresh = [one for one in proposal.reasons(side) if one not in at.mind.known]
    return Matter("claim", (rng.choice(fresh).text,))


_OPENINGS: dict[Pattern, Callable[[random.Random, Setting, Matter], Matter]] = {
    "ordinary": _ordinary,
    "thought": _somebodys_view,
    "error": _false,
    "pressure": _pressed,
}


def _proposal_of(rng: random.Random, at: Setting, told: Matter) -> Proposal:
    """What a paragraph is about, or any proposal where it is about none."""
    if told.family in ("stance", "reason"):
        return BY_KEY[told.about[0]]
    return rng.choice(at.proposals)


def _other(truth: str, draw: Callable[[], str]) -> str:
    """A drawn word that is not the truth."""
    return next(word for word in iter(draw, "") if word != truth)


def words_of(rng: random.Random, at: Setting, matter: Matter) -> str:
    """A matter as it is put to somebody, in wordings that probes do not use."""
    family, about = matter.family, matter.about
    if family in FACTS:
        return ask(rng, FACTS[family][0], None, "" if family == "name" else at.first)
    if family in OTHERS:
        wordings, slots = OTHERS[family]
        first = "" if family == "false name" else at.first
        return ask(rng, wordings, None, first, False, **dict(zip(slots, about, strict=True)))
    proposal = BY_KEY[about[0]]
    if family == "letter":
        wording = rng.choice(survey_wordings(proposal))
        return capital(wording.replace("{options}", survey_options(about[1] == ORDERS[1])))
    if family == "thought":
        view = state(rng, proposal, STANCE_OF_LABEL[about[1]])
        return join([view, say(phrases.REASON[0], reason=about[2])]).text
    if family == "crowd":
        return ask(rng, questions.CROWD, proposal, at.first, side=about[1])
    return ask(rng, VIEWS[family][0], proposal, at.first)
