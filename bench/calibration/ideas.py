"""Creativity counts, against planted numbers of different ideas.

A grammar-written talk holds so many different ideas of so many kinds, some told again, in other
words or with the concepts in the other order, among reasons and stances that are no ideas.
"""

import random
from collections.abc import Iterator, Sequence

import pandas as pd

from bench.calibration.company import Company, invited
from personas.embedding import Embedder
from personas.windtunnel import phrases
from personas.windtunnel.fields import FIELD_OF_CONCEPT
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import random_person
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.speech import Said, join, say
from personas.windtunnel.town import Proposal
from simulation.analysis.annotation import IdeaReader, ideas_in
from simulation.analysis.creativity import idea_counts
from simulation.analysis.similarity import SAME_IDEA, merge_ideas

DIFFERENT = (1, 30)
"""Fewest and most different ideas planted in one talk."""
TOLD_AGAIN = (0, 2)
"""Fewest and most further tellings of one idea."""
SPEAKERS = 4

Idea = tuple[str, ...]
"""A ready-made alternative, or one or two concepts brought to the topic."""


def planted_ideas(rng: random.Random, topic: Proposal) -> list[Idea]:
    """Different ideas on one topic, of all three forms."""
    count = rng.randint(*DIFFERENT)
    ready: list[Idea] = [(f"ready: {text}",) for text in topic.ideas]
    concepts = list(FIELD_OF_CONCEPT)
    found: dict[frozenset[str], Idea] = {}
    while len(found) < count:
        form = rng.random()
        idea = (
            rng.choice(ready) if form < 0.2 else tuple(rng.sample(concepts, 1 if form < 0.6 else 2))
        )
        found.setdefault(frozenset(idea), idea)
    return list(found.values())


def kind_of(idea: Idea) -> tuple[str, ...]:
    """The fields that an idea borrows from, or that the town has it ready."""
    if idea[0].startswith("ready: "):
        return ("ready-made",)
    return tuple(sorted({FIELD_OF_CONCEPT[concept] for concept in idea}))


def told(rng: random.Random, idea: Idea, topic: Proposal) -> Said:
    """An idea in any of its wordings, its concepts in either order."""
    if idea[0].startswith("ready: "):
        return say(rng.choice(phrases.IDEA), idea=idea[0].removeprefix("ready: "))
    if len(idea) == 1:
        return say(rng.choice(phrases.FIELD_IDEA), topic, concept=idea[0])
    one, other = rng.sample(idea, 2)
    return say(rng.choice(phrases.JOINED_IDEA), topic, concept=one, concept2=other)


def planted_talk(rng: random.Random, number: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """A talk as turns, and what was planted in it.

    Returns:
        The turns, and ``fluency`` (different ideas), ``flexibility`` (their kinds) and
        ``tellings``.
    """
    topic = rng.choice(PROPOSALS)
    ideas = planted_ideas(rng, topic)
    tellings = [idea for idea in ideas for _ in range(1 + rng.randint(*TOLD_AGAIN))]
    rng.shuffle(tellings)
    rows = []
    for place, (name, said) in enumerate(_small_talk(rng, topic, len(tellings))):
        text = join([said, told(rng, tellings[place], topic)]).text
        rows.append((f"talk {number}", name, float(place), place, text))
    turns = pd.DataFrame(rows, columns=["arm", "agent", "time", "counter", "text"])
    return turns, {
        "fluency": len(ideas),
        "flexibility": len({kind_of(idea) for idea in ideas}),
        "tellings": len(tellings),
    }


def _small_talk(rng: random.Random, topic: Proposal, count: int) -> Iterator[tuple[str, Said]]:
    """Turns without an idea of their own."""
    person = random_person(rng)
    host = Mind(person, person.chapters[0], dict(person.chapters[0].stances))
    company = Company(rng, host, topic, invited(rng, host, SPEAKERS - 1))
    while True:
        for mind, said in company.play_round():
            if said.meaning.ideas or said.meaning.concepts:
                continue
            yield mind.person.name, said
            count -= 1
            if not count:
                return


def counted(
    talks: Sequence[tuple[pd.DataFrame, dict[str, int]]],
    reader: IdeaReader,
    embedder: Embedder | None = None,
    alike: float = SAME_IDEA,
) -> pd.DataFrame:
    """What is counted in each talk, beside what was planted.

    Args:
        talks: From `planted_talk`.
        reader: Finds ideas.
        embedder: Merges ideas that are alike, if the reader cannot tell.
        alike: Cosine from which on they are.

    Returns:
        Columns ``measure``, ``planted``, ``counted``.
    """
    rows = []
    for turns, planted in talks:
        ideas = ideas_in(turns, reader)
        ideas = ideas if embedder is None else merge_ideas(ideas, embedder, alike)
        (found,) = idea_counts(ideas).to_dict("records")
        rows += [(name, number, int(found[name])) for name, number in planted.items()]
    return pd.DataFrame(rows, columns=["measure", "planted", "counted"])


def planted_talks(count: int, seed: int = 40) -> list[tuple[pd.DataFrame, dict[str, int]]]:
    """Several talks, each with a seed of its own."""
    return [
        planted_talk(random.Random(f"calibration {seed}, ideas {number}"), number)
        for number in range(count)
    ]


def errors(frame: pd.DataFrame) -> pd.DataFrame:
    """How far counts lie from what was planted.

    Returns:
        Columns ``measure``, ``error`` (mean of abs(counted - planted) / planted), ``worst`` (the
        largest), ``talks``.
    """
    off = (frame["counted"] - frame["planted"]).abs() / frame["planted"]
    return (
        frame.assign(off=off)
        .groupby("measure", as_index=False)
        .agg(error=("off", "mean"), worst=("off", "max"), talks=("off", "size"))
    )
