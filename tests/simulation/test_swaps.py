"""Swapping in time: a seat changes exactly from the time on, and the record says so."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agents.agent import Agent
from agents.engines.scripted import ScriptedEngine
from personas.adapter import Adapter
from personas.errors import InputError
from personas.persona import Persona, Stage
from simulation.comparison import swap_lines
from simulation.page import read
from simulation.reading import read_run
from simulation.record import FILE
from simulation.run import run, run_name
from simulation.survey import Survey
from simulation.swaps import Swap, Wardrobe
from simulation.turntaking import Rounds

from .strategies import YES_NO, people
from .test_record import small


def bare(name: str) -> Agent:
    """Wears an adapter of this fingerprint and nothing else."""
    return Agent(name, name, voice="lora", bare=Adapter(name, Path(name), "", 8))


def rosa(fingerprint: str, year: int = 2010) -> Agent:
    """A persona whose adapter has this fingerprint."""
    stage = Stage("early", (2000, year), "Rosa.", Adapter(fingerprint, Path(), "b", 8))
    return Agent("rosa", "Rosa", Persona("rosa", "Rosa Vega", (stage,), Path()), stage, "lora")


def tell(request) -> str:
    """Says what is worn."""
    return f"{request.adapter.fingerprint if request.adapter else 'nothing'} {request.priority}"


SEATS = [agent.key for agent in people(6)]
FIRST, SECOND = SEATS[:2]


def said(folder: Path, seat: str, arm: str = "talk") -> list[str]:
    """What was worn at each of the seat's turns, as the engine saw it."""
    turns = read_run(folder).turns
    mine = turns[(turns["agent"] == seat) & (turns["arm"] == arm)].sort_values("counter")
    return [text.split()[0] for text in mine["text"]]


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (0.5, ["x", "x", "x", "x"]),
        (2.0, ["nothing", "x", "x", "x"]),
        (2.0001, ["nothing", "nothing", "x", "x"]),
        (4.0, ["nothing", "nothing", "nothing", "x"]),
        (4.5, ["nothing", "nothing", "nothing", "nothing"]),
    ],
)
def test_turns_due_at_the_time_or_later_are_spoken_by_the_new_persona(tmp_path, time, expected):
    swaps = (Swap(time, FIRST, bare("x")),)
    scenario = small(turns=Rounds(4), swaps=swaps)
    run(scenario, ScriptedEngine(tell), tmp_path)
    assert said(tmp_path, FIRST) == expected
    assert said(tmp_path, FIRST, "scrambled") == expected
    assert all(said(tmp_path, seat) == ["nothing"] * 4 for seat in SEATS[1:])


def test_surveys_are_answered_by_whoever_is_worn_when_they_are_asked(tmp_path):
    asked = {}

    def weigh(request, options):
        asked.setdefault(request.priority % 1e9, set()).add(tell(request).split()[0])
        return [0.5] * len(options)

    scenario = small(swaps=(Swap(2.0, FIRST, bare("x")),), controls=())
    run(scenario, ScriptedEngine(tell, weigh), tmp_path)
    # Asked a quarter of a round before each next round: waves 0 and 1 lie before time 2.
    both = {"nothing", "x"}
    assert asked == {0.75: {"nothing"}, 1.75: {"nothing"}, 2.75: both, 3.75: both}


def test_several_swaps_of_one_seat_and_the_base_as_a_control(tmp_path):
    swaps = (
        Swap(3.0, FIRST, Agent("base", "Base")),
        Swap(2.0, FIRST, bare("x")),
        Swap(3.0, SECOND, bare("y")),
    )
    run(small(turns=Rounds(4), swaps=swaps), ScriptedEngine(tell), tmp_path)
    assert said(tmp_path, FIRST) == ["nothing", "x", "nothing", "nothing"]
    assert said(tmp_path, SECOND) == ["nothing", "nothing", "y", "y"]


def test_the_seat_keeps_its_label_and_the_year_where_the_new_one_has_none():
    seats = (Agent("ada", "Ada"),)
    wardrobe = Wardrobe(seats, (Swap(1, "ada", rosa("r")), Swap(2, "ada", bare("x"))))
    told = [wardrobe.at("ada", time).system_text for time in (0.9, 1.0, 2.0)]
    year = "The year is 2010."
    assert told == ["You are Ada.", f"You are Rosa Vega. {year}", f"You are Ada. {year}"]
    assert wardrobe.at("ada", 1.0).label == "Ada"


def test_only_what_a_swap_can_reach_is_said_otherwise(tmp_path):
    """On a ring of six, a change at round 2 is heard by both neighbours in round 3."""
    plain, swapped = tmp_path / "plain", tmp_path / "swapped"

    def echo(request) -> str:
        return f"{hash((request.messages(), request.adapter))}"

    run(small(turns=Rounds(3)), ScriptedEngine(echo), plain)
    run(small(turns=Rounds(3), swaps=(Swap(2.0, FIRST, bare("x")),)), ScriptedEngine(echo), swapped)
    columns = ["arm", "agent", "counter", "text"]
    rows = [set(read_run(f).turns[columns].itertuples(index=False)) for f in (plain, swapped)]
    changed = {(row.agent, row.counter) for row in rows[0] - rows[1] if row.arm == "talk"}
    assert changed == {(FIRST, 1), (FIRST, 2), (SEATS[1], 2), (SEATS[-1], 2)}


def test_the_record_tells_what_was_worn_in_each_turn(tmp_path):
    swaps = (Swap(2.0, FIRST, rosa("r")), Swap(3.0, FIRST, bare("x")))
    run(small(swaps=swaps), ScriptedEngine(tell), tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        worn = database.execute(
            "SELECT counter, kind, persona, stage, adapter FROM worn "
            "WHERE arm = 'talk' AND agent = ? ORDER BY counter",
            [FIRST],
        ).fetchall()
        count = database.execute("SELECT count(*) FROM worn").fetchone()
    assert worn == [
        (0, "base", None, None, None),
        (1, "lora", "rosa", "early", "r"),
        (2, "lora", None, "early", "x"),
    ]
    assert count == (36,)
    manifest = read_run(tmp_path).manifest
    assert [entry["unverified"] for entry in manifest["wardrobe"] if entry["since"]] == [
        False,
        True,
    ]


def test_a_run_with_swaps_goes_on_and_without_them_is_another(tmp_path):
    scenario = small(swaps=(Swap(2.0, FIRST, bare("x")),))
    run(scenario, ScriptedEngine(tell), tmp_path)
    again = run(scenario, ScriptedEngine(tell), tmp_path)
    assert again.from_record == 36 + 96
    with pytest.raises(InputError, match="differs in swaps"):
        run(small(), ScriptedEngine(tell), tmp_path)
    with pytest.raises(InputError, match="differs in swaps"):
        run(small(swaps=(Swap(3.0, FIRST, bare("x")),)), ScriptedEngine(tell), tmp_path)


@pytest.mark.parametrize("late", [False, True])
def test_a_run_whose_persona_was_trained_again_is_not_gone_on_with(tmp_path, late):
    def scenario(fingerprint: str):
        if late:
            return small(swaps=(Swap(2.0, FIRST, rosa(fingerprint)),))
        seats = tuple(a.wearing(rosa(fingerprint)) if a.key == FIRST else a for a in people(6))
        return small(agents=seats)

    run(scenario("old"), ScriptedEngine(tell), tmp_path)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(InputError, match=r"'rosa' was trained again[:,] old then, new now.*--out"):
        run(scenario("new"), ScriptedEngine(tell), tmp_path)
    assert (tmp_path / FILE).read_bytes() == before
    names = {run_name(scenario(name), ScriptedEngine()) for name in ("old", "new")}
    assert len(names) == 2  # so without --out, the new adapter makes a new run


@pytest.mark.parametrize(
    ("swaps", "message"),
    [
        (lambda: (Swap(0, FIRST, bare("x")),), "swap time must be above 0, got 0"),
        (lambda: (Swap(float("nan"), FIRST, bare("x")),), "got nan"),
        (lambda: (Swap(3.9, FIRST, bare("x")),), "must be at most 3.75.*got 3.9"),
        (lambda: (Swap(1, "00-agnt", bare("x")),), "not in the room: did you mean"),
        (lambda: (Swap(1, FIRST, bare("x")), Swap(1, FIRST, bare("y"))), "given twice"),
    ],
)
def test_bad_swaps_name_field_value_and_remedy(swaps, message):
    with pytest.raises(InputError, match=message):
        small(swaps=swaps())


def test_a_swapped_prompt_must_fit_the_context_too(tmp_path):
    stage = Stage("now", (2000, 2010), "word " * 500)
    wordy = Agent("w", "W", Persona("w", "W", (stage,), Path()), stage, "prompt")
    scenario = small(swaps=(Swap(2, FIRST, wordy),))
    with pytest.raises(InputError, match="memory tokens must be at most"):
        run(scenario, ScriptedEngine(context_tokens=2200), tmp_path / "with")
    run(replace(scenario, swaps=()), ScriptedEngine(context_tokens=2200), tmp_path / "without")


def test_the_report_says_when_and_marks_it_between_the_waves(tmp_path):
    surveys = (Survey("tea", YES_NO.wordings, YES_NO.options, YES_NO.values),)
    scenario = small(surveys=surveys, swaps=(Swap(2.0, FIRST, rosa("0123456789abcdef")),))
    run(scenario, ScriptedEngine(tell), tmp_path)
    (reading,) = read([read_run(tmp_path)])
    ((place, seat),) = reading.view.swaps
    # Wave 1 is asked at 1.75 and wave 2 at 2.75: time 2 is a quarter of the way.
    assert (round(place, 9), seat) == (1.25, FIRST)
    label = people(6)[0].label
    assert swap_lines(reading) == [
        f"From virtual time 2 on, {label} wears rosa (early), LoRA 0123456789ab."
    ]
