"""Every control beside the talk, by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from simulation.sections.studies import arms

FACTS = SimpleNamespace(arms=("talk", "scrambled", "alone"))
RNG = np.random.default_rng(0)


def measured(floor, seeds=7):
    """Two cells a seed: the talk drifts by 0.3 and 0.5, alone by 0.1 and 0.2."""
    rows = []
    for seed in range(seeds):
        for cell, talk, alone in (("a", 0.3, 0.1), ("b", 0.5, 0.2)):
            values = {"": talk, "scrambled: ": floor + seed / 100, "alone: ": alone}
            for arm, value in values.items():
                rows.append((f"{cell}-{seed}", seed, f"{arm}mean absolute drift", value))
            rows.append((f"{cell}-{seed}", seed, "change of assortativity", np.nan))
    return pd.DataFrame(rows, columns=["run", "seed", "measure", "value"])


def test_talk_less_each_control_within_runs_and_seeds():
    found = arms.compared(measured(0.1), FACTS, RNG).set_index("arm")
    assert set(found["measure"]) == {"mean absolute drift"}
    assert found["talk"].tolist() == pytest.approx([0.4, 0.4])
    # Floors 0.10 to 0.16: 0.13 on average; alone (0.2 + 0.3) / 2 below the talk.
    assert found["control"].tolist() == pytest.approx([0.13, 0.15])
    assert found["excess"].tolist() == pytest.approx([0.27, 0.25])
    assert found.loc["scrambled", "low"] < 0.27 < found.loc["scrambled", "high"]
    assert np.isnan(found.loc["alone", "low"])  # all seeds alike
    assert found["seeds"].tolist() == [7, 7]
    assert not arms.is_floor_too_high(found.reset_index())


def test_the_page_warns_where_the_floor_is_above_the_talk():
    found = arms.compared(measured(0.6), FACTS, RNG)
    words = [piece for piece in arms.section(found).parts[0].pieces if piece.kind == "words"]
    assert any("too high" in str(one) for one in words)
    fine = arms.section(arms.compared(measured(0.1), FACTS, RNG)).parts[0].pieces
    assert not any("too high" in str(one) for one in fine)
