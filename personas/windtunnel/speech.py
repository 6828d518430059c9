"""What a sentence means, and how sentences are put together into an utterance."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from personas.windtunnel.phrases import CANONICAL, LABEL_PHRASES, STANCES_SAID, Kind, Phrase
from personas.windtunnel.proposals import IDEAS, REASONS
from personas.windtunnel.town import Proposal, Reason, capital

PLAIN_SHARE = 0.6
"""How often the first, plainest wording is taken, the profile's own for a stance: what has few
wordings is learnt sooner, and the others are learnt from it."""

_FACTS = (
    "name", "age", "a_job", "home", "hobby", "field", "year", "when", "deed", "thing", "value"
)  # fmt: skip
_STANCE_OF_LABEL = {label: stance for stance, label in LABEL_PHRASES.items()}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an utterance says, whether the grammar wrote it or the reader recovered it."""

    kinds: tuple[Kind, ...] = ()
    """Kind of each sentence, in order."""
    proposal: str | None = None
    """Key of the proposal on which a stance is stated."""
    stance: int | None = None
    """The stance stated, -2 to 2."""
    moved: bool = False
    """Whether the speaker says that the stance is a new one."""
    reasons: tuple[Reason, ...] = ()
    """All reasons named, in order; the last one is what the speaker argues with."""
    ideas: tuple[str, ...] = ()
    """Alternatives suggested."""
    concepts: tuple[str, ...] = ()
    """What ideas borrow from fields of expertise, in order; see `fields.FIELD_OF_CONCEPT`."""
    idea_for: str | None = None
    """Key of the proposal that the last idea is about, ready-made or not."""
    others: tuple[str, ...] = ()
    """First names of those spoken to or about."""
    facts: tuple[tuple[str, str], ...] = ()
    """What the speaker says of itself: pairs such as ``("job", "baker")``."""
    vote: int | None = None
    """Yes 1, abstain 0, no -1."""
    agreement: int | None = None
    """How true a statement is of the speaker: true 1, partly 0, not -1."""
    side: int | None = None
    """Which side somebody's reason is on: for 1, against -1."""
    rating: int | None = None
    """A bare number from 1 to 5."""
    letter: str | None = None
    """A bare letter from A to E; what it stands for depends on the question."""

    def __add__(self, other: "Meaning") -> "Meaning":
        """Both said in turn; a later statement of stance replaces an earlier one."""
        later = other if other.stance is not None else self
        return Meaning(
            kinds=self.kinds + other.kinds,
            proposal=later.proposal,
            stance=later.stance,
            moved=later.moved,
            reasons=self.reasons + other.reasons,
            ideas=self.ideas + other.ideas,
            concepts=self.concepts + other.concepts,
            idea_for=other.idea_for or self.idea_for,
            others=self.others + other.others,
            facts=self.facts + other.facts,
            vote=self.vote if other.vote is None else other.vote,
            agreement=self.agreement if other.agreement is None else other.agreement,
            side=self.side if other.side is None else other.side,
            rating=self.rating if other.rating is None else other.rating,
            letter=self.letter if other.letter is None else other.letter,
        )


@dataclass(frozen=True, slots=True)
class Said:
    """An utterance and its meaning."""

    text: str
    meaning: Meaning


def phrase_meaning(phrase: Phrase, slots: Mapping[str, str], proposal: str | None) -> Meaning:
    """Meaning of one sentence.

    Args:
        phrase: The wording.
        slots: What fills its slots, in small letters where the town's lists are.
        proposal: Key of the proposal named in the slots; None if the town does not know it.
    """
    stance = _STANCE_OF_LABEL[slots["label"]] if "label" in slots else phrase.stance
    is_stance = phrase.kind in ("stance", "moved")
    return Meaning(
        kinds=(phrase.kind,),
        proposal=proposal if is_stance else None,
        stance=stance if is_stance else None,
        moved=phrase.kind == "moved",
        reasons=tuple(REASONS[slots[name]] for name in ("counter", "reason") if name in slots),
        ideas=(slots["idea"],) if "idea" in slots else (),
        concepts=tuple(slots[name] for name in ("concept", "concept2") if name in slots),
        idea_for=IDEAS.get(slots.get("idea", ""), proposal) if phrase.kind == "idea" else None,
        others=(slots["other"],) if "other" in slots else (),
        facts=tuple(_fact(name, slots[name]) for name in _FACTS if name in slots),
        vote=phrase.stance if phrase.kind == "vote" else None,
        agreement=phrase.stance if phrase.kind == "trait" else None,
        side=phrase.stance if phrase.kind == "side" else None,
    )


def _fact(slot: str, text: str) -> tuple[str, str]:
    """A slot as a fact; a job is kept without its article."""
    return ("job", text.split(" ", 1)[1]) if slot == "a_job" else (slot, text)


def say(phrase: Phrase, proposal: Proposal | None = None, **slots: str) -> Said:
    """One sentence from a phrase.

    Args:
        phrase: The wording.
        proposal: Fills ``{noun}``, ``{do}`` and ``{topic}``.
        **slots: Fill the other slots.
    """
    forms = {"noun": proposal.noun, "do": proposal.do, "topic": proposal.key} if proposal else {}
    text = capital(phrase.text.format(**forms, **slots))
    known = proposal.key if proposal and proposal.pro else None
    return Said(text, phrase_meaning(phrase, slots, known))


def join(parts: Iterable[Said]) -> Said:
    """Sentences in a row as one utterance."""
    parts = list(parts)
    meaning = Meaning()
    for part in parts:
        meaning += part.meaning
    return Said(" ".join(part.text for part in parts), meaning)


def state(rng: random.Random, proposal: Proposal, stance: int) -> Said:
    """A stance in one sentence.

    Args:
        rng: Source of the wording.
        proposal: On what.
        stance: From -2 to 2.
    """
    if rng.random() < PLAIN_SHARE:
        return say(CANONICAL[stance], proposal)
    return say(rng.choice(STANCES_SAID[stance]), proposal)


def utter(rng: random.Random, phrases: Sequence[Phrase], **slots: str) -> Said:
    """One sentence in one of several wordings, mostly the first."""
    phrase = phrases[0] if rng.random() < PLAIN_SHARE else rng.choice(phrases)
    return say(phrase, None, **slots)


def bare(text: str) -> Said:
    """A survey's answer: one letter from A to E, or one number from 1 to 5."""
    if text.isdigit():
        return Said(text, Meaning(rating=int(text)))
    return Said(text, Meaning(letter=text))


def idea_of(rng: random.Random, proposal: Proposal) -> str:
    """One of the alternatives to a proposal."""
    return rng.choice([idea for idea, key in IDEAS.items() if key == proposal.key])
