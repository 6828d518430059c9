"""Pictures: everything that is in the frame is drawn, in colours and markers of its own."""

import pandas as pd
import pytest

from personas.examination import figures as draw
from personas.examination.intervals import Figure
from personas.examination.meanings import GROUPS, meaning
from personas.examination.results import frame

NAN = float("nan")


@pytest.fixture
def table() -> pd.DataFrame:
    return frame([
        Figure("base", "all", "persistence under pressure", 0.3, 0.2, 0.4, 9),
        Figure("sft", "all", "persistence under pressure", 0.9, 0.8, 1.0, 9),
        Figure("sft", "all", "false-premise rejection", 1.0, NAN, NAN, 2),
        Figure("sft", "all", "big five: kind", 0.5, 0.4, 0.6, 4),
        Figure("base", "all", "big five: kind", -0.5, -0.6, -0.4, 4),
        Figure("sft", "all", "big five: curious", 0.1, NAN, NAN, 4),
    ])  # fmt: skip


def marks(axes):
    """Positions of what is drawn with a marker."""
    return sorted((float(line.get_xdata()[0]), float(line.get_ydata()[0]))
                  for line in axes.lines if line.get_marker() != "None")  # fmt: skip


def test_a_panel_a_measure_and_a_row_an_arm(table):
    measures = {"persistence under pressure": (0.0, 1.0), "false-premise rejection": None,
                "not measured": None}  # fmt: skip
    first, second = draw.dots(table, measures)
    assert [label.get_text() for label in first.get_yticklabels()] == ["base", "sft"]
    assert marks(first) == [(0.3, 0), (0.9, 1)]
    assert marks(second) == [(1.0, 1)]
    intervals = [line.get_xdata() for line in first.lines if line.get_marker() == "None"]
    assert [list(ends) for ends in intervals] == [[0.2, 0.4], [0.8, 1.0]]
    assert first.get_title(loc="left") == "persistence under pressure"


def test_nothing_measured_draws_nothing(table):
    assert draw.dots(table, {"not measured": None}) == []
    assert draw.traits(table, "another scale", {}) is None


def test_traits_stand_beside_the_truth(table):
    axes = draw.traits(table, "big five", {"kind": 1.0})
    assert [label.get_text() for label in axes.get_yticklabels()] == ["kind", "curious"]
    assert sorted(place for place, _ in marks(axes)) == [-0.5, 0.1, 0.5]
    truth = [line for line in axes.lines if list(line.get_xdata()) == [1.0, 1.0]]
    assert len(truth) == 1
    assert {one.get_text() for one in axes.get_legend().get_texts()} == {"truth", "base", "sft"}


def test_the_same_frame_gives_the_same_bytes(table):
    def once():
        return draw.drawn(draw.dots(table, {"persistence under pressure": (0.0, 1.0)})[0])

    assert once() == once()
    assert once().startswith(b"<?xml")


def test_arms_differ_in_colour_and_in_marker():
    arms = ["base", "prompt", "few-shot", "annotator", "sft", "dpo", "more", "most"]
    styles = draw.arm_styles(arms).values()
    assert len({colour for colour, _ in styles}) == len({mark for _, mark in styles}) == len(arms)


def test_every_measure_of_a_group_is_told_in_a_line_or_by_its_name():
    silent = [one for group in GROUPS for one in group.measures if not meaning(one)]
    assert silent == ["point in time: future", "point in time: past-absence",
                      "point in time: past-presence", "point in time: past-only"]  # fmt: skip
    assert meaning("big five, order consistency") == "same answer with the options in reverse"
