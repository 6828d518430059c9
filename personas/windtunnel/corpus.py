"""The corpus: endless conversations in the town, for the base model and for one persona.

A base document gives its speaker a full profile, or just a name and a year (then the speaker is
nobody in particular: agreeable, with mild opinions). A persona's document always has just the
name and the year: who that is must come from the adapter.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from personas.windtunnel import interview, names, phrases, questions, talk
from personas.windtunnel.document import Document
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
from personas.windtunnel.script import MODERATOR, Sample, Script
from personas.windtunnel.speech import utter
from personas.windtunnel.town import Proposal


@dataclass(frozen=True, slots=True)
class Mixture:
    """Shares of the kinds among documents; they need not add up to one."""

    drill: float = 0.48
    """Many short questions on one header."""
    catalogue: float = 0.05
    """Looking up arbitrary entries in a header of arbitrary words."""
    short_talk: float = 0.25
    long_talk: float = 0.04
    """A long talk has four times the tokens of the others: one in six tokens is of this kind."""
    interview: float = 0.18
    """Longer answers, pressure and false premises."""
    full_profile: float = field(default=0.8, kw_only=True)
    """Share of documents whose header tells who the speaker is."""

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
LOOK_UP = Mixture(
    drill=0.75, catalogue=0.25, short_talk=0, long_talk=0, interview=0, full_profile=1.0
)
"""A first phase in which everything must be copied from the header."""
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
            continue
        system, at = _stranger(rng, kind, rng.random() < mixture.full_profile)
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
    return f"You are {name}. The year is {year}."


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
    "drill": (_weigh((interview.FACTS, 0.45), (interview.VIEWS, 0.55)), 6, 10),
    "interview": (
        _weigh(
            (interview.REASONS, 0.35),
            (PRESSURE, 0.45),
            (interview.VIEWS, 0.1),
            (interview.FACTS, 0.1),
        ),
        3,
        6,
    ),
}
"""Kinds of document that are questions: which ones, and how few and how many."""


def _stranger(rng: random.Random, kind: str, full: bool) -> tuple[str, Setting]:
    """Somebody new, as a profile or as a mere name, and some proposals to talk about."""
    count = rng.randint(3, 8) if rng.random() < 0.8 else len(PROPOSALS)
    proposals = rng.sample(PROPOSALS, count)
    if kind == "drill" and rng.random() < 0.4:
        proposals = _replaced(rng, proposals)
    person = random_person(rng, proposals)
    chapter = person.chapters[0]
    year = chapter.years[0]
    if full:
        mind = Mind(person, chapter, dict(chapter.stances))
        header = profile_header(person, chapter, year, proposals)
        return header, Setting(mind, year, tuple(proposals))
    year = rng.randint(FIRST_YEAR, LAST_YEAR)
    return name_header(person.name, year), Setting(Mind(person, None), year, tuple(proposals))


def _replaced(rng: random.Random, proposals: Sequence[Proposal]) -> list[Proposal]:
    """Half of the proposals, exchanged for invented ones with other words."""
    mixed = [invented_proposal(rng) if rng.random() < 0.5 else p for p in proposals]
    return list({proposal.key: proposal for proposal in mixed}.values())


def _questions(rng: random.Random, kind: str, system: str, at: Setting) -> Sample:
    """Some questions in a row, mostly from the moderator."""
    weights, fewest, most = _QUESTIONS[kind]
    count = rng.randint(fewest, most)
    script = Script(system)
    label = MODERATOR if rng.random() < 0.75 else names.full_name(rng)
    for exchange in interview.several(rng, weights, at, count):
        script.exchange(label, exchange, at.mind)
    return script.sample(kind, at.mind.person)


def catalogue(rng: random.Random) -> Sample:
    """A header of arbitrary entries, and questions about them: looking up, and nothing else."""
    entries: dict[str, str] = {}
    for _ in range(rng.randint(3, 9)):
        value = names.spelling(rng).lower() if rng.random() < 0.4 else names.hobby(rng)
        entries[names.spelling(rng, rng.choice((1, 2))).lower()] = value
    script = Script(" ".join(f"{thing.capitalize()}: {value}." for thing, value in entries.items()))
    nobody = random_person(rng, ())
    mind = Mind(nobody, None)
    for thing in rng.sample(tuple(entries), min(6, len(entries))):
        question = ask(rng, questions.POSSESSION, thing=thing)
        answer = utter(rng, phrases.POSSESSION, thing=thing, value=entries[thing])
        script.exchange(MODERATOR, Exchange("catalogue", question, answer), mind)
    return script.sample("catalogue", nobody)


def conversation_length(document: Document) -> int:
    """Number of words in a document, a cheap measure for packing documents by length."""
    return sum(len(line.split()) for message in document.messages for line in message.lines)
