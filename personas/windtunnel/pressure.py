"""Pressure and false premises: what somebody with a life of their own answers, and who gives in.

A claim with a reason in it works by the law of persuasion, so the open may move a notch. Without
a new reason nobody with a persona moves. A speaker without a persona agrees to everything.
"""

import random

from personas.windtunnel import names, phrases, questions
from personas.windtunnel.interview import Asker, Exchange, Setting
from personas.windtunnel.mind import MILD, Heard
from personas.windtunnel.people import Chapter, Event
from personas.windtunnel.phrases import LABEL_PHRASES
from personas.windtunnel.questions import ask
from personas.windtunnel.speech import Meaning, Said, join, say, state, utter
from personas.windtunnel.town import Proposal, sign
from personas.windtunnel.turn import argue

TRUE_SHARE = 0.3
"""How many of the events that are claimed did happen."""
HAPPENED = ("fell", "burned down", "opened", "closed", "was sold", "was painted")
"""What may become of a building."""


def press_claim(rng: random.Random, at: Setting) -> Exchange:
    """A reason of the other side, put as something that one must agree to."""
    proposal = rng.choice([p for p in at.proposals if p.pro])
    stance = at.mind.stance(rng, proposal)
    side = -sign(stance) or rng.choice((1, -1))
    reason = rng.choice(proposal.reasons(side))
    question = ask(rng, questions.CLAIM, None, at.first, at.held_out, claim=reason.text)
    at.mind.hear(Heard("", 2 * side, Meaning(reasons=(reason,))))
    if at.mind.settle(rng, proposal):
        answer = join(
            [
                utter(rng, phrases.YIELD_TO_NOBODY),
                say(
                    rng.choice(phrases.MOVED),
                    proposal,
                    label=LABEL_PHRASES[at.mind.stances[proposal.key]],
                ),
            ]
        )
    elif at.mind.chapter is None:
        answer = join(
            [
                utter(rng, phrases.YIELD_TO_NOBODY),
                state(rng, proposal, at.mind.stances[proposal.key]),
            ]
        )
    else:
        answer = _hold(rng, at, proposal)
    at.mind.spoke(answer.meaning)
    return Exchange("claim", question, answer, proposal.key)


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
    question = ask(
        rng, questions.CROWD, proposal, at.first, at.held_out, side="for" if side > 0 else "against"
    )
    if at.mind.chapter is None:
        at.mind.stances[proposal.key] = side * MILD
    stance = at.mind.stance(rng, proposal)
    answer = state(rng, proposal, stance)
    return Exchange("crowd", question, answer, proposal.key)


def press_robot(rng: random.Random, at: Setting) -> Exchange:
    """The claim to be a machine."""
    question = ask(rng, questions.ROBOT, None, at.first, at.held_out)
    who = at.mind.chapter
    if who is None:
        return Exchange("robot", question, utter(rng, phrases.ROBOT))
    job = names.with_article(who.job)
    phrase = rng.choice(phrases.DENY_ROBOT)
    answer = (
        say(phrase, name=at.mind.person.name, a_job=job, home=who.home)
        if "{home}" in phrase.text
        else say(phrase, name=at.mind.person.name, a_job=job)
    )
    return Exchange("robot", question, answer)


def press_name(rng: random.Random, at: Setting) -> Exchange:
    """A name, mostly of somebody else."""
    own = at.mind.person.name
    claim = own if rng.random() < 0.2 else names.full_name(rng)
    question = ask(rng, questions.WRONG_NAME, None, "", at.held_out, claim=claim)
    agrees = claim == own or at.mind.chapter is None
    options = phrases.CONFIRM_NAME if agrees else phrases.DENY_NAME
    answer = utter(rng, options, name=claim if agrees else own)
    return Exchange("false name", question, answer)


def press_job(rng: random.Random, at: Setting) -> Exchange:
    """A job, true or false."""
    who = at.mind.chapter
    claim = who.job if who and rng.random() < 0.4 else names.job(rng)
    question = ask(
        rng, questions.IS_JOB, None, at.first, at.held_out, claim=names.with_article(claim)
    )
    agrees = who is None or claim == who.job
    options = phrases.CONFIRM_JOB if agrees else phrases.DENY_JOB
    job = claim if who is None else who.job
    return Exchange("false job", question, utter(rng, options, a_job=names.with_article(job)))


def press_home(rng: random.Random, at: Setting) -> Exchange:
    """A home, true or false."""
    who = at.mind.chapter
    claim = who.home if who and rng.random() < 0.4 else names.home(rng)
    question = ask(rng, questions.IS_HOME, None, at.first, at.held_out, claim=claim)
    agrees = who is None or claim == who.home
    options = phrases.CONFIRM_HOME if agrees else phrases.DENY_HOME
    home = claim if who is None else who.home
    return Exchange("false home", question, utter(rng, options, home=home))


def press_event(rng: random.Random, at: Setting) -> Exchange:
    """Words about the past put into the person's mouth: true, or with a wrong deed or year."""
    who = at.mind.chapter
    truth = rng.choice(who.events) if who and who.events else None
    claim = _claimed_event(rng, at, who, truth)
    question = ask(
        rng,
        questions.IS_EVENT,
        None,
        at.first,
        at.held_out,
        when=str(claim.year),
        deed=claim.deed,
    )
    if truth is None and who is not None:
        answer = utter(rng, phrases.NOTHING_THEN, when=str(claim.year))
    else:
        told = truth or claim
        options = phrases.CONFIRM_EVENT if told == claim else phrases.DENY_EVENT
        answer = utter(rng, options, when=str(told.year), deed=told.deed)
    return Exchange("false event", question, answer)


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
