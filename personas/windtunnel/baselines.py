"""What can be answered without knowing who one is: the reference for every share of the probe.

The majority gives the most frequent right answer of the corpus to every question of a kind. The
n-gram model goes on after the prompt's last tokens as the corpus most often does; it speaks well
and looks nothing up.
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import islice

from personas.windtunnel.corpus import Mixture, documents, samples
from personas.windtunnel.document import Document
from personas.windtunnel.probe_verdicts import (
    FACTS,
    LETTER_KINDS,
    LIFE,
    Question,
    Verdict,
    gists,
)
from personas.windtunnel.script import Sample, Truth
from personas.windtunnel.survey import LETTERS, survey_letter
from personas.windtunnel.tokenizer import END, LineEncoder

ORDER = 8  # tokens of an n-gram: seven of context reach back into the question
NGRAM_DOCUMENTS = 3_000
MAJORITY_SAMPLES = 1_500
MAX_TOKENS = 48  # as in `network.greedy`

_KINDS = (*FACTS, *LIFE, "stance", "rating", "vote", "statement", "statement_rating")


class Majority:
    """The most frequent right answer by figure; it is compared without being put into words."""

    def __init__(self, read: Iterable[Sample]) -> None:
        """Counts the true answers.

        Args:
            read: Samples of the corpus with their truth.
        """
        seen: defaultdict[str, Counter[Hashable]] = defaultdict(Counter)
        for sample in read:
            for truth in sample.truths:
                for figure, gist in _gists_of(truth).items():
                    seen[figure].update([gist] if gist is not None else ())
        self.answers: dict[str, Hashable] = {
            figure: counts.most_common(1)[0][0] for figure, counts in seen.items()
        }
        """By figure, and ``letter`` for surveys."""

    def verdicts(self, asked: Iterable[Question]) -> Iterator[Verdict]:
        """How the majority's answers count; figures that it has no answer for are left out."""
        for question in asked:
            if question.kind in LETTER_KINDS:
                yield from self._letter(question)
                continue
            for figure, right in gists(question.kind, question.truth, question.proposal).items():
                if figure in self.answers:
                    yield Verdict(figure, float(self.answers[figure] == right))

    def _letter(self, question: Question) -> Iterator[Verdict]:
        stance = question.truth.stance
        if "letter" in self.answers and stance is not None:
            right = survey_letter(stance, question.reverse)
            yield Verdict(f"{question.kind}_exact", float(self.answers["letter"] == right))


def _gists_of(truth: Truth) -> dict[str, Hashable]:
    """What one true answer of the corpus would be compared by; nothing for other kinds."""
    kind, meaning = truth.family.replace(" ", "_"), truth.said.meaning
    if kind == "letter":
        return {kind: meaning.letter}
    return gists(kind, meaning, meaning.proposal) if kind in _KINDS else {}


class NGram:
    """Counts which token follows which others, and backs off to shorter contexts."""

    def __init__(self, order: int = ORDER) -> None:
        """Begins with nothing.

        Args:
            order: Tokens of an n-gram, the last one included; at least 1.
        """
        self.order = order
        self._next: dict[tuple[int, ...], dict[int, int]] = {}

    def learn(self, ids: Sequence[int], said: Sequence[bool]) -> None:
        """Counts one conversation.

        Args:
            ids: Its tokens.
            said: True where a token is the assistant's to say; only these are learnt.
        """
        for end, own in enumerate(said):
            if not own:
                continue
            for length in range(min(self.order, end + 1)):
                follow = self._next.setdefault(tuple(ids[end - length : end]), {})
                follow[ids[end]] = follow.get(ids[end], 0) + 1

    def following(self, ids: Sequence[int]) -> dict[int, float]:
        """Probabilities of the next token, after the longest end of `ids` that has been seen.

        Returns:
            The tokens seen there; they add up to 1. Empty if nothing was learnt.
        """
        for length in range(min(self.order - 1, len(ids)), -1, -1):
            follow = self._next.get(tuple(ids[len(ids) - length :]))
            if follow:
                total = sum(follow.values())
                return {token: count / total for token, count in follow.items()}
        return {}

    def continuation(self, ids: Sequence[int], end: int, max_tokens: int = MAX_TOKENS) -> list[int]:
        """The likeliest next token again and again (of equals the first seen), up to `end`."""
        row = list(ids)
        while len(row) < len(ids) + max_tokens:
            found = self.following(row)
            token = max(found, key=lambda one: found[one]) if found else end
            if token == end:
                break
            row.append(token)
        return row[len(ids) :]


class NGramRespondent:
    """An n-gram model that can be asked as the network can."""

    def __init__(
        self, model: NGram, encoder: LineEncoder, decode: Callable[[list[int]], str]
    ) -> None:
        """Takes a model that has learnt.

        Args:
            model: Over the tokens of `encoder`.
            encoder: Of the base.
            decode: From tokens back to text.
        """
        self._model, self._encoder, self._decode = model, encoder, decode

    def answers(self, prompts: Sequence[Document]) -> list[str]:
        """The likeliest words after each prompt."""
        rows = (self._model.continuation(self._encoder.encode_prompt(p), END) for p in prompts)
        return [self._decode(row) for row in rows]

    def letters(self, prompts: Sequence[Document]) -> list[list[float]]:
        """Natural log-probabilities of the letters; minus infinity for what was never seen."""
        options = [self._encoder.encode_line(letter)[0] for letter in LETTERS]
        found = (self._model.following(self._encoder.encode_prompt(p)) for p in prompts)
        return [
            [math.log(probabilities[one]) if one in probabilities else -math.inf for one in options]
            for probabilities in found
        ]


def corpus_majority(seed: int = 7, count: int = MAJORITY_SAMPLES) -> Majority:
    """The majority over what people with a profile answer in the corpus."""
    with_profile = Mixture(full_profile=1.0)
    return Majority(islice(samples(random.Random(f"majority {seed}"), with_profile), count))


def corpus_ngram(encoder: LineEncoder, seed: int = 7, count: int = NGRAM_DOCUMENTS) -> NGram:
    """An n-gram model of what the assistant says in the corpus of the base."""
    model = NGram()
    for document in islice(documents(random.Random(f"n-gram {seed}")), count):
        model.learn(*encoder.encode_document(document))
    return model
