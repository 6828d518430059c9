"""The numbers of a tuning are those of the method, chosen by the base, and open to change."""

from dataclasses import replace
from pathlib import Path

import pytest

from personas.errors import InputError
from personas.persllm.presets import (
    PAPER_2B,
    PAPER_7B,
    PRESETS,
    WINDTUNNEL,
    Dpo,
    changed,
    parameters,
    preset_for,
    preset_named,
)
from tests.tiny import tiny_model


def test_the_methods_numbers() -> None:
    # PersLLM, documentation of January 2025: the table of hyper-parameters
    for preset, rate in ((PAPER_2B, 5e-5), (PAPER_7B, 2e-5)):
        sft = preset.sft
        assert (sft.repeats, sft.batch, sft.learning_rate) == (5, 16, rate)
        assert (sft.warmup_steps, sft.weight_decay, preset.longest) == (50, 0.1, 3_000)
        assert (preset.machine.save_steps, preset.machine.keep) == (500, 3)
        assert (preset.machine.numbers, preset.machine.recompute) == ("bfloat16", True)


def test_a_small_base_is_tuned_like_the_wind_tunnel(tmp_path: Path) -> None:
    base = tiny_model(tmp_path / "base", hidden=16, layers=1, head_dim=8, ffn=32, vocab=300)
    # embedding 300*16, tied; q 16*16, k and v 8*16 each, o 16*16; three of 16*32; three norms
    assert parameters(base) == 4_800 + 256 + 128 + 128 + 256 + 3 * 512 + 3 * 16
    assert preset_for(base) == WINDTUNNEL
    with pytest.raises(InputError, match="has no"):
        preset_for(tmp_path)


@pytest.mark.parametrize(
    ("count", "preset"),
    [(2_400_000_000, PAPER_2B), (3_999_999_999, PAPER_2B), (7_000_000_000, PAPER_7B)],
)
def test_a_larger_base_gets_the_methods_numbers(
    count: int, preset: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("personas.persllm.presets.parameters", lambda base: count)
    assert preset_for(Path()) == preset


def test_any_number_can_be_changed() -> None:
    made = changed(WINDTUNNEL, ["sft.batch=8", "dpo.beta=1", "longest=64", "machine.four_bit=true"])
    assert (made.sft.batch, made.dpo.beta, made.longest) == (8, 1.0, 64)
    assert made.machine.four_bit is True
    assert changed(made, ["machine.numbers=bfloat16"]).machine.numbers == "bfloat16"
    assert replace(made, longest=2_048, dpo=WINDTUNNEL.dpo, machine=WINDTUNNEL.machine) == replace(
        WINDTUNNEL, sft=replace(WINDTUNNEL.sft, batch=8)
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("sft.batch", "must be NAME=VALUE"),
        ("sft.bacth=8", "did you mean 'batch'"),
        ("sftt.batch=8", "did you mean 'sft'"),
        ("sft=8", r"sft\.repeats is one"),
        ("longest.x=8", "longest is one"),
        ("sft.batch=many", "must be int, got 'many'"),
        ("sft.batch=1.5", "must be int, got '1.5'"),
        ("sft.batch=0", "batch must be at least 1, got 0"),
        ("machine.four_bit=1", "must be bool"),
        ("machine.numbers=int8", "numbers must be float32 or bfloat16, got 'int8'"),
        ("sft.silent=6", "silent must be at most repeats = 3, got 6"),
        ("lora.rank=65", "rank must be at most 64, got 65"),
        ("dpo.beta=0", "beta must be above 0"),
        ("sft.learning_rate=NaN", "learning_rate must be at least 0, got nan"),
        ("name=other", "known:"),
    ],
)
def test_what_cannot_be_is_told(change: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        changed(WINDTUNNEL, [change])


def test_presets_have_names() -> None:
    assert [preset_named(name) for name in PRESETS] == list(PRESETS.values())
    with pytest.raises(InputError, match="did you mean 'paper-7b'"):
        preset_named("paper-7")


def test_no_preference_tuning_is_a_number_too() -> None:
    assert Dpo(epochs=0).epochs == 0
