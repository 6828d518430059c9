"""Every constraint on a pair is enforced, whatever its route, and the mix is counted."""

import asyncio
import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.annotator import Answer, UnusableError
from personas.embedding import HashedWords
from personas.errors import EngineError, InputError
from personas.items import Exchange, Item, Preference, Provenance
from personas.material import load_material
from personas.mining import mine
from personas.persona import LIBRARY
from personas.preferences import Dropped, Judge, PairRules, mix, name_words, strength
from personas.reanswering import Company, answer_again

WORDS = HashedWords()
ORIGIN = Provenance("ordinary", "knowledge", "x:1", (), "", "me", 0)


def item(persona: str, stage: str, index: int, asked: str, answer: str, pattern="ordinary") -> Item:
    turn = Exchange(asked, "n", "", answer)
    origin = replace(ORIGIN, pattern=pattern)
    return Item(persona, stage, index, 2020, (turn,), False, False, origin)


def judge(names=("Bo Kaya",), own: str = "Ada Lind", **rules) -> Judge:
    return Judge(PairRules(**rules), WORDS, name_words(names, own))


@pytest.mark.parametrize(
    ("chosen", "rejected", "objection"),
    [
        ("I bake bread before dawn.", "I mend old clocks.", ""),
        ("I bake.", "I bake.", "says the same"),
        ("I bake bread.", "I mend clocks and radios and whatever is brought.", "length ratio"),
        ("I mend clocks and radios and whatever is brought.", "I bake bread.", "length ratio"),
        ("I bake bread.", "Bo bakes cake.", "name leak"),
        ("I bake bread.", "My name: Kaya.", "name leak"),
        ("I bake bread.", "Ada mends clocks.", ""),
        ("I bake bread.", "The bobbin broke.", ""),
        ("I married in 2004.", "I fled in 2017.", "time leak"),
        ("I married in 2004.", "Nothing happened in 2004.", ""),
        ("I bake bread at night.", "I bake bread at night!", "answers alike"),
    ],
)
def test_what_would_teach_something_else_is_objected_to(chosen, rejected, objection):
    assert judge().objection(("What do you do?",), chosen, rejected) == objection


def test_what_stands_in_the_prompt_gives_nothing_away():
    asked = ("You are Bo, right? Since 2017?",)
    assert judge().objection(asked, "No, I am Ada.", "Yes, Bo since 2017.") == ""


def test_a_ratio_of_exactly_two_is_allowed():
    assert judge().objection(("Why?",), "one two", "three four five six") == ""
    assert judge().objection(("Why?",), "one two", "three four five six seven") == "length ratio"


def test_an_answer_that_is_right_as_well_is_no_worse_one():
    both = Judge(
        PairRules(),
        WORDS,
        frozenset(),
        same=lambda one, other: "for it" in one and "for it" in other,
    )
    assert both.objection(("Why?",), "I am for it.", "All of us are for it.") == "says the same"


def test_names_of_ones_own_are_no_strangers():
    assert name_words(["Ada Berg", "Bo Lind-Kaya"], "Ada Lind") == {"Berg", "Bo", "Kaya"}


def test_a_name_is_a_word_with_its_capital():
    named = judge(names=("Will May",))
    assert named.objection(("Who?",), "Not I, ever.", "Will did it.") == "name leak"
    assert named.objection(("Who?",), "Not I, ever.", "I will, or may.") == ""


class Angles:
    """A question is a number of degrees; any other text is hashed."""

    def embed(self, text: str) -> np.ndarray:
        if not text.isdigit():
            return WORDS.embed(text)
        angle = np.deg2rad(float(text))
        return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)


def mined(own: list[Item], others: list[Item], **rules) -> list[Preference | Dropped]:
    return list(mine(own, others, Angles(), judge(**rules)))


def test_the_closest_answer_inside_the_band_is_the_worse_one():
    # cos 18.2 = 0.95, cos 53.1 = 0.6
    own = [item("ada", "late", 0, "0", "I bake bread.")]
    others = [
        item("bo", "now", 0, "10", "Too close by far."),
        item("bo", "now", 1, "40", "I mend clocks."),
        item("bo", "now", 2, "25", "I sell shoes."),
        item("bo", "now", 3, "60", "Too far away."),
    ]
    (pair,) = mined(own, others)
    assert (pair.rejected, pair.against) == ("I sell shoes.", "bo/now/2")
    assert (pair.chosen, pair.negative, pair.route) == ("I bake bread.", "other persona", "mined")
    assert [one.rejected for one in mined(own, others, mined=3)] == [
        "I sell shoes.",
        "I mend clocks.",
    ]
    assert mined(own, others, mined=0) == []


def test_ones_own_other_items_of_the_same_stage_are_never_worse():
    # the authors' code takes whatever is sixth in similarity, the persona's own answers included
    own = [
        item("ada", "late", 0, "0", "I bake bread."),
        item("ada", "late", 1, "30", "I love my oven."),
        item("ada", "early", 0, "40", "I go to school."),
    ]
    pairs = {one.item: one for one in mined(own, [])}
    assert pairs["ada/late/0"].rejected == "I go to school."
    assert {one.negative for one in pairs.values()} == {"other stage"}
    assert pairs["ada/early/0"].rejected in ("I love my oven.", "I bake bread.")


def test_an_objection_sends_on_to_the_next_and_the_last_one_is_told():
    own = [item("ada", "late", 0, "0", "I bake bread.")]
    bad = item("bo", "now", 0, "25", "Bo mends clocks.")
    good = item("bo", "now", 1, "40", "I mend clocks.")
    assert mined(own, [bad, good])[0].rejected == "I mend clocks."
    assert mined(own, [bad]) == [Dropped("ada/late/0", "other persona", "mined", "name leak")]
    assert mined(own, []) == []


QUESTIONS = st.lists(st.tuples(st.integers(0, 180), st.sampled_from("abcdef")), max_size=6)


@settings(deadline=None, max_examples=100)
@given(QUESTIONS, QUESTIONS, QUESTIONS)
def test_mined_pairs_keep_every_rule(late, early, other):
    def made(persona: str, stage: str, asked) -> list[Item]:
        return [
            item(persona, stage, n, str(angle), f"I like {letter * 4} and {letter * 5}.")
            for n, (angle, letter) in enumerate(asked)
        ]

    own = made("ada", "late", late) + made("ada", "early", early)
    every = {one.name: one for one in own + made("bo", "now", other)}
    for pair in mined(own, made("bo", "now", other), mined=2):
        if isinstance(pair, Dropped):
            continue
        one, against = every[pair.item], every[pair.against]
        closeness = float(Angles().embed(one.question) @ Angles().embed(against.question))
        assert 0.6 - 1e-6 <= closeness < 0.95 + 1e-6
        assert (one.persona, one.stage) != (against.persona, against.stage)
        assert float(WORDS.embed(pair.chosen) @ WORDS.embed(pair.rejected)) < 0.9
        assert (pair.chosen, pair.rejected) == (one.turns[0].response, against.turns[0].response)


BRUNO, WANDA = load_material(LIBRARY / "bruno"), load_material(LIBRARY / "wanda")
ITEMS = [
    *(item("bruno", "early", n, f"Why {n}?", f"Because of wood {n}.") for n in range(20)),
    *(item("bruno", "late", n, f"So {n}?", f"No roof {n}.", "error") for n in range(20)),
]


class Other:
    """Answers as whoever is asked; sycophants have nothing to say to even questions."""

    identity = "other 1"

    def __init__(self, seed: int = 0) -> None:
        self.rng, self.briefs = random.Random(seed), []

    async def write_answer(self, brief):
        await asyncio.sleep(self.rng.random() / 1000)
        self.briefs.append(brief)
        if brief.voice == "sycophant" and int(brief.user[-2]) % 2 == 0:
            raise UnusableError("nothing to give in to")
        return Answer(
            "", f"Said {brief.speaker.persona}ish {brief.voice} {brief.speaker.stage}.", "p"
        )


def again(folder, annotator, others=(WANDA,), width=8, most=2):
    company = Company(BRUNO, others, WORDS)
    tasks = company.tasks(ITEMS, seed=0, most=most)
    strict = judge(names=("Wanda Nolan",), own="Bruno Keller")
    answered = answer_again(tasks, company.brief, annotator, strict, folder, width=width)
    return tasks, *asyncio.run(answered)


def test_each_kind_of_worse_answer_comes_from_whom_it_is_called_after(tmp_path):
    other = Other()
    tasks, pairs, dropped = again(tmp_path, other, most=5)
    assert len(pairs) + len(dropped) == len(tasks)
    kinds = Counter(task.negative for task in tasks)
    # ordinary: assistant, other persona, other stage; error: those, sycophant and false premise
    assert kinds == {
        "assistant": 40,
        "other persona": 40,
        "other stage": 40,
        "sycophant": 20,
        "false premise": 20,
    }
    for pair in pairs:
        assert pair.route == "answered again"
        stage = {"early": "late", "late": "early"}[pair.stage]
        assert pair.rejected.startswith(
            {
                "other persona": "Said wandaish persona",
                "other stage": f"Said brunoish persona {stage}",
                "assistant": "Said brunoish assistant",
                "sycophant": "Said brunoish sycophant",
                "false premise": "Said brunoish gullible",
            }[pair.negative]
        )
    assert {one.reason for one in dropped} == {"no answer: nothing to give in to"}


def test_a_stage_is_answered_in_its_own_years_from_its_own_material(tmp_path):
    other = Other()
    again(tmp_path, other)
    for brief in other.briefs:
        persona = {"bruno": BRUNO, "wanda": WANDA}[brief.speaker.persona].persona
        first, last = persona.stage(brief.speaker.stage).years
        assert brief.voice != "persona" or first <= brief.speaker.year <= last
        if brief.speaker.stage == "early":
            assert {one.stage for one in brief.context.objective} <= {"early"}


def test_who_is_alone_has_no_other_persona(tmp_path):
    tasks, _, _ = again(tmp_path, Other(), others=(), most=5)
    assert "other persona" not in {task.negative for task in tasks}


def test_width_speed_and_interruption_change_nothing(tmp_path):
    again(tmp_path / "whole", Other(), width=1)
    whole = {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()}
    assert set(whole) == {"answered.jsonl", "answered-dropped.jsonl"}

    class Breaking(Other):
        async def write_answer(self, brief):
            if len(self.briefs) >= 15:
                raise EngineError("gone")
            return await super().write_answer(brief)

    with pytest.raises(EngineError):
        again(tmp_path / "left", Breaking(), width=3)
    again(tmp_path / "left", Other(4), width=9)
    assert whole == {path.name: path.read_bytes() for path in (tmp_path / "left").iterdir()}


def test_pressure_is_answered_again_at_its_end(tmp_path):
    turns = (Exchange("Why?", "n", "", "So."), Exchange("Sure 1?", "n", "", "Quite sure."))
    long = replace(ITEMS[0], turns=turns, origin=replace(ORIGIN, pattern="pressure"))
    company = Company(BRUNO, (), WORDS)
    tasks = {task.negative: task for task in company.tasks([long], 0, 9)}
    assert company.brief(tasks["sycophant"]).history == turns[:1]
    assert company.brief(tasks["sycophant"]).user == "Sure 1?"
    assert company.brief(tasks["other stage"]).history == ()
    answered = answer_again(
        [tasks["sycophant"]], company.brief, Other(), judge(shortest=0.1), tmp_path
    )
    pairs, _ = asyncio.run(answered)
    assert pairs[0].prompt == ("Why?", "So.", "Sure 1?")
    assert pairs[0].chosen == "Quite sure."


def test_the_mix_is_counted():
    pair = Preference(
        "ada", "now", 2020, ("Why?",), "So.", "Yes.", "assistant", "answered again", "i", "x"
    )
    lost = Dropped("i", "assistant", "answered again", "no answer: a")
    shares = mix(
        [pair, pair],
        [
            lost,
            replace(lost, reason="no answer: b"),
            replace(lost, reason="name leak"),
            Dropped("i", "other stage", "mined", "time leak"),
        ],
    )
    assert [(one.negative, one.route, one.pairs, one.dropped, one.reasons) for one in shares] == [
        ("assistant", "answered again", 2, 3, ("no answer 2", "name leak 1")),
        ("other stage", "mined", 0, 1, ("time leak 1",)),
    ]


def test_small_data_sets_are_spared():
    assert strength(2_400) == strength(3_339) == 1.0
    assert strength(781) == pytest.approx(0.3254, abs=1e-4)
    assert strength(0) == 0.0
    assert strength(50, full=100) == 0.5
    with pytest.raises(InputError, match="full must be at least 1, got 0"):
        strength(1, 0)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"alike_from": 0.95}, "alike_from must lie below alike_to"),
        ({"shortest": 0}, r"shortest must lie in \(0, 1\], got 0"),
        ({"again": -1}, "again must be at least 0, got -1"),
    ],
)
def test_rules_that_cannot_be_are_refused(wrong, words):
    with pytest.raises(InputError, match=words):
        PairRules(**wrong)
