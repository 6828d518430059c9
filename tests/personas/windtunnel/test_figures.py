"""The picture of a training shows what the history holds."""

import json

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

from personas.windtunnel.figures import draw_losses, draw_probes, draw_training, read_history

mpl.use("Agg")


@pytest.fixture
def history(tmp_path):
    lines = [
        {"step": 20, "tokens": 1_000_000, "seconds": 9.0, "loss": 2.0, "tokens_per_second": 4},
        {"step": 20, "tokens": 1_000_000, "probe": {"age": 0.25, "vote": 0.5}},
        {"step": 40, "tokens": 3_000_000, "seconds": 19.0, "loss": 1.0, "tokens_per_second": 4},
        {"step": 40, "tokens": 3_000_000, "probe": {"age": 0.75, "vote": 0.5}},
    ]
    path = tmp_path / "history.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return read_history(path)


def test_losses_are_drawn_over_millions_of_tokens(history):
    axes = draw_losses(history, plt.figure().add_subplot())
    assert axes.lines[0].get_xydata().tolist() == [[1.0, 2.0], [3.0, 1.0]]
    assert "nats" in axes.get_ylabel()


def test_only_measured_probes_are_drawn(history):
    axes = draw_probes(history, plt.figure().add_subplot())
    drawn = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert drawn == {"age": [[1.0, 0.25], [3.0, 0.75]], "vote": [[1.0, 0.5], [3.0, 0.5]]}


def test_the_picture_is_written(history, tmp_path):
    draw_training(history, tmp_path / "training.png")
    assert (tmp_path / "training.png").stat().st_size > 10_000
