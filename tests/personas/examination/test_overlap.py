"""Words in common, against sacrebleu's values and counts by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.examination.overlap import (
    bleu,
    distinct,
    gram_count,
    mutual_bleu,
    rouge_l,
    tokens,
)

SACREBLEU = [
    # (answer, reference, score): sacrebleu 2.6.0, BLEU(effective_order=True, tokenize="none",
    # smooth_method="exp").sentence_score
    ("i am strongly for bike lanes .", "i am mildly for bike lanes .", 48.892302243490086),
    ("my view on bike lanes : strongly for .", "i fully support bike lanes on main street .",
     11.339582221952005),
    ("yes .", "no .", 50.0),
    ("a b c d e", "a b c d e", 100.0),
    ("the the the", "the cat", 27.516060407455225),
    ("a b", "a b c d e f", 13.533528323661276),
    ("x y z a", "a q", 15.97357760615681),
    ("hello", "goodbye", 0.0),
]  # fmt: skip
WORDS = st.lists(st.sampled_from("abcde"), max_size=8)


@pytest.mark.parametrize(("answer", "reference", "score"), SACREBLEU)
def test_bleu_is_that_of_sacrebleu(answer, reference, score):
    assert bleu(answer.split(), reference.split()) == pytest.approx(score, abs=1e-9)


def test_tokens_are_small_words_and_single_signs():
    assert tokens("No, I'm 47!") == ["no", ",", "i", "'", "m", "47", "!"]


def test_mutual_bleu_is_the_mean_of_both_directions():
    # "a b" against "a b c d e f" is 100 exp(1 - 6/2); the other way round the precisions are
    # 2/6, 1/5, 1/2 of 1/4, 1/4 of 1/3 without a penalty for brevity.
    other = 100 * (2 / 6 * 1 / 5 * 1 / 8 * 1 / 12) ** 0.25
    assert mutual_bleu("a b", "a b c d e f") == pytest.approx((100 * math.exp(-2) + other) / 2)


def test_rouge_l_by_hand():
    # The longest common order of "police killed the gunman" and "police kill the gunman" is
    # police, the, gunman: 3 of 4 and 3 of 4.
    assert (
        rouge_l(["police", "killed", "the", "gunman"], ["police", "kill", "the", "gunman"]) == 0.75
    )
    assert rouge_l(["a", "b", "c"], ["c", "b", "a", "x"]) == pytest.approx(2 / 7)
    assert rouge_l([], ["a"]) == 0.0


def test_distinct_by_hand():
    texts = ["yes yes no", "no yes"]  # words yes yes no no yes; pairs yes-yes yes-no no-yes
    assert distinct(texts, 1) == 2 / 5
    assert distinct(texts, 2) == 3 / 3
    assert distinct(texts, 1, most=2) == 1 / 2
    assert (gram_count(texts, 1), gram_count(texts, 2), gram_count(texts, 4)) == (5, 3, 0)
    assert math.isnan(distinct([""], 1))


@given(WORDS, WORDS)
def test_scores_stay_in_their_range(one, other):
    assert 0 <= bleu(one, other) <= 100 + 1e-9
    assert 0 <= rouge_l(one, other) <= 1
    assert rouge_l(one, other) == pytest.approx(rouge_l(other, one))


@given(WORDS, WORDS)
def test_mutual_bleu_does_not_know_who_came_first(one, other):
    first, second = " ".join(one), " ".join(other)
    assert mutual_bleu(first, second) == mutual_bleu(second, first)


@given(WORDS.filter(bool))
def test_a_text_agrees_fully_with_itself(words):
    assert bleu(words, words) == pytest.approx(100)
    assert rouge_l(words, words) == 1
