"""kill -9 at random instants, then resume: the same transcript, nothing committed asked twice."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from agents.engines.scripted import ScriptedEngine
from personas.model import request_key
from simulation.record import FILE
from simulation.run import run

from .forkserver import IDENTITY, echo, talk

ROOT = Path(__file__).parents[2]
TABLES = ("turns", "exposures", "surveys")


class Killer:
    """The fork server, spoken to."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.simulation.forkserver"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip

    def life(self, folder: Path, seed: int, kill_after: float | None) -> float:
        """Runs until the end or the kill; gives the seconds lived."""
        order = {"folder": str(folder), "seed": seed, "kill_after": kill_after}
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        assert not answer["failed"]
        return answer["lived"]

    def close(self) -> None:
        """Ends the server."""
        self._server.communicate()


@pytest.fixture(scope="module")
def killer():
    killer = Killer()
    yield killer
    killer.close()


def rows(folder: Path) -> dict[str, list[tuple]]:
    """Everything recorded about what was said, heard and answered."""
    if not (folder / FILE).exists():
        return {table: [] for table in TABLES}
    with closing(sqlite3.connect(folder / FILE)) as database:
        if database.execute("PRAGMA user_version").fetchone() == (0,):
            return {table: [] for table in TABLES}
        return {t: sorted(database.execute(f"SELECT * FROM {t}").fetchall()) for t in TABLES}


def committed_calls(folder: Path) -> set[str]:
    """Keys of committed calls."""
    if not any(rows(folder).values()):
        return set()
    with closing(sqlite3.connect(folder / FILE)) as database:
        return {key for (key,) in database.execute("SELECT key FROM calls")}


def finish_counting(folder: Path) -> list[str]:
    """Goes on to the end; gives the keys of what had to be computed."""
    asked = []

    def speak(request) -> str:
        asked.append(request_key(IDENTITY, request))
        return echo(request)

    def weigh(request, options) -> list[float]:
        asked.append(request_key(IDENTITY, request, options))
        return [1 / len(options)] * len(options)

    run(talk(), ScriptedEngine(speak, weigh), folder)
    return asked


def kill_and_resume(killer: Killer, tmp_path: Path, trials: int) -> None:
    """Each trial: killed, resumed and killed again, then resumed to the end."""
    # The first life warms caches and takes longer: kills drawn over it would come too late.
    longest = min(killer.life(tmp_path / f"whole-{n}", 0, None) for n in range(3))
    whole = tmp_path / "whole-0"
    expected, every_call = rows(whole), committed_calls(whole)
    assert len(expected["turns"]) == 2 * 6 * 3
    rng = random.Random(longest)  # other instants every time
    reached = []
    span = 0.6 * longest  # a resumed life is shorter
    for trial in range(trials):
        folder = tmp_path / f"broken-{trial}"
        for life in range(2):
            killer.life(folder, 2 * trial + life, rng.uniform(0, span))
        before, known = rows(folder), committed_calls(folder)
        reached.append(len(before["turns"]))
        # The machine may have become slower or quicker since a whole life was timed.
        span *= {0: 1.5, 36: 0.7}.get(reached[-1], 1.0)
        asked = finish_counting(folder)
        assert len(asked) == len(set(asked))
        assert set(asked) == every_call - known  # nothing committed is computed twice
        after = rows(folder)
        assert all(set(before[table]) <= set(after[table]) for table in TABLES)
        assert after == expected
    assert 0 < sum(reached) < trials * 36, "no kill fell into the middle of a run"


def test_kill_9_at_ten_instants(killer, tmp_path):
    kill_and_resume(killer, tmp_path, trials=5)


@pytest.mark.slow
def test_kill_9_at_a_hundred_instants(killer, tmp_path):
    kill_and_resume(killer, tmp_path, trials=50)


@pytest.mark.slow
def test_ten_times_kill_9_with_the_embedded_engine(tmp_path):
    """One run that is killed soon after it has committed something new, ten times over."""
    words = [sys.executable, "-m", "experiments"]
    town = [*words, "run", "town_hall", "--agents", "4", "--rounds", "6", "--no-report", "--out"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run([*town, str(tmp_path / "whole")], env=environment, cwd=tmp_path, check=True)
    broken = tmp_path / "broken"
    resume = [*words, "resume", "--no-report", str(broken)]
    rng, asked = random.Random(), dict[str, float]()
    for life in range(10):
        words = resume if life else [*town, str(broken)]
        child = subprocess.Popen(words, env=environment, cwd=tmp_path)
        while len(times_of_asking(broken)) == len(asked):
            assert child.poll() is None, "finished before it could be killed"
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.1))
        child.kill()
        child.wait()
        later = times_of_asking(broken)
        assert asked.items() < later.items()  # none was asked again
        asked = later
    subprocess.run(resume, env=environment, cwd=tmp_path, check=True)
    assert rows(broken) == rows(tmp_path / "whole")
    assert asked.items() < times_of_asking(broken).items()


def times_of_asking(folder: Path) -> dict[str, float]:
    """When each committed call was asked."""
    if not any(rows(folder).values()):
        return {}
    with closing(sqlite3.connect(folder / FILE)) as database:
        return dict(database.execute("SELECT key, asked FROM calls").fetchall())
