"""Townspeople: the truth about a life in chapters, and the profile that a prompt is made of."""

import dataclasses
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from personas.errors import InputError
from personas.windtunnel import names
from personas.windtunnel.fields import FIELDS, find_field
from personas.windtunnel.proposals import BY_KEY, PROPOSALS
from personas.windtunnel.town import STANCE_LABELS, STANCES, Proposal
from personas.windtunnel.traits import FACTORS, LEVELS, check_traits

OPENNESS = {"low": 0.0, "middle": 0.3, "high": 0.8}
"""Probability of moving one notch towards a reason that is new, by the word in a profile."""

FIRST_YEAR, LAST_YEAR = 1985, 2035
"""Years in which invented people live."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a life."""

    year: int
    deed: str
    """In the owner's words, after "I": ``opened a small shop``."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stage of a life, in which nothing but the year changes."""

    name: str
    """Such as ``early``."""
    years: tuple[int, int]
    """First and last year, both included."""
    age: int
    """Age that the person gives throughout the chapter, in years."""
    job: str
    home: str
    hobby: str
    field: str
    """What the person knows a lot about: a key of `fields.FIELD_BY_KEY`."""
    style: str
    """One of `names.STYLES`."""
    openness: str
    """A key of `OPENNESS`."""
    traits: Mapping[str, str]
    """Level, ``low``, ``middle`` or ``high``, by trait; all of `traits.FACTORS`."""
    stances: Mapping[str, int]
    """Stance from -2 to 2 by proposal key."""
    favourites: Mapping[tuple[str, int], tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """Reasons that the person likes to give, by proposal key and side (+1 or -1)."""
    events: tuple[Event, ...] = ()
    """What has happened so far, oldest first."""

    def __post_init__(self) -> None:
        if self.years[0] > self.years[1]:
            raise InputError(f"years of chapter {self.name!r} must ascend, got {self.years}")
        find_field(self.field)
        if self.style not in names.STYLES:
            raise InputError(f"style must be one of {', '.join(names.STYLES)}, got {self.style!r}")
        if self.openness not in OPENNESS:
            raise InputError(f"openness must be low, middle or high, got {self.openness!r}")
        check_traits(self.traits)
        for key, stance in self.stances.items():
            if stance not in STANCES:
                raise InputError(f"stance on {key!r} must lie in -2..2, got {stance}")
        for event in self.events:
            if event.year > self.years[0]:
                raise InputError(
                    f"events of chapter {self.name!r} must have happened when it begins in "
                    f"{self.years[0]}, got {event.year}"
                )

    @property
    def susceptibility(self) -> float:
        """Probability of moving one notch towards a new reason, in [0, 1]."""
        return OPENNESS[self.openness]


@dataclass(frozen=True, slots=True)
class Townsperson:
    """Somebody of the town: one name, one or more chapters of a life, in the order of years."""

    name: str
    """First and last name."""
    chapters: tuple[Chapter, ...]

    def __post_init__(self) -> None:
        if len(self.name.split()) < 2:
            raise InputError(f"name must have a first and a last part, got {self.name!r}")
        if not self.chapters:
            raise InputError(f"chapters of {self.name!r} must hold at least one chapter")

    @property
    def first(self) -> str:
        """What others call this person."""
        return self.name.split()[0]

    def chapter(self, year: int) -> Chapter:
        """The chapter in which a year lies, or else the latest one before it."""
        begun = [chapter for chapter in self.chapters if chapter.years[0] <= year]
        return begun[-1] if begun else self.chapters[0]


def random_person(
    rng: random.Random, proposals: Sequence[Proposal] = PROPOSALS, name: str | None = None
) -> Townsperson:
    """Somebody invented on the spot, with one chapter.

    Args:
        rng: Source of all choices.
        proposals: What the person has a stance on.
        name: Full name; None invents one.
    """
    year = rng.randint(FIRST_YEAR, LAST_YEAR)
    age = rng.randint(16, 85)
    chapter = Chapter(
        name="now",
        years=(year, year),
        age=age,
        job=names.job(rng),
        home=names.home(rng),
        hobby=names.hobby(rng),
        field=rng.choice(FIELDS).key,
        style=rng.choice(names.STYLES),
        openness=rng.choice(tuple(OPENNESS)),
        traits={trait: rng.choice(tuple(LEVELS)) for trait in FACTORS},
        stances={proposal.key: rng.choice(STANCES) for proposal in proposals},
        events=_random_events(rng, year, age),
    )
    return Townsperson(name or names.full_name(rng), (chapter,))


def _random_events(rng: random.Random, year: int, age: int) -> tuple[Event, ...]:
    """Up to four events of different years and different words since the tenth birthday."""
    years = rng.sample(range(year - age + 10, year + 1), rng.randint(2, 4))
    deeds = dict.fromkeys(names.event(rng) for _ in years)
    return tuple(Event(when, deed) for when, deed in zip(sorted(years), deeds, strict=False))


def profile_parts(
    person: Townsperson,
    chapter: Chapter,
    proposals: Sequence[Proposal] = PROPOSALS,
    with_events: bool = True,
) -> dict[str, str]:
    """What a profile tells, by label, in the usual order.

    Dated events stand there twice, by year and by deed: a small network finds a thing by what
    stands before it.

    Args:
        person: Whose name.
        chapter: Which stage of the life.
        proposals: The views to tell, in this order.
        with_events: Whether dated events are told.
    """
    parts = {
        "Name": person.name,
        "Age": str(chapter.age),
        "Job": chapter.job,
        "Home": chapter.home,
        "Hobby": chapter.hobby,
        "Field": chapter.field,
        "Style": chapter.style,
        "Openness": chapter.openness,
        "Traits": "; ".join(f"{trait}: {chapter.traits[trait]}" for trait in FACTORS),
        "Life": "; ".join(f"in {event.year} I {event.deed}" for event in chapter.events),
        "Past": "; ".join(f"{event.deed} in {event.year}" for event in chapter.events),
        "Views": "; ".join(f"{p.key}: {STANCE_LABELS[chapter.stances[p.key]]}" for p in proposals),
    }
    if not with_events:
        del parts["Life"], parts["Past"]
    return {label: text for label, text in parts.items() if text}


def in_words(parts: Mapping[str, str]) -> str:
    """A profile's parts as one line: ``Name: Ada Lind. Age: 41. ...``."""
    return " ".join(f"{label}: {text}." for label, text in parts.items())


def profile(
    person: Townsperson,
    chapter: Chapter,
    proposals: Sequence[Proposal] = PROPOSALS,
    with_events: bool = True,
) -> str:
    """A person in one line, as a prompt's system text needs it (the year is added there).

    Arguments as of `profile_parts`.
    """
    return in_words(profile_parts(person, chapter, proposals, with_events))


def invented_proposal(rng: random.Random) -> Proposal:
    """A proposal that exists only to be looked up: its words are new in every document."""
    adjective = rng.choice(names.ADJECTIVES)
    key = f"{adjective} {rng.choice(names.BUILDINGS)}"
    where = rng.choice(names.HOMES)
    noun = f"{names.with_article(key)} in {where}"
    candidate = Proposal(key, noun, f"build {noun}", f"building {noun}")
    return candidate if key not in BY_KEY else invented_proposal(rng)
