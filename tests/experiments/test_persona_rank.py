"""`symposion persona rank`: unlabelled answers, a line typed, a standing; goes on where it was."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from experiments.__main__ import app
from personas.examination.human_ranking import sheets
from personas.examination.results import ANSWERS, EXAM
from personas.jsonlines import write_records
from tests.personas.examination.test_human_ranking import answer, typed

ASKED = [
    answer(arm, f"{text} {question}.", question, standing=worth)
    for question in ("q1", "q2", "q3")
    for arm, text, worth in (("SFT", "Yes", 1), ("base", "No", 0))
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finished examination of three questions."""
    write_records(tmp_path / ANSWERS, ASKED)
    (tmp_path / EXAM).write_text(json.dumps({"persona": "ada"}))
    return tmp_path


def call(folder: Path, *lines: str, rater: str = "ann"):
    words = ["persona", "rank", str(folder), "--rater", rater]
    return CliRunner(env={"COLUMNS": "120"}).invoke(app, words, input="\n".join(lines) + "\n")


def best(arms: str, number: int, rater: str = "ann") -> str:
    """What a rater types to put arms in an order."""
    return typed(arms, sheets(ASKED, rater)[number])


def test_a_sitting_is_kept_and_the_next_goes_on(folder):
    first = call(folder, best("SFT base", 0), "x", best("base SFT", 1), ":quit")
    assert first.exit_code == 0, first.output
    assert "1 of 3: Tea?" in first.stdout
    assert "ranking must name each of a, b once" in first.stdout
    assert "SFT:" not in first.stdout
    assert "tau-b with the judge: 0.00 over 2 rankings" in first.stdout
    second = call(folder, best("SFT base", 2))
    assert "1 of 1: Tea?" in second.stdout
    assert "0.67" in second.stdout  # SFT was best in two of three
    assert "there is no question left" in call(folder).stdout


def test_several_raters_count_together(folder):
    call(folder, *(best("SFT base", number) for number in range(3)))
    done = call(folder, *(best("SFT=base", n, "ben") for n in range(3)), rater="ben")
    assert "2 raters" in done.stdout
    assert "0.75" in done.stdout  # three times 1, three times 1/2


def test_what_cannot_be_is_told_in_one_line(folder, tmp_path):
    for told, done in (
        ("rater must be letters", call(folder, rater="../ann")),
        ("holds no finished examination", call(tmp_path / "nowhere")),
    ):
        assert done.exit_code == 2
        assert told in done.stderr
