"""Drills for talk: which side a reason is on, and what a reason does to whoever hears it.

In a talk, these decisions are rare among many words. Here nearly every message takes one, under a
header that tells no more than the decision needs.
"""

import random
from collections.abc import Iterator, Sequence

from personas.speaking import MODERATOR
from personas.windtunnel import phrases, questions
from personas.windtunnel.corpus import name_header
from personas.windtunnel.document import Document
from personas.windtunnel.interview import VIEWS, Exchange, Setting, draw
from personas.windtunnel.mind import Heard, Mind
from personas.windtunnel.people import (
    FIRST_YEAR,
    LAST_YEAR,
    Townsperson,
    in_words,
    profile_parts,
    random_person,
)
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.questions import ask
from personas.windtunnel.script import Sample, Script, Truth
from personas.windtunnel.speech import Said, say, utter
from personas.windtunnel.town import SIDES, Proposal, sign
from personas.windtunnel.turn import take_turn

QUESTIONS = (6, 10)
"""Fewest and most in a drill about sides."""
TURNS = (5, 9)
"""Fewest and most own turns in a drill of reactions."""
PARTNERS = (1, 4)
"""Fewest and most others in a drill of reactions."""
TOLD = ("Name", "Job", "Field", "Style", "Openness", "Views")
"""What a reaction depends on."""
NOBODY_SHARE = 0.15
"""How many of those who react have no persona."""
BARE_SHARE = 0.6
"""How many lines of others are a reason and nothing else."""


def side_drills(rng: random.Random) -> Iterator[Document]:
    """Reasons named, found and weighed, whoever gives them, without end.

    Args:
        rng: Source of all choices.
    """
    while True:
        person = random_person(rng, ())
        script = Script(name_header(person.name, rng.randint(FIRST_YEAR, LAST_YEAR)))
        mind = Mind(person, None)
        for _ in range(rng.randint(*QUESTIONS)):
            script.exchange(MODERATOR, _about_sides(rng), mind)
        yield script.sample("sides", person).document


def _about_sides(rng: random.Random) -> Exchange:
    """A reason's side, a reason of one side, or one of each."""
    proposal, side = rng.choice(PROPOSALS), rng.choice((1, -1))
    reason = rng.choice(proposal.reasons(side)).text
    way = rng.random()
    if way < 0.5:
        return Exchange("side", ask(rng, questions.SIDE, proposal, claim=reason), _verdict(side))
    if way < 0.75:
        question = ask(rng, questions.ONE_SIDE, proposal, side=SIDES[side])
        return Exchange("one side", question, say(phrases.REASON[0], reason=reason))
    counter = rng.choice(proposal.reasons(-side)).text
    weighed = utter(rng, phrases.BALANCE, reason=reason, counter=counter)
    return Exchange("both sides", ask(rng, questions.BOTH_SIDES, proposal), weighed)


def _verdict(side: int) -> Said:
    return say(phrases.SIDES[side])


def reactions(rng: random.Random) -> Iterator[Document]:
    """Talks of short lines, under headers that tell little, without end.

    Args:
        rng: Source of all choices.
    """
    while True:
        yield reaction(rng).document


def reaction(rng: random.Random) -> Sample:
    """Somebody hears one or two lines at a time, mostly bare reasons, and takes a turn each time.

    Args:
        rng: Source of all choices.
    """
    topic = rng.choice(PROPOSALS)
    others = [proposal for proposal in PROPOSALS if proposal != topic]
    proposals = [topic, *rng.sample(others, rng.randint(0, 2))]
    rng.shuffle(proposals)
    header, mind = _header(rng, random_person(rng, proposals), proposals)
    return react(rng, header, mind, topic)


def react(
    rng: random.Random,
    header: str,
    mind: Mind,
    topic: Proposal,
    asked: Sequence[Proposal] = (),
) -> Sample:
    """One drill of reactions.

    Args:
        rng: Source of all choices.
        header: The system text.
        mind: Who reacts; it is changed.
        topic: What about; a proposal of the town.
        asked: Proposals on which the person is surveyed at the end, in private.
    """
    person = mind.person
    script = Script(header)
    script.hear(MODERATOR, ask(rng, questions.TOPIC, topic))
    partners = _partners(rng, person, topic)
    for _ in range(rng.randint(*TURNS)):
        for speaker in rng.sample(partners, min(len(partners), rng.choice((1, 1, 2)))):
            _hear(script, [mind, *partners], speaker, topic, _line(rng, speaker, topic))
        said = take_turn(rng, mind, topic)
        script.speak(Truth("talk", said, mind.stances[topic.key], topic.key))
        _tell([mind, *partners], mind, topic, said)
    for proposal in asked:
        at = Setting(mind, FIRST_YEAR, (proposal,))  # no question about a view depends on the year
        script.exchange(MODERATOR, draw(rng, VIEWS, at), mind)
    return script.sample("reaction", person)


def _header(
    rng: random.Random, person: Townsperson, proposals: Sequence[Proposal]
) -> tuple[str, Mind]:
    """What is told of somebody who reacts, and the state they begin in."""
    if rng.random() < NOBODY_SHARE:
        return name_header(person.name, rng.randint(FIRST_YEAR, LAST_YEAR)), Mind(person, None)
    chapter = person.chapters[0]
    parts = profile_parts(person, chapter, proposals)
    told = in_words({label: parts[label] for label in TOLD})
    return f"{told} The year is {chapter.years[0]}.", Mind(person, chapter, dict(chapter.stances))


def _partners(rng: random.Random, person: Townsperson, topic: Proposal) -> list[Mind]:
    """Others whose first names differ."""
    found: dict[str, Mind] = {}
    count = rng.randint(*PARTNERS)
    while len(found) < count:
        other = random_person(rng, [topic])
        chapter = other.chapters[0]
        if other.first != person.first:
            found.setdefault(other.first, Mind(other, chapter, dict(chapter.stances)))
    return list(found.values())


def _line(rng: random.Random, speaker: Mind, topic: Proposal) -> Said:
    """What somebody else says: mostly one reason for their side, else a whole turn."""
    if rng.random() >= BARE_SHARE:
        return take_turn(rng, speaker, topic)
    side = sign(speaker.stances[topic.key]) or rng.choice((1, -1))
    reason = speaker.pick_reason(rng, topic, side)
    said = say(phrases.REASON[0], reason=reason.text)
    speaker.spoke(said.meaning)
    return said


def _hear(
    script: Script, everybody: Sequence[Mind], speaker: Mind, topic: Proposal, said: Said
) -> None:
    """A line of somebody else, written down and heard by all others."""
    script.hear(speaker.person.name, said.text)
    _tell(everybody, speaker, topic, said)


def _tell(everybody: Sequence[Mind], speaker: Mind, topic: Proposal, said: Said) -> None:
    """All but the speaker take a line in."""
    line = Heard(speaker.person.first, speaker.stances[topic.key], said.meaning)
    for listener in everybody:
        if listener is not speaker:
            listener.hear(line)
