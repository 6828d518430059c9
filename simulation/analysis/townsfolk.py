"""What the town's grammar says of a talk as a whole, and of the persona behind a speaker."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from personas.errors import InputError
from personas.persona import find_persona
from personas.windtunnel.life import SENTENCES, read_person
from personas.windtunnel.names import with_article
from personas.windtunnel.people import Chapter, Townsperson
from personas.windtunnel.reader import read
from personas.windtunnel.town import STANCE_LABELS
from simulation.analysis.annotation import sentences
from simulation.analysis.frames import AgentFacts
from simulation.analysis.town import TownReader

VIEW = "My view on {proposal}: {label}."


def readable_share(texts: Sequence[str]) -> float:
    """Share of all sentences that are of the town's grammar, in [0, 1]; NaN without a sentence."""
    told = [sentence for text in texts for sentence in sentences(text)]
    return sum(not read(one).unread for one in told) / len(told) if told else float("nan")


def items_of(text: str) -> list[str]:
    """The reasons and the ideas that a text names: what others can take up."""
    reasons = [f"{reason.proposal}: {reason.text}" for reason in read(text).reasons]
    return [*reasons, *(idea.key for idea in TownReader().ideas(text))]


def claims_of(worn: AgentFacts) -> list[str]:
    """What a persona says of itself in the stage that is worn: facts, and a view on each proposal.

    Returns:
        A sentence each; none for the bare base, for a stage that its folder no longer has, and
        for a persona that is neither in the library nor written in the town's own sentences.
    """
    person, chapter = _who(worn)
    return list(_claims(person, chapter)) if person and chapter else []


def fields_of(worn: AgentFacts) -> list[str]:
    """What a persona knows a lot about: one field; none where `claims_of` has none."""
    _, chapter = _who(worn)
    return [chapter.field] if chapter else []


def _who(worn: AgentFacts) -> tuple[Townsperson | None, Chapter | None]:
    person = _person(worn.persona) if worn.persona else None
    chapters = person.chapters if person else ()
    return person, next((one for one in chapters if one.name == worn.stage), None)


def _claims(person: Townsperson, chapter: Chapter) -> Iterator[str]:
    facts = {
        "name": person.name,
        "age": str(chapter.age),
        "a_job": with_article(chapter.job),
        "home": chapter.home,
        "hobby": chapter.hobby,
        "field": chapter.field,
    }
    for slot, said in facts.items():
        yield SENTENCES[slot.removeprefix("a_")][0].format(**{slot: said})
    for proposal, stance in chapter.stances.items():
        yield VIEW.format(proposal=proposal, label=STANCE_LABELS[stance])


@lru_cache(maxsize=256)
def _person(key: str) -> Townsperson | None:
    """Somebody of the library; None for anybody else."""
    try:
        return read_person(find_persona(key))
    except InputError:
        return None
