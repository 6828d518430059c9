"""Studies: enumerated first, made earliest first over one engine, resumed as a whole."""

import asyncio
import json
from dataclasses import replace

import pandas as pd
import pytest

from agents.engines.scripted import ScriptedEngine
from personas.errors import EngineError, InputError
from simulation.budget import Budget
from simulation.design import Range
from simulation.run import run
from simulation.scenario import Scenario
from simulation.study import Recipe, StudyPlan, load_study, measures, run_study, sweep
from simulation.studyplan import describe_study, read_down, write_down
from simulation.turntaking import Rounds

from .strategies import DI
from .test_crash import rows
from .test_record import small
from .test_serial_equality import echo

PLAN = StudyPlan(vary={"rounds": (1, 2), "voice": ("lora", "base")}, seeds=2)


def scenario(rounds: int = 2, opening: str = "Tea.", seed: int = 1) -> Scenario:
    """Six people, one of them in the weights."""
    plain = small(turns=Rounds(rounds), opening=opening, seed=seed)
    return replace(plain, agents=(plain.agents[0].wearing(DI), *plain.agents[1:]))


def conduct(plan: StudyPlan, folder, engine, **options):
    """A study in this process."""
    recipe, runs = Recipe(scenario), plan.runs()
    write_down(folder, describe_study(plan, runs, recipe))
    return asyncio.run(sweep(runs, recipe.build, engine, folder, **options))


def test_a_study_is_enumerated_before_its_first_run(tmp_path):
    def speak(request) -> str:
        told = read_down(tmp_path)
        assert [run["seed"] for run in told["runs"]] == [1] * 4 + [2] * 4
        assert told["runs"][1]["levels"] == {"rounds": 1, "voice": "base"}
        return echo(request)

    assert run_study(PLAN, scenario, ScriptedEngine(speak), tmp_path).done == 8
    study = load_study(tmp_path)
    assert study.factors == {"rounds": ("1", "2"), "voice": ("lora", "base")}
    assert study.runs[0].name == "001-1-lora-s1"
    assert (study.design, study.seeds) == ("full factorial", (1, 2))
    assert len(study.done) == 8


def test_every_run_is_what_it_would_be_alone(tmp_path):
    engine = ScriptedEngine(echo, latency=lambda request: request.seed % 3 / 1000)
    conduct(PLAN, tmp_path / "study", engine, in_flight=5, runs_open=3)
    for planned in PLAN.runs():
        alone = tmp_path / "alone" / planned.name
        run(Recipe(scenario).build(planned), ScriptedEngine(echo), alone)
        assert rows(alone) == rows(tmp_path / "study" / planned.name)


@pytest.mark.parametrize(("in_flight", "runs_open"), [(4, 2), (999, 2), (999, 5)])
def test_few_runs_are_open_and_the_earliest_go_first(tmp_path, in_flight, runs_open):
    at_engine, most = 0, 0
    enough = in_flight if in_flight == 4 else 13  # more than the twelve of one run
    crowded = asyncio.Event()

    class Watched(ScriptedEngine):
        async def generate(self, request):
            nonlocal at_engine, most
            at_engine += 1
            most = max(most, at_engine)
            if most >= enough:
                crowded.set()
            try:
                async with asyncio.timeout(60):  # nobody is answered before so many have asked
                    await crowded.wait()
                return await super().generate(request)
            finally:
                at_engine -= 1

        def at_once(self, request, options=None):
            return None if options is None else super().at_once(request, options)

    open_at_once = []

    def see(state) -> None:
        open_at_once.append(len(state._desks))

    engine = Watched(echo, latency=lambda _: 0.001)
    conduct(PLAN, tmp_path, engine, in_flight=in_flight, runs_open=runs_open, observe=see)
    assert most == 4 if in_flight == 4 else 12 < most <= 12 * runs_open
    assert max(open_at_once) <= runs_open
    assert in_flight == 4 or max(open_at_once) == runs_open
    finished = [one.frames.manifest["started"] for one in load_study(tmp_path).runs]
    assert finished == sorted(finished)


def test_a_budget_stops_the_study_and_it_goes_on_to_identical_records(tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    conduct(PLAN, whole, ScriptedEngine(echo))
    asked, written = 0, []
    for _ in range(100):
        engine = ScriptedEngine(echo, latency=lambda _: 0.0002)
        state = conduct(PLAN, broken, engine, budget=Budget(tokens=160), in_flight=6)
        written.append(state.progress.written)
        asked += state.progress.written
        if not state.progress.stopped:
            break
        assert "budget of 160 tokens" in state.progress.stopped
    assert state.done == 8
    assert len(written) > 2
    assert max(written) <= 160
    # Every run's words are written once: 6 people, 1 or 2 rounds, 2 arms, 2 voices, 2 seeds.
    assert asked == sum(len(echo_of(one)) for one in load_study(whole).runs)
    for one in load_study(whole).runs:
        assert rows(one.folder) == rows(broken / one.name)


def echo_of(one) -> list[None]:
    """As many entries as the run's turns have tokens."""
    return [None] * int(one.frames.turns["new_tokens"].sum())


def test_stopped_by_hand_it_goes_on_with_the_same_call(tmp_path):
    def stop(state) -> None:
        if state.done:
            state.stop("Ctrl-C")

    engine = ScriptedEngine(echo, latency=lambda _: 0.001)
    state = conduct(PLAN, tmp_path, engine, observe=stop, in_flight=3)
    assert 0 < state.done < 8
    assert load_study(tmp_path).done == load_study(tmp_path).runs[: state.done]
    assert conduct(PLAN, tmp_path, engine).done == 8


def test_a_broken_engine_ends_the_study_and_keeps_what_there_is(tmp_path):
    left = 40

    def speak(request) -> str:
        nonlocal left
        left -= 1
        if left < 0:
            raise EngineError("out of order")
        return echo(request)

    with pytest.raises(EngineError, match="out of order"):
        conduct(PLAN, tmp_path, ScriptedEngine(speak))
    assert 0 < len(load_study(tmp_path).done) < 8
    assert conduct(PLAN, tmp_path, ScriptedEngine(echo)).done == 8


def test_measures_by_hand(tmp_path):
    """Everybody says yes in the talk, and is split under the control."""

    def weigh(request, _options) -> list[float]:
        told = "".join(getattr(part, "text", "") for part in request.prompt)
        return [0.75, 0.25] if "Tea.\n" in told else [0.5, 0.5]

    plan = StudyPlan(vary={"rounds": (1, 2)}, seeds=2)
    engine = ScriptedEngine(echo, weigh)
    run_study(plan, scenario, engine, tmp_path, first_seed=5)
    frame = measures(load_study(tmp_path), {"turns": lambda frames: float(len(frames.turns))})
    assert list(frame.columns) == ["run", "seed", "rounds", "measure", "value"]
    assert set(frame["seed"]) == {5, 6}
    table = frame.pivot_table(index="rounds", columns="measure", values="value")
    # Letters are dealt anew in the reverse order, so a liking for A says nothing: 0.
    assert table["mean absolute drift"].tolist() == [0, 0]
    assert table["excess: mean absolute drift"].tolist() == [0, 0]
    # In the talk each order has a mode of its own; under the control both are tied alike.
    assert table["order consistency"].tolist() == [0, 0]
    assert table["scrambled: order consistency"].tolist() == [1, 1]
    assert table["excess: order consistency"].tolist() == [-1, -1]
    assert table["turns"].tolist() == [12, 24]
    assert table.index.tolist() == ["1", "2"]


def test_choices_and_latin_points_are_factors(tmp_path):
    key = small().agents[0].key
    plan = StudyPlan(
        {"controls": ("scrambled+alone", "none"), "cast": ("none", f"{key}=base")}, seeds=1
    )
    recipe = Recipe(scenario)
    built = [recipe.build(one) for one in plan.runs()]
    assert [one.controls for one in built] == [("scrambled", "alone")] * 2 + [()] * 2
    assert [one.agents[0].persona is None for one in built] == [False, True, False, True]
    drawn = StudyPlan({"rounds": Range(1, 9)}, seeds=2, latin=3).runs()
    assert [one.levels for one in drawn[:3]] == [one.levels for one in drawn[3:]]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (lambda: StudyPlan({}), "something to vary"),
        (lambda: StudyPlan({"rounds": (1, 2)}, seeds=0), "seeds must be at least 1, got 0"),
        (lambda: StudyPlan({"rounds": (1, 2)}, latin=4), "Latin hypercube"),
        (lambda: StudyPlan({"rounds": Range(1, 2)}), "Latin hypercube"),
        (lambda: StudyPlan({"rounds": (1, 2)}, generators=("a = b",)), "say which"),
    ],
)
def test_what_is_no_plan_is_refused(plan, message):
    with pytest.raises(InputError, match=message):
        plan()


def test_a_bad_level_fails_before_the_first_run(tmp_path):
    def never(_request) -> str:
        raise AssertionError

    for vary, message in (
        ({"rounds": (1, 0)}, "run 002-0-s1: rounds must be at least 1"),
        ({"round": (1, 2)}, "'round' is no argument.*did you mean 'rounds'"),
        ({"voice": ("lora", "loud")}, "unknown voice 'loud'"),
    ):
        with pytest.raises(InputError, match=message):
            run_study(StudyPlan(vary), scenario, ScriptedEngine(never), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_another_study_is_not_mixed_with_what_is_there(tmp_path):
    run_study(StudyPlan({"rounds": (1, 2)}, seeds=1), scenario, ScriptedEngine(echo), tmp_path)
    with pytest.raises(InputError, match=r"another study \(differs in seeds, runs\)"):
        run_study(StudyPlan({"rounds": (1, 2)}, seeds=2), scenario, ScriptedEngine(), tmp_path)


def test_a_folder_without_a_study_or_without_finished_runs_says_so(tmp_path):
    with pytest.raises(InputError, match="no study in"):
        load_study(tmp_path)
    plan = StudyPlan({"rounds": (1, 2)}, seeds=1)
    write_down(tmp_path, describe_study(plan, plan.runs(), Recipe(scenario)))
    with pytest.raises(InputError, match=r"no run of .* has finished"):
        measures(load_study(tmp_path))
    (tmp_path / "study.json").write_text(json.dumps({"runs": 3}))
    with pytest.raises(InputError, match="lists no runs"):
        load_study(tmp_path)


def test_the_file_is_for_people(tmp_path):
    write_down(tmp_path, describe_study(PLAN, PLAN.runs(), Recipe(scenario)))
    lines = (tmp_path / "study.json").read_text().splitlines()
    assert any('"run": "003-2-lora-s1"' in line and '"voice": "lora"' in line for line in lines)
    assert len(lines) < 50
    assert isinstance(pd.DataFrame(read_down(tmp_path)["runs"]), pd.DataFrame)
