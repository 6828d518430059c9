"""The command line: what it runs, and what it says when it cannot."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from experiments.__main__ import app
from personas.persona import LIBRARY, library

SCENARIO = '''
"""Is tea good?"""
from agents.agent import Agent
from simulation.graph import make_graph
from simulation.scenario import Scenario, seat_graph
from simulation.survey import Survey
from simulation.turntaking import Rounds

def scenario(rounds: int = 2, agents: int = 4, graph: str = "ring") -> Scenario:
    people = tuple(Agent(f"p{i}", f"Person {i}") for i in range(agents))
    return Scenario(
        name="tea", title="Is tea good?", topic="tea", agents=people,
        ties=seat_graph(make_graph(graph, agents, 0), people), opening="Tea?",
        turns=Rounds(rounds), controls=("scrambled",), unrelated_opening="Rain?",
        surveys=(Survey("tea", ("Tea? {options}",), ("yes", "no"), (1.0, -1.0)),),
    )
'''


@pytest.fixture
def tea(tmp_path, monkeypatch) -> str:
    """A scenario file of the user's own, in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tea.py").write_text(SCENARIO)
    return "tea.py"


def call(*words: str):
    """Runs the command in this process."""
    return CliRunner().invoke(app, list(words))


def one_line_error(result) -> str:
    """The error, checked to be one clear line with exit code 2 and no traceback."""
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    lines = [line for line in result.output.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, result.output
    return lines[0]


def test_a_users_own_scenario_file_runs_and_reports(tea, tmp_path):
    result = call("run", tea, "--engine", "scripted", "--rounds", "3", "--out", "here")
    assert result.exit_code == 0, result.output
    with closing(sqlite3.connect("here/record.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM turns").fetchone() == (2 * 4 * 3,)
    assert "Is tea good?" in Path("here/report.html").read_text()
    again = call("report", "here", "--out", "there")
    assert again.exit_code == 0, again.output
    assert Path("there/report.html").exists()


def test_same_command_goes_on_and_another_is_refused(tea):
    first = ["run", tea, "--engine", "scripted", "--no-report", "--out", "here"]
    assert call(*first).exit_code == 0
    assert "going on with here" in call(*first).output
    message = one_line_error(call(*first, "--rounds", "5"))
    assert "another scenario" in message
    assert "turns" in message
    assert "--out" in message


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rounds", "0"], "rounds must be at least 1, got 0"),
        (["--agents", "-2"], "agents must be at least 1, got -2"),
        (["--graph", "rnig"], "unknown graph 'rnig': did you mean 'ring'"),
        (["--engine", "vlm"], "unknown engine 'vlm'"),
        (["--cast", "p9=base"], "cast names 'p9', who is not in the room: did you mean"),
        (["--cast", "p1"], "cast must be NAME=PERSONA, got 'p1'"),
        (["--cast", "p1=base", "--cast", "p1=base"], "cast names 'p1' twice"),
        (["--cast", "p1=nobody-at-all"], "unknown persona 'nobody-at-all'"),
        (["--out", "tea.py/run"], "tea.py/run cannot be written"),
        (["--voice", "lra"], "unknown voice 'lra': did you mean 'lora'"),
        (["--swap", "p1=base"], "swap must be 'TIME NAME=PERSONA', got 'p1=base'"),
        (["--swap", "soon p1=base"], "swap must be 'TIME NAME=PERSONA', got 'soon p1=base'"),
        (["--swap", "1 p1"], "swap must be 'TIME NAME=PERSONA', got '1 p1'"),
        (["--swap", "1 p9=base"], "swap names 'p9', who is not in the room: did you mean"),
        (["--swap", "0 p1=base"], "swap time must be above 0, got 0"),
        (["--swap", "7 p1=base"], "swap time of 'p1' must be at most 2.75"),
        (["--in-flight", "0"], "in_flight must be at least 1, got 0"),
        (["--timeout", "9"], "timeout is for the engine server, got engine 'scripted'"),
        (["--no-priorities"], "priorities is for the engine server, got engine 'scripted'"),
        (["--engine", "server", "--timeout", "0"], "timeout must be more than 0 seconds, got 0"),
        (["--engine", "server", "--resident", "0"], "resident must be at least 1, got 0"),
    ],
)
def test_bad_input_is_one_clear_line(tea, words, message):
    assert message in one_line_error(call("run", tea, "--engine", "scripted", *words))
    assert sorted(path.name for path in Path().iterdir()) == ["tea.py"]


def test_unknown_names_suggest_the_nearest(tea):
    assert "did you mean 'town_hall'" in one_line_error(call("run", "townhall"))
    name = library()[0]
    message = one_line_error(call("run", "tea.py", "--engine", "scripted", "--cast", f"p1={name}x"))
    assert f"did you mean '{name}'" in message
    stage = one_line_error(
        call("run", "tea.py", "--engine", "scripted", "--cast", f"p1={name}@lat")
    )
    assert "has no stage 'lat': did you mean 'late'" in stage


def test_a_missing_model_is_named(tea):
    message = one_line_error(call("run", tea, "--model", "no/such/model"))
    assert "no/such/model" in message


def test_report_without_a_run(tea):
    assert "no record in nowhere" in one_line_error(call("report", "nowhere"))


@pytest.fixture
def copied_persona(tmp_path) -> Path:
    """A persona of the library that a test may damage."""
    return Path(shutil.copytree(LIBRARY / library()[0], tmp_path / "copy"))


def adapter_of(folder: Path) -> Path:
    """The current adapter's folder, of the stage that is cast by default."""
    adapters = folder / "late" / "adapters"
    return adapters / (adapters / "CURRENT").read_text().strip()


def cast_error(persona: Path) -> str:
    """What `--cast` says about a damaged persona."""
    return one_line_error(call("run", "tea.py", "--cast", f"p1={persona}", "--out", "here"))


def test_missing_adapter_file(tea, copied_persona):
    (adapter_of(copied_persona) / "adapter_model.safetensors").unlink()
    assert "adapter_model.safetensors" in cast_error(copied_persona)
    assert not Path("here").exists()


def test_corrupt_adapter_file(tea, copied_persona):
    weights = adapter_of(copied_persona) / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert "adapter_model.safetensors" in cast_error(copied_persona)
    assert not Path("here").exists()


def test_adapter_of_another_base(tea, copied_persona):
    card = adapter_of(copied_persona) / "card.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"base": "0" * 32}))
    message = cast_error(copied_persona)
    assert "was trained on base 000000000000" in message
    assert "train" in message
    assert not Path("here").exists()


def test_persona_without_an_adapter(tea, copied_persona):
    shutil.rmtree(copied_persona / "late" / "adapters")
    assert "symposion persona train" in cast_error(copied_persona)


def test_a_swap_is_recorded_and_reported(tea):
    name = library()[0]
    words = ["run", tea, "--engine", "scripted", "--out", "here", "--swap", f"2 p1={name}@early"]
    assert call(*words).exit_code == 0
    with closing(sqlite3.connect("here/record.sqlite")) as database:
        worn = database.execute(
            "SELECT counter, kind, persona, stage FROM worn WHERE agent = 'p1' AND arm = 'talk'"
        ).fetchall()
    assert sorted(worn) == [(0, "base", None, None), (1, "lora", name, "early")]
    page = Path("here/report.html").read_text()
    assert f"From virtual time 2 on, Person 1 wears {name} (early), LoRA " in page


def test_a_bare_adapter_is_worn_under_the_seats_label(tea, copied_persona):
    adapter = adapter_of(copied_persona)
    (adapter / "card.json").unlink()
    words = ["run", tea, "--engine", "scripted", "--out", "here", "--cast", f"p1={adapter}"]
    assert call(*words).exit_code == 0
    with closing(sqlite3.connect("here/record.sqlite")) as database:
        text = database.execute("SELECT value FROM manifest WHERE key = 'agents'").fetchone()[0]
    _, agent, *_ = json.loads(text)
    told = {key: agent[key] for key in ("label", "kind", "persona", "system", "unverified")}
    assert told == {
        "label": "Person 1", "kind": "lora", "persona": None, "system": "You are Person 1.",
        "unverified": True,
    }  # fmt: skip
    assert "no persona, LoRA" in Path("here/report.html").read_text()
    assert "unverified" in Path("here/report.html").read_text()


def test_an_adapter_cannot_be_prompted(tea, copied_persona):
    words = ["--engine", "scripted", "--cast", f"p1=prompt:{adapter_of(copied_persona)}"]
    assert "is an adapter without a persona to prompt" in one_line_error(call("run", tea, *words))


@pytest.fixture(scope="module")
def other_model(tmp_path_factory) -> Path:
    """A base model that is not the one that ships."""
    from tests.tiny import tiny_model

    return tiny_model(tmp_path_factory.mktemp("other") / "model", context=4096, seed=5)


def test_a_bare_adapter_of_other_shapes_is_refused_before_anything_is_opened(
    tea, copied_persona, other_model
):
    adapter = adapter_of(copied_persona)
    (adapter / "card.json").unlink()
    cast = ["--cast", f"p1={adapter}", "--out", "here", "--model", str(other_model)]
    message = one_line_error(call("run", tea, *cast))
    assert re.search(r"lora_A.weight' has shape \(8, \d+\), but the layer of", message)
    assert f"{other_model} takes" in message
    assert "--model" in message
    assert not Path("here").exists()


def test_a_library_persona_on_another_model_says_what_to_do(tea, other_model):
    name = library()[0]
    cast = ["--cast", f"p1={name}", "--out", "here", "--model", str(other_model)]
    message = one_line_error(call("run", tea, *cast))
    assert str(other_model) in message
    assert f"--cast p1=prompt:{name}@late" in message
    assert "--voice prompt" in message
    assert f"symposion persona train {name} --model {other_model}" in message
    swap = ["--swap", f"1 p1={name}", "--out", "here", "--model", str(other_model)]
    assert "was trained on base" in one_line_error(call("run", tea, *swap))
    assert not Path("here").exists()


def test_any_local_model_takes_prompted_personas_and_adapters_trained_on_it(
    tea, tmp_path, other_model
):
    from tests.tiny import tiny_adapter

    adapter = tiny_adapter(tmp_path / "mine", other_model, seed=1).folder
    (adapter / "card.json").unlink()
    words = ["--cast", "p1=mine", "--cast", f"p2=prompt:{library()[1]}", "--swap", "1 p3=mine"]
    model = ["--model", str(other_model), "--rounds", "1", "--out", "here", "--no-report"]
    result = call("run", tea, *words, *model)
    assert result.exit_code == 0, result.output
    assert "p1: mine has no card.json, unverified" in result.output


def test_library_is_listed():
    result = call("persona", "list")
    assert result.exit_code == 0
    assert all(name in result.output for name in library())


def test_ctrl_c_keeps_everything_and_says_how_to_go_on(tea, tmp_path):
    slow = SCENARIO.replace("rounds: int = 2", "rounds: int = 100")
    (tmp_path / "slow.py").write_text(slow)
    words = ["-m", "experiments", "run", "slow.py", "--engine", "scripted", "--out", "here"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    child = subprocess.Popen(
        [sys.executable, *words, "--no-report"],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    while not _turns(Path("here/record.sqlite")):
        assert child.poll() is None, child.communicate()
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=30)
    assert child.returncode == 130
    assert b"everything committed is kept" in errors
    assert b"Traceback" not in errors
    kept = _turns(Path("here/record.sqlite"))
    assert kept
    subprocess.run([sys.executable, *words, "--no-report"], env=environment, check=True)
    assert set(kept) <= set(_turns(Path("here/record.sqlite")))
    assert len(_turns(Path("here/record.sqlite"))) == 2 * 4 * 100


def _turns(path: Path) -> list[tuple]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as database:
        if database.execute("PRAGMA user_version").fetchone() == (0,):
            return []
        return database.execute("SELECT arm, agent, counter, text FROM turns").fetchall()


def test_import_of_the_simulation_is_light():
    code = (
        "import sys, simulation; print(sorted({'torch', 'pandas', 'networkx'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_command_starts_without_what_only_some_of_its_words_need():
    code = (
        "import sys, experiments.__main__; "
        "print(sorted({'torch', 'matplotlib', 'scipy.stats', 'sklearn'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
