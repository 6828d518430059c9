"""A study's page: the right effects, corrected together, and nothing unescaped."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from agents.engines.scripted import ScriptedEngine
from simulation.sections.studies import effects, page
from simulation.sections.studies.figures import doses
from simulation.study import StudyPlan, load_study, run_study
from simulation.studyreport import write_study_report
from simulation.turntaking import Rounds

from .browsing import opened
from .test_record import small
from .test_serial_equality import echo

RNG = np.random.default_rng(0)


def frame(values, factor="rounds", measure="mean absolute drift"):
    """Measures from (level, seed) -> value."""
    rows = [
        (f"{level}-{seed}", seed, str(level), measure, value)
        for (level, seed), value in values.items()
    ]
    return pd.DataFrame(rows, columns=["run", "seed", factor, "measure", "value"])


SIX = {
    (level, seed): 0.1 * seed + (0.5 if level == 8 else 0.0) + 0.01 * (seed % 2) * (level == 8)
    for level in (4, 8)
    for seed in range(1, 7)
}
LEVELS = {"rounds": ("4", "8")}


def test_the_family_is_the_excess_where_there_is_a_floor():
    both = pd.concat(
        [
            frame(SIX, measure="share who flipped"),
            frame(SIX, measure="excess: share who flipped"),
            frame(SIX, measure="excess: mean absolute drift").assign(value=7.0),
            frame(SIX, measure="excess: shift of the mean").assign(value=np.nan),
            frame(SIX, measure="base: share who flipped"),
        ]
    )
    family = effects.declared(both)
    assert list(dict.fromkeys(family["measure"])) == ["mean absolute drift", "share who flipped"]
    assert family.loc[family["measure"] == "mean absolute drift", "value"].eq(7).all()
    plain = effects.declared(frame(SIX, measure="share who flipped"))
    assert set(plain["measure"]) == {"share who flipped"}


def test_a_level_is_compared_with_the_first_and_corrected_over_the_whole_page():
    two = pd.concat([frame(SIX), frame(SIX, measure="share who flipped")])
    found = effects.contrasts(two, LEVELS, RNG)
    assert found["difference"].tolist() == pytest.approx([0.505, 0.505])
    # All six differences are positive: 2 of the 64 flips of signs are as far from 0.
    assert found["p_value"].tolist() == pytest.approx([2 / 64, 2 / 64])
    assert found["p_adjusted"].tolist() == pytest.approx([2 / 64, 2 / 64])
    assert found["level"].tolist() == ["8", "8"]
    assert found["baseline"].tolist() == ["4", "4"]


def test_too_few_seeds_are_said_to_be_so():
    few = frame({key: value for key, value in SIX.items() if key[1] < 3})
    section = page.contrasts(effects.contrasts(few, LEVELS, RNG), effects.trends(few, LEVELS, RNG))
    (table,) = (piece for piece in section.parts[0].pieces if piece.kind == "table")
    assert [cell.text for cell in table.rows[0]][1:] == [
        "rounds: 8 against 4", "+0.51", "–", "–", "–", "2"  # noqa: RUF001
    ]  # fmt: skip
    assert "2 pairs: too few for an interval or a test" in table.note


def test_many_numbers_are_told_by_their_slope():
    levels = tuple(str(level) for level in range(1, 9))
    line = {(level, seed): 0.1 * seed + (0.2 + 0.001 * seed) * int(level)
            for level in levels for seed in range(1, 7)}  # fmt: skip
    found = effects.trends(frame(line), {"rounds": levels}, RNG)
    assert found["slope"].tolist() == pytest.approx([0.2035])  # mean of 0.201 to 0.206
    assert found["p_value"].tolist() == pytest.approx([2 / 64])
    assert effects.contrasts(frame(line), {"rounds": levels}, RNG).empty
    assert effects.is_ranged(levels)
    assert not effects.is_ranged(("a", "b", "c", "d", "e", "f", "g"))


def test_means_of_levels_are_over_seeds():
    means = effects.level_means(frame(SIX), "rounds", RNG)
    assert means["value"].tolist() == pytest.approx([0.35, 0.855])
    assert (means["low"] < means["value"]).all()
    (ax,) = doses(frame(SIX), means, "rounds")
    assert ax.figure.get_supxlabel() == "rounds"
    np.testing.assert_allclose(ax.collections[-1].get_offsets(), [[4, 0.35], [8, 0.855]])


@pytest.mark.parametrize(
    "levels",
    [
        ("ring", "complete"),
        ("rewired", "small-world", "scale-free", "stochastic-block", "homophily"),
    ],
)
def test_names_of_levels_do_not_touch(levels):
    values = {(level, seed): 0.1 * seed for level in levels for seed in range(1, 7)}
    many = pd.concat([frame(values, "graph", measure) for measure in ("a", "b", "c")])
    axes = doses(many, effects.level_means(many, "graph", RNG), "graph")
    figure = axes[0].figure
    figure.draw_without_rendering()
    for ax in axes:
        labels = ax.get_xticklabels()
        slant = labels[0].get_rotation() == 30
        assert slant == (len(levels) > 2)
        boxes = [label.get_window_extent() for label in labels]
        if not slant:
            assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


def test_variance_or_why_there_is_none():
    found, words = effects.variance(frame(SIX), LEVELS)
    assert words == ""
    assert found["term"].tolist() == ["rounds"]
    assert found["partial_eta_squared"].iloc[0] > 0.99
    _, words = effects.variance(frame(SIX), {"rounds": ("4",)})
    assert words == ""  # levels in the frame count, not those that were planned
    one = frame({key: value for key, value in SIX.items() if key[0] == 4})
    assert effects.variance(one, LEVELS)[1] == "no factor has two levels to compare"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.5, "0.500"), (0.0004, "< 0.001"), (np.nan, "–")],  # noqa: RUF001
)
def test_p_values_in_words(value, words):
    assert page.p_words(value) == words


@pytest.mark.slow
def test_a_browser_shows_a_study_without_errors_or_requests(tmp_path):
    evil = "<script>document.title = 'owned'</script>"

    def scenario(rounds: int = 2, opening: str = "Tea.", seed: int = 1):
        return small(turns=Rounds(rounds), opening=opening, seed=seed, title=evil)

    plan = StudyPlan(vary={"rounds": (1, 2), "opening": ("Tea.", evil)}, seeds=2)
    run_study(plan, scenario, ScriptedEngine(echo), tmp_path / "study")
    written = write_study_report(load_study(tmp_path / "study"), tmp_path / "report.html")
    text = written.read_text(encoding="utf-8")
    assert text.count("<script>") == 1
    assert "2 seeds are too few for an interval" in text
    figures = {path.name for path in (tmp_path / "figures").iterdir()}
    assert figures == {
        f"{name}.{ending}"
        for name in ("contrasts-1", "contrasts-2", "dose-1", "dose-2", "power")
        for ending in ("png", "svg")
    }
    dom, console, asked = opened(written, tmp_path)
    assert (console, asked) == ("", [])
    assert "<title>&lt;script&gt;document.title" in dom
