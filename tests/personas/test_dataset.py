"""A data set is the same however fast it was written and wherever it was interrupted."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from agents.engines.scripted import ScriptedEngine
from personas.annotator import Answer, Input, UnusableError
from personas.dataset import write_items
from personas.embedding import HashedWords
from personas.engine_annotator import EngineAnnotator
from personas.errors import EngineError, InputError
from personas.instructions import Instruction
from personas.items import Item, Rejected
from personas.jsonlines import read_records
from personas.material import load_material
from personas.persona import LIBRARY
from personas.recipe import DataRecipe
from personas.scribe import Scribe

BRUNO = load_material(LIBRARY / "bruno")
STAGES = [stage.name for stage in BRUNO.persona.stages]
GENERAL = (Instruction("What is two and two?", "Four."), Instruction("Who won in 2090?"))
RECIPE = DataRecipe(items=12)


class Echo:
    """An annotator whose words say what it was told; every fifth answer is unusable."""

    identity = "echo 1"

    def __init__(self, seed: int = 0, unusable: int = 5) -> None:
        self.rng, self.unusable = random.Random(seed), unusable
        self.inputs, self.answers = [], []

    async def write_input(self, brief):
        await asyncio.sleep(self.rng.random() / 1000)
        self.inputs.append(brief)
        return Input(f"{brief.paragraph.source} {len(brief.history)} {brief.seed}", "n", "i")

    async def write_answer(self, brief):
        await asyncio.sleep(self.rng.random() / 1000)
        self.answers.append(brief)
        if brief.seed % self.unusable == 0:
            raise UnusableError("five")
        wish = "".join(brief.wishes)
        return Answer("I think.", f"A{brief.seed}{wish}", "a", shown=brief.context.sources)


def write(folder: Path, annotator, recipe=RECIPE, **rest):
    scribe = Scribe(BRUNO, annotator, HashedWords(), recipe, GENERAL)
    return asyncio.run(write_items(scribe, STAGES, recipe, folder, **rest))


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.jsonl")}


def test_the_quota_is_met_in_every_stage_and_what_was_rejected_stands_beside(tmp_path):
    items = write(tmp_path, Echo())
    assert Counter(item.stage for item in items) == dict.fromkeys(STAGES, 12)
    rejected = list(read_records(tmp_path / "rejected.jsonl", Rejected))
    assert {one.reason for one in rejected} == {"five"}
    for stage in STAGES:  # every place of the plan is accounted for
        places = [one.index for one in (*items, *rejected) if one.stage == stage]
        assert sorted(places) == list(range(len(places)))


def test_speed_and_width_change_nothing(tmp_path):
    for name, seed, width in (("a", 0, 1), ("b", 1, 5), ("c", 2, 64)):
        write(tmp_path / name, Echo(seed), width=width)
    assert content(tmp_path / "a") == content(tmp_path / "b") == content(tmp_path / "c")


def test_another_seed_is_another_data_set(tmp_path):
    write(tmp_path / "a", Echo())
    write(tmp_path / "b", Echo(), replace(RECIPE, seed=1))
    assert content(tmp_path / "a") != content(tmp_path / "b")


def test_provenance_tells_paragraph_pattern_stage_prompt_annotator_and_seed(tmp_path):
    items = write(tmp_path, Echo())
    own = {stage: {one.source: one for one in BRUNO.up_to(stage).own} for stage in STAGES}
    for item in items:
        origin = item.origin
        assert origin.annotator == "echo 1"
        assert len(origin.prompt) == 32
        if origin.pattern == "general":
            assert origin.source in ("general:1", "general:2")
            assert item.turns[0].user in {one.prompt for one in GENERAL}
            continue
        paragraph = own[item.stage][origin.source]
        assert origin.kind == paragraph.kind
        assert origin.source in item.turns[0].user
        assert origin.source in origin.context
        assert len(item.turns) == (4 if origin.pattern == "pressure" else 1)
    assert len({item.origin.seed for item in items}) == len(items)


def test_the_year_and_the_own_paragraph_reach_input_and_answer(tmp_path):
    echo = Echo()
    items = write(tmp_path, echo)
    years = {stage.name: stage.years for stage in BRUNO.persona.stages}
    for brief in (*echo.inputs, *echo.answers):
        first, last = years[brief.speaker.stage]
        assert first <= brief.speaker.year <= last
    told = {brief.user: brief for brief in echo.answers}
    for item in items:
        for turn in item.turns:
            assert told[turn.user].speaker.year == item.year or item.origin.pattern == "general"
        if item.origin.pattern != "general":
            context = told[item.turns[0].user].context
            first = context.objective or context.subjective
            sources = [first[0].source, context.subjective[0].source]
            assert item.origin.source in sources


def test_nothing_of_a_later_stage_is_shown_to_an_earlier_one(tmp_path):
    echo = Echo()
    write(tmp_path, echo)
    early = [brief for brief in echo.answers if brief.speaker.stage == "early"]
    assert {one.stage for brief in early for one in brief.context.objective} == {"early"}
    assert {one.stage for brief in early for one in brief.context.subjective} == {"early"}
    late = [brief for brief in echo.answers if brief.speaker.stage == "late"]
    assert {one.stage for brief in late for one in brief.context.subjective} == {"late"}


@pytest.mark.parametrize("cut", range(0, 8_000, 613))
def test_after_a_kill_at_any_byte_the_same_data_set_comes_out(tmp_path, cut):
    write(tmp_path / "whole", Echo())
    whole = content(tmp_path / "whole")
    # what a kill leaves: the first lines of the plan, and perhaps a torn one in one of the files
    left = tmp_path / "left"
    left.mkdir()
    items, rejected = whole["items.jsonl"], whole["rejected.jsonl"]
    (left / "items.jsonl").write_bytes(items[:cut])
    kept = items[:cut].count(b"\n")
    last = list(read_records(tmp_path / "whole" / "items.jsonl", Item))[:kept]
    reached = (STAGES.index(last[-1].stage), last[-1].index) if last else (0, -1)
    before = [
        line
        for line, one in zip(
            rejected.splitlines(True),
            read_records(tmp_path / "whole" / "rejected.jsonl", Rejected),
            strict=True,
        )
        if (STAGES.index(one.stage), one.index) < reached
    ]
    (left / "rejected.jsonl").write_bytes(b"".join(before))
    write(left, Echo(seed=3))
    assert content(left) == whole


def test_a_finished_data_set_is_not_touched_again(tmp_path):
    write(tmp_path, Echo())
    echo = Echo()
    before = content(tmp_path)
    write(tmp_path, echo)
    assert (echo.inputs, echo.answers) == ([], [])
    assert content(tmp_path) == before


def test_wishes_accumulate_until_a_draft_is_approved(tmp_path):
    wanted = iter(["!", " ?", "", "never asked"])
    shown = []

    async def review(item):
        shown.append(item.name)
        return next(wanted)

    echo = Echo(unusable=10**30)
    items = write(tmp_path, echo, review=review)
    assert shown == [item.name for item in items[:3]]
    said = [item.turns[-1].response.lstrip("A0123456789") for item in items]
    assert said[:4] == ["", "!", "!?", "!?"]
    assert set(said[3:]) == {"!?"}


def test_a_review_goes_on_where_it_was_left(tmp_path):
    async def leave(item):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, Echo(), review=leave)
    shown = []

    async def approve(item):
        shown.append(item.name)
        return ""

    items = write(tmp_path, Echo(), review=approve)
    assert shown == [items[0].name]


def test_an_annotator_of_whom_nothing_is_usable_is_given_up(tmp_path):
    with pytest.raises(EngineError, match=r"13 attempts at stage 'early' were rejected.* five"):
        write(tmp_path, Echo(unusable=1))
    assert len(list(read_records(tmp_path / "rejected.jsonl", Rejected))) == 13


def test_a_share_of_general_items_needs_instructions():
    with pytest.raises(InputError, match="but there are no instructions"):
        Scribe(BRUNO, Echo(), HashedWords())


def test_a_language_model_writes_one_too(tmp_path):
    def speak(request) -> str:
        told = request.messages()[0][1]
        if "[Response]" not in told:
            return f"[False] No. [Input] Say {request.seed}!"
        return f"[Analysis] They say it. [Response] It is {request.seed}."

    items = write(tmp_path, EngineAnnotator(ScriptedEngine(speak)))
    assert len(items) == 24
    assert items[0].origin.annotator.startswith("scripted 1")
    assert list(read_records(tmp_path / "rejected.jsonl", Rejected)) == []


KILLED = """
import asyncio, random, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from agents.embedding import HashedWords
from personas.dataset import write_items
from personas.material import load_material
from personas.persona import LIBRARY
from personas.recipe import DataRecipe
from personas.scribe import Scribe
from personas.windtunnel.annotator import GrammarAnnotator, town_instructions
from personas.windtunnel.life import read_person

class Slow(GrammarAnnotator):
    async def write_input(self, brief):
        await asyncio.sleep(0.01)
        return await super().write_input(brief)
recipe = DataRecipe(items=60)
general = town_instructions(random.Random(0), 30)
annotator = Slow({{"bruno": read_person(LIBRARY / "bruno")}})
scribe = Scribe(load_material(LIBRARY / "bruno"), annotator, HashedWords(), recipe, general)
asyncio.run(write_items(scribe, ["early", "late"], recipe, Path(sys.argv[1]), width=4))
"""


@pytest.mark.slow
def test_a_process_that_is_killed_goes_on_to_the_same_files(tmp_path):
    script = tmp_path / "write.py"
    script.write_text(KILLED.format(root=str(Path(__file__).parents[2])))
    command = [sys.executable, str(script)]
    subprocess.run([*command, str(tmp_path / "whole")], check=True)
    items = tmp_path / "killed" / "items.jsonl"
    kills = 0
    while kills < 3:
        process = subprocess.Popen([*command, str(tmp_path / "killed")])
        goal = (items.stat().st_size if items.exists() else 0) + 4_000
        while process.poll() is None and (not items.exists() or items.stat().st_size < goal):
            time.sleep(0.005)
        assert process.poll() is None, "finished before it could be killed"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
    subprocess.run([*command, str(tmp_path / "killed")], check=True)
    assert content(tmp_path / "killed") == content(tmp_path / "whole")
