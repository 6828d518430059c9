"""Retrieval: the seed first, the closest next, no repeats, and never a word too many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.embedding import HashedWords
from personas.material import Knowable, Paragraph
from personas.persona import Stage
from personas.retrieval import Retriever, choose
from personas.wordbudget import Budgets, count_words

STAGE = Stage("now", (2020, 2021), "Somebody.")


def paragraph(text: str, line: int = 1, kind="experiences") -> Paragraph:
    return Paragraph(text, kind, "now", line)


LIFE = (
    paragraph("My cat sleeps all day.", 1),
    paragraph("The bridge needs paint.", 2),
    paragraph("I bake bread before dawn.", 3, "knowledge"),
    paragraph("Somebody painted the bridge in spring.", 4, "knowledge"),
)
TALK = (
    paragraph('I said: "Bread is life."', 1, "conversations"),
    paragraph('I said: "That bridge is a shame."', 2, "conversations"),
)


def retriever(objective: int = 100, subjective: int = 100) -> Retriever:
    return Retriever(Knowable(STAGE, LIFE + TALK), HashedWords(), Budgets(objective, subjective))


def test_the_closest_come_first_in_each_kind():
    found = retriever().recall("Who will paint the bridge?")
    assert [one.line for one in found.objective][:2] == [2, 4]
    assert [one.line for one in found.subjective] == [2, 1]
    assert found.sources[:2] == ("now/experiences.txt:2", "now/knowledge.txt:4")


def test_the_seed_comes_first_among_its_kind_and_once():
    found = retriever().recall("Who will paint the bridge?", seed=LIFE[0])
    assert [one.line for one in found.objective][:2] == [1, 2]
    assert [one.line for one in found.objective].count(1) == 1
    assert [one.line for one in found.subjective] == [2, 1]
    talk = retriever().recall("Who will paint the bridge?", seed=TALK[0])
    assert [one.line for one in talk.subjective] == [1, 2]


def test_what_does_not_fit_makes_room_for_what_does():
    # four words of six are taken: the next four do not fit, in the second case the two do
    found = choose([paragraph(f"a b c {one}", one) for one in range(2)], 6)
    assert [one.line for one in found] == [0]
    longer = [paragraph("one two three four five", 1), paragraph("six seven", 2)]
    assert [one.line for one in choose(longer, 4)] == [2]


def test_a_seed_beyond_the_budget_is_left_out():
    assert choose([], 1, paragraph("two words")) == ()


def test_a_part_of_what_is_there_is_a_repeat_and_its_extension_is_not():
    part, whole = paragraph("I bake.", 1), paragraph("I bake. I sing.", 2)
    assert [one.line for one in choose([whole, part], 10)] == [2]
    assert [one.line for one in choose([part, whole], 10)] == [1, 2]


def test_each_paragraph_is_embedded_once_for_all_questions():
    asked = []

    class Counting(HashedWords):
        def embed(self, text: str) -> np.ndarray:
            asked.append(text)
            return super().embed(text)

    one = Retriever(Knowable(STAGE, LIFE + TALK), Counting())
    for _ in range(3):
        one.recall("Who bakes?")
    assert len(asked) == len(LIFE + TALK) + 3


@pytest.mark.parametrize("known", [(), LIFE, TALK])
def test_a_kind_without_paragraphs_gives_none(known):
    found = Retriever(Knowable(STAGE, known), HashedWords()).recall("Why?")
    assert len(found.sources) == len(known)


TEXTS = st.lists(st.text("ab ", min_size=1, max_size=12).filter(str.strip), max_size=8)


@settings(deadline=None, max_examples=100)
@given(TEXTS, st.integers(1, 20), st.booleans())
def test_budgets_hold_repeats_do_not_and_nothing_that_fits_is_left(texts, words, seeded):
    ranked = [paragraph(" ".join(text.split()), line) for line, text in enumerate(texts)]
    seed = ranked[-1] if seeded and ranked else None
    chosen = choose(ranked, words, seed)
    spent = sum(count_words(one.text) for one in chosen)
    assert spent <= words
    assert len(set(chosen)) == len(chosen)
    for place, one in enumerate(chosen):
        assert not any(one.text in before.text for before in chosen[:place])
    if seed and count_words(seed.text) <= words:
        assert chosen[0] == seed
    for one in ranked:
        repeats = any(one.text in kept.text for kept in chosen)
        assert repeats or count_words(one.text) > words - spent
