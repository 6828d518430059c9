"""The table's margins and files, against hand counts; and the command on bad input."""

import json

import pytest
from typer.testing import CliRunner

from experiments.__main__ import app
from personas.errors import InputError
from personas.identity import base_identity
from personas.windtunnel import probe_table
from personas.windtunnel.baselines import corpus_majority, corpus_ngram
from personas.windtunnel.probe_table import (
    ADAPTERS,
    BASE,
    MAJORITY,
    NGRAM,
    ROWS,
    Findings,
    Scope,
    margins,
    record,
    write_json,
)
from personas.windtunnel.probe_verdicts import Share
from personas.windtunnel.tokenizer import LineEncoder
from tests.tiny import byte_tokenizer, tiny_model

FOUND = {
    "job": Share(0.95, 0.9, 0.98, 100),
    "age": Share(0.0, 0.0, 0.04, 100),
    "talk_moved_high": Share(0.8, 0.7, 0.9, 100),
}


def findings() -> Findings:
    return Findings("abc", {BASE: FOUND, ADAPTERS: FOUND}, {"ilse@late": FOUND}, {"ilse@late": "f"})


def test_a_margin_lies_a_little_below_the_interval():
    assert margins(FOUND) == {"job": 0.85, "age": 0.0}


def test_the_targets_are_those_of_the_brief():
    goals = {row.figure: (row.base, row.adapter) for row in ROWS}
    assert goals["stance_exact"] == (0.80, 0.95)
    assert goals["stance_sign"] == (0.95, 0.98)
    assert goals["rating"] == goals["vote"] == (0.90, 0.95)
    for fact in ("first_name", "last_name", "age", "job", "home", "hobby"):
        assert goals[fact] == (0.95, 0.97)
    assert goals["life"] == (0.80, 0.95)
    assert goals["talk_law"] == goals["talk_kept"] == (0.85, 0.95)
    assert goals["own_name"] == (0.97, 0.99)
    assert goals["parsed"] == (0.98, 0.98)
    assert len(goals) == len(ROWS)


def test_everything_can_be_written_and_read_back(tmp_path):
    write_json(tmp_path / "found.json", findings().as_json("symposion windtunnel probe"))
    read = json.loads((tmp_path / "found.json").read_text())
    assert read["base"] == "abc"
    assert read["command"] == "symposion windtunnel probe"
    assert read["columns"][BASE]["job"] == {"share": 0.95, "low": 0.9, "high": 0.98, "n": 100}
    assert read["adapters"]["ilse@late"]["fingerprint"] == "f"
    assert [path.name for path in tmp_path.iterdir()] == ["found.json"]


def test_the_card_keeps_what_it_says_and_gains_margins(tmp_path):
    (tmp_path / "card.json").write_text('{"name": "wind tunnel"}')
    record(tmp_path, findings(), "symposion windtunnel probe --record")
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["name"] == "wind tunnel"
    assert card["probe_margins"] == {"job": 0.85, "age": 0.0}
    assert card["probe_figures"]["job"]["n"] == 100


def test_no_card_and_no_place_to_write_are_said_in_one_line(tmp_path):
    with pytest.raises(InputError, match=r"no card\.json"):
        record(tmp_path, findings(), "")
    with pytest.raises(InputError, match="cannot be written"):
        write_json(tmp_path / "nowhere" / "found.json", {})


@pytest.mark.parametrize("field", ["people", "stage_talks"])
def test_a_scope_must_ask_somebody(field):
    with pytest.raises(InputError, match=f"{field} must be at least 1, got 0"):
        Scope(**{field: 0})


def test_the_command_prints_every_row_and_writes_the_same(tmp_path, monkeypatch):
    base = tiny_model(tmp_path / "base", context=8192)
    encoder = LineEncoder(byte_tokenizer())
    monkeypatch.setattr(probe_table, "corpus_ngram", lambda _: corpus_ngram(encoder, count=20))
    monkeypatch.setattr(probe_table, "corpus_majority", lambda: corpus_majority(count=50))
    target = tmp_path / "found.json"
    words = ["--base", str(base), "--personas", "none", "--people", "1", "--json", str(target)]
    result = CliRunner().invoke(app, ["windtunnel", "probe", *words])
    assert result.exit_code == 0, result.output
    for row in ROWS:
        assert row.label in result.output
    read = json.loads(target.read_text())
    assert set(read["columns"]) == {BASE, MAJORITY, NGRAM}
    assert read["base"] == base_identity(base)
    assert read["columns"][BASE]["talk_law"]["n"] == 4
    (line,) = (line for line in result.output.splitlines() if line.strip().startswith("hobby"))
    found = read["columns"][BASE]["hobby"]
    assert f"{found['share']:.2f} [{found['low']:.2f}, {found['high']:.2f}] {found['n']}" in line
    assert "0.95" in line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--people", "0"], "people must be at least 1, got 0"),
        (["--threads", "0"], "threads must be at least 1, got 0"),
        (["--personas", "nobody-at-all"], "unknown persona 'nobody-at-all'"),
        (["--quick", "--record"], "record must measure in full"),
        (["--base", "no/such/place"], "no/such/place"),
    ],
)
def test_the_command_says_what_is_wrong(words, message):
    result = CliRunner().invoke(app, ["windtunnel", "probe", *words])
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output
