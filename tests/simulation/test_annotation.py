"""Frames of what was said: order, words, bad readers, and talks in which nothing was said."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.embedding import HashedWords
from personas.errors import InputError
from simulation.analysis.annotation import (
    SentenceIdeas,
    Stance,
    claim_verdicts,
    ideas_in,
    in_order,
    pair_verdicts,
    sentences,
    stances_in,
    words,
)
from simulation.analysis.consistency import (
    line_to_line,
    persistence,
    pressured_turns,
    prompt_to_line,
)
from simulation.analysis.conversation import (
    inequality,
    reciprocity,
    replies,
    reply_counts,
    reply_texts,
    speaking,
)
from simulation.analysis.coordination import coordination, mean_coordination
from simulation.analysis.creativity import concept_rate, within_budget
from simulation.analysis.influence import adoptions, influence
from simulation.analysis.similarity import diversity
from simulation.analysis.town import TownReader

from .talks import all_hear_all, turns_of

READER = TownReader()


def test_words_and_sentences_by_hand():
    assert words("Don't STOP: re-use it, Ünal's \u201c42\u201d_x!") == [
        *["don't", "stop", "re-use", "it", "ünal's", "42", "x"]
    ]
    assert sentences(" One. Two?  Three! 3.5 is no end ") == [
        "One.",
        "Two?",
        "Three!",
        "3.5 is no end",
    ]
    assert sentences("  ") == []


@given(st.text())
def test_any_text_is_data(text):
    assert all(word == word.casefold() and word for word in words(text.casefold()))
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
    assert READER.judge(text, text) in ("agrees", "unrelated")


def test_turns_of_one_moment_stand_in_the_order_of_agents():
    turns = turns_of([("bo", "b"), ("ada", "a"), ("bo", "c")]).assign(time=[1.0, 1.0, 0.5])
    assert in_order(turns)["text"].tolist() == ["c", "a", "b"]
    with pytest.raises(InputError, match="no column 'time'"):
        in_order(turns.drop(columns="time"))


def test_short_sentences_are_no_ideas():
    found = SentenceIdeas(least_words=3).ideas("I agree. We need trees. WE NEED TREES!")
    assert [idea.key for idea in found] == ["we need trees"] * 2
    with pytest.raises(InputError, match="at least 1"):
        SentenceIdeas(0)


class Extreme:
    """A stance reader that knows no bounds."""

    def stances(self, text):
        return [Stance("x", float(text))]


def test_the_last_stance_of_a_turn_counts_and_others_out_of_range_are_refused():
    lanes = "bike lanes on Main Street"
    said = f"I am strongly for {lanes}. I am undecided about {lanes}."
    found = stances_in(turns_of([("ada", said)]), READER)
    assert found[["subject", "stance"]].to_numpy().tolist() == [["bike lanes", 0.0]]
    with pytest.raises(InputError, match=r"the reader gave -1\.5"):
        stances_in(turns_of([("ada", "1"), ("ada", "-1.5")]), Extreme())


def test_talks_without_a_word_have_no_rows_and_no_errors():
    turns = turns_of([])
    heard = all_hear_all(turns)
    ideas, stances = ideas_in(turns, READER), stances_in(turns, READER)
    claims = pd.DataFrame({"agent": ["ada"], "claim": ["I like chess."]})
    answered = replies(turns, heard)
    pairs = reply_texts(answered, turns)
    for empty in (
        prompt_to_line(claim_verdicts(turns, claims, READER)),
        line_to_line(pair_verdicts(turns, READER)),
        persistence(pressured_turns(stances, heard)),
        concept_rate(ideas, turns),
        within_budget(turns, 10),
        inequality(speaking(turns, ["ada"])),
        reciprocity(reply_counts(answered)),
        mean_coordination(coordination(pairs)),
        influence(adoptions(ideas.rename(columns={"idea": "item"}), heard)),
        diversity(turns, HashedWords()),
    ):
        assert empty.empty
        assert "value" in empty.columns or "text" in empty.columns


def test_everybody_agrees_with_itself_in_the_towns_own_words():
    rng = np.random.default_rng(7)
    lines = ["I like chess.", "I work as a baker.", "I am mildly for bike lanes on Main Street."]
    turns = turns_of([("ada", lines[i]) for i in rng.integers(0, 3, 8)])
    assert line_to_line(pair_verdicts(turns, READER))["value"].tolist() == [1.0]
