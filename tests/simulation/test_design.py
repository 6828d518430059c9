"""Designs: balanced, and of the resolution that the literature gives."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.errors import InputError
from simulation.design import (
    Range,
    crossed,
    fractional_factorial,
    full_factorial,
    latin_hypercube,
)


def two_level(count: int) -> dict[str, tuple[int, int]]:
    return {"abcdefghij"[i]: (-1, 1) for i in range(count)}


def test_a_full_factorial_has_every_combination_once():
    design = full_factorial({"graph": ("ring", "star"), "rounds": (2, 4, 8)})
    assert design.cells == (
        {"graph": "ring", "rounds": 2},
        {"graph": "ring", "rounds": 4},
        {"graph": "ring", "rounds": 8},
        {"graph": "star", "rounds": 2},
        {"graph": "star", "rounds": 4},
        {"graph": "star", "rounds": 8},
    )


@pytest.mark.parametrize(
    ("factors", "fraction", "resolution"),
    # Box, Hunter & Hunter 2005, Statistics for Experimenters, table 6.22.
    [
        (3, 2, "III"), (4, 2, "IV"), (5, 2, "V"), (6, 2, "VI"), (7, 2, "VII"), (5, 4, "III"),
        (6, 4, "IV"), (7, 4, "IV"), (8, 4, "V"), (6, 8, "III"), (7, 8, "IV"), (8, 8, "IV"),
        (7, 16, "III"), (8, 16, "IV"), (9, 4, "VI"),
    ],
)  # fmt: skip
def test_the_best_fraction_has_the_tabulated_resolution(factors, fraction, resolution):
    design = fractional_factorial(two_level(factors), fraction)
    assert design.kind == f"1/{fraction} of a 2^{factors} factorial, resolution {resolution}"
    assert len(design.cells) == 2**factors // fraction == len(set(map(str, design.cells)))


@pytest.mark.parametrize(("factors", "fraction"), [(4, 2), (5, 4), (7, 8), (7, 16)])
def test_every_two_columns_of_a_fraction_are_orthogonal(factors, fraction):
    cells = fractional_factorial(two_level(factors), fraction).cells
    for one, other in combinations("abcdefghij"[:factors], 2):
        assert sum(cell[one] for cell in cells) == 0
        assert sum(cell[one] * cell[other] for cell in cells) == 0


def test_a_half_of_four_factors_by_hand():
    design = fractional_factorial(two_level(4), 2, ["d = a * b * c"])
    assert design.generators == ("d = a * b * c",)
    assert all(c["d"] == c["a"] * c["b"] * c["c"] for c in design.cells)
    assert design.aliases == ("a * b = c * d", "a * c = b * d", "a * d = b * c")


def test_single_factors_stand_for_pairs_in_resolution_three():
    design = fractional_factorial({"x": (1, 2), "y": ("p", "q"), "z": (False, True)}, 2)
    assert design.aliases == ("x = y * z", "y = x * z", "z = x * y")
    # Low is the first level: z is high where x and y are both low or both high.
    assert design.cells[0] == {"x": 1, "y": "p", "z": True}


@given(st.integers(2, 40), st.integers(0, 99))
def test_a_latin_hypercube_has_one_point_in_every_part_of_every_range(points, seed):
    cells = latin_hypercube({"x": Range(0.0, 1.0), "y": Range(-2.0, 2.0)}, points, seed).cells
    assert sorted(int(cell["x"] * points) for cell in cells) == list(range(points))
    assert sorted(int((cell["y"] + 2) / 4 * points) for cell in cells) == list(range(points))


def test_whole_numbers_are_drawn_from_the_whole_range():
    cells = latin_hypercube({"rounds": Range(2, 5)}, 40, 1).cells
    assert Counter(cell["rounds"] for cell in cells) == {2: 10, 3: 10, 4: 10, 5: 10}


def test_designs_are_crossed():
    both = crossed(full_factorial({"a": (1, 2)}), latin_hypercube({"b": Range(0.0, 1.0)}, 3, 0))
    assert [cell["a"] for cell in both.cells] == [1, 1, 1, 2, 2, 2]
    assert both.kind == "full factorial x Latin hypercube of 3 points"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: full_factorial({"a": ()}), "levels of a"),
        (lambda: full_factorial({"a": (1, 1)}), "all different"),
        (lambda: Range(2, 2), r"range must go up, got 2\.\.2"),
        (lambda: latin_hypercube({}, 5, 0), "range such as"),
        (lambda: latin_hypercube({"a": Range(0, 9)}, 1, 0), "2 points or more"),
        (lambda: fractional_factorial({"a": (1, 2, 3), "b": (1, 2), "c": (1, 2)}, 2), "two levels"),
        (lambda: fractional_factorial(two_level(5), 3), "2, 4, 8"),
        (lambda: fractional_factorial(two_level(2), 2), "leave at least 2 free"),
        (lambda: fractional_factorial(two_level(4), 4), "cannot be halved 2 times"),
        (lambda: fractional_factorial(two_level(4), 2, ["d = a", "c = b"]), "1 generators, got 2"),
        (lambda: fractional_factorial(two_level(10), 8), "give the generators"),
        (lambda: fractional_factorial(two_level(4), 2, ["d = a"]), "mix up single factors"),
        (lambda: fractional_factorial(two_level(4), 2, ["d = a * x"]), "'c = a [*] b'"),
        (lambda: fractional_factorial(two_level(4), 2, ["d = a * d"]), "not made"),
        (lambda: fractional_factorial(two_level(5), 4, ["d = a*b", "e = a*b"]), "single factors"),
    ],
)
def test_what_is_no_design_is_refused(build, message):
    with pytest.raises(InputError, match=message):
        build()
