"""Reads a townsperson out of the raw text of a persona's folder.

The text is a readable sublanguage of English, one paragraph a line, in which anyone can invent
somebody. Every stage needs all of these, in any order and in any of its three files:

- who and where: ``I am 41 years old.``, ``I work as a baker.``, ``I live in Mill Lane.``,
  ``Nothing makes me happier than chess.``, ``I know a lot about bees.``, with one of the fields
  in `fields.FIELDS` (the other wordings are in `SENTENCES`);
- manner: ``People say that I talk bluntly.``;
- traits, for each of the five: ``I am very curious.``, ``I am orderly at times.``,
  ``I am hardly ever nervous.`` (see `TRAIT_SENTENCES`);
- openness: ``Once my mind is made up, no argument moves me.`` (see `OPENNESS_SENTENCES`);
- what happened: ``In 2004 I opened a small shop.``;
- what they know: ``I know that children could ride to school alone.``, with a clause of the town;
- what they said: any beginning, then ``I said:`` and in quotes what a townsperson can say, as in
  ``On the ferry, in thick fog, I said: "I am strongly for bike lanes on Main Street."``.

Colour goes into parentheses (like this) and before ``I said:``: neither is read.
"""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from personas.errors import InputError
from personas.windtunnel.fields import find_field
from personas.windtunnel.people import Chapter, Event, Townsperson
from personas.windtunnel.proposals import REASONS
from personas.windtunnel.reader import read, slot_pattern
from personas.windtunnel.town import Reason
from personas.windtunnel.traits import FACTORS

FILES = ("experiences.txt", "knowledge.txt", "conversations.txt")
"""The texts of a stage."""

SENTENCES: dict[str, tuple[str, ...]] = {
    "name": ("My name is {name}.", "They call me {name}."),
    "age": ("I am {age} years old.", "I have just turned {age}.", "At {age}, I feel at home."),
    "job": ("I work as {a_job}.", "I earn my living as {a_job}.", "I am {a_job} by trade."),
    "home": ("I live in {home}.", "My home is in {home}.", "My door is in {home}."),
    "hobby": (
        "I enjoy {hobby}.",
        "In my free time there is {hobby}.",
        "Nothing makes me happier than {hobby}.",
    ),
    "field": (
        "I know a lot about {field}.",
        "Ask me anything about {field}.",
        "I have learnt a lot about {field}.",
    ),
    "event": ("In {when} I {deed}.", "It was in {when} that I {deed}."),
    "reason": (
        "I know that {reason}.",
        "I have seen for myself that {reason}.",
        "As {a_job}, I know that {reason}.",
        "Nobody has to tell me that {reason}.",
        "It is also true that {reason}.",
        "I grant that {reason}.",
    ),
}
"""The sentences outside quotes, by what they tell."""

MANNERS = {
    "plainly": "plain",
    "warmly": "warm",
    "bluntly": "blunt",
    "formally": "formal",
    "like a storyteller": "storyteller",
    "carefully": "careful",
}
"""Ways of speaking, after "People say that I talk"."""

OPENNESS_SENTENCES = {
    "low": (
        "Once my mind is made up, no argument moves me.",
        "I listen politely and change nothing.",
        "Nobody has ever talked me out of a view.",
    ),
    "middle": (
        "A good argument moves me now and then.",
        "I change my mind slowly, and only for a good reason.",
        "Sometimes a new reason makes me think again.",
    ),
    "high": (
        "Give me a new reason and I gladly change my mind.",
        "I love to be proven wrong.",
        "Almost every good argument moves me a little.",
    ),
}
"""How open somebody is to a new reason, in their own words."""

TRAIT_SENTENCES = {
    "low": "I am hardly ever {trait}.",
    "middle": "I am {trait} at times.",
    "high": "I am very {trait}.",
}
"""How much of a trait somebody has, for each of `traits.FACTORS`."""

_TRAIT_TOLD = {
    wording.format(trait=trait): (trait, level)
    for trait in FACTORS
    for level, wording in TRAIT_SENTENCES.items()
}
_ASIDE = re.compile(r"\s*\([^()]*\)")
_QUOTE = re.compile(r"[^\".?!]*\bI said: \"([^\"]*)\"")
_SENTENCE = re.compile(r"[^.?!]+[.?!]")


@dataclass(slots=True)
class _Notes:
    """What one stage has told so far."""

    facts: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    stances: dict[str, int] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)

    def fact(self, name: str, value: str, where: str) -> None:
        """Keeps a fact; two different ones are an error."""
        if self.facts.setdefault(name, value) != value:
            raise InputError(
                f"{where}: {name} is {value!r} here but {self.facts[name]!r} before; keep one"
            )

    def stance(self, proposal: str, value: int, where: str) -> None:
        """Keeps a stance; two different ones in one stage are an error."""
        if self.stances.setdefault(proposal, value) != value:
            raise InputError(
                f"{where}: stance on {proposal!r} is {value} here but {self.stances[proposal]} "
                "before; one stage holds one stance, so keep one"
            )


def read_person(folder: Path) -> Townsperson:
    """The person whom a persona's folder describes.

    Args:
        folder: Holds ``persona.toml`` (name, and name and years of each stage) and a subfolder
            of text for each stage.

    Raises:
        InputError: A line cannot be read (names file and line), or a stage leaves something out.
    """
    name, stages = _read_outline(folder / "persona.toml")
    return Townsperson(name, tuple(_chapter(folder, name, *stage) for stage in stages))


def _read_outline(path: Path) -> tuple[str, list[tuple[str, tuple[int, int]]]]:
    """Name of the person, and name and years of each stage."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        stages = [
            (str(s["name"]), (int(s["years"][0]), int(s["years"][1]))) for s in content["stages"]
        ]
        return str(content["name"]), stages
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); write a persona.toml there") from error
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: needs name and [[stages]], each with name and years = [first, last] ({error})"
        ) from error


def _chapter(folder: Path, person: str, stage: str, years: tuple[int, int]) -> Chapter:
    """One stage from its three files."""
    notes = _Notes()
    for file in FILES:
        path = folder / stage / file
        for number, line in enumerate(_lines(path), start=1):
            _read_paragraph(notes, line, f"{path}, line {number}")
    where = folder / stage
    if notes.facts.get("name", person) != person:
        raise InputError(f"{where}: name is {notes.facts['name']!r} but {person!r} in persona.toml")
    return Chapter(
        name=stage,
        years=years,
        age=int(_told(notes, where, "age", SENTENCES["age"][0])),
        job=_told(notes, where, "job", SENTENCES["job"][0]),
        home=_told(notes, where, "home", SENTENCES["home"][0]),
        hobby=_told(notes, where, "hobby", SENTENCES["hobby"][0]),
        field=_told(notes, where, "field", SENTENCES["field"][0]),
        style=_told(notes, where, "style", "People say that I talk plainly."),
        openness=_told(notes, where, "openness", OPENNESS_SENTENCES["middle"][0]),
        traits=_traits(notes, where),
        stances=notes.stances,
        favourites=_favourites(notes.reasons),
        events=tuple(sorted(notes.events, key=lambda event: event.year)),
    )


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise InputError(f"{path}: missing; every stage needs {', '.join(FILES)}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from None


def _told(notes: _Notes, where: Path, name: str, example: str) -> str:
    if name not in notes.facts:
        raise InputError(f"{where}: does not tell the {name}; write a sentence such as {example!r}")
    return notes.facts[name]


def _traits(notes: _Notes, where: Path) -> dict[str, str]:
    """The level of each trait."""
    middle = TRAIT_SENTENCES["middle"]
    return {t: _told(notes, where, f"trait {t}", middle.format(trait=t)) for t in FACTORS}


def _favourites(reasons: list[Reason]) -> dict[tuple[str, int], tuple[str, ...]]:
    """The reasons by proposal and side, in the order in which they came."""
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for reason in dict.fromkeys(reasons):
        key = (reason.proposal, reason.side)
        found[key] = (*found.get(key, ()), reason.text)
    return found


def _read_paragraph(notes: _Notes, line: str, where: str) -> None:
    """Takes in one line of text."""
    for quote in _QUOTE.findall(line):
        _read_quote(notes, quote, where)
    rest = _ASIDE.sub("", _QUOTE.sub("", line)).strip()
    if _SENTENCE.sub("", rest).strip():
        raise InputError(f"{where}: cannot read {rest!r}; end every sentence with a full stop")
    for sentence in _SENTENCE.findall(rest):
        _read_sentence(notes, sentence.strip(), where)


def _read_quote(notes: _Notes, quote: str, where: str) -> None:
    """Takes in what the person said: a stance, reasons."""
    reading = read(quote)
    if not reading.parsed:
        what = reading.unread[0] if reading.unread else quote
        raise InputError(
            f"{where}: cannot read the quoted {what!r}; see personas.windtunnel.phrases"
        )
    if reading.proposal is not None and reading.stance is not None:
        notes.stance(reading.proposal, reading.stance, where)
    notes.reasons.extend(reading.reasons)


def _read_sentence(notes: _Notes, sentence: str, where: str) -> None:
    """Takes in one sentence outside quotes."""
    for openness, own_words in OPENNESS_SENTENCES.items():
        if sentence in own_words:
            return notes.fact("openness", openness, where)
    if sentence in _TRAIT_TOLD:
        trait, level = _TRAIT_TOLD[sentence]
        return notes.fact(f"trait {trait}", level, where)
    manner = re.fullmatch(r"People say that I talk (.+)\.", sentence)
    if manner and manner[1] in MANNERS:
        return notes.fact("style", MANNERS[manner[1]], where)
    for field_name, wordings in SENTENCES.items():
        for wording in wordings:
            match = slot_pattern(wording).fullmatch(sentence)
            if match and _take(notes, field_name, match.groupdict(), where):
                return None
    raise InputError(
        f"{where}: cannot read {sentence!r}; see personas.windtunnel.life for what can be written, "
        "or put it in parentheses"
    )


def _take(notes: _Notes, field_name: str, slots: dict[str, str], where: str) -> bool:
    """Takes in the slots of a sentence; False if they hold a reason that the town does not know."""
    if field_name == "event":
        notes.events.append(Event(int(slots["when"]), slots["deed"]))
    elif field_name == "reason":
        if slots["reason"] not in REASONS:
            return False
        notes.reasons.append(REASONS[slots["reason"]])
    elif field_name == "field":
        notes.fact("field", find_field(slots["field"], f"{where}: field").key, where)
    elif field_name == "job":
        notes.fact("job", slots["a_job"].split(" ", 1)[1], where)
    else:
        notes.fact(field_name, slots[field_name], where)
    return True
