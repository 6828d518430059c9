"""Reads the grammar back: what an utterance says, whoever wrote it, the model included.

The reader goes through the same table of phrases as the writer. A sentence that no phrase fits,
or whose slots hold something the town has never heard of, is reported as unread; it is data.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from personas.windtunnel.fields import FIELD_BY_KEY, FIELD_OF_CONCEPT
from personas.windtunnel.names import ADJECTIVES, BUILDINGS
from personas.windtunnel.phrases import LABEL_PHRASES, PHRASES, Phrase
from personas.windtunnel.proposals import IDEAS, PROPOSALS, REASONS
from personas.windtunnel.speech import Meaning, phrase_meaning
from personas.windtunnel.town import Reason

_WORD = r"[^\W\d_][\w'\u2019-]*"  # an English word, or a name of any spelling
_SLOTS = {
    "noun": r".+",
    "topic": rf"{_WORD}(?: {_WORD})+",
    "do": r".+",
    "reason": r".+",
    "counter": r".+?",
    "idea": r".+",
    "concept": "|".join(FIELD_OF_CONCEPT),
    "concept2": "|".join(FIELD_OF_CONCEPT),
    "other": r"[A-Z][\w'\u2019-]*",
    "name": rf"[A-Z][\w'\u2019-]*(?: {_WORD})+",
    "age": r"\d{1,3}",
    "a_job": rf"an? {_WORD}(?: {_WORD}){{0,2}}",
    "home": rf"(?:the )?{_WORD}(?: {_WORD}){{0,3}}",
    "hobby": rf"{_WORD}(?: {_WORD}){{0,3}}",
    "field": rf"{_WORD}(?: {_WORD})?",
    "year": r"\d{4}",
    "when": r"\d{4}",
    "deed": r"[a-z][\w ,'\u2019-]*",
    "thing": rf"{_WORD}(?: {_WORD}){{0,2}}",
    "value": rf"\d{{1,2}}|{_WORD}(?: {_WORD})*",
    "label": "|".join(LABEL_PHRASES.values()),
}
"""What may stand in a slot; those of the town's lists are looked up afterwards."""

_KEYS = {text: p.key for p in PROPOSALS for text in (p.noun, p.do, p.key)}
_INVENTED = re.compile(rf"(?:build )?an? {_WORD}(?: {_WORD})* in {_WORD}(?: {_WORD})*")
_MADE_UP = {f"{adjective} {building}" for adjective in ADJECTIVES for building in BUILDINGS}
_SENTENCE_END = re.compile(r"(?<=[.?!]) +")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was made out of an utterance."""

    meaning: Meaning
    """All that the readable sentences say."""
    unread: tuple[str, ...] = ()
    """Sentences that are not of the grammar."""

    @property
    def parsed(self) -> bool:
        """Whether there was something to read and every sentence of it was read."""
        return not self.unread and self.meaning != Meaning()

    @property
    def proposal(self) -> str | None:
        """Key of the proposal on which a stance is stated."""
        return self.meaning.proposal

    @property
    def stance(self) -> int | None:
        """The stance stated, -2 to 2."""
        return self.meaning.stance

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All reasons named, in order."""
        return self.meaning.reasons


@lru_cache(maxsize=65536)
def read(utterance: str) -> Reading:
    """What an utterance says.

    Args:
        utterance: One turn or answer, without label.

    Returns:
        The meaning of what could be read, and the sentences that could not.
    """
    text = utterance.strip()
    if re.fullmatch(r"[1-5]\.?", text):
        return Reading(Meaning(rating=int(text[0])))
    if re.fullmatch(r"[A-E]\.?", text):
        return Reading(Meaning(letter=text[0]))
    meaning, unread = Meaning(), []
    for sentence in _SENTENCE_END.split(text) if text else ():
        found = next(_readings(sentence), None)
        if found is None:
            unread.append(sentence)
        else:
            meaning += found
    return Reading(meaning, tuple(unread))


def _readings(sentence: str) -> Iterator[Meaning]:
    """Every meaning that a sentence can have, the likeliest first."""
    for phrase, pattern in _patterns():
        match = pattern.fullmatch(sentence)
        if match is None:
            continue
        slots = _resolve(match.groupdict())
        if slots is not None:
            matter = _matter(slots)
            yield phrase_meaning(phrase, slots, _KEYS.get(matter))


def _matter(slots: Mapping[str, str]) -> str:
    """The proposal that a sentence names, in whichever of its forms; empty if none."""
    return next((slots[form] for form in ("noun", "do", "topic") if form in slots), "")


def _resolve(slots: dict[str, str]) -> dict[str, str] | None:
    """Slots in the words of the town's lists; None if they hold what no list knows."""
    found = dict(slots)
    for name, listed in (("reason", REASONS), ("counter", REASONS), ("idea", IDEAS)):
        if name in slots:
            small = slots[name][:1].lower() + slots[name][1:]
            if slots[name] in listed:
                continue
            if small not in listed:
                return None
            found[name] = small
    if "counter" in slots and "reason" in slots:
        first, second = REASONS[found["counter"]], REASONS[found["reason"]]
        if first.proposal != second.proposal or first.side == second.side:
            return None
    if "field" in slots and slots["field"] not in FIELD_BY_KEY:
        return None
    matter = _matter(slots)
    known = not matter or matter in _KEYS or matter in _MADE_UP
    if not known and not _INVENTED.fullmatch(matter):
        return None
    return found


@cache
def _patterns() -> tuple[tuple[Phrase, re.Pattern[str]], ...]:
    """Every phrase with its pattern; compiled on first use."""
    return tuple((phrase, slot_pattern(phrase.text)) for phrase in PHRASES)


@cache
def slot_pattern(text: str) -> re.Pattern[str]:
    """A phrase as a regular expression; a slot at its beginning may have a capital."""
    pieces = re.split(r"\{(\w+)\}", text)
    parts = [
        f"(?P<{piece}>{_SLOTS[piece]})" if i % 2 else re.escape(piece)
        for i, piece in enumerate(pieces)
    ]
    return re.compile("".join(parts))
