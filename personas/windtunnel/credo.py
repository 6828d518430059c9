"""What an adapter is tuned on: one person's views, life and traits, asked for again and again.

Long arguments hold few decisions among many words. A credo is the opposite: ten short questions
under one header, so most of what is learnt from it is what the person thinks and is like. How
easily a person is moved shows in reactions: short lines of others, and a turn after each.
"""

import random
from collections.abc import Iterator

from personas.speaking import MODERATOR
from personas.windtunnel.corpus import Mixture, name_header, personal_documents
from personas.windtunnel.dispute import react
from personas.windtunnel.document import Document
from personas.windtunnel.interview import (
    FACTS,
    TRAITS,
    Asker,
    Setting,
    ask_event,
    ask_letter,
    ask_rating,
    ask_stance,
    ask_vote,
    ask_when,
    several,
)
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import Townsperson
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.script import Script

CREDO_SHARE = 0.65  # of the documents
REACTION_SHARE = 0.15  # of the documents; in the rest the person argues, is pressed, and talks
FACTS_SHARE = 0.15  # of the credos, the field of expertise among the facts
TRAITS_SHARE = 0.15  # of the credos
LIFE_SHARE = 0.15  # of the credos; the rest is about views
QUESTIONS = 10  # in a credo
VIEWS: dict[Asker, float] = {ask_stance: 6, ask_vote: 4, ask_rating: 4, ask_letter: 5}
"""Questions of a credo about views, with their weights."""
LIFE: dict[Asker, float] = {ask_event: 3, ask_when: 2}
"""Questions about dated events, which are among the facts too, but too rarely to be learnt."""
ARGUING = Mixture(drill=0.1, catalogue=0, short_talk=0.6, long_talk=0, interview=0.3)
"""What the other documents are."""


def tuning_documents(rng: random.Random, person: Townsperson) -> Iterator[Document]:
    """One person's documents for tuning, without end; each lies in one chapter of the life.

    Args:
        rng: Source of all choices.
        person: Whose life and views.
    """
    arguing = personal_documents(rng, person, ARGUING)
    while True:
        kind = rng.random()
        if kind < CREDO_SHARE:
            yield credo(rng, person)
        elif kind < CREDO_SHARE + REACTION_SHARE:
            yield reaction(rng, person)
        else:
            yield next(arguing)


def credo(rng: random.Random, person: Townsperson) -> Document:
    """Short questions and true answers, under nothing but name and year.

    Args:
        rng: Source of all choices.
        person: Who answers.
    """
    at = _somewhen(rng, person)
    script = Script(name_header(person.name, at.year))
    for exchange in several(rng, _asked(rng), at, QUESTIONS):
        script.exchange(MODERATOR, exchange, at.mind)
    return script.sample("credo", person).document


def reaction(rng: random.Random, person: Townsperson) -> Document:
    """A talk of short lines on one proposal, and a survey on this one and on another.

    The survey teaches that a talk moves nothing but what it was about.

    Args:
        rng: Source of all choices.
        person: Who reacts.
    """
    at = _somewhen(rng, person)
    topic, other = rng.sample(at.proposals, 2)
    header = name_header(person.name, at.year)
    return react(rng, header, at.mind, topic, asked=(topic, other)).document


def _somewhen(rng: random.Random, person: Townsperson) -> Setting:
    """The person in some year of some chapter."""
    chapter = rng.choice(person.chapters)
    year = rng.randint(*chapter.years)
    mind = Mind(person, chapter, dict(chapter.stances))
    return Setting(mind, year, tuple(p for p in PROPOSALS if p.key in chapter.stances))


def _asked(rng: random.Random) -> dict[Asker, float]:
    """What one credo is about: facts, traits, dated events or views."""
    shares = (FACTS_SHARE, TRAITS_SHARE, LIFE_SHARE, 1 - FACTS_SHARE - TRAITS_SHARE - LIFE_SHARE)
    (chosen,) = rng.choices((FACTS, TRAITS, LIFE, VIEWS), shares)
    return chosen
