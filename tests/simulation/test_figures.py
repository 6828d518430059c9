"""What is drawn is what the frames say; and it can be drawn whatever the names are."""

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from math import hypot

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

from simulation import figures
from simulation.analysis.opinion import drift, opinions
from simulation.figures import INK, OPINION, SCALE, picture
from simulation.graph import Tie
from simulation.sociogram import figures as sociogram
from simulation.sociogram.layout import layout
from simulation.units import point, stretch
from simulation.view import View, signed

from .worlds import survey

LABELS = {"ada": "Ada Lind", "bo": "Bo Reed"}
VIEW = View("bike lanes", LABELS)
HELD = {
    ("talk", "ada", 0): -0.6,
    ("talk", "ada", 1): 0.1,
    ("talk", "ada", 2): 0.6,
    ("talk", "bo", 0): 0.3,
    ("talk", "bo", 1): 0.3,
    ("talk", "bo", 2): 0.1,
    ("scrambled", "ada", 0): -0.6,
    ("scrambled", "ada", 1): -0.5,
    ("scrambled", "ada", 2): -0.5,
    ("scrambled", "bo", 0): 0.3,
    ("scrambled", "bo", 1): 0.3,
    ("scrambled", "bo", 2): 0.3,
}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def read():
    return opinions(survey(HELD))


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_the_axis_of_time_is_in_the_scenarios_unit(read):
    hours = replace(VIEW, unit="hours")
    (panel, _) = figures.trajectories(read, hours)
    assert panel.figure.get_supxlabel() == "virtual time (hours; 0 is before the talk)"
    (panel, _) = figures.population(read, hours)
    assert panel.figure.get_supxlabel() == "virtual time (hours; 0 is before the talk)"
    _, after = sociogram.networks(read, hours, [Tie("ada", "bo")])
    assert after.get_title() == "after 2 hours"
    _, after = sociogram.networks(read, VIEW, [Tie("ada", "bo")])
    assert after.get_title() == "after round 2"


@pytest.mark.parametrize(
    ("time", "unit", "words", "length"),
    [
        (3.5, "rounds", "round 3", "3.5 rounds"),
        (1, "rounds", "round 1", "1 round"),
        (2.504, "hours", "2.5 hours", "2.504 hours"),
        (1, "hours", "1 hour", "1 hour"),
    ],
)
def test_moments_and_stretches_are_in_the_scenarios_unit(time, unit, words, length):
    assert (point(time, unit), stretch(time, unit)) == (words, length)


def test_trajectories_draw_both_arms_of_every_agent(read):
    ada, bo = figures.trajectories(read, VIEW)
    assert ada.get_title(loc="left") == "Ada Lind"
    floor, talk = (line for line in ada.lines if len(line.get_xdata()) == 3)
    assert talk.get_color() == INK
    np.testing.assert_allclose(talk.get_ydata(), [-0.6, 0.1, 0.6])
    np.testing.assert_allclose(floor.get_ydata(), [-0.6, -0.5, -0.5])
    (legend,) = ada.figure.legends  # the arms are named once, above all panels
    assert {text.get_text() for text in legend.get_texts()} == {"talk", "scrambled"}
    assert not texts(ada)
    assert not texts(bo)


def test_the_first_figure_has_a_panel_for_every_arm(read):
    base = read[read["arm"] == "talk"].assign(arm="base")
    panels = figures.population(pd.concat([read, base]), VIEW)
    assert [ax.get_title(loc="left") for ax in panels] == ["talk", "scrambled", "base"]


def test_a_swap_is_an_upright_line_between_the_waves(read):
    view = replace(VIEW, swaps=((1.25, "ada"),))

    def marks(ax) -> list[float]:
        return [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"]

    ada, bo = figures.trajectories(read, view)
    assert (marks(ada), marks(bo)) == ([1.25], [])
    assert [marks(ax) for ax in figures.population(read, view)] == [[1.25], [1.25]]
    assert not any(marks(ax) for ax in figures.population(read, VIEW))


def test_a_degenerate_answer_is_a_gap(read):
    gap = (read["agent"] == "ada") & (read["wave"] == 1) & (read["arm"] == "talk")
    ax = figures.trajectory(read.assign(degenerate=gap), VIEW, "ada")
    held = next(line.get_ydata() for line in ax.lines if line.get_color() == INK)
    assert [bool(np.isnan(value)) for value in held] == [False, True, False]


def test_population_draws_talk_beside_floor(read):
    talk, floor = figures.population(read, VIEW)
    means = [line for line in talk.lines if line.get_linewidth() > 2]
    np.testing.assert_allclose(means[0].get_ydata(), [-0.15, 0.2, 0.35])
    assert floor.get_title(loc="left") == "scrambled"
    assert talk.get_title(loc="right") == "−0.15 ± 0.45 → +0.35 ± 0.25"  # noqa: RUF001


def test_drifts_are_sorted_unless_runs_are_to_be_compared(read):
    alone = figures.drifts(drift(read), VIEW)
    names = [label.get_text() for label in alone.get_yticklabels()]
    assert names == ["Bo Reed", "Ada Lind"]  # from the bottom: -0.2, +1.2
    dots = [points.get_offsets()[:, 0] for points in alone.collections[-2:]]
    np.testing.assert_allclose(dots, [[0.0, 0.1], [-0.2, 1.2]], atol=1e-9)
    compared = figures.drifts(drift(read), VIEW, reach=2.0)
    assert compared.get_xlim() == pytest.approx((-2.3, 2.3))


def test_the_network_shows_opinion_by_colour_and_number():
    ax = sociogram.network({"ada": -0.6}, [Tie("ada", "bo")], LABELS)
    faces = [points.get_facecolor()[0] for points in ax.collections]
    np.testing.assert_allclose(faces[0], OPINION(SCALE(-0.6)))
    np.testing.assert_allclose(faces[1], to_rgba("white"))
    shown = [text for text in texts(ax) if text]
    assert shown == ["−0.6", "Ada Lind", "–", "Bo Reed"]  # noqa: RUF001


@pytest.mark.parametrize(("directed", "arrows"), [(True, 2), (False, 1)])
def test_an_undirected_tie_is_drawn_once(directed, arrows):
    both_ways = [Tie("ada", "bo"), Tie("bo", "ada")]
    ax = sociogram.network({}, both_ways, LABELS, directed=directed)
    assert sum(getattr(text, "arrow_patch", None) is not None for text in ax.texts) == arrows


def test_the_ends_of_the_scale_can_be_told_apart_in_grey():
    def lightness(opinion: float) -> float:
        red, green, blue, _ = OPINION(SCALE(opinion))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    steps = [lightness(opinion) for opinion in (-1, 1, 0)]
    assert min(b - a for a, b in pairwise(steps)) > 0.25


def test_layout_is_a_ring_for_a_small_group_and_never_leaves_anybody_out():
    ring = layout([Tie("a", "b")], ["a", "b", "c", "d"])
    expected = {"a": (0, 1), "b": (1, 0), "c": (0, -1), "d": (-1, 0)}
    for agent, place in expected.items():
        assert ring[agent] == pytest.approx(place)
    many = [f"n{place}" for place in range(60)]
    ties = [Tie(one, two) for one, two in pairwise(many)]
    places = layout(ties, many)
    assert layout(ties, many) == places
    assert set(places) == set(many)
    assert max(hypot(*place) for place in places.values()) <= 2**0.5


def test_outcomes_mark_every_run(read):
    other = opinions(survey({key: -value for key, value in HELD.items()}))
    ax = figures.outcomes({"Run A": read, "Run B": other}, VIEW)
    ends = [points.get_offsets()[:, 0] for points in ax.collections[-2:]]
    np.testing.assert_allclose(ends, [[0.1, 0.6], [-0.1, -0.6]], atol=1e-9)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Run A", "Run B"]


def test_a_name_is_never_mathematics(read):
    odd = View("bike lanes", {"ada": r"$\frac{$ $x$", "bo": "Bo_$^"})
    for axes in (
        figures.trajectories(read, odd),
        figures.drifts(drift(read), odd),
        sociogram.networks(read, odd, [Tie("ada", "bo")]),
    ):
        assert picture(axes, "png").startswith(PNG)


def test_one_agent_without_floor_can_be_drawn(read):
    alone = View("bike lanes", {"ada": "Ada"}, floor=None)
    for axes in (
        figures.population(read, alone),
        figures.trajectories(read, alone),
        figures.drifts(drift(read), alone),
        sociogram.networks(read, alone, []),
    ):
        assert picture(axes, "svg").startswith(b"<?xml")


def test_the_same_figure_gives_the_same_bytes_at_print_size(read):
    first, second = (figures.population(read, VIEW) for _ in range(2))
    png = picture(first, "png")
    assert png == picture(second, "png")
    assert picture(first, "svg") == picture(second, "svg")
    assert int.from_bytes(png[16:20]) == 1440  # 7.2 inches at 200 dots


def test_figures_leave_the_global_state_of_pyplot_alone():
    code = "import sys, simulation.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "+0.50"), (-0.5, "−0.50"), (-0.001, "0.00"), (10, "+10.00")],  # noqa: RUF001
)
def test_numbers_carry_a_true_sign(value, text):
    assert signed(value) == text
    assert signed(float("nan")) == "–"  # noqa: RUF001
