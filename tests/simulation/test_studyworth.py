"""The worth of a seat over seeds, by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulation.sections.studies import worth
from simulation.study import Study, StudyRun

from .worlds import run_of

PEOPLE = {"ada": "Ada Lind", "bo": "Bo Reed", "cy": "Cy Moss"}
SWAPS = ("none", "1 ada=wanda", "1 bo=wanda")
START = {"ada": 0.0, "bo": 0.0, "cy": 0.0}
RNG = np.random.default_rng


class Held(StudyRun):
    """A run that was held, and that finished."""

    finished = True


def held(seed: int, swap: str, talk: dict[str, float], floor: dict[str, float]) -> StudyRun:
    """One run of two waves."""
    run = Held(f"{swap}-{seed}", Path("nowhere"), seed, {"swap": swap})
    answers = {}
    for arm, last in (("talk", talk), ("scrambled", floor)):
        answers |= {(arm, agent, 0): value for agent, value in START.items()}
        answers |= {(arm, agent, 1): value for agent, value in last.items()}
    run.__dict__["frames"] = run_of(answers, PEOPLE)
    return run


def study_of(*runs: StudyRun) -> Study:
    """A study of these runs."""
    return Study(Path("nowhere"), "", "", "", (), (), "", {"swap": SWAPS}, tuple(runs))


def a_seed(seed: int, further: float = 0.0) -> list[StudyRun]:
    """Without Ada the others are lower by 0.2 and more; without Bo nobody is."""
    plain = {"ada": 0.5, "bo": 0.2, "cy": 0.2}
    without_ada = {"ada": -1.0, "bo": -0.2 - further, "cy": 0.2}
    return [
        held(seed, "none", plain, START),
        # Bo by 0.4 and more, Cy by nothing: 0.2 on average; elsewhere Cy by 0.1, so 0.05.
        held(seed, SWAPS[1], without_ada, {**START, "cy": 0.1}),
        # Ada up by 0.1, Cy down by 0.1: they moved by 0.1, and their mean by nothing.
        held(seed, SWAPS[2], {"ada": 0.6, "bo": -1.0, "cy": 0.1}, {**START, "bo": 1.0}),
    ]


def test_the_others_and_not_the_seat_itself():
    frame = worth.values(study_of(*a_seed(1)))
    assert list(frame.columns) == list(worth.WORTH_COLUMNS)
    found = frame.set_index("swap")[["value", "moved", "floor"]]
    assert found.loc["none"].tolist() == [0, 0, 0]
    assert found.loc[SWAPS[1]].tolist() == pytest.approx([-0.2, 0.2, 0.05])
    assert found.loc[SWAPS[2]].tolist() == pytest.approx([0, 0.1, 0], abs=1e-9)


def test_seats_are_ranked_and_tested_over_seeds():
    runs = [run for seed in range(1, 10) for run in a_seed(seed, seed / 50)]
    found = worth.contrasts(worth.values(study_of(*runs)), RNG(0))
    assert found["level"].tolist() == [SWAPS[1], SWAPS[2]]
    # Bo is lower by 0.4 and, on average, 0.1 more; Cy by nothing.
    assert found["difference"].tolist() == pytest.approx([-0.25, 0.0], abs=1e-9)
    # All nine the same sign: 2 of 512 flips are as far from 0; of two seats, twice that.
    assert found["p_adjusted"][0] == pytest.approx(2 * 2 / 512)
    assert worth.lede(found) == (
        "Swap 1 ada=wanda moves the others' mean the most, by \N{MINUS SIGN}0.25 of a scale of 2; "
        "1 of 2 seats stay below 0.05 after the correction."
    )
    section = worth.section(found)
    (table,) = (piece for piece in section.parts[0].pieces if piece.kind == "table")
    first = [cell.text for cell in table.rows[0]]
    assert first[:2] == [SWAPS[1], "\N{MINUS SIGN}0.25"]
    assert first[-3:] == ["0.25", "0.05", "9"]


def test_runs_without_the_run_as_it_was_are_left_out():
    assert worth.has_seats(study_of())
    assert worth.values(study_of(*a_seed(1)[1:])).empty
    assert worth.contrasts(worth.values(study_of(*a_seed(1)[1:])), RNG(0)).empty
    assert worth.contrasts(worth.values(study_of(*a_seed(1)[:1])), RNG(0)).empty


def test_only_single_seats_beside_the_run_as_it_was_make_a_ranking():
    none = study_of()
    assert not worth.has_seats(replace(none, factors={"graph": ("ring",)}))
    assert not worth.has_seats(replace(none, factors={"swap": ("none", "1 ada=bo+1 bo=ada")}))
    assert not worth.has_seats(replace(none, factors={"swap": SWAPS[1:]}))
