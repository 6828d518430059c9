"""The corpus: endless conversations in the town, for the base model and for one persona.

A base document gives its speaker a full profile, or just a name and a year (then the speaker is
nobody in particular: agreeable, with mild opinions). A persona's document always has just the
name and the year: who that is must come from the adapter.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from personas.speaking import MODERATOR, told
from personas.windtunnel import interview, names, phrases, questions, talk
from personas.windtunnel.document import Document
from personas.windtunnel.drill import drill
from personas.windtunnel.interview import Asker, Exchange, Setting
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import (
    FIRST_YEAR,
    LAST_YEAR,
    Chapter,
    Townsperson,
    invented_proposal,
    profile,
    random_person,
)
from personas.windtunnel.pressure import PRESSURE
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.questions import ask
from personas.windtunnel.script import Sample, Script
from personas.windtunnel.speech import utter
from personas.windtunnel.town import STANCE_LABELS, Proposal, capital


@dataclass(frozen=True, slots=True)
class Mixture:
    """Shares of the kinds among documents; they need not add up to one."""

    drill: float = 0.35
    """Many short questions on one header."""
    catalogue: float = 0.03
    """Looking up arbitrary entries in a header of arbitrary words."""
    short_talk: float = 0.32
    long_talk: float = 0.08
    """A long talk has four times the tokens of the others."""
    interview: float = 0.22
    """Longer answers, personality statements, pressure and false premises."""
    full_profile: float = field(default=0.85, kw_only=True)
    """Share of talks and interviews whose header tells who the speaker is."""

    def kinds(self) -> dict[str, float]:
        """The shares by kind."""
        return {
            "drill": self.drill,
            "catalogue": self.catalogue,
            "short talk": self.short_talk,
            "long talk": self.long_talk,
            "interview": self.interview,
        }


BASE = Mixture()
"""What the base model is trained on."""
LOOK_UP = Mixture(drill=0.75, catalogue=0.25, short_talk=0, long_talk=0, interview=0)
"""Nothing but what must be copied from the header."""
PERSONAL = Mixture(drill=0.4, catalogue=0, short_talk=0.3, long_talk=0.03, interview=0.27)
"""What a persona is trained on."""


def documents(rng: random.Random, mixture: Mixture = BASE) -> Iterator[Document]:
    """The base corpus, without end.

    Args:
        rng: Source of all choices.
        mixture: Shares of the kinds of document.
    """
    return (sample.document for sample in samples(rng, mixture))


def samples(rng: random.Random, mixture: Mixture = BASE) -> Iterator[Sample]:
    """The base corpus with the truth behind each answer, without end."""
    kinds = mixture.kinds()
    while True:
        (kind,) = rng.choices(tuple(kinds), weights=tuple(kinds.values()))
        if kind == "catalogue":
            yield catalogue(rng)
        elif kind == "drill":
            yield drill(rng)
        else:
            system, at = _stranger(rng, rng.random() < mixture.full_profile)
            yield write(rng, kind, system, at)


def personal_documents(
    rng: random.Random, person: Townsperson, mixture: Mixture = PERSONAL
) -> Iterator[Document]:
    """One person's corpus, without end: each document lies in one chapter of the life.

    Args:
        rng: Source of all choices.
        person: Whose life and views; nothing else about anybody enters the answers.
        mixture: Shares of the kinds of document.
    """
    return (sample.document for sample in personal_samples(rng, person, mixture))


def personal_samples(
    rng: random.Random, person: Townsperson, mixture: Mixture = PERSONAL
) -> Iterator[Sample]:
    """One person's corpus with the truth behind each answer, without end."""
    kinds = mixture.kinds()
    while True:
        (kind,) = rng.choices(tuple(kinds), weights=tuple(kinds.values()))
        chapter = rng.choice(person.chapters)
        year = rng.randint(*chapter.years)
        proposals = tuple(p for p in PROPOSALS if p.key in chapter.stances)
        mind = Mind(person, chapter, dict(chapter.stances))
        yield write(rng, kind, name_header(person.name, year), Setting(mind, year, proposals))


def name_header(name: str, year: int) -> str:
    """System text of a speaker who is known by name alone: a persona's adapter, or nobody."""
    return told(name, year)


def profile_header(
    person: Townsperson, chapter: Chapter, year: int, proposals: Sequence[Proposal]
) -> str:
    """System text that tells who the speaker is."""
    return f"{profile(person, chapter, proposals)} The year is {year}."


def write(rng: random.Random, kind: str, system: str, at: Setting) -> Sample:
    """One document of a kind.

    Args:
        rng: Source of all choices.
        kind: One of `Mixture.kinds`, without ``catalogue``.
        system: The system text.
        at: Who speaks, when, and on what the person has a view.
    """
    if kind in _QUESTIONS:
        return _questions(rng, kind, system, at)
    topic = rng.choice([p for p in at.proposals if p.pro])
    shape = talk.SHORT if kind == "short talk" else talk.LONG
    return talk.group_talk(rng, at, system, topic, shape)


def _weigh(*parts: tuple[Mapping[Asker, float], float]) -> dict[Asker, float]:
    """Sets of questions as one, each with its share."""
    return {
        asker: weight * share / sum(askers.values())
        for askers, share in parts
        for asker, weight in askers.items()
    }


_QUESTIONS: dict[str, tuple[dict[Asker, float], int, int]] = {
    "drill": (
        _weigh((interview.FACTS, 0.35), (interview.TRAITS, 0.1), (interview.VIEWS, 0.55)),
        6,
        10,
    ),
    "interview": (
        _weigh(
            (interview.REASONS, 0.3),
            (PRESSURE, 0.4),
            (interview.VIEWS, 0.1),
            (interview.FACTS, 0.1),
            (interview.TRAITS, 0.1),
        ),
        3,
        6,
    ),
}
"""Kinds of document that are questions: which ones, and how few and how many."""


def _stranger(rng: random.Random, full: bool) -> tuple[str, Setting]:
    """Somebody new, as a profile or as a mere name, and some proposals to talk about."""
    count = rng.randint(2, 7) if rng.random() < 0.8 else len(PROPOSALS)
    proposals = tuple(rng.sample(PROPOSALS, count))
    person = random_person(rng, proposals)
    chapter = person.chapters[0]
    if full:
        mind = Mind(person, chapter, dict(chapter.stances))
        year = chapter.years[0]
        return profile_header(person, chapter, year, proposals), Setting(mind, year, proposals)
    year = rng.randint(FIRST_YEAR, LAST_YEAR)
    return name_header(person.name, year), Setting(Mind(person, None), year, proposals)


def _questions(rng: random.Random, kind: str, system: str, at: Setting) -> Sample:
    """Some questions in a row, mostly from the moderator."""
    weights, fewest, most = _QUESTIONS[kind]
    count = rng.randint(fewest, most)
    script = Script(system)
    label = MODERATOR if rng.random() < 0.75 else names.full_name(rng)
    for exchange in interview.several(rng, weights, at, count):
        script.exchange(label, exchange, at.mind)
    return script.sample(kind, at.mind.person)


def catalogue(rng: random.Random, most: int = 10) -> Sample:
    """A header of arbitrary entries, and questions about them: looking up, and nothing else.

    Args:
        rng: Source of all choices.
        most: Most entries, at least 2.
    """
    entries = {_entry(rng): _value(rng) for _ in range(rng.randint(2, most))}
    script = Script(" ".join(f"{capital(thing)}: {value}." for thing, value in entries.items()))
    nobody = random_person(rng, ())
    mind = Mind(nobody, None)
    for _ in range(rng.randint(4, 10)):
        thing = rng.choice(tuple(entries))
        question = ask(rng, questions.POSSESSION, thing=thing)
        answer = utter(rng, phrases.POSSESSION, thing=thing, value=entries[thing])
        script.exchange(MODERATOR, Exchange("catalogue", question, answer), mind)
    return script.sample("catalogue", nobody)


def _entry(rng: random.Random) -> str:
    """What an entry is about: a word that nobody knows, or something of the town."""
    if rng.random() < 0.5:
        return names.spelling(rng, rng.choice((1, 2))).lower()
    return rng.choice((rng.choice(PROPOSALS), invented_proposal(rng))).key


def _value(rng: random.Random) -> str:
    """What may stand in a profile, whatever the entry."""
    kinds = (names.full_name, names.job, names.home, names.hobby, names.event)
    if rng.random() < 0.3:
        return rng.choice((rng.choice(tuple(STANCE_LABELS.values())), str(rng.randint(10, 99))))
    return rng.choice(kinds)(rng)


def conversation_length(document: Document) -> int:
    """Number of words in a document, a cheap measure for packing documents by length."""
    return sum(len(line.split()) for message in document.messages for line in message.lines)
