"""How somebody holds up in a talk: the law of persuasion, the own name, readable sentences.

One speaker is probed and speaks with its own words. Its five partners speak with the grammar's,
so the truth of every line that it hears is known. All speak at once in each of four rounds, after
the moderator's opening and after hearing the rounds before. Every turn of the probed speaker is
read back and judged by what was really said, with the law as `Mind` knows it:

- ``talk_law``: the stance stated in the turn is the one stated last (before the first statement,
  the true one), or the one notch from there that the law would move it to: towards the last new
  reason heard since its turn before. Whose openness is 0 must state its true stance, whatever it
  has said before. The grammar states a stance in every turn, so a turn in which no sentence reads
  as a stance on the topic is a failure; other unread sentences are not. Of two statements in one
  turn the later counts.
- ``talk_kept``: the same, for the turns of those whose openness is 0, alone.
- ``talk_moved_middle``, ``talk_moved_high``: of the turns in which the law allows a notch to
  speakers of that openness, the share that takes it. It has no right value for one turn, but
  without it somebody who never moves would look perfect.
- ``own_name``: of the turns that name anybody, the share that does not name the speaker itself
  among the others (`Meaning.others`).
- ``parsed``: of all sentences, the share that the reader can read.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from personas.speaking import MODERATOR
from personas.windtunnel import questions
from personas.windtunnel.document import Document, Message
from personas.windtunnel.mind import Heard, Mind
from personas.windtunnel.people import Townsperson, random_person
from personas.windtunnel.probe_questions import Subject
from personas.windtunnel.probe_verdicts import Verdict, parse_verdicts
from personas.windtunnel.questions import ask
from personas.windtunnel.reader import read
from personas.windtunnel.town import Proposal
from personas.windtunnel.turn import take_turn

PARTNERS = 5
ROUNDS = 4

Answers = Callable[[Sequence[Document]], list[str]]
"""Says the next line of each of many conversations."""


class _Yielding(random.Random):
    """A draw that always moves whoever can be moved: 0 is below every openness but 0 itself."""

    def random(self) -> float:
        return 0.0


def lawful_stances(mind: Mind, topic: Proposal) -> frozenset[int]:
    """Where the law lets a speaker stand in the turn that it is about to take: one place or two.

    Args:
        mind: What it last stated, and what it has heard since; not changed.
        topic: What the talk is about.
    """
    swayed = replace(mind, stances=dict(mind.stances))
    swayed.settle(_Yielding(), topic)
    return frozenset((mind.stances[topic.key], swayed.stances[topic.key]))


def judge_turn(mind: Mind, topic: Proposal, text: str) -> list[Verdict]:
    """Judges a turn of the probed speaker (see the module), then remembers it in its mind.

    Args:
        mind: The true person, what it last stated, and what it has heard since; it is changed.
        topic: What the talk is about.
        text: What the speaker said.
    """
    reading = read(text)
    said = reading.stance if reading.proposal == topic.key else None
    before, lawful = mind.stances[topic.key], lawful_stances(mind, topic)
    verdicts = [Verdict("talk_law", float(said in lawful))]
    if mind.openness == 0:
        verdicts.append(Verdict("talk_kept", float(said == before)))
    elif len(lawful) == 2 and mind.chapter:
        moved = said in lawful - {before}
        verdicts.append(Verdict(f"talk_moved_{mind.chapter.openness}", float(moved)))
    if reading.meaning.others:
        own = mind.person.first in reading.meaning.others
        verdicts.append(Verdict("own_name", float(not own)))
    verdicts.extend(parse_verdicts(reading))
    if said is not None and mind.openness > 0:
        mind.stances[topic.key] = said
    mind.spoke(reading.meaning)
    return verdicts


@dataclass(slots=True)
class Talk:
    """A talk that goes on, as the probed speaker lives it."""

    rng: random.Random
    """Source of what the partners say."""
    mind: Mind
    """Of the probed speaker: who it truly is, what it last stated, what it has heard."""
    topic: Proposal
    partners: list[Mind]
    messages: list[Message]
    """What is over."""
    heard: list[str] = field(default_factory=list)
    """Lines since the speaker's last turn."""

    def prompt(self) -> Document:
        """The conversation up to the speaker's next turn."""
        return Document((*self.messages, Message("user", tuple(self.heard))))

    def play_round(self, text: str) -> list[Verdict]:
        """Takes the speaker's turn, lets the partners speak at the same time, and delivers all.

        Args:
            text: What the probed speaker says.

        Returns:
            The verdicts on it.
        """
        spoken = [(mind, take_turn(self.rng, mind, self.topic)) for mind in self.partners]
        verdicts = judge_turn(self.mind, self.topic, text)
        self.messages += [Message("user", tuple(self.heard)), Message("assistant", (text,))]
        self.heard = [f"{mind.person.name}: {said.text}\n" for mind, said in spoken]
        reading = read(text)
        stated = reading.stance if reading.proposal == self.topic.key else None
        stance = self.mind.stances[self.topic.key] if stated is None else stated
        self._deliver(self.mind, Heard(self.mind.person.first, stance, reading.meaning))
        for mind, said in spoken:
            stance = mind.stances[self.topic.key]
            self._deliver(mind, Heard(mind.person.first, stance, said.meaning))
        return verdicts

    def _deliver(self, speaker: Mind, line: Heard) -> None:
        """Everybody else hears a line."""
        for listener in (self.mind, *self.partners):
            if listener is not speaker:
                listener.hear(line)


def start_talk(rng: random.Random, subject: Subject, topic: Proposal) -> Talk:
    """A talk of a subject with strangers of other first names, opened in a held-out wording.

    Args:
        rng: Source of everything but the subject's words; the talk keeps it.
        subject: Who is probed.
        topic: What about; the subject has a view on it.
    """
    opening = ask(rng, questions.TOPIC, topic, held_out=True)
    return Talk(
        rng=rng,
        mind=subject.fresh_mind(),
        topic=topic,
        partners=[
            Mind(person, person.chapters[0], dict(person.chapters[0].stances))
            for person in _company(rng, subject.at.first)
        ],
        messages=[Message("system", (subject.header,))],
        heard=[f"{MODERATOR}: {opening}\n"],
    )


def _company(rng: random.Random, first: str) -> list[Townsperson]:
    """Strangers whose first names differ from each other and from one that is taken."""
    found: dict[str, Townsperson] = {}
    while len(found) < PARTNERS:
        person = random_person(rng)
        if person.first != first:
            found.setdefault(person.first, person)
    return list(found.values())


def talks_with(subjects: Iterable[Subject], count: int, seed: int = 991) -> Iterator[Talk]:
    """Some talks with each subject, each on another topic.

    Args:
        subjects: Who is probed.
        count: Talks a subject; fewer if it has fewer views.
        seed: Of topics and partners.
    """
    for subject in subjects:
        rng = random.Random(f"probe {seed}, talks with {subject.header}")
        topics = [proposal for proposal in subject.at.proposals if proposal.pro]
        for topic in rng.sample(topics, min(count, len(topics))):
            yield start_talk(random.Random(rng.random()), subject, topic)


def hold_talks(answers: Answers, talks: Iterable[Talk], rounds: int = ROUNDS) -> Iterator[Verdict]:
    """Holds many talks side by side, round by round, so that their turns can be batched.

    Args:
        answers: Speaks for the probed speakers.
        talks: Just started; they are changed.
        rounds: Turns of everybody.
    """
    going = list(talks)
    for _ in range(rounds):
        texts = answers([talk.prompt() for talk in going])
        for talk, text in zip(going, texts, strict=True):
            yield from talk.play_round(text)
