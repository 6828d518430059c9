"""Drills: many short questions on one header, which tells no more than is asked for.

A small network learns to look a thing up where there is little else to look at, and where most of
what it has to say is the thing itself. Headers therefore tell a few parts of a profile, in any
order, and proposals that nobody has heard of stand among the town's own.
"""

import random
from collections.abc import Mapping, Sequence

from personas.speaking import MODERATOR
from personas.windtunnel import interview
from personas.windtunnel.interview import Asker, Setting, draw
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import (
    in_words,
    invented_proposal,
    profile_parts,
    random_person,
)
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.script import Sample, Script
from personas.windtunnel.town import Proposal

ABOUT: dict[str, Mapping[Asker, float]] = {
    "Name": {interview.ask_name: 3},
    "Age": {interview.ask_age: 3},
    "Job": {interview.ask_job: 2},
    "Home": {interview.ask_home: 2},
    "Hobby": {interview.ask_hobby: 2},
    "Field": {interview.ask_field: 1.5},
    "Traits": {interview.ask_statement: 4, interview.ask_statement_rating: 2},
    "Life": {interview.ask_event: 4},
    "Past": {interview.ask_when: 4},
    "Views": {interview.ask_stance: 7, interview.ask_vote: 2.5, interview.ask_rating: 2.5},
}
"""What each part of a profile can be asked for, with weights."""
LETTERS: Mapping[Asker, float] = {interview.ask_letter: 2.5}
"""Surveys by letter, which need the views and more practice."""
MOST_PARTS = len(ABOUT)
VIEWS_SHARE = 0.3
"""How many headers tell nothing but views, several of them: the right one has to be found."""
INVENTED_SHARE = 0.3
"""How many of the proposals in a header are made up for it."""


def drill(rng: random.Random, parts: int = MOST_PARTS, letters: bool = True) -> Sample:
    """One header and six to twelve questions.

    Args:
        rng: Source of all choices.
        parts: Most parts of a profile, besides the name, that the header tells.
        letters: Whether surveys by letter are asked, too.
    """
    only_views = rng.random() < VIEWS_SHARE
    views = rng.randint(2, 2 + parts) if only_views else rng.randint(1, max(2, parts))
    proposals = _some_proposals(rng, min(views, len(PROPOSALS)))
    person = random_person(rng, proposals)
    chapter = person.chapters[0]
    everything = profile_parts(person, chapter, proposals)
    told = {"Views": everything["Views"]} if only_views else _told(rng, everything, parts)
    asked: dict[Asker, float] = {}
    for label in told:
        asked |= ABOUT.get(label, {})
    if letters and "Views" in told:
        asked |= LETTERS
    at = Setting(Mind(person, chapter, dict(chapter.stances)), chapter.years[0], proposals)
    script = Script(f"{in_words(told)} The year is {at.year}.")
    for _ in range(rng.randint(6, 12)):
        script.exchange(MODERATOR, draw(rng, asked, at), at.mind)
    return script.sample("drill", person)


def _some_proposals(rng: random.Random, count: int) -> tuple[Proposal, ...]:
    """Some of the town's proposals and some that are made up, each once."""
    known = rng.sample(PROPOSALS, count)
    mixed = [invented_proposal(rng) if rng.random() < INVENTED_SHARE else p for p in known]
    return tuple({proposal.key: proposal for proposal in mixed}.values())


def _told(rng: random.Random, parts: Mapping[str, str], most: int) -> dict[str, str]:
    """The name and up to `most` other parts, the views in most headers, in any order."""
    others = [label for label in parts if label not in ("Name", "Views")]
    chosen: Sequence[str] = rng.sample(others, rng.randint(1, min(most, len(others))))
    labels = ["Name", *chosen, *(["Views"] if rng.random() < 0.75 else [])]
    if rng.random() < 0.6:
        rng.shuffle(labels)
    return {label: parts[label] for label in labels if label in parts}
