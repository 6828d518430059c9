"""Group talk: two to twelve townspeople on one topic, written down as one of them lived it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from personas.speaking import MODERATOR
from personas.windtunnel import questions
from personas.windtunnel.interview import VIEWS, Setting, draw
from personas.windtunnel.mind import Heard, Mind
from personas.windtunnel.people import FIRST_YEAR, Townsperson, random_person
from personas.windtunnel.questions import ask
from personas.windtunnel.script import Sample, Script, Truth
from personas.windtunnel.speech import Said
from personas.windtunnel.town import Proposal
from personas.windtunnel.turn import take_turn


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a talk is."""

    speakers: tuple[int, int]
    """Fewest and most speakers, the person included."""
    rounds: tuple[int, int]
    """Fewest and most rounds; without any, a survey follows the opening line at once."""
    words: int
    """The talk ends after the round in which it reaches this many words."""


SHORT = Shape(speakers=(2, 5), rounds=(0, 4), words=300)
LONG = Shape(speakers=(4, 12), rounds=(3, 8), words=950)

QUESTIONS_AFTER = (0, 1, 1, 2, 3)
"""Numbers of survey questions after a talk, equally likely."""
INTERRUPTION_SHARE = 0.2
"""Probability that a round is followed by such a question and the talk goes on."""
SIMULTANEOUS_SHARE = 0.5
"""How many talks have rounds in which everybody speaks at once, after hearing the rounds before."""
SPARSE_SHARE = 0.25
"""How many talks are on a graph where the person hears only some of the others."""
EARLIER_SELF_SHARE = 0.04
"""How many labels name somebody's earlier self, such as ``Ada Lind of 2009``."""


NAMESAKE_SHARE = 0.06
"""How many talks seat the person's own earlier or later self among the others."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A participant, and how the person whose document it is hears them."""

    mind: Mind
    label: str
    """Before each line."""
    audible: bool
    """Whether the person hears this participant at all."""


@dataclass(frozen=True, slots=True)
class Table:
    """Everybody in a talk; the person whose document it is sits first."""

    seats: tuple[Seat, ...]
    topic: Proposal
    simultaneous: bool


def group_talk(
    rng: random.Random, at: Setting, system: str, topic: Proposal, shape: Shape
) -> Sample:
    """A talk on one topic from one person's point of view.

    Args:
        rng: Source of all choices.
        at: The person, the year, and what a survey may ask about.
        system: The system text.
        topic: What the talk is about.
        shape: How large it is.
    """
    script = Script(system)
    table = Table(_seats(rng, at, shape), topic, rng.random() < SIMULTANEOUS_SHARE)
    script.hear(MODERATOR, ask(rng, questions.TOPIC, topic, held_out=at.held_out))
    order = list(table.seats)
    rng.shuffle(order)
    for _ in range(rng.randint(*shape.rounds)):
        if rng.random() < 0.2:
            rng.shuffle(order)
        _round(rng, script, table, order)
        if script.words > shape.words:
            break
        if rng.random() < INTERRUPTION_SHARE:
            _survey(rng, script, at, topic)
            script.hear(MODERATOR, ask(rng, questions.GO_ON, topic, held_out=at.held_out))
    # A document without an own message would teach nothing.
    for _ in range(max(rng.choice(QUESTIONS_AFTER), not script.spoken)):
        _survey(rng, script, at, topic)
    return script.sample("short talk" if shape is SHORT else "long talk", at.mind.person)


def _survey(rng: random.Random, script: Script, at: Setting, topic: Proposal) -> None:
    """One question about a view, mostly on the topic; it moves nobody."""
    asked = replace(at, proposals=(topic,)) if rng.random() < 0.7 else at
    script.exchange(MODERATOR, draw(rng, VIEWS, asked), at.mind)


def _seats(rng: random.Random, at: Setting, shape: Shape) -> tuple[Seat, ...]:
    """The person and some strangers of other first names, rarely also the person's other self."""
    taken = {at.first}
    sparse = rng.random() < SPARSE_SHARE
    seats = [Seat(at.mind, at.mind.person.name, True)]
    for _ in range(rng.randint(*shape.speakers) - 1):
        person = random_person(rng)
        while person.first in taken:
            person = random_person(rng)
        taken.add(person.first)
        audible = len(seats) == 1 or not sparse or rng.random() < 0.5
        seats.append(_seat(rng, at, person, audible))
    if rng.random() < NAMESAKE_SHARE:
        namesake = random_person(rng, name=at.mind.person.name)
        seats[-1] = _seat(rng, at, namesake, True)
    return tuple(seats)


def _seat(rng: random.Random, at: Setting, person: Townsperson, audible: bool) -> Seat:
    """A place for somebody with a profile; a namesake's label always gives a year."""
    namesake = person.name == at.mind.person.name
    earlier = namesake or rng.random() < EARLIER_SELF_SHARE
    label = f"{person.name} of {rng.randint(FIRST_YEAR, at.year)}" if earlier else person.name
    chapter = person.chapters[0]
    return Seat(Mind(person, chapter, dict(chapter.stances)), label, audible)


def _round(rng: random.Random, script: Script, table: Table, order: Sequence[Seat]) -> None:
    """Everybody speaks once, in turn or all at once."""
    if not table.simultaneous:
        for seat in order:
            # Nobody speaks twice in a row, even where a new round starts in another order.
            if seat is table.seats[0] and not script.pending:
                continue
            _deliver(script, table, seat, take_turn(rng, seat.mind, table.topic))
        return
    # The person's own turn is written first: the lines of this round are heard after it.
    ordered = [table.seats[0], *(seat for seat in order if seat is not table.seats[0])]
    spoken = [(seat, take_turn(rng, seat.mind, table.topic)) for seat in ordered]
    for seat, said in spoken:
        _deliver(script, table, seat, said)


def _deliver(script: Script, table: Table, seat: Seat, said: Said) -> None:
    """Everybody else hears a line, and it is written down as the person knows it."""
    stance = seat.mind.stances[table.topic.key]
    own = table.seats[0]
    if seat is own:
        script.speak(Truth("talk", said, stance, table.topic.key))
    elif seat.audible:
        script.hear(seat.label, said.text)
    first = seat.mind.person.first
    for listener in table.seats:
        if listener is not seat and (seat.audible or listener is not own):
            # Nobody speaks to somebody by a name that is their own.
            called = "" if first == listener.mind.person.first else first
            listener.mind.hear(Heard(called, stance, said.meaning))
