"""kill -9 in the middle of a study with the embedded engine, resumed to identical records."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from personas.errors import InputError
from simulation.study import load_study
from tests.simulation.test_crash import rows, times_of_asking

ROOT = Path(__file__).parents[2]
LIVES = 3


def asked_in(folder: Path) -> dict[str, float]:
    """When each committed call was asked, over all runs of a study that have a record."""
    try:
        runs = load_study(folder).runs
    except InputError:
        return {}  # killed before the study was written down
    return {
        f"{run.name} {key}": moment
        for run in runs
        for key, moment in times_of_asking(run.folder).items()
    }


@pytest.mark.slow
def test_a_study_is_killed_again_and_again_and_resumed_to_identical_records(tmp_path):
    words = [sys.executable, "-m", "experiments"]
    study = [
        *words, "sweep", "town_hall", "--agents", "3", "--rounds", "2", "--seeds", "2",
        "--vary", "voice=lora,base", "--out",
    ]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    subprocess.run([*study, str(whole)], env=environment, cwd=tmp_path, check=True)
    resume = [*words, "resume", str(broken)]
    rng, asked = random.Random(), dict[str, float]()
    for life in range(LIVES):
        command = resume if life else [*study, str(broken)]
        child = subprocess.Popen(command, env=environment, cwd=tmp_path)
        while len(asked_in(broken)) == len(asked):
            assert child.poll() is None, "finished before it could be killed"
            time.sleep(0.05)
        time.sleep(rng.uniform(0, 0.2))
        child.kill()
        child.wait()
        later = asked_in(broken)
        assert asked.items() < later.items()  # none was asked again
        asked = later
    assert len(load_study(broken).done) < 4
    subprocess.run(resume, env=environment, cwd=tmp_path, check=True)
    assert asked.items() < asked_in(broken).items()
    assert len(load_study(broken).done) == 4
    for one, other in zip(load_study(whole).runs, load_study(broken).runs, strict=True):
        assert rows(one.folder) == rows(other.folder)
    assert load_study(whole).hash == load_study(broken).hash
