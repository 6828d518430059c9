"""What of somebody's material a question calls for: the closest paragraphs, within word budgets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from personas.embedding import Embedder, Vector
from personas.material import Knowable, Paragraph
from personas.wordbudget import Budgets, count_words


@dataclass(frozen=True, slots=True)
class Context:
    """What a model is shown of somebody for one answer, the most important first."""

    objective: tuple[Paragraph, ...] = ()
    """What they lived and know."""
    subjective: tuple[Paragraph, ...] = ()
    """How they talk."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Where all of it stands."""
        return tuple(one.source for one in (*self.objective, *self.subjective))


class Retriever:
    """Looks up what one stage of a life knows about a question.

    Every paragraph is embedded once, when the retriever is made.

    Args:
        knowable: What can be known in the stage.
        embedder: Places paragraphs and questions.
        budgets: Most words of each kind.
    """

    def __init__(
        self, knowable: Knowable, embedder: Embedder, budgets: Budgets = Budgets()
    ) -> None:
        self._embedder = embedder
        self._objective = _Shelf(knowable.objective, embedder, budgets.objective)
        self._subjective = _Shelf(knowable.subjective, embedder, budgets.subjective)

    def recall(self, question: str, seed: Paragraph | None = None) -> Context:
        """The paragraphs closest to a question, as many as the budgets hold.

        Args:
            question: What is asked, in words.
            seed: The paragraph that the question was made from: comes first among its kind.
        """
        cue = self._embedder.embed(question)
        objective = seed if seed and seed.objective else None
        subjective = seed if seed and not seed.objective else None
        return Context(
            self._objective.closest(cue, objective), self._subjective.closest(cue, subjective)
        )


class _Shelf:
    """Paragraphs of one kind with their places."""

    def __init__(self, paragraphs: Sequence[Paragraph], embedder: Embedder, words: int) -> None:
        self._paragraphs = paragraphs
        self._places = [embedder.embed(paragraph.text) for paragraph in paragraphs]
        self._words = words

    def closest(self, cue: Vector, seed: Paragraph | None) -> tuple[Paragraph, ...]:
        """By similarity to the question, within the budget; equals keep their order."""
        # One dot product a paragraph: a product of matrices may differ in its last bits.
        closeness = np.array([float(place @ cue) for place in self._places])
        order = np.argsort(-closeness, kind="stable")
        return choose([self._paragraphs[place] for place in order], self._words, seed)


def choose(
    ranked: Iterable[Paragraph], words: int, seed: Paragraph | None = None
) -> tuple[Paragraph, ...]:
    """Takes paragraphs in turn while they fit; one that does not fit makes room for shorter ones.

    Args:
        ranked: Candidates, the best first.
        words: The budget; never exceeded, so a seed longer than it is left out as well.
        seed: Comes first, whatever its rank.

    Returns:
        Paragraphs of which none repeats a part of one before it.
    """
    chosen: list[Paragraph] = []
    left = words
    for paragraph in (seed, *ranked) if seed else ranked:
        size = count_words(paragraph.text)
        if size <= left and not any(paragraph.text in one.text for one in chosen):
            chosen.append(paragraph)
            left -= size
    return tuple(chosen)
