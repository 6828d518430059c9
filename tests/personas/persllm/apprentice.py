"""A persona with a handful of data and a tiny random base: enough to be tuned inside a test."""

from dataclasses import replace
from pathlib import Path

from personas.datafolder import GENERAL, MIX, PREFERENCES, TEST, TRAIN
from personas.instructions import Instruction
from personas.items import Exchange, Item, Pattern, Preference, Provenance
from personas.jsonlines import write_records
from personas.persllm.course import Course
from personas.persllm.presets import WINDTUNNEL, Dpo, Machine, Preset, Sft
from personas.persona import load_persona
from tests.tiny import tiny_model

QUESTIONS = ("Tea?", "A dog?", "Bikes?", "Who are you?", "Music?", "Late?", "Trams?", "Rain?")
PRESET = replace(
    WINDTUNNEL,
    longest=200,
    sft=Sft(repeats=2, batch=4, learning_rate=1e-2, warmup_steps=1, weight_decay=0.0),
    dpo=Dpo(batch=2, learning_rate=1e-2, warmup_steps=1, full_strength_items=10),
    machine=Machine(rows=4, save_steps=2, keep=2),
)
"""A few steps of each phase, saved every other one."""


def item(
    index: int, *said: tuple[str, str], stage: str = "late", pattern: Pattern = "ordinary",
    thinks: bool = False, analysis: str = "They ask.",
) -> Item:  # fmt: skip
    """An item whose turns are given as (question, answer)."""
    origin = Provenance(pattern, "knowledge", f"{stage}/knowledge.txt:1", (), "0" * 32, "hand", 0)
    turns = tuple(Exchange(asked, "", analysis, replied) for asked, replied in said)
    return Item("ada", stage, index, 2015, turns, thinks, False, origin)


def pair(index: int, question: str, chosen: str, rejected: str, stage: str = "late") -> Preference:
    """A pair on one question."""
    return Preference(
        "ada", stage, 2015, (question,), chosen, rejected,
        "assistant" if index % 2 else "other stage", "answered again", f"ada/{stage}/{index}", "x",
    )  # fmt: skip


def write_folder(folder: Path) -> Path:
    """A data set of eight conversations, two general ones, eight pairs; the other stage has one."""
    items = [item(at, (asked, f"Yes, number {at}.")) for at, asked in enumerate(QUESTIONS)]
    items.append(item(8, ("Add 2 and 2.", "4."), pattern="general"))
    items.append(item(0, ("Tea?", "No."), stage="early"))
    pairs = [pair(at, asked, "Yes, I do.", "I cannot say.") for at, asked in enumerate(QUESTIONS)]
    write_records(folder / TRAIN, items)
    write_records(folder / TEST, items[:1])
    write_records(folder / PREFERENCES, [*pairs, pair(0, "Tea?", "No.", "Yes.", "early")])
    write_records(folder / GENERAL, [Instruction("Add 1 and 1.", "2.")])
    (folder / MIX).write_text("{}\n")
    return folder


def write_persona(folder: Path) -> Path:
    """A persona of two stages, without any text."""
    folder.mkdir(parents=True)
    (folder / "persona.toml").write_text(
        'name = "Ada Lind"\n'
        '[[stages]]\nname = "early"\nyears = [2004, 2010]\nprofile = "A baker."\n'
        '[[stages]]\nname = "late"\nyears = [2011, 2015]\nprofile = "A baker."\n'
    )
    return folder


def course_in(folder: Path, preset: Preset = PRESET, seed: int = 0) -> Course:
    """A course whose persona, data and base lie in one folder; made there if need be."""
    if not (folder / "ada").exists():
        write_persona(folder / "ada")
        write_folder(folder / "data")
        tiny_model(folder / "base", hidden=16, head_dim=8, ffn=32)
    persona = load_persona(folder / "ada")
    stage = persona.stage("late")
    return Course(persona, stage, folder / "data", folder / "base", preset, seed, command="by hand")
