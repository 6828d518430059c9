"""Figures of effects: what is drawn where, whatever the frame lacks."""

import numpy as np
import pandas as pd
import pytest

from simulation.analysis.inference import CONTRAST_COLUMNS
from simulation.analysis.modelfit import COMPARISON_COLUMNS
from simulation.analysis.power import POWER_COLUMNS
from simulation.effects.figures import forest, models, power, susceptibilities

NAN = float("nan")
CONTRASTS = pd.DataFrame(
    [
        ("drift", "lora", "prompt", 8, 0.3, 0.1, 0.5, 0.01, 0.02, "words"),
        ("flips", "lora", "prompt", 8, -0.1, -0.3, 0.1, 0.4, 0.4, "words"),
        ("flips", "base", "prompt", 3, 0.2, NAN, NAN, NAN, NAN, "too few"),
    ],
    columns=list(CONTRAST_COLUMNS),
)


def dots(ax):
    return [tuple(collection.get_offsets()[0]) for collection in ax.collections]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_a_forest_has_a_row_a_contrast_from_the_top():
    ax = forest(CONTRASTS, "opinion, scale of 2")
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "flips: base", "flips: lora", "drift: lora"]  # fmt: skip
    assert dots(ax) == [(0.2, 0), (-0.1, 1), (0.3, 2)]
    faces = [tuple(collection.get_facecolors()[0][:3]) for collection in ax.collections]
    assert faces[1] == (1, 1, 1)  # hollow: not found
    assert sum(faces[2]) < 1  # full: found
    assert "3 pairs: not tested" in texts(ax)[0]
    assert "opinion, scale of 2" in ax.get_xlabel()
    low, high = ax.get_xlim()
    assert low == -high < -0.5


def test_power_has_a_line_an_effect_with_its_name():
    rows = [(e, n, 0.05, e * n / 20, 0.0, 1.0) for e in (0.0, 1.0) for n in (6, 12)]
    ax = power(pd.DataFrame(rows, columns=list(POWER_COLUMNS)))
    assert [list(line.get_ydata()) for line in ax.lines[1:]] == [[0, 0], [0.3, 0.6]]
    assert texts(ax) == ["d = 0", "d = 1"]


def test_susceptibilities_are_sorted_and_the_untold_say_so():
    fitted = pd.DataFrame(
        [("ada", 0.8, 0.6, 1.0, ""), ("bo", NAN, NAN, NAN, "cannot"), ("cy", 0.2, 0.1, 0.3, "")],
        columns=["agent", "susceptibility", "low", "high", "words"],
    )
    ax = susceptibilities(fitted, {"ada": "Ada $Lind"})
    assert [label.get_text() for label in ax.get_yticklabels()] == ["bo", "cy", "Ada $Lind"]
    assert dots(ax) == [(0.2, 1), (0.8, 2)]
    assert texts(ax) == ["cannot"]


def test_models_much_worse_than_no_change_are_cut_but_told():
    table = pd.DataFrame(np.nan, index=[0, 1, 2], columns=list(COMPARISON_COLUMNS))
    table = table.assign(model=["a", "b", "c"], r2=[0.5, -3, NAN], held_out_r2=[0.4, -4, NAN])
    ax = models(table)
    assert texts(ax) == ["cannot be told", "\N{MINUS SIGN}4.00", "+0.40"]
    assert ax.get_xlim()[0] == pytest.approx(-0.52)
