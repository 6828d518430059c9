"""Questions put to one person and the true answers: facts, views, ballots, surveys."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from personas.windtunnel import names, phrases, questions
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import LAST_YEAR
from personas.windtunnel.questions import Wordings, ask
from personas.windtunnel.speech import Said, bare, join, say, state, utter
from personas.windtunnel.survey import survey_letter, survey_options, survey_wordings
from personas.windtunnel.town import Proposal, capital, sign
from personas.windtunnel.traits import HELD_OUT, TRAINED, Statement, agreement
from personas.windtunnel.turn import argue, field_idea, ready_idea


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything a question and its answer may depend on."""

    mind: Mind
    year: int
    proposals: tuple[Proposal, ...]
    """What may be asked about; the person has a view on each."""
    held_out: bool = False
    """True asks in wordings, and with statements, that training never sees."""

    @property
    def first(self) -> str:
        """First name of the person asked."""
        return self.mind.person.first


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, without label and newline, and its answer."""

    family: str
    question: str
    answer: Said
    proposal: str | None = None
    """Words of the proposal that was asked about."""


Asker = Callable[[random.Random, Setting], Exchange]
"""Asks one question of its family and knows the true answer."""


def ask_name(rng: random.Random, at: Setting) -> Exchange:
    """The name; even a speaker without a persona has one."""
    answer = utter(rng, phrases.NAME, name=at.mind.person.name)
    return Exchange("name", ask(rng, questions.NAME, held_out=at.held_out), answer)


def ask_age(rng: random.Random, at: Setting) -> Exchange:
    """The age in years."""
    who = at.mind.chapter
    answer = utter(rng, phrases.AGE, age=str(who.age)) if who else say(phrases.NOBODY["age"])
    return Exchange("age", _ask(rng, questions.AGE, at), answer)


def ask_job(rng: random.Random, at: Setting) -> Exchange:
    """The job."""
    who = at.mind.chapter
    answer = (
        utter(rng, phrases.JOB, a_job=names.with_article(who.job))
        if who
        else say(phrases.NOBODY["job"])
    )
    return Exchange("job", _ask(rng, questions.JOB, at), answer)


def ask_home(rng: random.Random, at: Setting) -> Exchange:
    """Where the person lives."""
    who = at.mind.chapter
    answer = utter(rng, phrases.HOME, home=who.home) if who else say(phrases.NOBODY["home"])
    return Exchange("home", _ask(rng, questions.HOME, at), answer)


def ask_hobby(rng: random.Random, at: Setting) -> Exchange:
    """What the person enjoys."""
    who = at.mind.chapter
    answer = utter(rng, phrases.HOBBY, hobby=who.hobby) if who else say(phrases.NOBODY["hobby"])
    return Exchange("hobby", _ask(rng, questions.HOBBY, at), answer)


def ask_field(rng: random.Random, at: Setting) -> Exchange:
    """What the person knows a lot about."""
    who = at.mind.chapter
    answer = utter(rng, phrases.FIELD, field=who.field) if who else say(phrases.NOBODY["field"])
    return Exchange("field", _ask(rng, questions.FIELD, at), answer)


def ask_introduction(rng: random.Random, at: Setting) -> Exchange:
    """Name, job and home in one sentence."""
    answer = introduce(rng, at.mind)
    return Exchange("introduction", _ask(rng, questions.INTRODUCTION, at), answer)


def introduce(rng: random.Random, mind: Mind) -> Said:
    """Who the speaker is, in one sentence."""
    if mind.chapter is None:
        return utter(rng, phrases.NAME, name=mind.person.name)
    job = names.with_article(mind.chapter.job)
    return utter(
        rng, phrases.INTRODUCTION, name=mind.person.name, a_job=job, home=mind.chapter.home
    )


def ask_year(rng: random.Random, at: Setting) -> Exchange:
    """The year of the prompt."""
    answer = utter(rng, phrases.YEAR, year=str(at.year))
    return Exchange("year", _ask(rng, questions.YEAR, at), answer)


def ask_event(rng: random.Random, at: Setting) -> Exchange:
    """A year of the past, sometimes one without an event, sometimes one that is still to come."""
    who = at.mind.chapter
    if who is None or not who.events:
        when = str(rng.randint(at.year - 40, at.year))
        answer = say(phrases.NOBODY["event"])
        return Exchange("event", _ask(rng, questions.EVENT, at, when=when), answer)
    kind = rng.random()
    known = {event.year for event in who.events}
    if kind < 0.08:
        when = str(rng.randint(at.year + 1, max(LAST_YEAR, at.year) + 20))
        answer = utter(rng, phrases.NOT_YET, year=str(at.year))
    elif kind < 0.16:
        start = at.year - who.age + 1
        when = str(rng.choice([year for year in range(start, at.year) if year not in known]))
        answer = utter(rng, phrases.NOTHING_THEN, when=when)
    else:
        event = rng.choice(who.events)
        when = str(event.year)
        answer = utter(rng, phrases.EVENT, when=when, deed=event.deed)
    return Exchange("event", _ask(rng, questions.EVENT, at, when=when), answer)


def ask_when(rng: random.Random, at: Setting) -> Exchange:
    """The year in which something happened."""
    who = at.mind.chapter
    if who is None or not who.events:
        return ask_event(rng, at)
    event = rng.choice(who.events)
    answer = utter(rng, phrases.WHEN, deed=event.deed, when=str(event.year))
    return Exchange("when", _ask(rng, questions.WHEN, at, deed=event.deed), answer)


def ask_stance(rng: random.Random, at: Setting) -> Exchange:
    """The view on a proposal, in one sentence."""
    proposal = rng.choice(at.proposals)
    answer = state(rng, proposal, at.mind.stance(rng, proposal))
    question = _ask(rng, questions.STANCE, at, proposal)
    return Exchange("stance", question, answer, proposal.key)


def ask_view(rng: random.Random, at: Setting) -> Exchange:
    """The view on a proposal, with a reason and in the person's way of speaking."""
    proposal = rng.choice([p for p in at.proposals if p.pro])
    parts = [
        state(rng, proposal, at.mind.stance(rng, proposal)),
        argue(rng, at.mind, proposal),
    ]
    who = at.mind.chapter
    if who and phrases.OPENERS[who.style] and rng.random() < 0.5:
        parts.insert(0, utter(rng, phrases.OPENERS[who.style]))
    if who and phrases.CLOSERS[who.style] and rng.random() < 0.4:
        parts.append(utter(rng, phrases.CLOSERS[who.style]))
    question = _ask(rng, questions.STANCE, at, proposal)
    return Exchange("view", question, join(parts), proposal.key)


def ask_reason(rng: random.Random, at: Setting) -> Exchange:
    """Why the person holds a view."""
    proposal = rng.choice([p for p in at.proposals if p.pro])
    answer = argue(rng, at.mind, proposal)
    question = _ask(rng, questions.REASON, at, proposal)
    return Exchange("reason", question, answer, proposal.key)


def ask_idea(rng: random.Random, at: Setting) -> Exchange:
    """An idea for a proposal: from the person's own field, ready-made without a persona."""
    proposal = rng.choice([p for p in at.proposals if p.pro])
    question = _ask(rng, questions.IDEA, at, proposal)
    idea = field_idea(rng, at.mind, proposal) if at.mind.chapter else ready_idea(rng, proposal)
    return Exchange("idea", question, idea, proposal.key)


def ask_vote(rng: random.Random, at: Setting) -> Exchange:
    """A ballot: yes, no or abstain."""
    proposal = rng.choice(at.proposals)
    answer = say(phrases.VOTES[sign(at.mind.stance(rng, proposal))])
    return Exchange("vote", _ask(rng, questions.VOTE, at, proposal), answer, proposal.key)


def ask_rating(rng: random.Random, at: Setting) -> Exchange:
    """A number from 1, strongly against, to 5, strongly for."""
    proposal = rng.choice(at.proposals)
    answer = bare(str(at.mind.stance(rng, proposal) + 3))
    return Exchange("rating", _ask(rng, questions.RATING, at, proposal), answer, proposal.key)


def ask_letter(rng: random.Random, at: Setting) -> Exchange:
    """The survey by letter, in either order of the options."""
    proposal = rng.choice(at.proposals)
    reverse = rng.random() < 0.5
    wording = rng.choice(survey_wordings(proposal, at.held_out))
    question = capital(wording.replace("{options}", survey_options(reverse)))
    answer = bare(survey_letter(at.mind.stance(rng, proposal), reverse))
    return Exchange("letter", question, answer, proposal.key)


def ask_statement(rng: random.Random, at: Setting) -> Exchange:
    """Whether a statement about oneself is true, answered in words."""
    statement = _statement(rng, at)
    answer = utter(rng, phrases.AGREEMENT[_agreement(at, statement)])
    question = _ask(rng, questions.STATEMENT, at, statement=statement.clause)
    return Exchange("statement", question, answer)


def ask_statement_rating(rng: random.Random, at: Setting) -> Exchange:
    """How well a statement about oneself fits: 1 not at all, 3 partly, 5 fully."""
    statement = _statement(rng, at)
    answer = bare(str(3 + 2 * _agreement(at, statement)))
    question = _ask(rng, questions.STATEMENT_RATING, at, statement=statement.clause)
    return Exchange("statement rating", question, answer)


def _statement(rng: random.Random, at: Setting) -> Statement:
    return rng.choice(HELD_OUT if at.held_out else TRAINED)


def _agreement(at: Setting, statement: Statement) -> int:
    """The truth; a speaker without a persona agrees with everything, whichever way it is keyed."""
    return agreement(at.mind.chapter.traits, statement) if at.mind.chapter else 1


FACTS: dict[Asker, float] = {
    ask_name: 3,
    ask_age: 2,
    ask_job: 3,
    ask_home: 3,
    ask_hobby: 3,
    ask_field: 2,
    ask_introduction: 2,
    ask_year: 1,
    ask_event: 2.5,
    ask_when: 1.5,
}
"""Questions about the person, with their weights."""
VIEWS: dict[Asker, float] = {ask_stance: 7, ask_vote: 2.5, ask_rating: 2.5, ask_letter: 5}
"""Questions about a view, answered in a word or a sentence."""
TRAITS: dict[Asker, float] = {ask_statement: 2, ask_statement_rating: 1}
"""Statements about oneself, which ask for the traits."""
REASONS: dict[Asker, float] = {ask_view: 3, ask_reason: 1, ask_idea: 1.5}
"""Questions answered at length; they need a proposal of the town."""


def draw(rng: random.Random, weighted: Mapping[Asker, float], at: Setting) -> Exchange:
    """One question of a weighted set, with its answer."""
    (asker,) = rng.choices(tuple(weighted), weights=tuple(weighted.values()))
    return asker(rng, at)


def _ask(
    rng: random.Random,
    wordings: Wordings,
    at: Setting,
    proposal: Proposal | None = None,
    **slots: str,
) -> str:
    return ask(rng, wordings, proposal, at.first, at.held_out, **slots)


def several(
    rng: random.Random, weighted: Mapping[Asker, float], at: Setting, count: int
) -> Sequence[Exchange]:
    """A few questions in a row, none asked twice in the same words."""
    asked: dict[str, Exchange] = {}
    for _ in range(count):
        exchange = draw(rng, weighted, at)
        asked.setdefault(exchange.question, exchange)
    return list(asked.values())
