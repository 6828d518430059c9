"""The wind tunnel's annotator: its grammar reads ideas, stances and contradictions back.

It knows the truth about the town's own sentences, so that every instrument can be calibrated on
them. What is not of the grammar says nothing to it.
"""

from collections.abc import Iterable, Sequence

from personas.windtunnel.fields import FIELD_OF_CONCEPT
from personas.windtunnel.reader import read
from personas.windtunnel.speech import Meaning
from simulation.analysis.annotation import Idea, Stance, Verdict, sentences

READY_MADE = "alternative"
"""Category of the ideas that the town has ready, which borrow from no field."""
NOTCHES = 2
"""Steps of the stance scale from undecided to strongly for."""
TOLERATED = 1
"""Notches by which two statements on one subject may differ and still agree: a law of persuasion
moves a listener one notch at a time."""
ONE_VALUED = frozenset({"name", "age", "job", "home", "hobby", "field"})
"""Facts of which a person has one; what happened in a year, for instance, may be many things."""


class TownReader:
    """Reads the town's sentences; an `IdeaReader`, a `StanceReader` and a `Judge` in one."""

    def ideas(self, text: str) -> Sequence[Idea]:
        """Ready-made alternatives, and analogies by their proposal and concepts.

        Two analogies are the same idea if they bring the same concepts to the same proposal, in
        whichever order and wording. Their category is the field or fields borrowed from.
        """
        found = [_idea(read(sentence).meaning, sentence) for sentence in sentences(text)]
        return [idea for idea in found if idea is not None]

    def stances(self, text: str) -> Sequence[Stance]:
        """Stances stated outright, on the scale from -1 to 1; reasons alone are none."""
        meanings = (read(sentence).meaning for sentence in sentences(text))
        return [
            Stance(meaning.proposal, meaning.stance / NOTCHES)
            for meaning in meanings
            if meaning.proposal is not None and meaning.stance is not None
        ]

    def judge(self, claim: str, line: str) -> Verdict:
        """Compares stances on the same proposal and facts of which a person has one.

        Stances contradict each other if they are more than one notch apart. Whoever says that it
        is a program contradicts every fact about a person.
        """
        shared = [
            *self._stances_agree(claim, line),
            *_facts_agree(read(claim).meaning, read(line).meaning),
        ]
        if not shared:
            return "unrelated"
        return "agrees" if all(shared) else "contradicts"

    def _stances_agree(self, claim: str, line: str) -> Iterable[bool]:
        held = {stance.subject: stance.value for stance in self.stances(claim)}
        for said in self.stances(line):
            if said.subject in held:
                yield abs(said.value - held[said.subject]) * NOTCHES <= TOLERATED


def _idea(meaning: Meaning, sentence: str) -> Idea | None:
    if "idea" not in meaning.kinds:
        return None
    if not meaning.concepts:
        key = meaning.ideas[-1]
        return Idea(key, READY_MADE, sentence)
    domains = tuple(FIELD_OF_CONCEPT[concept] for concept in meaning.concepts)
    key = f"{meaning.idea_for or ''}: {' + '.join(sorted(set(meaning.concepts)))}"
    return Idea(key, " + ".join(sorted(set(domains))), sentence, meaning.concepts, domains)


def _facts_agree(claim: Meaning, line: Meaning) -> Iterable[bool]:
    held, told = _one_valued(claim), _one_valued(line)
    # Whichever comes first: somebody who was a program has no job either.
    if (held and "robot" in line.kinds) or (told and "robot" in claim.kinds):
        yield False
    for name, said in told.items():
        if name in held:
            yield held[name] == said


def _one_valued(meaning: Meaning) -> dict[str, str]:
    return {name: said for name, said in meaning.facts if name in ONE_VALUED}
