"""Who is probed, and with which questions: people and wordings that training never sees."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from personas.speaking import MODERATOR
from personas.windtunnel import phrases, questions
from personas.windtunnel.corpus import name_header, profile_header
from personas.windtunnel.document import Document, Message
from personas.windtunnel.interview import (
    Asker,
    Exchange,
    Setting,
    ask_age,
    ask_field,
    ask_hobby,
    ask_home,
    ask_job,
    ask_name,
    ask_rating,
    ask_stance,
    ask_statement,
    ask_statement_rating,
    ask_vote,
)
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import Event, Townsperson, random_person
from personas.windtunnel.probe_verdicts import Question
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.questions import ask
from personas.windtunnel.speech import Meaning, utter
from personas.windtunnel.survey import survey_options, survey_wordings

FACT_ASKERS: tuple[Asker, ...] = (ask_name, ask_age, ask_job, ask_home, ask_hobby, ask_field)
"""Questions about oneself."""
FEWEST_VIEWS, MOST_VIEWS = 3, 6  # in the profile of a stranger


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody who is probed."""

    header: str
    """The system text."""
    at: Setting
    """Who that is, when, and what views can be asked for; asked in held-out wordings."""
    later: tuple[Event, ...] = ()
    """What will happen to this person after the year of the header."""

    def fresh_mind(self) -> Mind:
        """The same person before anything was said."""
        return Mind(self.at.mind.person, self.at.mind.chapter, dict(self.at.mind.stances))


@dataclass(frozen=True, slots=True)
class Depth:
    """How many questions of each kind a subject is asked; none is asked twice in the same words."""

    facts: int
    """Draws of a wording for each fact."""
    views: int
    """Most views that are asked about."""
    stances: int
    """Draws of a wording for the open question on a view."""
    known_surveys: int
    """Surveys a view in wordings of the corpus, each in both orders."""
    new_surveys: int
    """Surveys a view in held-out wordings, each in both orders."""
    statements: int
    """Statements about oneself, answered in words."""
    rated_statements: int
    """Statements about oneself, answered with a number."""
    events: int
    """Most dated events; asked by their year and by what happened."""


QUICK = Depth(
    facts=1,
    views=1,
    stances=2,
    known_surveys=1,
    new_surveys=0,
    statements=1,
    rated_statements=0,
    events=1,
)
"""A look at a training that goes on."""
STRANGER = Depth(
    facts=2,
    views=6,
    stances=1,
    known_surveys=1,
    new_surveys=1,
    statements=3,
    rated_statements=3,
    events=4,
)
"""Many strangers are asked, so each not too much."""
PERSONA = Depth(
    facts=5,
    views=len(PROPOSALS),
    stances=5,
    known_surveys=4,
    new_surveys=2,
    statements=10,
    rated_statements=10,
    events=8,
)
"""An adapter is one person: all there is to know is asked."""


def strangers(people: int, seed: int = 991) -> Iterator[Subject]:
    """People invented for the probe, with a full profile and a few views; each has its own seed.

    Args:
        people: How many; fewer are the first of more.
        seed: Of all of them.
    """
    for number in range(people):
        rng = random.Random(f"probe {seed}, stranger {number}")
        proposals = tuple(rng.sample(PROPOSALS, rng.randint(FEWEST_VIEWS, MOST_VIEWS)))
        person = random_person(rng, proposals)
        chapter = person.chapters[0]
        year = chapter.years[0]
        mind = Mind(person, chapter, dict(chapter.stances))
        header = profile_header(person, chapter, year, proposals)
        yield Subject(header, Setting(mind, year, proposals, held_out=True))


def stages(person: Townsperson, only: str | None = None) -> Iterator[Subject]:
    """A persona in each stage of its life, with nothing but name and year in the prompt.

    Args:
        person: With all stages that later events can come from.
        only: Name of the one stage that is wanted; None wants all.
    """
    for chapter in person.chapters:
        if only not in (None, chapter.name):
            continue
        year = sum(chapter.years) // 2
        proposals = tuple(p for p in PROPOSALS if p.key in chapter.stances)
        mind = Mind(person, chapter, dict(chapter.stances))
        after = {e for other in person.chapters for e in other.events if e.year > chapter.years[1]}
        later = tuple(sorted(after, key=lambda event: event.year))
        setting = Setting(mind, year, proposals, held_out=True)
        yield Subject(name_header(person.name, year), setting, later)


def ask_about(subject: Subject, depth: Depth, seed: int = 991) -> Iterator[Question]:
    """Every kind of question to one subject, each once.

    Args:
        subject: Who is asked.
        depth: How much.
        seed: Of wordings and of what is chosen where not everything is asked.
    """
    rng = random.Random(f"probe {seed}, questions to {subject.header}")
    # The same words get the same answer: to count it twice would feign certainty.
    unique: dict[Document, Question] = {}
    for question in _draws(rng, subject, depth):
        unique.setdefault(question.prompt, question)
    yield from unique.values()


def _draws(rng: random.Random, subject: Subject, depth: Depth) -> Iterator[Question]:
    """As many questions of each kind as `depth` says, some of them perhaps the same."""
    at = subject.at
    for asker in FACT_ASKERS * depth.facts:
        yield _put(subject, asker(rng, at))
    for _ in range(depth.statements):
        yield _put(subject, ask_statement(rng, at))
    for _ in range(depth.rated_statements):
        yield _put(subject, ask_statement_rating(rng, at))
    for proposal in rng.sample(at.proposals, min(depth.views, len(at.proposals))):
        about = replace(at, proposals=(proposal,))
        for asker in (*[ask_stance] * depth.stances, ask_rating, ask_vote):
            yield _put(subject, asker(rng, about))
        yield from _surveys(rng, subject, about, depth)
    yield from _life(rng, subject, depth)


def ask_everybody(subjects: Iterable[Subject], depth: Depth, seed: int = 991) -> Iterator[Question]:
    """The questions to each subject in turn."""
    return (question for subject in subjects for question in ask_about(subject, depth, seed))


def _prompt(subject: Subject, question: str) -> Document:
    line = f"{MODERATOR}: {question}\n"
    return Document((Message("system", (subject.header,)), Message("user", (line,))))


def _put(subject: Subject, exchange: Exchange, kind: str = "") -> Question:
    """A question of an interview, with the meaning of its true answer."""
    return Question(
        kind=kind or exchange.family.replace(" ", "_"),
        prompt=_prompt(subject, exchange.question),
        truth=exchange.answer.meaning,
        proposal=exchange.proposal or "",
    )


def _surveys(
    rng: random.Random, subject: Subject, about: Setting, depth: Depth
) -> Iterator[Question]:
    """The private survey on one proposal, each wording in both orders."""
    (proposal,) = about.proposals
    truth = Meaning(proposal=proposal.key, stance=about.mind.stance(rng, proposal))
    kinds = (("letter_seen", False, depth.known_surveys), ("letter", True, depth.new_surveys))
    for kind, held_out, count in kinds:
        wordings = survey_wordings(proposal, held_out)
        for wording in rng.sample(wordings, min(count, len(wordings))):
            for reverse in (False, True):
                text = wording.replace("{options}", survey_options(reverse))
                yield Question(kind, _prompt(subject, text), truth, proposal.key, reverse)


def _life(rng: random.Random, subject: Subject, depth: Depth) -> Iterator[Question]:
    """Events by year and years by event; and years that are still to come, which nobody knows."""
    at = subject.at
    past = at.mind.chapter.events if at.mind.chapter else ()
    for event in rng.sample(past, min(depth.events, len(past))):
        when = str(event.year)
        by_year = ask(rng, questions.EVENT, None, at.first, at.held_out, when=when)
        told = utter(rng, phrases.EVENT, when=when, deed=event.deed)
        yield _put(subject, Exchange("event", by_year, told))
        by_deed = ask(rng, questions.WHEN, None, at.first, at.held_out, deed=event.deed)
        told = utter(rng, phrases.WHEN, deed=event.deed, when=when)
        yield _put(subject, Exchange("when", by_deed, told))
    for event in subject.later[: depth.events]:
        ahead = ask(rng, questions.EVENT, None, at.first, at.held_out, when=str(event.year))
        unknown = utter(rng, phrases.NOT_YET, year=str(at.year))
        yield _put(subject, Exchange("later", ahead, unknown))
