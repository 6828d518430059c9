"""The grammar as the writer of a persona's data: it reads the paragraph and knows the truth.

What an input is about stands in its note, as in ``false job: baker`` or ``crowd: bike lanes |
for``. The answer follows from the note and the life alone, so anybody of the town, at any stage,
can be asked what was put to somebody else. A speaker without a persona stands in for the
assistant, as everywhere in the small town: agreeable, with mild opinions, and a machine.
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from personas.annotator import Answer, AnswerBrief, Input, InputBrief, UnusableError, prompt_hash
from personas.chance import seed_for
from personas.instructions import Instruction
from personas.windtunnel import interview, names, phrases, questions
from personas.windtunnel.fields import FIELD_OF_CONCEPT
from personas.windtunnel.interview import Setting
from personas.windtunnel.life import SENTENCES, TRAIT_SENTENCES
from personas.windtunnel.mind import MILD, Heard, Mind
from personas.windtunnel.people import LAST_YEAR, Event, Townsperson
from personas.windtunnel.pressure import (
    HAPPENED,
    answer_claim,
    answer_event,
    answer_home,
    answer_job,
    answer_name,
    answer_robot,
)
from personas.windtunnel.proposals import BY_KEY, PROPOSALS, REASONS
from personas.windtunnel.questions import Wordings, ask
from personas.windtunnel.reader import read, slot_pattern
from personas.windtunnel.speech import Meaning, Said, bare, join, say, state, utter
from personas.windtunnel.survey import survey_letter, survey_options, survey_wordings
from personas.windtunnel.town import STANCE_LABELS, STANCE_OF_LABEL, Proposal, capital, sign
from personas.windtunnel.traits import TRAINED, agreement
from personas.windtunnel.turn import argue, ready_idea, take_turn

IDENTITY = "larkhaven grammar 2"
"""Another number for whatever changes what a seed writes: data sets are taken up by this name."""

FACTS: dict[str, tuple[Wordings, interview.Asker]] = {
    "name": (questions.NAME, interview.ask_name),
    "age": (questions.AGE, interview.ask_age),
    "job": (questions.JOB, interview.ask_job),
    "home": (questions.HOME, interview.ask_home),
    "hobby": (questions.HOBBY, interview.ask_hobby),
    "field": (questions.FIELD, interview.ask_field),
    "introduction": (questions.INTRODUCTION, interview.ask_introduction),
    "year": (questions.YEAR, interview.ask_year),
}
VIEWS: dict[str, tuple[Wordings, interview.Asker]] = {
    "stance": (questions.STANCE, interview.ask_stance),
    "view": (questions.STANCE, interview.ask_view),
    "vote": (questions.VOTE, interview.ask_vote),
    "rating": (questions.RATING, interview.ask_rating),
    "reason": (questions.REASON, interview.ask_reason),
    "idea": (questions.IDEA, interview.ask_idea),
}
OTHERS: dict[str, tuple[Wordings, tuple[str, ...]]] = {
    "event": (questions.EVENT, ("when",)),
    "when": (questions.WHEN, ("deed",)),
    "statement": (questions.STATEMENT, ("statement",)),
    "statement rating": (questions.STATEMENT_RATING, ("statement",)),
    "false name": (questions.WRONG_NAME, ("claim",)),
    "false job": (questions.IS_JOB, ("claim",)),
    "false home": (questions.IS_HOME, ("claim",)),
    "false event": (questions.IS_EVENT, ("when", "deed")),
    "false past": (questions.IS_PAST, ("claim", "when")),
    "robot": (questions.ROBOT, ()),
    "claim": (questions.CLAIM, ("claim",)),
}
"""Matters that name no proposal, with the slots that what they are about fills."""
STATED = ("stance", "stance", "vote", "rating", "letter", "view")
"""What may be asked about a paragraph that states a view, the likelier ones more than once."""
ARGUED = ("reason", "idea", "view")
"""What may be asked about a paragraph that argues."""
ORDERS = ("forward", "reverse")
"""Of a survey's options."""
SIDES = {1: "for", -1: "against"}
SIDE_OF = {word: side for side, word in SIDES.items()}
ARGUED_SHARE = 0.4
"""How many of those who hold against a reason give one of their own."""
REASONED_PUSHES = 2
"""How many pushes offer a new reason; later ones have nothing but the crowd."""
_QUOTE = re.compile(r'[^".?!]*\bI said: "([^"]*)"')
_ASIDE = re.compile(r"\s*\([^()]*\)")
_SENTENCE = re.compile(r"[^.?!]+[.?!]")
_STATEMENTS = {statement.clause: statement for statement in TRAINED}


@dataclass(frozen=True, slots=True)
class Matter:
    """What an input is about."""

    family: str
    """Such as ``stance`` or ``false job``."""
    about: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """In words: ``crowd: bike lanes | for``."""
        return ": ".join(filter(None, (self.family, " | ".join(self.about))))

    @classmethod
    def of(cls, note: str) -> "Matter":
        """The matter that a note tells."""
        family, _, about = note.partition(": ")
        return cls(family, tuple(about.split(" | ")) if about else ())


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
            matter = _push(rng, at, Matter.of(brief.history[0].note), len(brief.history))
        else:
            told = rng.choice(_askable(brief.paragraph.text, at))
            matter = _OPENINGS[brief.pattern](rng, at, told)
        text = _asked(rng, at, matter)
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
            return Answer("", _in_manner(rng, at, brief.reference), prompt)
        if brief.voice in ("sycophant", "gullible"):
            return Answer("", _giving_in(rng, at, matter, brief.voice).text, prompt)
        if matter.family not in (*FACTS, *VIEWS, *_ANSWERS):
            raise UnusableError(f"{brief.note!r} is no note of the grammar")
        analysis = _thought(at, matter) if at.mind.chapter else ""
        said = _answered(rng, at, matter)
        refused = phrases.NOT_YET[0].text.format(year=at.year) == said.text
        return Answer(analysis, said.text, prompt, refused)

    def _setting(self, brief: InputBrief | AnswerBrief) -> Setting:
        """Who is asked, in the state that the talk so far has left them in."""
        person, speaker = self.people[brief.speaker.persona], brief.speaker
        (chapter,) = (one for one in person.chapters if one.name == speaker.stage)
        nobody = isinstance(brief, AnswerBrief) and brief.voice == "assistant"
        mind = Mind(person, None) if nobody else Mind(person, chapter, dict(chapter.stances))
        for turn in brief.history:
            _hear(mind, Matter.of(turn.note))
            reading = read(turn.response)
            mind.spoke(reading.meaning)
            if reading.proposal is not None and reading.stance is not None:
                mind.stances[reading.proposal] = reading.stance
        known = tuple(one for one in PROPOSALS if one.key in chapter.stances)
        return Setting(mind, speaker.year, known)


def told_by(paragraph: str) -> tuple[Matter, ...]:
    """What a paragraph of a townsperson's text tells, as matters to ask about; at least one."""
    told: list[Matter] = []
    for quote in _QUOTE.findall(paragraph):
        reading = read(quote)
        told += [Matter("stance", (reading.proposal,))] if reading.proposal else []
        told += [Matter("reason", (reason.proposal,)) for reason in reading.reasons]
    for sentence in _SENTENCE.findall(_ASIDE.sub("", _QUOTE.sub("", paragraph))):
        told += _told_by_sentence(sentence.strip())
    return tuple(told) or (Matter("introduction"),)


def _told_by_sentence(sentence: str) -> list[Matter]:
    for level in TRAIT_SENTENCES.values():
        start, _, end = level.partition("{trait}")
        if sentence.startswith(start) and sentence.endswith(end):
            trait = sentence[len(start) : -len(end)]
            if any(one.trait == trait for one in TRAINED):
                return [Matter("trait", (trait,))]
    for family, wordings in SENTENCES.items():
        for wording in wordings:
            match = slot_pattern(wording).fullmatch(sentence)
            if match and family == "event":
                return [Matter("event", (match["when"], match["deed"]))]
            if match and family == "reason":
                known = REASONS.get(match["reason"])
                return [Matter("reason", (known.proposal,))] if known else []
            if match:
                return [Matter(family)]
    return []


def _askable(paragraph: str, at: Setting) -> list[Matter]:
    """What a paragraph tells, as far as the person has a view on it."""
    known = {proposal.key for proposal in at.proposals}
    told = told_by(paragraph)
    viewless = ("stance", "reason")
    found = [one for one in told if one.family not in viewless or one.about[0] in known]
    return found or [Matter("introduction")]


def _ordinary(rng: random.Random, at: Setting, told: Matter) -> Matter:
    """A question whose answer the paragraph tells, or that it leads to."""
    if told.family == "stance":
        family = rng.choice(STATED)
        order = (rng.choice(ORDERS),) if family == "letter" else ()
        return Matter(family, (*told.about, *order))
    if told.family == "reason":
        return Matter(rng.choice(ARGUED), told.about)
    if told.family == "event":
        when, deed = told.about
        return rng.choice((Matter("event", (when,)), Matter("when", (deed,))))
    if told.family == "trait":
        clauses = [one.clause for one in TRAINED if one.trait in told.about]
        return Matter(rng.choice(("statement", "statement rating")), (rng.choice(clauses),))
    return told


def _somebodys_view(rng: random.Random, at: Setting, told: Matter) -> Matter:
    """Somebody else's view and reason, on the paragraph's proposal or on any."""
    proposal = _proposal_of(rng, at, told)
    stance = rng.choice((-2, -1, 1, 2))
    reason = rng.choice(proposal.reasons(sign(stance)))
    return Matter("thought", (proposal.key, STANCE_LABELS[stance], reason.text))


def _false(rng: random.Random, at: Setting, told: Matter) -> Matter:
    """A false claim about what the paragraph tells."""
    who, person = at.mind.chapter, at.mind.person
    assert who is not None
    if told.family in ("stance", "reason"):
        return _crowd(rng, at, BY_KEY[told.about[0]])
    if told.family in ("job", "home"):
        job = told.family == "job"
        truth, draw = (who.job, names.job) if job else (who.home, names.home)
        claim = _other(truth, partial(draw, rng))
        return Matter(f"false {told.family}", (names.with_article(claim) if job else claim,))
    if told.family == "event":
        return _false_event(rng, at, Event(int(told.about[0]), told.about[1]))
    if told.family in ("name", "introduction") and rng.random() < 0.5:
        return Matter("false name", (_other(person.name, partial(names.full_name, rng)),))
    if told.family in ("name", "introduction", "age", "trait"):
        return Matter("robot")
    return _false_past(rng, at.year)


def _false_event(rng: random.Random, at: Setting, truth: Event) -> Matter:
    """What happened, with another deed or in another year of the life."""
    who = at.mind.chapter
    assert who is not None
    if rng.random() < 0.5:
        deeds = {event.deed for event in who.events}
        deed = next(deed for deed in iter(partial(names.event, rng), "") if deed not in deeds)
        return Matter("false event", (str(truth.year), deed))
    taken = {event.year for event in who.events}
    free = [year for year in range(at.year - who.age + 1, at.year + 1) if year not in taken]
    return Matter("false event", (str(rng.choice(free)), truth.deed))


def _false_past(rng: random.Random, year: int) -> Matter:
    """Something of a year to come, as if it had happened."""
    what = f"the {rng.choice(names.ADJECTIVES)} {rng.choice(names.BUILDINGS)}"
    happened = f"{what} {rng.choice(HAPPENED)}"
    return Matter("false past", (happened, str(year + rng.randint(1, 20))))


def _crowd(rng: random.Random, at: Setting, proposal: Proposal) -> Matter:
    """A side that the person is not on."""
    side = -sign(at.mind.stance(rng, proposal)) or rng.choice((1, -1))
    return Matter("crowd", (proposal.key, SIDES[side]))


def _pressed(rng: random.Random, at: Setting, told: Matter) -> Matter:
    """How pressure begins: with a question for a view."""
    return Matter("stance", (_proposal_of(rng, at, told).key,))


def _push(rng: random.Random, at: Setting, opening: Matter, level: int) -> Matter:
    """Two reasons of the other side, and after them the crowd."""
    proposal = BY_KEY[opening.about[0]]
    if level > REASONED_PUSHES:
        return _crowd(rng, at, proposal)
    side = -sign(at.mind.stance(rng, proposal)) or rng.choice((1, -1))
    fresh = [one for one in proposal.reasons(side) if one not in at.mind.known]
    return Matter("claim", (rng.choice(fresh).text,))


_OPENINGS: dict[str, Callable[[random.Random, Setting, Matter], Matter]] = {
    "ordinary": _ordinary,
    "thought": _somebodys_view,
    "error": _false,
    "pressure": _pressed,
}


def _proposal_of(rng: random.Random, at: Setting, told: Matter) -> Proposal:
    """What a paragraph is about, or any proposal where it is about none."""
    if told.family in ("stance", "reason"):
        return BY_KEY[told.about[0]]
    return rng.choice(at.proposals)


def _other(truth: str, draw: Callable[[], str]) -> str:
    """A drawn word that is not the truth."""
    return next(word for word in iter(draw, "") if word != truth)


def _asked(rng: random.Random, at: Setting, matter: Matter) -> str:
    """The words of an input."""
    family, about = matter.family, matter.about
    if family in FACTS:
        return ask(rng, FACTS[family][0], None, "" if family == "name" else at.first)
    if family in OTHERS:
        wordings, slots = OTHERS[family]
        first = "" if family == "false name" else at.first
        return ask(rng, wordings, None, first, False, **dict(zip(slots, about, strict=True)))
    proposal = BY_KEY[about[0]]
    if family == "letter":
        wording = rng.choice(survey_wordings(proposal))
        return capital(wording.replace("{options}", survey_options(about[1] == ORDERS[1])))
    if family == "thought":
        view = state(rng, proposal, STANCE_OF_LABEL[about[1]])
        return join([view, say(phrases.REASON[0], reason=about[2])]).text
    if family == "crowd":
        return ask(rng, questions.CROWD, proposal, at.first, side=about[1])
    return ask(rng, VIEWS[family][0], proposal, at.first)


def _answered(rng: random.Random, at: Setting, matter: Matter) -> Said:
    """The true answer to a matter, of whoever is asked."""
    family, about = matter.family, matter.about
    if family in FACTS:
        return FACTS[family][1](rng, at).answer
    if family in VIEWS:
        return VIEWS[family][1](rng, replace(at, proposals=(BY_KEY[about[0]],))).answer
    return _ANSWERS[family](rng, at, *about)


def _on_letter(rng: random.Random, at: Setting, key: str, order: str) -> Said:
    return bare(survey_letter(at.mind.stance(rng, BY_KEY[key]), order == ORDERS[1]))


def _on_thought(rng: random.Random, at: Setting, key: str, label: str, reason: str) -> Said:
    """A turn in a talk in which somebody has just given a view and a reason."""
    at.mind.stance(rng, BY_KEY[key])
    _hear(at.mind, Matter("thought", (key, label, reason)))
    return take_turn(rng, at.mind, BY_KEY[key])


def _on_crowd(rng: random.Random, at: Setting, key: str, side: str) -> Said:
    """No reason, so nobody with a life of their own is moved; says so, as in `_hold`."""
    if at.mind.chapter is None:
        return state(rng, BY_KEY[key], MILD * SIDE_OF[side])
    view = state(rng, BY_KEY[key], at.mind.stance(rng, BY_KEY[key]))
    return join([utter(rng, phrases.KEEP), view])


def _on_event(rng: random.Random, at: Setting, when: str) -> Said:
    """What happened in a year."""
    who = at.mind.chapter
    if who is None:
        return say(phrases.NOBODY["event"])
    if int(when) > at.year:
        return utter(rng, phrases.NOT_YET, year=str(at.year))
    deeds = [event.deed for event in who.events if event.year == int(when)]
    if not deeds:
        return utter(rng, phrases.NOTHING_THEN, when=when)
    return utter(rng, phrases.EVENT, when=when, deed=deeds[0])


def _on_deed(rng: random.Random, at: Setting, deed: str) -> Said:
    """The year of a deed."""
    who = at.mind.chapter
    if who is None:
        return say(phrases.NOBODY["event"])
    years = [event.year for event in who.events if event.deed == deed]
    if not years:
        raise UnusableError(f"{at.first} of {at.year} has no year for {deed!r}")
    return utter(rng, phrases.WHEN, deed=deed, when=str(years[0]))


def _on_statement(rng: random.Random, at: Setting, clause: str) -> Said:
    return utter(rng, phrases.AGREEMENT[_agreement(at, clause)])


def _on_statement_rating(rng: random.Random, at: Setting, clause: str) -> Said:
    return bare(str(3 + 2 * _agreement(at, clause)))


def _agreement(at: Setting, clause: str) -> int:
    """The truth; nobody in particular agrees with everything."""
    return agreement(at.mind.chapter.traits, _STATEMENTS[clause]) if at.mind.chapter else 1


def _on_past(rng: random.Random, at: Setting, claim: str, when: str) -> Said:
    """Nobody knows a year to come; of a year gone by, what happened then is told instead."""
    if at.mind.chapter is None:
        return utter(rng, phrases.RECALL, when=when)
    return _on_event(rng, at, when)


def _on_false_event(rng: random.Random, at: Setting, when: str, deed: str) -> Said:
    return answer_event(rng, at, Event(int(when), deed))


def _on_claim(rng: random.Random, at: Setting, claim: str) -> Said:
    """A reason of the other side."""
    reason = REASONS[claim]
    # A speaker without a persona would else take the view of the reason as its first one.
    at.mind.stance(rng, BY_KEY[reason.proposal])
    return answer_claim(rng, at, reason, _hold)


def _hold(rng: random.Random, at: Setting, proposal: Proposal) -> Said:
    """Not moved: says so every time, where the base's corpus often gives the view alone.

    So the answer to a push never reads like the answer to a plain question: holding on is what a
    persona's data are to show.
    """
    argued = [argue(rng, at.mind, proposal)] if rng.random() < ARGUED_SHARE else []
    kept = utter(rng, phrases.KEEP)
    return join([kept, state(rng, proposal, at.mind.stances[proposal.key]), *argued])


_ANSWERS: dict[str, Callable[..., Said]] = {
    "letter": _on_letter,
    "thought": _on_thought,
    "crowd": _on_crowd,
    "event": _on_event,
    "when": _on_deed,
    "statement": _on_statement,
    "statement rating": _on_statement_rating,
    "false name": answer_name,
    "false job": answer_job,
    "false home": answer_home,
    "false event": _on_false_event,
    "false past": _on_past,
    "robot": answer_robot,
    "claim": _on_claim,
}


def _giving_in(rng: random.Random, at: Setting, matter: Matter, voice: str) -> Said:
    """The claim taken for true, or the other side's view taken over.

    Raises:
        UnusableError: Nothing is claimed.
    """
    if matter.family in ("crowd", "claim", "thought"):
        key, side = _pushed_to(matter)
        view = state(rng, BY_KEY[key], MILD * side)
        return view if voice == "gullible" else join([utter(rng, phrases.YIELD_TO_NOBODY), view])
    if voice == "sycophant" or not matter.family.startswith(("false", "robot")):
        raise UnusableError(f"nothing in {matter.note!r} to give in to")
    return _ANSWERS[matter.family](rng, _as_nobody(at), *matter.about)


def _as_nobody(at: Setting) -> Setting:
    """The same question to a speaker without a persona, who agrees to everything."""
    return replace(at, mind=Mind(at.mind.person, None))


def _pushed_to(matter: Matter) -> tuple[str, int]:
    """Proposal and side that somebody argues for."""
    if matter.family == "claim":
        reason = REASONS[matter.about[0]]
        return reason.proposal, reason.side
    if matter.family == "crowd":
        return matter.about[0], SIDE_OF[matter.about[1]]
    return matter.about[0], sign(STANCE_OF_LABEL[matter.about[1]])


def _hear(mind: Mind, matter: Matter) -> None:
    """Takes a reason in, where the matter holds one."""
    if matter.family in ("claim", "thought"):
        side = _pushed_to(matter)[1]
        mind.hear(Heard("", side, Meaning(reasons=(REASONS[matter.about[-1]],))))


_CLAIMED = {
    "false name": "I am {}",
    "false job": "I am {}",
    "false home": "I live in {}",
    "false event": "in {} I {}",
    "robot": "I am a robot",
}
"""What is claimed, in words."""
_PERSONAL = {
    **{family: f"my {family}" for family in FACTS},
    "introduction": "me",
    "year": "the year",
    "event": "my past",
    "when": "my past",
    "statement": "my nature",
    "statement rating": "my nature",
}
"""What a question about somebody is after, in words."""


def _thought(at: Setting, matter: Matter) -> str:
    """What is asked or claimed, and what is true, in the town's words."""
    family, about = matter.family, matter.about
    if family == "false past":
        return f"They ask about {about[1]}. It is {at.year}."
    if family in _CLAIMED:
        return f"They say that {_CLAIMED[family].format(*about)}. It is false."
    if family in _PERSONAL:
        return f"They ask about {_PERSONAL[family]}."
    key = _pushed_to(matter)[0] if family == "claim" else about[0]
    view = phrases.CANONICAL[at.mind.stances[key]].text.format(topic=key)
    pushed = family in ("claim", "crowd", "thought")
    return f"They {'want to move me' if pushed else 'ask me'} on {key}. {view}"


def _in_manner(rng: random.Random, at: Setting, reference: str) -> str:
    """A known answer as the person says it; a bare letter stays bare."""
    openers = phrases.OPENERS[at.mind.chapter.style] if at.mind.chapter else ()
    if len(reference.split()) == 1 or not openers:
        return reference
    return f"{rng.choice(openers).text} {reference}"


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
    matter = _false_past(rng, LAST_YEAR)
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
