"""The worth of one agent, by hand."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.errors import InputError
from simulation.whatif.figures import worths
from simulation.whatif.worth import ranked, worth


def answers(held: dict[tuple[str, str], float], degenerate: tuple[str, ...] = ()) -> pd.DataFrame:
    """Opinions at wave 1, by arm and agent; at wave 0 everybody was undecided."""
    rows = [
        (arm, "lanes", agent, wave, value if wave else 0.0, bool(wave) and agent in degenerate)
        for (arm, agent), value in held.items()
        for wave in (0, 1)
    ]
    columns = ["arm", "question", "agent", "wave", "opinion", "degenerate"]
    return pd.DataFrame(rows, columns=columns)


RUN = answers({("talk", "ada"): 1.0, ("talk", "bo"): 0.5, ("talk", "cy"): -1.0})


def test_the_seat_itself_does_not_count():
    branch = answers({("talk", "ada"): -1.0, ("talk", "bo"): 0.0, ("talk", "cy"): -0.5})
    (found,) = worth(RUN, {"ada": branch}).to_dict("records")
    # Bo is 0.5 lower, Cy 0.5 higher: both moved by 0.5, their mean by nothing.
    assert (found["moved"], found["shift"], found["others"]) == (0.5, 0.0, 2)


def test_without_a_usable_answer_nobody_moved_and_nothing_is_said():
    branch = answers({("talk", name): 0.0 for name in ("ada", "bo", "cy")}, degenerate=("bo", "cy"))
    (found,) = worth(RUN, {"ada": branch}).to_dict("records")
    assert found["others"] == 0
    assert math.isnan(found["moved"])


def test_ranking_by_excess_over_the_same_swap_elsewhere():
    found = pd.DataFrame(
        [
            ("ada", "talk", "lanes", 0.6, 0.1, 2),
            ("bo", "talk", "lanes", 0.5, -0.5, 2),
            ("cy", "talk", "lanes", 0.3, 0.0, 2),
            ("ada", "scrambled", "lanes", 0.5, 0.0, 2),
            ("bo", "scrambled", "lanes", 0.1, 0.0, 2),
            ("cy", "scrambled", "lanes", 0.2, 0.0, 2),
        ],
        columns=["seat", "arm", "question", "moved", "shift", "others"],
    )
    beside = ranked(found, "talk", "scrambled")
    assert beside["seat"].tolist() == ["bo", "ada", "cy"]
    assert beside["excess"].tolist() == pytest.approx([0.4, 0.1, 0.1])
    alone = ranked(found, "talk")
    assert alone["seat"].tolist() == ["ada", "bo", "cy"]
    assert alone["rank"].tolist() == [1, 2, 3]
    bars = worths(beside, {"ada": "Ada", "bo": "Bo", "cy": "Cy"})
    assert [label.get_text() for label in bars.get_yticklabels()] == ["Cy", "Ada", "Bo"]


def test_equals_share_a_rank_and_an_unknown_seat_is_refused():
    same = worth(RUN, {"bo": RUN, "ada": RUN})
    assert ranked(same, "talk")[["rank", "seat"]].to_numpy().tolist() == [[1, "ada"], [1, "bo"]]
    with pytest.raises(InputError, match="'di'; the run has: ada, bo, cy"):
        worth(RUN, {"di": RUN})


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3))
def test_worth_lies_in_its_range_and_a_run_differs_from_itself_by_nothing(held):
    other = answers(dict(zip([("talk", n) for n in ("ada", "bo", "cy")], held, strict=True)))
    (found,) = worth(RUN, {"ada": other}).to_dict("records")
    assert 0 <= abs(found["shift"]) <= found["moved"] + 1e-12 <= 2 + 1e-9
    assert worth(other, {"ada": other})["moved"].tolist() == [0.0]
