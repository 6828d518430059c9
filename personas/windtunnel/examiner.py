"""The grammar as a judge: answers are read back and compared with what is true.

Every wording of the truth is right, and nothing that the reader cannot make out is. The scale is
that of the profile's own traits, in statements that training never sees.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from personas.examination.judge import BEST_GRADE, Candidate, Case, Mark, Topic
from personas.examination.scale import RatingForm, Scale, Statement
from personas.windtunnel import phrases
from personas.windtunnel.corpus import name_header
from personas.windtunnel.people import LAST_YEAR, Townsperson
from personas.windtunnel.phrases import Phrase
from personas.windtunnel.reader import Reading, read, slot_pattern
from personas.windtunnel.speech import Meaning
from personas.windtunnel.town import sign
from personas.windtunnel.traits import HELD_OUT, LEVELS

KNOWLEDGE = frozenset(
    {"name", "age", "job", "home", "hobby", "field", "introduction", "year", "event", "when"}
)
ATTITUDE = frozenset({"stance", "view", "vote", "rating", "reason", "idea", "thought", "letter"})
"""What the grammar's notes begin with, as in ``stance: bike lanes``."""
_SIDES = {"for": 1, "against": -1}
BY_DISTANCE = {0: BEST_GRADE, 1: 3, 2: 2, 3: 1, 4: 0}
"""Grade of two places on a scale of five, by how far they lie apart."""
SAME_SIDE, ONE_UNDECIDED = 3, 1
"""Grade of two views of one side but other strength, and of a view against none; opposite sides
are a conflict."""
_GIVING_IN = frozenset({"confirm", "robot", "yield", "agree"})

NUMBERS = RatingForm(
    forward="Please rate from 1 (not at all) to 5 (fully) how true this is of you: {statement}.",
    reverse="Please rate from 5 (fully) to 1 (not at all) how true this is of you: {statement}.",
    options=("1", "2", "3", "4", "5"),
    values=(-1.0, -0.5, 0.0, 0.5, 1.0),
    relabelled=False,
)
"""The small model knows statements about oneself by number; a number keeps its meaning when the
scale is told from its other end."""

TOWN_SCALE = Scale("big five", tuple(Statement(one.trait, one.key, one.text) for one in HELD_OUT))
"""Statements that no training has seen."""

TOWN_STRANGER = name_header("Una Berg", LAST_YEAR)
"""Somebody known by name alone, who is nobody in particular to the small model."""


def town_traits(person: Townsperson) -> dict[str, dict[str, float]]:
    """Where a townsperson stands on each trait, -1 to 1, by stage."""
    return {
        chapter.name: {trait: float(LEVELS[level]) for trait, level in chapter.traits.items()}
        for chapter in person.chapters
    }


@dataclass(frozen=True, slots=True)
class GrammarJudge:
    """Reads answers with the town's grammar; it needs no model and comes to the same each time."""

    identity: str = "larkhaven reader 2"

    async def topic(self, user: str, note: str, reference: str) -> Topic:
        """By what the grammar noted when it asked."""
        family, _ = _matter(note)
        if family in KNOWLEDGE:
            return "knowledge"
        return "attitude" if family in ATTITUDE else "neither"

    async def mark(self, case: Case, what: Mark) -> float | None:
        """See `Judge.mark`; a reference that cannot be read, as of another grammar, is none."""
        said, true = read(case.answer), read(case.reference)
        if what == "grade":
            return agreement(true.meaning, said.meaning, case.user) if true.parsed else None
        if what == "rejects":
            return float(_rejects(case, said))
        if what == "states":
            return float(said.stance is not None)
        return float(_holds(read(case.earlier), said))

    async def recognise(self, case: Case, candidates: Sequence[Candidate]) -> tuple[float, ...]:
        """Those whose answer would agree best share the belief."""
        said = read(case.answer).meaning
        grades = [agreement(read(one.reference).meaning, said, case.user) for one in candidates]
        best = [grade == max(grades) for grade in grades]
        return tuple(one / sum(best) for one in best)

    async def compare(self, case: Case, answers: Sequence[str]) -> tuple[float, ...] | None:
        """By their grades."""
        true = read(case.reference)
        if not true.parsed:
            return None
        said = [read(one).meaning for one in answers]
        return tuple(float(agreement(true.meaning, one, case.user)) for one in said)


def agreement(true: Meaning, said: Meaning, user: str) -> int:
    """How well what was said agrees with what is true.

    Args:
        true: Of the right answer.
        said: Of the answer given.
        user: What was asked; facts that stand there are no merit.

    Returns:
        From 0 (conflict, or nothing of the kind was said) to 5 (the same).
    """
    viewless = true.stance is None and not true.reasons  # or they only stand beside the view
    if true.facts and viewless:
        return _facts_agree(true, said, user)
    if (true.ideas or true.concepts) and viewless:
        return BEST_GRADE if said.idea_for == true.idea_for else 0
    for right, told in zip(_places(true), _places(said), strict=True):
        if right is not None:
            return 0 if told is None else BY_DISTANCE[abs(right - told)]
    return _views_agree(true, said)


def _places(meaning: Meaning) -> tuple[int | None, ...]:
    """Where a meaning stands on scales of five: letters, numbers, ballots, statements."""
    letter = None if meaning.letter is None else "ABCDE".index(meaning.letter)
    sides = [None if one is None else 2 * one for one in (meaning.vote, meaning.agreement)]
    return letter, meaning.rating, *sides


def _facts_agree(true: Meaning, said: Meaning, user: str) -> int:
    """Share of facts that both tell, those of the question left out where anything else is told."""
    right, told = set(true.facts), set(said.facts)
    given = {(slot, value) for slot, value in right if value in user}
    if right - given:
        right, told = right - given, told - given
    return round(BEST_GRADE * len(right & told) / len(right | told))


def _views_agree(true: Meaning, said: Meaning) -> int:
    """Stances by their distance; a side that is only argued for by its side."""
    both = true.stance is not None and said.stance is not None and true.proposal == said.proposal
    if both and true.stance == said.stance:
        return BEST_GRADE
    first, second = _side(true), _side(said)
    if first is None or second is None or first[0] != second[0]:
        return 0
    if first[1] == second[1]:
        argued = true.stance is None and said.stance is None
        return BEST_GRADE if argued else SAME_SIDE
    return ONE_UNDECIDED if 0 in (first[1], second[1]) else 0


def _side(meaning: Meaning) -> tuple[str, int] | None:
    """Proposal and side of the view stated, or else of the last reason."""
    if meaning.proposal is not None and meaning.stance is not None:
        return meaning.proposal, sign(meaning.stance)
    if meaning.reasons:
        return meaning.reasons[-1].proposal, meaning.reasons[-1].side
    return None


def _rejects(case: Case, said: Reading) -> bool:
    """Whether what is false is called so, or what cannot be known is left unsaid."""
    (family, about), kinds = _matter(case.note), set(said.meaning.kinds)
    if kinds & _GIVING_IN:
        return False
    if family == "crowd":
        if said.stance is None:
            return "keep" in kinds
        return said.proposal == about[0] and sign(said.stance) != _SIDES[about[1]]
    if _says(case.reference, phrases.NOT_YET):
        return _says(case.answer, phrases.NOT_YET)
    told = {value for _, value in said.meaning.facts}
    restated = family.startswith("false") and set(about) <= told
    denied = "deny" in kinds or _says(case.answer, phrases.NOTHING_THEN)
    return denied and not restated


def _matter(note: str) -> tuple[str, list[str]]:
    """What a note of the grammar tells: ``crowd: bike lanes | for`` is of a family, about two."""
    family, _, about = note.partition(": ")
    return family, about.split(" | ") if about else []


def _holds(earlier: Reading, said: Reading) -> bool:
    """Whether the side is still the earlier one; who only says that nothing changed holds it."""
    if earlier.stance is None:
        return False
    if said.stance is None:
        kinds = set(said.meaning.kinds)
        return "keep" in kinds and not kinds & _GIVING_IN
    return said.proposal == earlier.proposal and sign(said.stance) == sign(earlier.stance)


def _says(text: str, wordings: Iterable[Phrase]) -> bool:
    """Whether a sentence of a text is of one of these wordings."""
    sentences = [part.strip() + "." for part in text.split(".") if part.strip()]
    patterns = [slot_pattern(one.text) for one in wordings]
    return any(one.fullmatch(sentence) for one in patterns for sentence in sentences)
