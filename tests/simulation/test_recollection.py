"""Memory beyond the window in a running talk: friendly to prefix caches, recorded, replayed."""

import sqlite3
from contextlib import closing
from itertools import pairwise

import pytest

from agents.engines.scripted import ScriptedEngine
from agents.memory import MemorySpec, Retrieval, Summary
from personas.errors import EngineError, InputError
from simulation.human import Human
from simulation.record import FILE
from simulation.run import run
from simulation.turntaking import Rounds

from .test_turntaking import trio

WINDOW = MemorySpec(tokens=120, block_tokens=60)
LOOKED_UP = MemorySpec(120, 60, Retrieval(lines=2, tokens=30))
NOTED = MemorySpec(120, 60, Summary(tokens=10))


def prompts_of_ada(folder, memory: MemorySpec, rounds: int = 18) -> list[list[object]]:
    """Segments of Ada's prompts, turn by turn; everybody talks about one of three things."""
    seen = []

    def speak(request) -> str:
        if "Note in one or two" in request.messages()[-2][1]:
            return "They spoke."
        if request.messages()[0][1] == "You are Ada.":
            seen.append((request.priority, [getattr(p, "text", p) for p in request.prompt]))
        return f"About {['tea', 'rain', 'bread'][int(request.priority) % 3]} {request.priority}"

    run(trio(Rounds(rounds), memory=memory), ScriptedEngine(speak), folder)
    return [prompt for _, prompt in sorted(seen, key=lambda entry: entry[0])]


def kept_shares(prompts) -> list[float]:
    """Share of each prompt, up to its window's end, that begins the next one unchanged."""
    shares = []
    for one, other in pairwise(prompts):
        lasting = [part for part in one if ", earlier: " not in str(part)][:-1]
        same = [a == b for a, b in zip(lasting, other, strict=False)] + [False]
        shares.append(same.index(False) / len(lasting))
    return shares


@pytest.mark.parametrize("memory", [WINDOW, LOOKED_UP, NOTED])
def test_a_prompt_begins_the_next_one_unchanged_between_two_drops(tmp_path, memory):
    shares = kept_shares(prompts_of_ada(tmp_path, memory))
    # A round costs 4 + 4 + 11 tokens of lines: a block of 60 lasts for three rounds at least.
    assert sum(share == 1 for share in shares) >= 2 * len(shares) // 3
    assert any(share < 1 for share in shares)
    plain = kept_shares(prompts_of_ada(tmp_path / "plain", WINDOW))
    assert [share == 1 for share in shares] == [share == 1 for share in plain]


def test_what_was_looked_up_stands_last_and_is_about_the_latest(tmp_path):
    last = prompts_of_ada(tmp_path, LOOKED_UP)[-1]
    back = [i for i, part in enumerate(last) if ", earlier: " in str(part)]
    assert len(back) == 2
    assert back == [len(last) - 3, len(last) - 2]  # before the open assistant message
    heard = last[back[0] - 1]  # from the round before
    assert heard.split()[-2] == last[back[0]].split()[-2] == last[back[1]].split()[-2]


def test_notes_stand_before_the_window_and_are_recorded(tmp_path):
    prompts = prompts_of_ada(tmp_path, NOTED)
    noted = [p for p in prompts if "Your notes so far: They spoke.\n" in p]
    assert noted
    assert all(p[4] == "Your notes so far: They spoke.\n" for p in noted)  # after the opening
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        rows = database.execute("SELECT agent, text FROM summaries WHERE arm = 'talk'").fetchall()
    assert {agent for agent, _ in rows} == {"a", "b", "c"}
    assert {text for _, text in rows} == {"They spoke."}


def test_notes_are_written_from_the_old_notes_and_the_block(tmp_path):
    asked = []

    def speak(request) -> str:
        text = request.messages()[-2][1]
        if "Note in one" in text:  # nobody else counts
            if request.messages()[0][1] == "You are Ada.":
                asked.append(str(request.messages()))
            return f"Notes {len(asked)}."
        return f"Word {request.priority}"

    run(trio(Rounds(18), memory=NOTED), ScriptedEngine(speak), tmp_path)
    assert "Your notes so far" not in asked[0]
    assert all(f"Your notes so far: Notes {i}." in text for i, text in enumerate(asked[1:], 1))
    assert "Word 1.0" in asked[0]
    assert not any("Word 1.0" in text for text in asked[2:])


def test_running_again_asks_for_no_notes(tmp_path):
    prompts_of_ada(tmp_path, NOTED)

    def fail(_) -> str:
        raise AssertionError("asked again")

    again = run(trio(Rounds(18), memory=NOTED), ScriptedEngine(fail), tmp_path)
    assert again.turns == 54


def test_each_agent_remembers_in_its_own_way(tmp_path):
    memories = {"a": LOOKED_UP, "b": NOTED}
    kinds = {}

    def speak(request) -> str:
        text = str(request.messages())
        kinds.setdefault(request.messages()[0][1], set()).update(
            kind for kind in (", earlier: ", "Your notes so far: ") if kind in text
        )
        return "About tea."

    scenario = trio(Rounds(18), memory=WINDOW, memories=memories)
    run(scenario, ScriptedEngine(speak), tmp_path)
    assert kinds["You are Ada."] == {", earlier: "}
    assert kinds["You are Bo."] == {"Your notes so far: "}
    assert kinds["You are Cy."] == set()


def test_memory_of_somebody_else_is_refused():
    with pytest.raises(InputError, match="memories names 'x', who is not in the room"):
        trio(Rounds(1), memories={"x": WINDOW})


def test_what_is_beyond_must_fit_the_context_too(tmp_path):
    scenario = trio(Rounds(1), memory=MemorySpec(1900, 100, Retrieval(tokens=100)))
    with pytest.raises(InputError, match=r"memory tokens must be at most 18\d\d"):
        run(scenario, ScriptedEngine(context_tokens=2048), tmp_path)


def test_a_person_takes_a_seat_and_is_not_asked_twice(tmp_path):
    shown = []

    def read(heard: str) -> str:
        shown.append(heard)
        return f"I say {len(shown)}."

    def scenario(reader):
        return trio(Rounds(3), humans=(Human("b", reader),))

    said = {}

    def speak(request) -> str:
        said[request.messages()[0][1], request.priority] = str(request.messages())
        return "hm"

    run(scenario(read), ScriptedEngine(speak), tmp_path)
    assert shown == ["Moderator: Tea.\n", "Ada: hm\nCy: hm\n", "Ada: hm\nCy: hm\n"]
    assert "Bo: I say 1." in said["You are Ada.", 2.0]
    assert not any(system == "You are Bo." for system, _ in said)

    def gone(_: str) -> str:
        raise EngineError("nobody is there")

    run(scenario(gone), ScriptedEngine(speak), tmp_path)  # the record knows what was typed
    with pytest.raises(EngineError, match="nobody is there"):
        run(scenario(gone), ScriptedEngine(speak), tmp_path / "other")
