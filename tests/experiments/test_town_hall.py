"""The main job with the real model: it runs, survives kill -9, and what ships is what it says."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from agents.engines.catalogue import WIND_TUNNEL
from personas.adapter import Adapter
from personas.identity import base_identity
from personas.persona import LIBRARY, library, load_persona
from simulation.reading import read_run

ROOT = Path(__file__).parents[2]
TOWN_HALL = [sys.executable, "-m", "experiments", "run", "town_hall"]


def turns(folder: Path) -> list[tuple]:
    """Committed turns of both arms, in order."""
    path = folder / "record.sqlite"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as database:
        if database.execute("PRAGMA user_version").fetchone() == (0,):
            return []
        return database.execute(
            "SELECT arm, agent, counter, text FROM turns ORDER BY 1, 2, 3"
        ).fetchall()


def shipped_adapters() -> list[Adapter]:
    """Every stage's adapter of every persona that ships, checked against the base that ships."""
    identity = base_identity(WIND_TUNNEL)
    stages = [
        stage for name in library() for stage in load_persona(LIBRARY / name, identity).stages
    ]
    adapters = [stage.adapter for stage in stages if stage.adapter]
    assert len(adapters) == len(stages)
    return adapters


def test_shipped_model_and_adapters_belong_together_and_are_small():
    adapters = shipped_adapters()
    assert len({adapter.fingerprint for adapter in adapters}) == len(adapters) >= 8
    assert (WIND_TUNNEL / "model.safetensors").stat().st_size <= 8_000_000  # bytes
    for adapter in adapters:
        weights = adapter.folder / "adapter_model.safetensors"
        assert weights.stat().st_size <= 700_000  # bytes


def test_shipped_adapters_carry_their_figures():
    for adapter in shipped_adapters():
        card = json.loads((adapter.folder / "card.json").read_text())
        assert card["probes"]["stance_exact"]["share"] >= 0.9, adapter.folder


@pytest.mark.slow
def test_killed_town_hall_goes_on_to_the_end_and_keeps_every_word(tmp_path):
    words = [*TOWN_HALL, "--rounds", "3", "--out", str(tmp_path / "run")]
    child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, env=os.environ)
    began = time.monotonic()
    while len(turns(tmp_path / "run")) < 15:
        assert child.poll() is None, "ended before it could be killed"
        assert time.monotonic() - began < 120, "no turns for two minutes"
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    kept = turns(tmp_path / "run")
    again = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "going on with" in again.stdout
    assert set(kept) <= set(turns(tmp_path / "run"))
    assert len(turns(tmp_path / "run")) == 2 * 12 * 3
    whole = [*TOWN_HALL, "--rounds", "3", "--no-report", "--out", str(tmp_path / "whole")]
    subprocess.run(whole, cwd=ROOT, capture_output=True, check=True)
    assert turns(tmp_path / "whole") == turns(tmp_path / "run")


@pytest.mark.slow
def test_swapping_one_persona_changes_that_seat_and_what_follows(tmp_path):
    common = ["--rounds", "2", "--agents", "8", "--no-report"]
    for name, cast in [("plain", []), ("swapped", ["--cast", "ilse=rosa"])]:
        words = [*TOWN_HALL, *common, *cast, "--out", str(tmp_path / name)]
        subprocess.run(words, cwd=ROOT, capture_output=True, check=True)
    plain, swapped = (turns(tmp_path / name) for name in ("plain", "swapped"))
    first_round = [row[1] for row, other in zip(plain, swapped, strict=True) if row != other]
    assert "ilse" in first_round
    opening = [
        row[:3] for row, other in zip(plain, swapped, strict=True) if row != other and row[2] == 0
    ]
    # Before anybody has heard anything, only the swapped seat can differ.
    assert {agent for _, agent, _ in opening} == {"ilse"}
    agents = {agent["key"]: agent for agent in read_run(tmp_path / "swapped").manifest["agents"]}
    assert (agents["ilse"]["label"], agents["ilse"]["persona"]) == ("Ilse Brandt", "rosa")


@pytest.mark.slow
def test_survey_answers_of_the_real_model_are_answers(tmp_path):
    words = [*TOWN_HALL, "--rounds", "1", "--agents", "8", "--no-report"]
    out = [*words, "--out", str(tmp_path / "run")]
    subprocess.run(out, cwd=ROOT, capture_output=True, check=True)
    from simulation.analysis.opinion import opinions

    read = opinions(read_run(tmp_path / "run").surveys)
    assert (~read["degenerate"]).mean() >= 0.95
    assert read["mass"].mean() >= 0.9
