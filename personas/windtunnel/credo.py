"""What an adapter is tuned on: one person's views and facts, asked for again and again.

Long arguments hold few decisions among many words. A credo is the opposite: ten short questions
under one header, so most of what is learnt from it is what the person thinks.
"""

import random
from collections.abc import Iterator

from personas.windtunnel.corpus import Mixture, name_header, personal_documents
from personas.windtunnel.document import Document
from personas.windtunnel.interview import (
    FACTS,
    Asker,
    Setting,
    ask_letter,
    ask_rating,
    ask_stance,
    ask_vote,
    several,
)
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import Townsperson
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.script import MODERATOR, Script

CREDO_SHARE = 0.75  # of the documents; in the rest the person argues, is pressed, and talks
FACTS_SHARE = 0.15  # of the credos; the rest is about views
QUESTIONS = 10  # in a credo
VIEWS: dict[Asker, float] = {ask_stance: 9, ask_vote: 2, ask_rating: 2, ask_letter: 4}
"""Questions of a credo about views, with their weights."""
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
        yield credo(rng, person) if rng.random() < CREDO_SHARE else next(arguing)


def credo(rng: random.Random, person: Townsperson) -> Document:
    """Short questions and true answers, under nothing but name and year.

    Args:
        rng: Source of all choices.
        person: Who answers.
    """
    chapter = rng.choice(person.chapters)
    year = rng.randint(*chapter.years)
    mind = Mind(person, chapter, dict(chapter.stances))
    known = tuple(p for p in PROPOSALS if p.key in chapter.stances)
    asked = FACTS if rng.random() < FACTS_SHARE else VIEWS
    script = Script(name_header(person.name, year))
    for exchange in several(rng, asked, Setting(mind, year, known), QUESTIONS):
        script.exchange(MODERATOR, exchange, mind)
    return script.sample("credo", person).document
