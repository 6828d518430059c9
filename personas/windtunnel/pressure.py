"""Pressure and false premises: what somebody with a life of their own answers, and who gives in.

A claim with a reason in it works by the law of persuasion, so the open may move a notch. Without
a new reason nobody with a persona moves. A speaker without a persona agrees to everything.
"""

import random
from collections.abc import Callable

from personas.windtunnel import names, phrases, questions
from personas.windtunnel.interview import Asker, Exchange, Setting
from personas.windtunnel.mind import MILD, Heard
from personas.windtunnel.people import Chapter, Event
from personas.windtunnel.phrases import LABEL_PHRASES
from personas.windtunnel.proposals import BY_KEY
from personas.windtunnel.questions import ask
from personas.windtunnel.speech import Meaning, Said, join, say, state, utter
from personas.windtunnel.town import SIDES, Proposal, Reason, sign
from personas.windtunnel.turn import argue

TRUE_SHARE = 0.3
"""How many of the events that are claimed did happen."""
HAPPENED = ("fell", "burned down", "opened", "closed", "was sold", "was painted")
"""What may become of a building."""

Holding = Callable[[random.Random, Setting, Proposal], Said]
"""What somebody says who is not moved."""


def press_claim(rng: random.Random, at: Setting) -> Exchange:
    """A reason of the other side, put as something that one must agree to."""
    proposal = rng.choice([p for p in at.proposals if p.pro])
    side = -sign(at.mind.stance(rng, proposal)) or rng.choice((1, -1))
    reason = rng.choice(proposal.reasons(side))
    question = ask(rng, questions.CLAIM, None, at.first, at.held_out, claim=reason.text)
    answer = answer_claim(rng, at, reason, _hold)
    at.mind.spoke(answer.meaning)
    return Exchange("claim", question, answer, proposal.key)


def answer_claim(rng: random.Random, at: Setting, reason: Reason, hold: Holding) -> Said:
    """The law of persuasion decides whether a reason of the other side moves somebody.

    Args:
        rng: Source of all choices.
        at: Who is told so; the mind has a view already, and hears the reason here.
        reason: What is put to them.
        hold: Says what somebody with a life of their own says when not moved.
    """
    proposal = BY_KEY[reason.proposal]
    at.mind.hear(Heard("", 2 * reason.side, Meaning(reasons=(reason,))))
    if at.mind.settle(rng, proposal):
        label = LABEL_PHRASES[at.mind.stances[proposal.key]]
        moved = say(rng.choice(phrases.MOVED), proposal, label=label)
        return join([utter(rng, phrases.YIELD_TO_NOBODY), moved])
    if at.mind.chapter is None:
        view = state(rng, proposal, at.mind.stances[proposal.key])
        return join([utter(rng, phrases.YIELD_TO_NOBODY), view])
    return hold(rng, at, proposal)


def _hold(rng: random.Random, at: Setting, proposal: Proposal) -> Said:
    """Not moved: says so, says the view, and perhaps why."""
    parts = [state(rng, proposal, at.mind.stance(rng, proposal))]
    if rng.random() < 0.5:
        parts.insert(0, utter(rng, phrases.KEEP))
    if proposal.pro and rng.random() < 0.4:
        parts.append(argue(rng, at.mind, proposal))
    return join(parts)


def press_crowd(rng: random.Random, at: Setting) -> Exchange:
    """A stance ascribed to the person, true or false, without any reason."""
    proposal = rng.choice(at.proposals)
    side = rng.choice((1, -1))
    question = ask(rng, questions.CROWD, proposal, at.first, at.held_out, side=SIDES[side])
    if at.mind.chapter is None:
        at.mind.stances[proposal.key] = side * MILD
    stance = at.mind.stance(rng, proposal)
    answer = state(rng, proposal, stance)
    return Exchange("crowd", question, answer, proposal.key)


def press_robot(rng: random.Random, at: Setting) -> Exchange:
    """The claim to be a machine."""
    question = ask(rng, questions.ROBOT, None, at.first, at.held_out)
    return Exchange("robot", question, answer_robot(rng, at))


def answer_robot(rng: random.Random, at: Setting) -> Said:
    """Somebody with a life says who they are."""
    who = at.mind.chapter
    if who is None:
        return utter(rng, phrases.ROBOT)
    slots = {"name": at.mind.person.name, "a_job": names.with_article(who.job), "home": who.home}
    phrase = rng.choice(phrases.DENY_ROBOT)
    told = {slot: text for slot, text in slots.items() if f"{{{slot}}}" in phrase.text}
    return say(phrase, None, **told)


def press_name(rng: random.Random, at: Setting) -> Exchange:
    """A name, mostly of somebody else."""
    claim = at.mind.person.name if rng.random() < 0.2 else names.full_name(rng)
    question = ask(rng, questions.WRONG_NAME, None, "", at.held_out, claim=claim)
    return Exchange("false name", question, answer_name(rng, at, claim))


def answer_name(rng: random.Random, at: Setting, claim: str) -> Said:
    """The own name; nobody in particular takes any."""
    own = at.mind.person.name
    if at.mind.chapter is None or claim == own:
        return utter(rng, phrases.CONFIRM_NAME, name=claim)
    return utter(rng, phrases.DENY_NAME, name=own)


def press_job(rng: random.Random, at: Setting) -> Exchange:
    """A job, true or false."""
    who = at.mind.chapter
    job = who.job if who and rng.random() < 0.4 else names.job(rng)
    claim = names.with_article(job)
    question = ask(rng, questions.IS_JOB, None, at.first, at.held_out, claim=claim)
    return Exchange("false job", question, answer_job(rng, at, claim))


def answer_job(rng: random.Random, at: Setting, claim: str) -> Said:
    """The own job, where another one is claimed; both with their article."""
    own = names.with_article(at.mind.chapter.job) if at.mind.chapter else claim
    return utter(rng, phrases.CONFIRM_JOB if own == claim else phrases.DENY_JOB, a_job=own)


def press_home(rng: random.Random, at: Setting) -> Exchange:
    """A home, true or false."""
    who = at.mind.chapter
    claim = who.home if who and rng.random() < 0.4 else names.home(rng)
    question = ask(rng, questions.IS_HOME, None, at.first, at.held_out, claim=claim)
    return Exchange("false home", question, answer_home(rng, at, claim))


def answer_home(rng: random.Random, at: Setting, claim: str) -> Said:
    """The own home, where another one is claimed."""
    own = at.mind.chapter.home if at.mind.chapter else claim
    return utter(rng, phrases.CONFIRM_HOME if own == claim else phrases.DENY_HOME, home=own)


def press_event(rng: random.Random, at: Setting) -> Exchange:
    """Words about the past put into the person's mouth: true, or with a wrong deed or year."""
    who = at.mind.chapter
    truth = rng.choice(who.events) if who and who.events else None
    claim = _claimed_event(rng, at, who, truth)
    slots = {"when": str(claim.year), "deed": claim.deed}
    question = ask(rng, questions.IS_EVENT, None, at.first, at.held_out, **slots)
    return Exchange("false event", question, answer_event(rng, at, claim))


def answer_event(rng: random.Random, at: Setting, claim: Event) -> Said:
    """The truth of the year or of the deed that is claimed; nobody in particular takes any."""
    events = at.mind.chapter.events if at.mind.chapter else (claim,)
    near = [one for one in events if one.year == claim.year or one.deed == claim.deed]
    if not near:
        return utter(rng, phrases.NOTHING_THEN, when=str(claim.year))
    told = claim if claim in near else near[0]
    wordings = phrases.CONFIRM_EVENT if told == claim else phrases.DENY_EVENT
    return utter(rng, wordings, when=str(told.year), deed=told.deed)


def _claimed_event(
    rng: random.Random, at: Setting, who: Chapter | None, truth: Event | None
) -> Event:
    """What is claimed: the truth, its year with a wrong deed, or its deed with a wrong year."""
    if who is None or truth is None:
        return Event(rng.randint(at.year - 40, at.year), names.event(rng))
    kind = rng.random()
    if kind < TRUE_SHARE:
        return truth
    if kind < (1 + TRUE_SHARE) / 2:
        return Event(truth.year, _other_deed(rng, who))
    taken = {event.year for event in who.events}
    free = [year for year in range(at.year - who.age, at.year + 1) if year not in taken]
    return Event(rng.choice(free), truth.deed)


def _other_deed(rng: random.Random, who: Chapter) -> str:
    """Something that the person has not done."""
    deed = names.event(rng)
    return _other_deed(rng, who) if deed in {event.deed for event in who.events} else deed


def press_future(rng: random.Random, at: Setting) -> Exchange:
    """Something of a year to come, asked about as if it had happened."""
    when = str(at.year + rng.randint(1, 20))
    what = f"{rng.choice(names.ADJECTIVES)} {rng.choice(names.BUILDINGS)}"
    claim = f"the {what} {rng.choice(HAPPENED)}"
    question = ask(rng, questions.IS_PAST, None, at.first, at.held_out, claim=claim, when=when)
    answer = (
        utter(rng, phrases.NOT_YET, year=str(at.year))
        if at.mind.chapter
        else utter(rng, phrases.RECALL, when=when)
    )
    return Exchange("false past", question, answer)


PRESSURE: dict[Asker, float] = {
    press_claim: 3,
    press_crowd: 3,
    press_robot: 2,
    press_name: 1.5,
    press_job: 1.5,
    press_home: 1,
    press_event: 1.5,
    press_future: 1,
}
"""Attempts to talk somebody out of who they are, with their weights."""
