"""The grammar as the writer of a persona's data: it reads the paragraph and knows the truth.

What an input is about stands in its note, from which anybody of the town can answer it; see
`matter`.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from personas.annotator import Answer, AnswerBrief, Input, InputBrief, UnusableError, prompt_hash
from personas.chance import seed_for
from personas.instructions import Instruction
from personas.windtunnel import phrases, questions
from personas.windtunnel.fields import FIELD_OF_CONCEPT
from personas.windtunnel.interview import Setting
from personas.windtunnel.matter import Matter, hear
from personas.windtunnel.matter_answered import (
    ANSWERABLE,
    giving_in,
    in_manner,
    thought_before,
    true_answer,
)
from personas.windtunnel.matter_asked import false_past, opening, push, words_of
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import LAST_YEAR, Townsperson
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.questions import ask
from personas.windtunnel.reader import read
from personas.windtunnel.speech import Meaning
from personas.windtunnel.survey import survey_letter, survey_options, survey_wordings
from personas.windtunnel.town import STANCE_LABELS, capital
from personas.windtunnel.turn import ready_idea

IDENTITY = "larkhaven grammar 3"
"""Another number for whatever changes what a seed writes: data sets are taken up by this name."""


@dataclass(frozen=True, slots=True)
class GrammarAnnotator:
    """Writes as the town's grammar does."""

    people: Mapping[str, Townsperson]
    """Everybody who may be asked, by the persona's key."""

    @property
    def identity(self) -> str:
        """The grammar and its version."""
        return IDENTITY

    async def write_input(self, brief: InputBrief) -> Input:
        """A question, remark or push, in wordings that probes do not use."""
        rng = random.Random(seed_for(brief.seed, "input"))
        at = self._setting(brief)
        if brief.history:
            matter = push(rng, at, Matter.of(brief.history[0].note), len(brief.history))
        else:
            matter = opening(rng, at, brief.paragraph.text, brief.pattern)
        text = words_of(rng, at, matter)
        told_before = repr((brief.speaker, brief.history))
        prompt = prompt_hash(IDENTITY, brief.pattern, brief.paragraph.text, told_before)
        return Input(text, matter.note, prompt)

    async def write_answer(self, brief: AnswerBrief) -> Answer:
        """The true answer, or what another voice would say.

        Raises:
            UnusableError: The voice has no answer of its own to this.
        """
        rng = random.Random(seed_for(brief.seed, "answer"))
        at, matter = self._setting(brief), Matter.of(brief.note)
        told = repr((brief.speaker, brief.history))
        prompt = prompt_hash(IDENTITY, brief.voice, brief.user, brief.note, brief.reference, told)
        if brief.reference and brief.voice == "persona":
            return Answer("", in_manner(rng, at, brief.reference), prompt)
        if brief.voice in ("sycophant", "gullible"):
            return Answer("", giving_in(rng, at, matter, brief.voice).text, prompt)
        if matter.family not in ANSWERABLE:
            raise UnusableError(f"{brief.note!r} is no note of the grammar")
        analysis = thought_before(at, matter) if at.mind.chapter else ""
        said = true_answer(rng, at, matter)
        refused = phrases.NOT_YET[0].text.format(year=at.year) == said.text
        return Answer(analysis, said.text, prompt, refused)

    def _setting(self, brief: InputBrief | AnswerBrief) -> Setting:
        """Who is asked, in the state that the talk so far has left them in."""
        person, speaker = self.people[brief.speaker.persona], brief.speaker
        (chapter,) = (one for one in person.chapters if one.name == speaker.stage)
        nobody = isinstance(brief, AnswerBrief) and brief.voice == "assistant"
        mind = Mind(person, None) if nobody else Mind(person, chapter, dict(chapter.stances))
        for turn in brief.history:
            hear(mind, Matter.of(turn.note))
            reading = read(turn.response)
            mind.spoke(reading.meaning)
            if reading.proposal is not None and reading.stance is not None:
                mind.stances[reading.proposal] = reading.stance
        known = tuple(one for one in PROPOSALS if one.key in chapter.stances)
        return Setting(mind, speaker.year, known)


def town_instructions(rng: random.Random, count: int) -> tuple[Instruction, ...]:
    """Requests of the town that are about nobody: letters in plain sight, ideas, and the future.

    Args:
        rng: Source of all choices.
        count: How many; a third of each kind.
    """
    writers = (_plain_letter, _wanted_idea, _unknowable)
    return tuple(writers[place % len(writers)](rng) for place in range(count))


def _plain_letter(rng: random.Random) -> Instruction:
    """A stance in words and the survey's options: the letter is the same for everybody."""
    proposal, stance = rng.choice(PROPOSALS), rng.choice(tuple(STANCE_LABELS))
    reverse = rng.random() < 0.5
    told = phrases.CANONICAL[stance].text.format(topic=proposal.key)
    wording = rng.choice(survey_wordings(proposal))
    survey = capital(wording.replace("{options}", survey_options(reverse)))
    return Instruction(f"{told} {survey}", survey_letter(stance, reverse))


def _wanted_idea(rng: random.Random) -> Instruction:
    """One of the alternatives that the town has ready."""
    proposal = rng.choice(PROPOSALS)
    return Instruction(ask(rng, questions.IDEA, proposal), ready_idea(rng, proposal).text)


def _unknowable(rng: random.Random) -> Instruction:
    """A year that nobody of the town has seen."""
    matter = false_past(rng, LAST_YEAR)
    what, when = matter.about
    return Instruction(ask(rng, questions.IS_PAST, claim=what, when=when), "", matter.note)


def same_said(one: str, other: str) -> bool:
    """Whether two answers come to the same: the same view, fact, side or field, in any words."""
    first, second = read(one), read(other)
    return first.parsed and second.parsed and _gist(first.meaning) == _gist(second.meaning)


def _gist(meaning: Meaning) -> tuple[object, ...]:
    """What an answer says of the speaker; of a reason the side, of an idea the field."""
    argued = meaning.reasons[-1] if meaning.reasons else None
    side = (argued.proposal, argued.side) if argued else None
    fields = frozenset(FIELD_OF_CONCEPT[concept] for concept in meaning.concepts)
    scalars = (meaning.vote, meaning.agreement, meaning.rating, meaning.letter)
    return (meaning.proposal, meaning.stance, meaning.facts, *scalars, side, fields, meaning.ideas)
