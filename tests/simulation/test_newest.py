"""A persona trained again while a run goes on: taken up when the time comes, and never mixed."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agents.agent import Agent, seat
from agents.engines.scripted import ScriptedEngine
from personas.errors import EngineError, InputError
from personas.model import Request
from personas.persona import current_adapter, load_persona
from simulation.comparison import swap_lines
from simulation.reading import read_run
from simulation.record import FILE
from simulation.refit import as_recorded, require_adapters
from simulation.replay import replay
from simulation.run import run, run_name, simulate
from simulation.scenario import Scenario
from simulation.swaps import Swap
from simulation.turntaking import Rounds
from tests.experiments.test_command import call, one_line_error, tea
from tests.tiny import tiny_adapter, tiny_model

from .strategies import people
from .test_record import small
from .test_swaps import FIRST, SEATS, said

__all__ = ["tea"]

TOML = """
name = "Rosa Vega"
[[stages]]
name = "late"
years = [2000, 2020]
profile = "Rosa."
"""
NOTHING = "nothing"


@dataclass(frozen=True)
class Rosa:
    """A persona's folder with three adapters, of which one is in use."""

    folder: Path
    names: tuple[str, ...]

    def train(self, number: int) -> None:
        """As a training does at its very end."""
        (self.folder / "late" / "adapters" / "CURRENT").write_text(self.names[number] + "\n")

    def talk(self, time: float = 3.0, **changes) -> Scenario:
        """Four rounds; the first seat wears her from the start and looks again at `time`."""
        worn = seat(str(self.folder))
        agents = tuple(a.wearing(worn) if a.key == FIRST else a for a in people(6))
        swaps = (Swap(time, FIRST, worn, newest=True),)
        return small(**({"turns": Rounds(4), "agents": agents, "swaps": swaps} | changes))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Rosa:
    home = tmp_path_factory.mktemp("rosa")
    base, folder = tiny_model(home / "base"), home / "rosa"
    adapters = folder / "late" / "adapters"
    adapters.mkdir(parents=True)
    (folder / "persona.toml").write_text(TOML)
    names = []
    for seed in range(3):
        made = tiny_adapter(home / f"{seed}", base, seed)
        shutil.move(made.folder, adapters / made.fingerprint)
        names.append(made.fingerprint)
    return Rosa(folder, tuple(names))


@pytest.fixture
def rosa(trained: Rosa, tmp_path: Path) -> Rosa:
    folder = shutil.copytree(trained.folder, tmp_path / "personas" / "rosa")
    found = replace(trained, folder=folder)
    found.train(0)
    return found


def tell(request: Request) -> str:
    """Says what is worn."""
    return request.adapter.fingerprint if request.adapter else NOTHING


def training_at(
    time: float, train: Callable[[], None], failing_at: float | None = None
) -> ScriptedEngine:
    """Says what is worn; a training ends while the turns of a virtual time are answered."""

    def speak(request: Request) -> str:
        if request.priority == time:
            train()
        if request.priority == failing_at:
            raise EngineError("gone")
        return tell(request)

    return ScriptedEngine(speak)


def test_an_adapter_trained_while_the_run_goes_on_is_taken_up(rosa, tmp_path):
    run(rosa.talk(), training_at(2.0, lambda: rosa.train(1)), tmp_path / "run")
    old, new, _ = rosa.names
    assert said(tmp_path / "run", FIRST) == [old, old, new, new]
    assert said(tmp_path / "run", FIRST, "scrambled") == [old, old, new, new]
    assert said(tmp_path / "run", SEATS[1]) == [NOTHING] * 4
    with closing(sqlite3.connect(tmp_path / "run" / FILE)) as database:
        worn = database.execute(
            "SELECT since, adapter FROM wardrobe WHERE agent = ? ORDER BY since", [FIRST]
        ).fetchall()
        rows = database.execute("SELECT fingerprint, folder, rank FROM adapters").fetchall()
    assert worn == [(0.0, old), (3.0, new)]
    home = rosa.folder / "late" / "adapters"
    assert sorted(rows) == sorted((name, str(home / name), 4) for name in (old, new))


def test_all_arms_take_the_same_although_they_come_to_it_at_different_times(rosa, tmp_path):
    number = iter((1, 2, 1, 2, 1, 2, 1, 2))

    def speak(request: Request) -> str:
        if request.priority == 2.0 and request.adapter:  # once in each arm
            rosa.train(next(number))
        return tell(request)

    run(rosa.talk(), ScriptedEngine(speak), tmp_path / "run")
    talk, control = (said(tmp_path / "run", FIRST, arm) for arm in ("talk", "scrambled"))
    assert talk == control
    assert talk[2] in rosa.names[1:]


def test_what_is_trained_after_its_time_is_left_alone(rosa, tmp_path):
    run(rosa.talk(2.0), training_at(3.0, lambda: rosa.train(1)), tmp_path / "run")
    assert said(tmp_path / "run", FIRST) == [rosa.names[0]] * 4


def test_a_run_goes_on_with_what_it_took_up(rosa, tmp_path):
    """Interrupted in round 4, trained a third time, gone on with: still the second adapter."""
    folder = tmp_path / "run"
    engine = training_at(2.0, lambda: rosa.train(1), failing_at=4.0)
    with pytest.raises(EngineError):
        run(rosa.talk(), engine, folder)
    rosa.train(2)
    with pytest.raises(InputError, match="was trained again"):  # its seat at the start
        run(rosa.talk(), ScriptedEngine(tell), folder)
    scenario = as_recorded(rosa.talk(), folder)
    require_adapters(scenario)
    run(scenario, ScriptedEngine(tell), folder)
    old, new, _ = rosa.names
    assert said(folder, FIRST) == [old, old, new, new]


def test_what_was_not_taken_up_yet_is_looked_up_when_the_run_goes_on(rosa, tmp_path):
    with pytest.raises(EngineError):
        run(rosa.talk(), training_at(2.0, lambda: None, failing_at=2.0), tmp_path / "run")
    rosa.train(2)
    run(as_recorded(rosa.talk(), tmp_path / "run"), ScriptedEngine(tell), tmp_path / "run")
    old, _, newest = rosa.names
    assert said(tmp_path / "run", FIRST) == [old, old, newest, newest]


def test_a_replay_needs_neither_the_pointer_nor_the_adapters(rosa, tmp_path):
    run(rosa.talk(), training_at(2.0, lambda: rosa.train(1)), tmp_path / "run")
    rosa.train(2)
    scenario = as_recorded(rosa.talk(), tmp_path / "run")
    shutil.rmtree(rosa.folder)
    found = asyncio.run(replay(scenario, tmp_path / "run"))
    assert (found.turns, found.differences) == (2 * 6 * 4, ())


def test_a_branch_takes_up_what_its_parent_did(rosa, tmp_path):
    parent, child = tmp_path / "parent", tmp_path / "child"
    run(rosa.talk(), training_at(2.0, lambda: rosa.train(1)), parent)
    rosa.train(2)
    scenario = as_recorded(rosa.talk(), parent)
    other = Swap(4.0, SEATS[1], seat(str(rosa.folder)))
    scenario = replace(scenario, swaps=(*scenario.swaps, other))
    asyncio.run(simulate(scenario, ScriptedEngine(tell), child, parent=parent, accept_changes=True))
    old, new, newest = rosa.names
    assert said(child, FIRST) == [old, old, new, new]
    assert said(child, SEATS[1]) == [NOTHING] * 3 + [newest]
    assert read_run(child).manifest["branch"]["time"] == 4.0


def test_a_training_changes_neither_the_name_of_a_run_nor_what_it_is(rosa):
    def name() -> str:
        return run_name(rosa.talk(agents=people(6)), ScriptedEngine())

    before = name()
    rosa.train(1)
    assert name() == before
    assert run_name(rosa.talk(2.0, agents=people(6)), ScriptedEngine()) != before


def test_an_adapter_that_is_gone_stops_the_run_and_it_goes_on_when_it_is_back(rosa, tmp_path):
    pointer = rosa.folder / "late" / "adapters" / "CURRENT"
    with pytest.raises(InputError, match=r"CURRENT: missing; run `symposion persona train rosa`"):
        run(
            rosa.talk(), training_at(2.0, lambda: pointer.unlink(missing_ok=True)), tmp_path / "run"
        )
    rosa.train(0)
    run(rosa.talk(), ScriptedEngine(tell), tmp_path / "run")
    assert said(tmp_path / "run", FIRST) == [rosa.names[0]] * 4


def test_adapters_that_a_run_was_made_with_must_still_be_there(rosa, tmp_path):
    run(rosa.talk(), ScriptedEngine(tell), tmp_path / "run")
    rosa.train(1)
    old, new, _ = (rosa.folder / "late" / "adapters" / name for name in rosa.names)
    scenario = as_recorded(rosa.talk(), tmp_path / "run")
    shutil.rmtree(old)
    with pytest.raises(InputError, match="an adapter that the run was made with is gone"):
        require_adapters(scenario)
    shutil.copytree(new, old)
    with pytest.raises(InputError, match="holds another adapter than the run was made with"):
        require_adapters(scenario)


@pytest.mark.parametrize("cast", [Agent("base", "Base"), None])
def test_only_a_persona_in_the_weights_has_a_newest_adapter(rosa, cast):
    cast = cast or seat(f"prompt:{rosa.folder}")
    with pytest.raises(InputError, match="newest adapter needs a persona in the weights, got"):
        Swap(1.0, FIRST, cast, newest=True)


def test_the_report_names_what_was_taken_up(rosa, tmp_path):
    run(rosa.talk(), training_at(2.0, lambda: rosa.train(1)), tmp_path / "run")
    (line,) = swap_lines(read_run(tmp_path / "run"))
    assert line.endswith(f"wears rosa (late), LoRA {rosa.names[1][:12]}.")


def test_the_current_adapter_is_read_anew(rosa):
    persona = load_persona(rosa.folder)
    rosa.train(1)
    assert current_adapter(persona, persona.stage()).fingerprint == rosa.names[1]
    assert persona.stage().adapter.fingerprint == rosa.names[0]


def test_from_the_command_line_and_back(tea, rosa):
    words = ["--engine", "scripted", "--no-report", "--out", "here"]
    talk = ["--rounds", "3", "--cast", f"p1={rosa.folder}", "--swap", f"2 p1=newest:{rosa.folder}"]
    stopped = call("run", tea, *words, *talk, "--max-tokens", "100")
    assert stopped.exit_code == 3, stopped.output
    rosa.train(1)
    assert call("resume", "here", "--no-report").exit_code == 0
    rosa.train(2)
    again = call("run", tea, *words, *talk)
    assert again.exit_code == 0, again.output
    assert "identical: 24 turns" in call("replay", "here").output
    with closing(sqlite3.connect(Path("here") / FILE)) as database:
        worn = database.execute(
            "SELECT DISTINCT since, adapter FROM worn WHERE agent = 'p1' ORDER BY since"
        ).fetchall()
    assert worn == [(0.0, rosa.names[0]), (2.0, rosa.names[1])]
    message = one_line_error(call("run", tea, *words[:3], "--swap", "2 p1=newest:base"))
    assert "needs a persona in the weights, got 'base' by voice base" in message
