"""Choices, allocations, interviews and worth on a page, counted by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personas.errors import InputError
from simulation import page
from simulation.analysis.annotation import Stance
from simulation.analysis.frames import RunFrames
from simulation.report import write_report
from simulation.sections import interviews, questions, worth
from simulation.sections.annotated import Reader
from simulation.sections.shuffles import alike_neighbours
from simulation.view import MINUS
from simulation.whatif.worth import FILE, ranked, read_worth
from simulation.whatif.worth import worth as worth_of

from .test_sections import told
from .worlds import VALUES, answer, manifest, shares_of, survey

PEOPLE = {"ada": "Ada Lind", "bo": "Bo Ek"}
HELD = {(arm, who, wave): 0.5 for arm in ("talk", "scrambled") for who in PEOPLE for wave in (0, 1)}
PAPERS = ("the Mail", "the Post", "none")


def shown(section) -> str:
    """All that a section says, with plain minus signs."""
    return told(section).replace(MINUS, "-")


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def choice(arm: str, who: str, wave: int, shares: tuple[float, ...]) -> dict[str, object]:
    """A question whose options have no order, asked in one order."""
    row = answer((*shares, 0, 0), arm=arm, agent=who, wave=wave, question="paper")
    return row | {
        "options": PAPERS,
        "values": (float("nan"),) * 3,
        "logprobs": tuple(row["logprobs"])[:3],
    }


def run(rows: list[dict[str, object]], told_in_words: pd.DataFrame | None = None) -> RunFrames:
    turns = pd.DataFrame(columns=["arm", "agent", "time", "counter", "text"])
    heard = pd.DataFrame(columns=["arm", "listener", "speaker", "speaker_counter", "noticed"])
    asked = pd.concat([survey(HELD), pd.DataFrame(rows)], ignore_index=True)
    words = {} if told_in_words is None else {"interviews": told_in_words}
    return RunFrames(manifest(PEOPLE), turns, heard, asked, **words)


def design(frames: RunFrames, reader=lambda _: None):
    return page.designs(page.read([frames], reader), rng())


def test_shares_of_a_choice_before_and_after_are_means_over_agents():
    rows = [
        choice("talk", "ada", 0, (1, 0, 0)),
        choice("talk", "bo", 0, (0.5, 0.5, 0)),
        choice("talk", "ada", 1, (0, 1, 0)),
        choice("talk", "bo", 1, (0, 1, 0)),
        choice("scrambled", "ada", 0, (1, 0, 0)),
        choice("scrambled", "ada", 1, (0.8, 0.2, 0)),
    ]
    words = shown(questions.section(design(run(rows)), rng()))
    assert "option | before | after | change | change, scrambled | excess" in words
    assert "the Mail | 75% | 0% | -75 points | -20 points | -55 points" in words
    assert "the Post | 25% | 100% | +75 points | +20 points | +55 points" in words
    assert "none | 0% | 0% | 0 points | 0 points | 0 points" in words


def test_a_choice_that_nobody_answered_says_so():
    lost = choice("talk", "ada", 0, (1, 0, 0)) | {"logprobs": (-9.0, -9.0, -9.0)}
    words = shown(questions.section(design(run([lost])), rng()))
    assert "paper: no answer can be used. 1 of 1 answers are degenerate" in words


def test_points_of_an_allocation_before_and_after():
    def rated(wave: int, parks: float, roads: float) -> list[dict[str, object]]:
        return [
            answer(shares_of(value), agent="ada", wave=wave, question=f"budget: {item}")
            for item, value in (("parks", parks), ("roads", roads))
        ]

    # Ratings 1 and 0 count as 1 and 1/2: 66.7 and 33.3 points; -1 counts as nothing.
    words = shown(questions.section(design(run([*rated(0, 1, 0), *rated(1, -1, 0)])), rng()))
    assert "parks | 66.7 | 0.0 | -66.7" in words
    assert "roads | 33.3 | 100.0 | +66.7" in words
    assert "points of 100" in words


def test_a_run_with_one_question_has_no_further_ones():
    assert questions.section(design(run([])), rng()) is None
    assert interviews.section(design(run([]))[0].runs) is None


TALKS = pd.DataFrame(
    [
        ("talk", "ada", 0, 0.0, "bike lanes", 0, "All for them."),
        ("talk", "ada", 1, 1.0, "bike lanes", 0, "Against, by now."),
        ("talk", "bo", 0, 0.0, "bike lanes", 0, "Hm."),
        ("talk", "bo", 1, 1.0, "bike lanes", 0, "Static."),
    ],
    columns=["arm", "agent", "wave", "time", "question", "wording", "text"],
)


class Ears:
    """Hears words for and against, and says when it heard nothing clearly."""

    def stances(self, text):
        value = {"All": 1.0, "Against,": -0.5, "Static.": float("nan")}.get(text.split()[0])
        reason = "too noisy" if text == "Static." else ""
        return [] if value is None else [Stance("bike lanes", value, reason)]


def ears(_: object) -> Reader:
    found = Ears()

    def nobody(_: object) -> tuple[()]:
        return ()

    return Reader("ears", None, found, found, nobody, nobody, nobody)


def test_interviews_are_quoted_with_the_view_that_was_read():
    words = shown(interviews.section(design(run([], TALKS), ears)[0].runs))
    assert "Read by ears." in words
    # Bo says nothing at first and cannot be told later: no mean but Ada's.
    assert "talk | +1.00 | -0.50 | 4 | 1 | 1" in words
    assert "Ada Lind on bike lanes: 2 answers" in words
    assert "before the talk: +1.00 | All for them." in words
    assert "after round 1: -0.50 | Against, by now." in words
    assert "before the talk: no stance was stated | Hm." in words
    assert "after round 1: too noisy | Static." in words


def test_interviews_that_nobody_can_read_are_quoted():
    words = shown(interviews.section(design(run([], TALKS))[0].runs))
    assert "Nobody could read the answers" in words
    assert "before the talk | All for them." in words


def test_a_run_that_asks_in_words_alone_has_opinions_too():
    frames = run([], TALKS)
    frames = RunFrames(
        frames.manifest, frames.turns, frames.exposures, frames.surveys.iloc[:0], TALKS
    )
    (found,) = page.read([frames], ears)
    held = found.opinions.set_index(["agent", "wave"])
    assert held.loc[("ada", 0), ["opinion", "mass"]].tolist() == [1.0, 1.0]
    assert held.loc[("ada", 1), "opinion"] == -0.5
    assert held.loc["bo", "degenerate"].tolist() == [True, True]
    assert found.in_words
    limits = " ".join(page.limits([found], page.designs([found], rng())))
    assert "in 2 of 4 answers no view was read" in limits
    assert "option letters" not in limits
    (unread,) = page.read([frames])
    assert unread.opinions.empty
    with pytest.raises(InputError, match="add --judge engine"):
        write_report([frames], Path("nowhere.html"))


def test_worth_is_shown_as_it_was_ranked(tmp_path):
    (reading,) = design(run([]))[0].runs
    moved = reading.opinions.assign(
        opinion=reading.opinions["opinion"].where(
            (reading.opinions["wave"] == 0) | (reading.opinions["arm"] != "talk"), -0.25
        )
    )
    found = worth_of(reading.opinions, {"ada": moved, "bo": reading.opinions})
    ranked(found, "talk", "scrambled").to_csv(tmp_path / FILE, index=False)
    words = shown(worth.section(reading, read_worth(tmp_path)))
    assert "Ada Lind | 1 | 0.750 | 0.000 | +0.750 | -0.750 | Bo Ek" in words
    assert "Bo Ek | 2 | 0.000 | 0.000 | 0.000 | 0.000 | Means over 1 others" in words
    assert read_worth(tmp_path / "nowhere") is None
    assert worth.section(reading, None) is None


def test_neighbours_who_think_alike_beyond_chance():
    people = {f"p{place}": f"P{place}" for place in range(8)}
    held = {
        (arm, who, wave): VALUES[0] if place < 4 else VALUES[-1]
        for arm in ("talk",)
        for place, who in enumerate(people)
        for wave in (0, 1)
    }
    ties = [[f"p{a}", f"p{b}", 1.0] for a in range(8) for b in range(a) if (a < 4) == (b < 4)]
    frames = RunFrames(
        manifest(people, ties=ties, arms=["talk"]), *(run([]).turns, run([]).exposures),
        survey(held),
    )  # fmt: skip
    (reading,) = page.read([frames])
    (row,) = alike_neighbours(reading, rng()).rows
    cells = [cell.text for cell in row]
    # Two camps that hear their own side alone: a correlation of 1, which few shufflings reach.
    assert cells[:2] == ["talk", "+1.00"]
    assert float(cells[-1]) < 0.1
