"""The picture shows what was written down."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from personas.persllm.figures import draw_accuracy, draw_loss

STEPS = pd.DataFrame({"step": [1, 2], "loss": [2.0, 1.0], "accuracy": [0.0, 1.0]})


def test_each_step_and_the_smoothed_course_are_drawn() -> None:
    _, axes = plt.subplots()
    each, smooth = draw_loss(STEPS, axes).lines
    assert list(each.get_xdata()) == [1, 2]
    assert list(each.get_ydata()) == [2.0, 1.0]
    # a mean with weights that fall by (span - 1) / (span + 1) = 9 / 11 from step to step
    assert list(smooth.get_ydata()) == pytest.approx([2.0, (1 + 2 * 9 / 11) / (1 + 9 / 11)])
    assert axes.get_ylim()[0] == 0


def test_the_share_of_pairs_has_an_axis_of_its_own() -> None:
    _, axes = plt.subplots()
    twin = draw_accuracy(STEPS, axes)
    assert twin is not axes
    (line,) = twin.lines
    assert list(line.get_ydata()) == pytest.approx([0.0, 1 / (1 + 9 / 11)])
    assert twin.get_ylim() == pytest.approx((0, 1.02))
