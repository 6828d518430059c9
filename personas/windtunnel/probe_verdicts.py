"""What counts as a right answer, figure by figure, and how sure a share is.

An answer is read back by the grammar's reader and compared with the meaning of the true answer,
so every wording of the truth is right, and nothing that the reader cannot make out is.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from personas.windtunnel.document import Document
from personas.windtunnel.reader import Reading, read
from personas.windtunnel.speech import Meaning
from personas.windtunnel.survey import LETTERS, option_stances
from personas.windtunnel.town import sign

FACTS = ("name", "age", "job", "home", "hobby", "field")
"""Questions about oneself whose answer is one fact."""
LIFE = {"event": "event", "when": "when", "later": "later_unknown"}
"""Questions about dated events, and the figure of each; all of them count for ``life``."""
LETTER_KINDS = ("letter", "letter_seen")
"""Private surveys, in held-out wordings and in known ones."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question to one person, with the meaning of the true answer."""

    kind: str
    """One of `FACTS`, `LIFE` or `LETTER_KINDS`, or ``stance``, ``rating``, ``vote``,
    ``statement``, ``statement_rating``."""
    prompt: Document
    truth: Meaning
    proposal: str = ""
    """Key of what a view is about."""
    reverse: bool = False
    """Order of a survey's options."""


class Verdict(NamedTuple):
    """How one answer counts for one figure."""

    figure: str
    value: float
    """1.0 right, 0.0 wrong; for a mass of letters, a probability."""


class Respondent(Protocol):
    """Whoever can be asked: the network, or a baseline."""

    def answers(self, prompts: Sequence[Document]) -> list[str]:
        """An answer in words to each prompt."""
        ...

    def letters(self, prompts: Sequence[Document]) -> list[list[float]]:
        """Natural log-probabilities of `LETTERS` as the very next token, one list a prompt."""
        ...


@dataclass(frozen=True, slots=True)
class Share:
    """A share of right answers."""

    share: float
    """In [0, 1]; for a mass of letters the mean probability of the options together."""
    low: float
    """Lower end of the 95 % Wilson interval."""
    high: float
    n: int


Tally = Mapping[str, Sequence[float]]
"""The values of all verdicts, by figure."""


def wilson(values: Sequence[float]) -> Share:
    """Mean of values in [0, 1] with the Wilson score interval (Wilson 1927), z = 1.96.

    It takes the values as independent; answers of one speaker are not quite.

    Args:
        values: At least one.
    """
    n, z = len(values), 1.96
    share = sum(values) / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Share(round(share, 4), round(low, 4), round(high, 4), n)


def tally(verdicts: Iterable[Verdict]) -> Tally:
    """The values by figure, in the order of the figures' names."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for verdict in verdicts:
        found[verdict.figure].append(verdict.value)
    return {figure: found[figure] for figure in sorted(found)}


def pooled(tallies: Iterable[Tally]) -> Tally:
    """Several tallies as one: every verdict counts the same, whoever it is about."""
    return tally(
        Verdict(figure, value)
        for one in tallies
        for figure, values in one.items()
        for value in values
    )


def shares(values: Tally) -> dict[str, Share]:
    """A share with its interval for each figure."""
    return {figure: wilson(some) for figure, some in values.items()}


def ask_all(respondent: Respondent, asked: Iterable[Question]) -> Iterator[Verdict]:
    """Puts all questions, and judges all answers.

    Args:
        respondent: Who is asked.
        asked: The questions; surveys are scored by letter, all others answered in words.
    """
    everything = list(asked)
    by_letter = [question for question in everything if question.kind in LETTER_KINDS]
    in_words = [question for question in everything if question.kind not in LETTER_KINDS]
    rows = respondent.letters([question.prompt for question in by_letter])
    for question, row in zip(by_letter, rows, strict=True):
        yield from letter_verdicts(question, row)
    texts = respondent.answers([question.prompt for question in in_words])
    for question, text in zip(in_words, texts, strict=True):
        yield from verdicts(question, text)


def gists(kind: str, meaning: Meaning, proposal: str | None) -> dict[str, Hashable]:
    """What is compared of an answer, by figure; None where the answer does not say it.

    Args:
        kind: Of the question; surveys by letter have no gist.
        meaning: Of the true answer, or of the one that was given.
        proposal: What a view was asked about; a stance on anything else is no answer.
    """
    if kind == "stance":
        said = meaning.stance if meaning.proposal == proposal else None
        return {"stance_exact": said, "stance_sign": None if said is None else sign(said)}
    if kind == "name":
        name = _fact(meaning, "name") or ""
        first, _, last = name.partition(" ")
        return {"name": name or None, "first_name": first or None, "last_name": last or None}
    if kind in FACTS:
        return {kind: _fact(meaning, kind)}
    if kind in LIFE:
        facts = tuple(sorted(meaning.facts)) or None
        return {LIFE[kind]: facts, "life": facts}
    bare = {"vote": meaning.vote, "statement": meaning.agreement}.get(kind, meaning.rating)
    # "Yes. No." is no ballot.
    return {kind: bare if len(meaning.kinds) <= 1 else None}


def _fact(meaning: Meaning, slot: str) -> str | None:
    """The one value that is given for a fact; two different ones are none."""
    values = {value for name, value in meaning.facts if name == slot}
    return values.pop() if len(values) == 1 else None


def verdicts(question: Question, text: str) -> Iterator[Verdict]:
    """Judges an answer in words: for its own figures, and for how well it can be read."""
    reading = read(text)
    said = gists(question.kind, reading.meaning, question.proposal)
    for figure, right in gists(question.kind, question.truth, question.proposal).items():
        yield Verdict(figure, float(right is not None and said[figure] == right))
    if question.kind == "stance":
        yield Verdict("stance_parsed", float(reading.parsed))
    yield from parse_verdicts(reading)


def parse_verdicts(reading: Reading) -> Iterator[Verdict]:
    """One verdict a sentence: read or not. Silence is an unread sentence, a bare number is none."""
    if reading.meaning.rating is not None or reading.meaning.letter is not None:
        return
    # Every sentence that is read has exactly one kind.
    read_ones, unread = len(reading.meaning.kinds), len(reading.unread)
    for value in [1.0] * read_ones + [0.0] * unread or [0.0]:
        yield Verdict("parsed", value)


def letter_verdicts(question: Question, logprobs: Sequence[float]) -> Iterator[Verdict]:
    """Judges a survey's answer by the likeliest letter, and weighs the letters together.

    Args:
        question: Its truth holds the stance.
        logprobs: In the order of `LETTERS`, natural, not renormalised.
    """
    likeliest = max(range(len(LETTERS)), key=lambda i: logprobs[i])
    said, right = option_stances(question.reverse)[likeliest], question.truth.stance
    assert right is not None
    yield Verdict(f"{question.kind}_exact", float(said == right))
    yield Verdict(f"{question.kind}_sign", float(sign(said) == sign(right)))
    yield Verdict(f"{question.kind}_mass", min(1.0, sum(map(math.exp, logprobs))))
