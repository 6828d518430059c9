"""A plan visits everything, mixes what it should, and can be entered at any place."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.errors import InputError
from personas.material import Knowable, Paragraph
from personas.persona import Stage
from personas.recipe import DataRecipe, Plan, spread

STAGE = Stage("now", (2020, 2022), "Somebody.")


def paragraphs(objective: int, subjective: int) -> tuple[Paragraph, ...]:
    return tuple(
        Paragraph(f"p{line}", "knowledge" if line < objective else "conversations", "now", line)
        for line in range(objective + subjective)
    )


def test_a_pass_visits_experiences_as_often_as_the_recipe_says():
    texts = [Paragraph(kind, kind, "now", line) for line, kind in
             enumerate(("experiences", "experiences", "knowledge", "conversations"))]  # fmt: skip
    one = Plan("ada", Knowable(STAGE, tuple(texts)), DataRecipe(experiences=3))
    for number in range(3):
        visited = Counter(one.paragraph(number * 8 + place).line for place in range(8))
        assert visited == {0: 3, 1: 3, 2: 1, 3: 1}


def plan(objective: int = 6, subjective: int = 3, **rest) -> Plan:
    return Plan("ada", Knowable(STAGE, paragraphs(objective, subjective)), DataRecipe(**rest))


def test_a_pass_visits_every_paragraph_once():
    one = plan()
    for number in range(3):
        visited = [one.paragraph(number * 9 + place).line for place in range(9)]
        assert sorted(visited) == list(range(9))
    assert [one.paragraph(p).line for p in range(9)] != [
        one.paragraph(p).line for p in range(9, 18)
    ]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 5))
def test_objective_and_subjective_come_in_turn(objective, subjective, seed):
    order = spread(random.Random(seed), paragraphs(objective, subjective))
    assert len(set(order)) == objective + subjective
    for end in range(len(order) + 1):  # any beginning holds its share, give or take one
        share = sum(one.objective for one in order[:end])
        assert abs(share - end * objective / max(1, len(order))) <= 1


def test_general_instructions_have_their_share_at_equal_distances():
    one = plan(general=0.25)
    general = [
        one.attempt(index).index for index in range(40) if one.attempt(index).pattern == "general"
    ]
    assert general == list(range(3, 40, 4))
    assert [one.attempt(index).place for index in general] == list(range(10))
    others = [one.attempt(i).place for i in range(40) if one.attempt(i).pattern != "general"]
    assert others == list(range(30))


def test_every_instruction_comes_before_any_comes_again():
    one = plan()
    for number in range(3):
        drawn = [one.instruction(number * 5 + place, 5) for place in range(5)]
        assert sorted(drawn) == list(range(5))


def test_patterns_years_and_thoughts_keep_their_shares():
    one = plan(ordinary=1, thought=1, error=0, pressure=2, general=0, silent=0.25)
    attempts = [one.attempt(index) for index in range(2_000)]
    counts = Counter(attempt.pattern for attempt in attempts)
    # of 2,000: 500, 500, 1,000 expected; four deviations are at most 90
    assert abs(counts["ordinary"] - 500) < 80
    assert abs(counts["thought"] - 500) < 80
    assert abs(counts["pressure"] - 1_000) < 90
    assert counts["error"] == 0
    assert {attempt.year for attempt in attempts} == {2020, 2021, 2022}
    assert abs(sum(attempt.thinks for attempt in attempts) - 1_500) < 80


def test_seeds_differ_between_places_stages_personas_and_recipes():
    known = Knowable(STAGE, paragraphs(2, 1))
    other = Knowable(Stage("late", (2030, 2031), "Somebody."), known.own)
    plans = [
        Plan("ada", known, DataRecipe()),
        Plan("bo", known, DataRecipe()),
        Plan("ada", other, DataRecipe()),
        Plan("ada", known, DataRecipe(seed=1)),
    ]
    seeds = [one.attempt(index).seed for one in plans for index in range(50)]
    assert len(set(seeds)) == 200
    assert plans[0].attempt(7) == Plan("ada", known, DataRecipe()).attempt(7)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"items": 0}, "items must be at least 1, got 0"),
        ({"pushes": 0}, "pushes must be at least 1, got 0"),
        ({"error": -1.0}, "error must be at least 0, got -1.0"),
        ({"general": 1.0}, r"general must lie in \[0, 1\), got 1.0"),
        ({"silent": 2.0}, r"silent must lie in \[0, 1\], got 2.0"),
        ({"spare": float("nan")}, "spare must be at least 0, got nan"),
        ({"ordinary": 0, "thought": 0, "error": 0, "pressure": 0}, "must not all be 0"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(wrong, words):
    with pytest.raises(InputError, match=words):
        DataRecipe(**wrong)
