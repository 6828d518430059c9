"""A new persona's folder: somebody whom the small town's grammar invents, or an empty one to fill.

What is invented is written in the sentences of docs/larkhaven.md, so the folder is read back to
the very same person, and can be edited like one written by hand.
"""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from personas.errors import InputError
from personas.material import KINDS, check_folder_name
from personas.windtunnel import names, phrases
from personas.windtunnel.life import MANNERS, OPENNESS_SENTENCES, SENTENCES, TRAIT_SENTENCES
from personas.windtunnel.people import (
    LAST_YEAR,
    Chapter,
    Event,
    Townsperson,
    profile,
    random_person,
)
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.speech import join, say, state
from personas.windtunnel.town import STANCES, Proposal, sign
from personas.windtunnel.traits import FACTORS, LEVELS

GAP_YEARS = (8, 20)
"""Fewest and most years between the beginnings of the two stages."""
STAGE_YEARS = 2
"""From a stage's first to its last year."""
OLDEST = 65
"""Age in the first stage, at most."""
CHANGED_SHARE = 0.4
"""How many views, and how often job, home and hobby, are others in the second stage."""
_PLACES = (
    "On the ferry, in the morning,",
    "At the counter of the bakery,",
    "In the queue at the post office,",
    "On the bench by the canal,",
    "At the table of the regulars,",
    "Over the garden fence,",
    "At the town hall, from the last row,",
    "In the rain, under somebody's umbrella,",
    "At a birthday, a little too loud,",
    "To a neighbour, on the stairs,",
    "At the market, with both hands full,",
    "On the way home, to nobody in particular,",
)
"""Where something was said; it is not read."""

_README = """# A persona to be filled

- `persona.toml`: name, domains, and the stages of the life in order of time, each with its first
  and last year and a profile in a paragraph.
- One folder a stage, named as in `persona.toml`, with three files, one paragraph a line:
  - `experiences.txt`: what happened to them, as a biography tells it;
  - `knowledge.txt`: what they know: their craft, their world, the people in it;
  - `conversations.txt`: what they said or wrote, in their own words; five turns of talk, a speech
    or a letter make a paragraph.

A paragraph holds at most 1,500 words, of conversations 500. Files may be empty, a stage must not
be. What belongs to a later stage must not stand in an earlier one; a later stage remembers the
experiences and the knowledge of the earlier ones.
"""


def write_newcomer(folder: Path, seed: int, name: str | None = None) -> Townsperson:
    """Invents a townsperson with two stages of life and writes their folder.

    Args:
        folder: Where to; must not exist yet.
        seed: Of all choices.
        name: First and last name; None takes the first one from the folder where it can be one.

    Returns:
        The person; `personas.windtunnel.life.read_person` reads the same from the folder.

    Raises:
        InputError: The folder exists, or cannot be a persona's.
    """
    _check(folder)
    rng = random.Random(f"newcomer, seed {seed}")
    if name is None and re.fullmatch("[a-z]+", folder.name):
        name = f"{folder.name.capitalize()} {names.last_name(rng)}"
    person = invent(rng, name)
    for chapter in person.chapters:
        texts = (_experiences(rng, person, chapter), _knowledge(rng, chapter), _talk(rng, chapter))
        for kind, paragraphs in zip(KINDS, texts, strict=True):
            _write(folder / chapter.name / f"{kind}.txt", paragraphs)
    stages = [(one.name, one.years, profile(person, one)) for one in person.chapters]
    _write(folder / "persona.toml", _outline(person.name, stages, [person.chapters[-1].field]))
    return person


def write_empty(folder: Path, name: str, stages: Sequence[str]) -> None:
    """Writes a folder to be filled with the text of somebody real or imagined.

    Args:
        folder: Where to; must not exist yet.
        name: How the person is called.
        stages: Names of the stages, in order of time.

    Raises:
        InputError: The folder exists, or cannot be a persona's.
    """
    _check(folder)
    listed = [
        (stage, (2000 + 10 * place, 2009 + 10 * place), f"{name} in a paragraph.")
        for place, stage in enumerate(stages)
    ]
    for stage in stages:
        for kind in KINDS:
            _write(folder / stage / f"{kind}.txt", [])
    _write(folder / "persona.toml", _outline(name, listed, []))
    (folder / "README.md").write_text(_README, encoding="utf-8")


def invent(rng: random.Random, name: str | None = None) -> Townsperson:
    """Somebody with an early and a late stage, in which a good part has changed.

    Args:
        rng: Source of all choices.
        name: First and last name; None invents one.
    """
    gap = rng.randint(*GAP_YEARS)
    while True:
        person = random_person(rng, name=name)
        (drawn,) = person.chapters
        if drawn.age <= OLDEST and drawn.years[1] + gap + STAGE_YEARS <= LAST_YEAR:
            break
    first = drawn.years[0]
    early = replace(drawn, name="early", years=(first, first + STAGE_YEARS))
    early = replace(early, favourites=_favourites(rng, early))
    return Townsperson(person.name, (early, _later(rng, early, gap)))


def _later(rng: random.Random, early: Chapter, gap: int) -> Chapter:
    """The same person some years on."""

    def changed() -> bool:
        return rng.random() < CHANGED_SHARE

    first = early.years[0] + gap
    taken = {event.deed for event in early.events}
    deeds = [
        deed for deed in dict.fromkeys(names.event(rng) for _ in range(2)) if deed not in taken
    ]
    years = sorted(rng.sample(range(early.years[1] + 1, first + 1), len(deeds)))
    trait = rng.choice(tuple(FACTORS))
    late = replace(
        early,
        name="late",
        years=(first, first + STAGE_YEARS),
        age=early.age + gap,
        job=names.job(rng) if changed() else early.job,
        home=names.home(rng) if changed() else early.home,
        hobby=names.hobby(rng) if changed() else early.hobby,
        traits={**early.traits, trait: rng.choice(tuple(LEVELS))},
        stances={
            key: rng.choice(STANCES) if changed() else stance
            for key, stance in early.stances.items()
        },
        events=(*early.events, *map(Event, years, deeds)),
    )
    return replace(late, favourites=_favourites(rng, late))


def _favourites(rng: random.Random, chapter: Chapter) -> dict[tuple[str, int], tuple[str, ...]]:
    """Two reasons of the own side and one of the other for each proposal; the undecided weigh."""
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for proposal in PROPOSALS:
        side = sign(chapter.stances[proposal.key]) or rng.choice((1, -1))
        own = rng.sample([reason.text for reason in proposal.reasons(side)], 2)
        found[proposal.key, side] = tuple(own)
        found[proposal.key, -side] = (rng.choice(proposal.reasons(-side)).text,)
    return found


def _experiences(rng: random.Random, person: Townsperson, chapter: Chapter) -> list[str]:
    """Who they are and what happened, in random order."""

    def told(what: str, **slots: str) -> str:
        return rng.choice(SENTENCES[what]).format(**slots)

    manner = next(word for word, style in MANNERS.items() if style == chapter.style)
    traits = [TRAIT_SENTENCES[chapter.traits[one]].format(trait=one) for one in FACTORS]
    events = [told("event", when=str(one.year), deed=one.deed) for one in chapter.events]
    lines = [
        f"{told('name', name=person.name)} {told('age', age=str(chapter.age))}",
        told("job", a_job=names.with_article(chapter.job)),
        f"{told('home', home=chapter.home)} {told('hobby', hobby=chapter.hobby)}",
        told("field", field=chapter.field),
        f"People say that I talk {manner}.",
        " ".join(traits[:2]),
        " ".join(traits[2:]),
        rng.choice(OPENNESS_SENTENCES[chapter.openness]),
        *events,
    ]
    return rng.sample(lines, len(lines))


def _knowledge(rng: random.Random, chapter: Chapter) -> list[str]:
    """For each proposal a reason of the own side, and one that is granted to the other."""
    lines = []
    for proposal in PROPOSALS:
        (own, *_), (other, *_) = _sides(chapter, proposal)
        carrier = rng.choice(SENTENCES["reason"][:4])
        job = names.with_article(chapter.job)
        granted = SENTENCES["reason"][5].format(reason=other)
        lines.append(f"{carrier.format(reason=own, a_job=job)} {granted}")
    return rng.sample(lines, len(lines))


def _talk(rng: random.Random, chapter: Chapter) -> list[str]:
    """For each proposal the view, with a reason, somewhere in town."""
    lines = []
    for proposal, place in zip(PROPOSALS, rng.sample(_PLACES, len(PROPOSALS)), strict=True):
        stance = chapter.stances[proposal.key]
        own, (other, *_) = _sides(chapter, proposal)
        wordings = phrases.REASON[1:5] if stance else phrases.BALANCE
        slots = {"reason": own[-1]} if stance else {"reason": own[-1], "counter": other}
        argued = say(rng.choice(wordings), None, **slots)
        said = join([state(rng, proposal, stance), argued])
        lines.append(f'{place} I said: "{said.text}"')
    return rng.sample(lines, len(lines))


def _sides(chapter: Chapter, proposal: Proposal) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Favourite reasons: of the side with two of them, and of the other."""
    one, other = (chapter.favourites[proposal.key, side] for side in (1, -1))
    return (one, other) if len(one) > len(other) else (other, one)


def _outline(
    name: str, stages: Sequence[tuple[str, tuple[int, int], str]], domains: Sequence[str]
) -> list[str]:
    """Lines of persona.toml."""
    lines = [f"name = {json.dumps(name)}", f"domains = {json.dumps(list(domains))}"]
    for stage, years, told in stages:
        lines += ["", "[[stages]]", f"name = {json.dumps(stage)}", f"years = {list(years)}"]
        lines += [f"profile = {json.dumps(told)}"]
    return lines


def _check(folder: Path) -> None:
    check_folder_name(folder.name, folder)
    if folder.exists():
        raise InputError(f"{folder} exists already; choose another name, or delete it")


def _write(path: Path, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
