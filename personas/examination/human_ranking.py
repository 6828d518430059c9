"""People rank what arms answered: unlabelled, in shuffled order, ties allowed; no terminal here.

The same standing as a judge's (`ranking`), so that both can be compared: by how far they put the
answers to one question in the same order.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from personas.chance import seed_for
from personas.errors import InputError
from personas.examination.accuracy import ASKED
from personas.examination.answers import Answer, Point, of_part
from personas.examination.ranking import STANDING, standings

BY_PEOPLE = f"{STANDING}, by people"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A question with the arms' answers, as a rater sees them."""

    stage: str
    seed: int
    question: str
    """Name of the item."""
    user: str
    reference: str
    answers: tuple[str, ...]
    """In the order shown; those that are alike word for word are one."""
    arms: tuple[tuple[str, ...], ...]
    """Who gave each of them."""

    @property
    def letters(self) -> str:
        """What the answers are called."""
        return ascii_lowercase[: len(self.answers)]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a rater made of a question."""

    rater: str
    stage: str
    seed: int
    question: str
    arms: tuple[str, ...]
    standings: tuple[float, ...]
    """Of each arm, 1 the best and 0 the worst."""

    @property
    def by_arm(self) -> dict[str, float]:
        """Standings by arm."""
        return dict(zip(self.arms, self.standings, strict=True))


def sheets(answers: Iterable[Answer], rater: str) -> list[Sheet]:
    """All questions that arms answer differently, in the rater's own order.

    Args:
        answers: Of an examination.
        rater: Whose eyes they are for; another rater sees another order.
    """
    groups: defaultdict[tuple[str, int, str], list[Answer]] = defaultdict(list)
    for one in of_part(answers, "test"):
        if one.kind in ASKED and not one.turn:
            groups[one.stage, one.seed, one.question].append(one)
    found = [_sheet(key, group, rater) for key, group in groups.items()]
    several = [sheet for sheet in found if len(sheet.answers) > 1]
    random.Random(seed_for(0, "sheets", rater)).shuffle(several)
    return several


def _sheet(key: tuple[str, int, str], group: Sequence[Answer], rater: str) -> Sheet:
    texts = list(dict.fromkeys(one.text for one in group))
    random.Random(seed_for(0, "sheet", rater, *key)).shuffle(texts)
    arms = tuple(tuple(one.arm for one in group if one.text == text) for text in texts)
    return Sheet(*key, group[0].user, group[0].reference, tuple(texts), arms)


def ranked(sheet: Sheet, words: str, rater: str) -> Ranking:
    """A ranking from what a rater typed.

    Args:
        sheet: What was shown.
        words: Letters, the best first, ``=`` between those that are as good: ``b a=c``.
        rater: Who typed it.

    Raises:
        InputError: A letter is missing, unknown or there twice.
    """
    groups = [re.findall(r"\w", part) for part in re.split(r"[\s,>]+", _tied(words)) if part]
    typed = [letter for group in groups for letter in group]
    if sorted(typed) != list(sheet.letters):
        raise InputError(
            f"ranking must name each of {', '.join(sheet.letters)} once, best first, as in "
            f"{_example(sheet.letters)!r}, got {words.strip()!r}"
        )
    place = {letter: number for number, group in enumerate(groups) for letter in group}
    told = [(arm, -place[letter]) for letter, arms in zip(sheet.letters, sheet.arms, strict=True)
            for arm in arms]  # fmt: skip
    worth = standings([score for _, score in told])
    arms = tuple(arm for arm, _ in told)
    return Ranking(rater, sheet.stage, sheet.seed, sheet.question, arms, tuple(worth))


def _tied(words: str) -> str:
    """Without spaces around equals signs, in small letters."""
    return re.sub(r"\s*=\s*", "=", words.strip().casefold())


def _example(letters: str) -> str:
    return f"{letters[-1]} {'='.join(reversed(letters[:-1]))}"


def points(rankings: Iterable[Ranking]) -> Iterator[Point]:
    """Standings as points; each rater's ranking of a question counts as an item of its own."""
    for one in rankings:
        for arm, value in one.by_arm.items():
            yield Point(BY_PEOPLE, arm, one.stage, f"{one.question} {one.rater}", one.seed, value)


def agreement(rankings: Iterable[Ranking], answers: Iterable[Answer]) -> list[float]:
    """How far people and judge put answers in the same order: Kendall's tau-b of each ranking.

    Args:
        rankings: Of people.
        answers: With the judge's standings.

    Returns:
        In [-1, 1], one for each ranking that both put in any order at all.
    """
    from scipy import stats  # takes a second: the command's start should not

    judged: defaultdict[tuple[str, int, str], dict[str, float]] = defaultdict(dict)
    for one in of_part(answers, "test"):
        standing = one.verdict(STANDING)
        if standing is not None:
            judged[one.stage, one.seed, one.question][one.arm] = standing
    found: list[float] = []
    for ranking in rankings:
        theirs = judged[ranking.stage, ranking.seed, ranking.question]
        both = [(value, theirs[arm]) for arm, value in ranking.by_arm.items() if arm in theirs]
        mine, other = [pair[0] for pair in both], [pair[1] for pair in both]
        if len(set(mine)) > 1 and len(set(other)) > 1:
            found.append(float(stats.kendalltau(mine, other).statistic))
    return found
