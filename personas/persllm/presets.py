"""How a persona is tuned: every number in one place, chosen by the base, each open to change."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from math import prod
from pathlib import Path
from typing import Any, Literal, get_type_hints

from personas.adapter import MAX_RANK
from personas.errors import InputError, nearest
from personas.persllm.parts import Parts
from personas.preferences import FULL_STRENGTH_ITEMS
from personas.tensorfile import open_tensors

Numbers = Literal["float32", "bfloat16"]


def _at_least(owner: object, least: int, *names: str) -> None:
    for name in names:
        if not getattr(owner, name) >= least:
            raise InputError(f"{name} must be at least {least}, got {getattr(owner, name)}")


@dataclass(frozen=True, slots=True)
class Lora:
    """Shape of the low-rank layers, put beside every linear layer but the output."""

    rank: int = 8
    """From 1 to 64, which is as much as every engine serves."""
    alpha: int = 16
    """The layers' output counts ``alpha / rank`` times."""

    def __post_init__(self) -> None:
        _at_least(self, 1, "rank", "alpha")
        if self.rank > MAX_RANK:
            raise InputError(f"rank must be at most {MAX_RANK}, got {self.rank}")


@dataclass(frozen=True, slots=True)
class Sft:
    """Supervised tuning on what the persona says."""

    repeats: int = 5
    """How often each of the persona's own conversations is read; general ones are read once."""
    silent: int = 0
    """How many of these readings leave the analysis out where an item shows one: at run time a
    persona mostly answers without, and only a quarter of the items show how."""
    batch: int = 16
    """Conversations a step."""
    learning_rate: float = 5e-5
    """Peak of AdamW, with betas 0.9 and 0.95; it falls along a cosine to a tenth."""
    warmup_steps: int = 50
    """Over which the rate rises; at most a tenth of all steps."""
    weight_decay: float = 0.1

    def __post_init__(self) -> None:
        _at_least(self, 1, "repeats", "batch")
        _at_least(self, 0, "silent", "learning_rate", "warmup_steps", "weight_decay")
        if self.silent > self.repeats:
            raise InputError(f"silent must be at most repeats = {self.repeats}, got {self.silent}")


@dataclass(frozen=True, slots=True)
class Dpo:
    """Preference tuning of the supervised adapter, against a frozen copy of it."""

    epochs: int = 1
    """How often each pair is read; 0 leaves preference tuning out."""
    batch: int = 32
    """Pairs a step."""
    learning_rate: float = 5e-6
    """Peak, on the same course as in supervised tuning."""
    warmup_steps: int = 10
    weight_decay: float = 0.0
    beta: float = 0.1
    """How much a difference to the frozen copy counts, per nat; larger stays closer to it."""
    anchor: float = 0.1
    """Weight of the plain loss on chosen answers, per token, beside the preference loss."""
    full_strength_items: int = FULL_STRENGTH_ITEMS
    """Training items from which on all pairs are used; see `personas.preferences.strength`."""
    most_pairs: int = 0
    """Pairs of a stage that are read at most, their mix kept; 0 for no bound."""

    def __post_init__(self) -> None:
        _at_least(self, 1, "batch", "full_strength_items")
        _at_least(self, 0, "most_pairs")
        _at_least(self, 0, "epochs", "learning_rate", "warmup_steps", "weight_decay", "anchor")
        if not self.beta > 0:
            raise InputError(f"beta must be above 0, got {self.beta}")


@dataclass(frozen=True, slots=True)
class Machine:
    """What the computing costs, and how often it is saved."""

    numbers: Numbers = "float32"
    """Of the base and the arithmetic; the adapter itself is float32, bfloat16 on a 4-bit base."""
    rows: int = 16
    """Conversations, or answers of pairs, in memory at once; a step adds up several if need be."""
    threads: int = 0
    """Of the processor; 0 leaves their number to PyTorch. A very small model is slower with two."""
    recompute: bool = False
    """Whether activations are computed again rather than kept (gradient checkpointing)."""
    four_bit: bool = False
    """Whether the base is held in 4-bit NF4 numbers; needs the extra ``four-bit``."""
    save_steps: int = 500
    """Steps between checkpoints."""
    keep: int = 3
    """Checkpoints that are kept."""

    def __post_init__(self) -> None:
        _at_least(self, 2, "rows")
        _at_least(self, 1, "save_steps", "keep")
        _at_least(self, 0, "threads")
        if self.numbers not in ("float32", "bfloat16"):
            raise InputError(f"numbers must be float32 or bfloat16, got {self.numbers!r}")


@dataclass(frozen=True, slots=True)
class Preset:
    """All that tuning depends on, apart from data, base and seed."""

    name: str
    longest: int
    """Tokens of a conversation; a longer one loses its last turns, or is left out."""
    lora: Lora = field(default_factory=Lora)
    parts: Parts = field(default_factory=Parts)
    sft: Sft = field(default_factory=Sft)
    dpo: Dpo = field(default_factory=Dpo)
    machine: Machine = field(default_factory=Machine)

    def __post_init__(self) -> None:
        _at_least(self, 8, "longest")


WINDTUNNEL = Preset(
    name="windtunnel",
    longest=2_048,
    lora=Lora(rank=8, alpha=16),
    sft=Sft(repeats=3, silent=2, batch=8, learning_rate=6e-3, warmup_steps=10, weight_decay=0.0),
    dpo=Dpo(epochs=1, batch=8, learning_rate=5e-4, warmup_steps=2, anchor=1.0, most_pairs=256),
    machine=Machine(rows=16, threads=1, save_steps=50, keep=2),
)
"""For the small model: its weights are large, so its rates are, and it needs many small steps."""

_PAPER_MACHINE = Machine(numbers="bfloat16", rows=4, recompute=True, save_steps=500, keep=3)
PAPER_2B = Preset(
    name="paper-2b",
    longest=3_000,
    lora=Lora(rank=64, alpha=128),
    sft=Sft(repeats=5, batch=16, learning_rate=5e-5, warmup_steps=50, weight_decay=0.1),
    dpo=Dpo(epochs=1, batch=32, learning_rate=5e-6, warmup_steps=10),
    machine=_PAPER_MACHINE,
)
"""The method's numbers for MiniCPM-2.4B (PersLLM, documentation of January 2025).

They are of tuning all weights; low-rank layers often bear a tenfold rate. Rank, and all numbers of
preference tuning, of which the method publishes none, are ours.
"""
PAPER_7B = replace(PAPER_2B, name="paper-7b", sft=replace(PAPER_2B.sft, learning_rate=2e-5))
"""The method's numbers for its 7B base."""

PRESETS = {one.name: one for one in (WINDTUNNEL, PAPER_2B, PAPER_7B)}
SMALL_PARAMETERS, LARGE_PARAMETERS = 100_000_000, 4_000_000_000
"""A base below the first is tuned like the wind tunnel, one from the second on like the 7B one."""


def preset_for(base: Path) -> Preset:
    """The preset that suits a base, by its number of parameters; reads headers alone.

    Raises:
        InputError: The folder holds no weights as safetensors.
    """
    count = parameters(base)
    if count < SMALL_PARAMETERS:
        return WINDTUNNEL
    return PAPER_2B if count < LARGE_PARAMETERS else PAPER_7B


def parameters(base: Path) -> int:
    """Number of stored weights of a base model.

    Raises:
        InputError: The folder holds no weights as safetensors.
    """
    files = sorted(base.glob("*.safetensors"))
    if not files:
        raise InputError(f"base model folder {base} has no *.safetensors; give a complete model")
    return sum(prod(info.shape) for path in files for info in open_tensors(path).tensors.values())


def preset_named(name: str) -> Preset:
    """A preset by its name.

    Raises:
        InputError: There is none of that name.
    """
    if name not in PRESETS:
        raise InputError(f"unknown preset {name!r}: {nearest(name, PRESETS)}")
    return PRESETS[name]


def changed(preset: Preset, changes: Iterable[str]) -> Preset:
    """The preset with some of its numbers replaced.

    Args:
        preset: What is changed.
        changes: As ``sft.learning_rate=1e-4`` or ``longest=1024``.

    Raises:
        InputError: A name is unknown, or a value is of another type or out of range.
    """
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals:
            raise InputError(f"set must be NAME=VALUE, such as sft.batch=8, got {change!r}")
        preset = _with(preset, name.strip().split("."), value.strip(), name.strip())
    return preset


def _with(owner: Any, path: list[str], text: str, name: str) -> Any:
    """A copy of a dataclass with one field replaced, wherever inside it lies."""
    first, *rest = path
    known = [one.name for one in fields(owner)]
    if first not in known or first == "name":
        raise InputError(f"set {name}: {nearest(first, known)}")
    before = getattr(owner, first)
    if is_dataclass(before) != bool(rest):
        hint = f"{name}." + next(iter(f.name for f in fields(before))) if not rest else first
        raise InputError(f"set {name}: no such number; {hint} is one")
    if rest:
        return replace(owner, **{first: _with(before, rest, text, name)})
    return replace(owner, **{first: _value(get_type_hints(type(owner))[first], text, name)})


def _value(hint: object, text: str, name: str) -> object:
    """The value that a word stands for, of the type that a field declares."""
    if hint == Numbers:
        return text
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if hint is float and type(value) in (int, float):
        return float(value)
    if type(value) is not hint:
        raise InputError(f"set {name}: must be {getattr(hint, '__name__', hint)}, got {text!r}")
    return value
