"""The losses are those of the textbook, the reference stays as it was, and torn checkpoints go."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from peft import PeftModel
from torch.nn.functional import cross_entropy, logsigmoid
from trl import DPOConfig

from personas.errors import InputError
from personas.modelfolder import open_tokenizer
from personas.persllm.bases import load_base, with_fresh_lora
from personas.persllm.lessons import PairLesson, SftLessons
from personas.persllm.presets import Dpo, Lora, Machine
from personas.persllm.trainers import (
    Sign,
    Workplace,
    _DpoTrainer,
    last_checkpoint,
    train_dpo,
    train_sft,
)
from tests.personas.persllm.apprentice import PRESET
from tests.tiny import tiny_model

BETA, ANCHOR = 0.3, 0.2
PAIRS = (
    PairLesson((1, 3, 40, 41, 4), (50, 51, 5), (60, 5)),
    PairLesson((1, 3, 42, 4), (52, 5), (61, 62, 63, 5)),
)
STILL = replace(
    PRESET,
    sft=replace(PRESET.sft, learning_rate=0.0, warmup_steps=0),
    dpo=Dpo(batch=2, learning_rate=0.0, warmup_steps=0, beta=BETA, anchor=ANCHOR),
)
"""Nothing is learnt, so the loss that is told is that of the weights as they are."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("tiny") / "base", hidden=16, head_dim=8, ffn=32)


def worn_on(base: Path, stirred: bool = False) -> PeftModel:
    """A model with a fresh adapter, which changes nothing until it is stirred."""
    worn = with_fresh_lora(load_base(base, Machine()), Lora(4, 8), base, seed=0)
    if stirred:
        stir(worn, "default", seed=1)
    return worn


def stir(worn: PeftModel, adapter: str, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in worn.named_parameters():
            if f"lora_B.{adapter}" in name:
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))


@torch.no_grad()
def log_probability(worn: PeftModel, prompt: tuple[int, ...], said: tuple[int, ...]) -> float:
    """Of an answer after its prompt, alone and without padding, summed in nats."""
    logits = worn(torch.tensor([[*prompt, *said]])).logits[0].log_softmax(-1)
    at = range(len(prompt) - 1, len(prompt) + len(said) - 1)
    return sum(float(logits[place, token]) for place, token in zip(at, said, strict=True))


def place_in(folder: Path, phase: str, signs: list[Sign] | None = None) -> Workplace:
    return Workplace(phase, folder, 0, (lambda sign: None) if signs is None else signs.append)


def test_supervised_loss_is_the_mean_over_what_is_learnt(base: Path, tmp_path: Path) -> None:
    rows = (
        ([1, 3, 40, 41, 4, 50, 51, 5], [False] * 5 + [True] * 3),
        ([1, 3, 42, 4, 52, 5], [False] * 4 + [True, False]),
    )
    worn = worn_on(base)
    summed, counted = 0.0, 0
    for ids, counts in rows:
        with torch.no_grad():
            logits = worn(torch.tensor([ids])).logits[0]
        wanted = torch.tensor(
            [token if one else -100 for token, one in zip(ids, counts, strict=True)]
        )
        summed += float(cross_entropy(logits[:-1], wanted[1:], reduction="sum"))
        counted += sum(counts)
    (step,) = train_sft(
        worn, open_tokenizer(base), SftLessons(rows, 2, 0, 0, 0), STILL, place_in(tmp_path, "sft")
    )
    assert counted == 4
    assert step["loss"] == pytest.approx(summed / counted, rel=1e-4)


def test_preference_loss_begins_at_log_two(base: Path, tmp_path: Path) -> None:
    worn = worn_on(base, stirred=True)
    chosen = [log_probability(worn, one.prompt, one.chosen) for one in PAIRS]
    tokens = sum(len(one.chosen) for one in PAIRS)
    (step,) = train_dpo(worn, open_tokenizer(base), PAIRS, STILL, place_in(tmp_path, "dpo"))
    log_two = 0.6931472  # -log sigmoid(0): policy and reference are still the same
    assert step["loss"] == pytest.approx(log_two - ANCHOR * sum(chosen) / tokens, rel=1e-4)


def test_preference_loss_is_the_closed_form(base: Path, tmp_path: Path) -> None:
    worn = worn_on(base, stirred=True)
    rows = [
        {
            "prompt_ids": list(p.prompt),
            "chosen_ids": list(p.chosen),
            "rejected_ids": list(p.rejected),
        }
        for p in PAIRS
    ]
    arguments = DPOConfig(
        str(tmp_path), beta=BETA, report_to="none", use_cpu=True, bf16=False, max_length=None,
        gradient_checkpointing=False,
    )  # fmt: skip
    trainer = _DpoTrainer(
        model=worn, args=arguments, train_dataset=Dataset.from_list(rows),
        processing_class=open_tokenizer(base),
    )  # fmt: skip
    stir(worn, "default", seed=2)  # the frozen copy was taken before
    terms = []
    for one in PAIRS:
        gains = []
        for said in (one.chosen, one.rejected):
            worn.set_adapter("ref")
            before = log_probability(worn, one.prompt, said)
            worn.set_adapter("default")
            gains.append(log_probability(worn, one.prompt, said) - before)
        assert abs(gains[0] - gains[1]) > 0.01
        terms.append(-float(logsigmoid(torch.tensor(BETA * (gains[0] - gains[1])))))
    batch = trainer.data_collator([trainer.train_dataset[at] for at in range(2)])
    worn.train(False)
    loss = trainer.compute_loss(worn, dict(batch)).item()
    assert loss == pytest.approx(sum(terms) / len(terms), rel=1e-4)


def test_the_frozen_copy_is_the_supervised_adapter_to_the_end(base: Path, tmp_path: Path) -> None:
    worn = worn_on(base, stirred=True)
    before = {n: p.clone() for n, p in worn.named_parameters() if ".default." in n}
    preset = replace(STILL, dpo=replace(STILL.dpo, learning_rate=1e-2, epochs=2))
    signs: list[Sign] = []
    steps = train_dpo(
        worn, open_tokenizer(base), PAIRS * 2, preset, place_in(tmp_path, "dpo", signs)
    )
    assert [step["step"] for step in steps] == [1, 2]
    assert {sign.steps for sign in signs} == {2}
    assert signs[-1].loss == pytest.approx(steps[-1]["loss"])
    after = dict(worn.named_parameters())
    for name, parameter in before.items():
        assert torch.equal(after[name.replace(".default.", ".ref.")], parameter)
    assert any(not torch.equal(after[name], parameter) for name, parameter in before.items())


def test_rows_that_do_not_fit_at_once_are_added_up(base: Path, tmp_path: Path) -> None:
    losses = []
    for rows in (4, 2):  # both pairs at once, or one after the other
        worn = worn_on(base, stirred=True)
        preset = replace(
            STILL,
            dpo=replace(STILL.dpo, learning_rate=1e-2, anchor=0.0, epochs=2),
            machine=replace(STILL.machine, rows=rows),
        )
        place = place_in(tmp_path / str(rows), "dpo")
        steps = train_dpo(worn, open_tokenizer(base), PAIRS * 2, preset, place)
        losses.append([step["loss"] for step in steps])
    assert losses[0][1] < losses[0][0]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


def test_a_torn_checkpoint_is_removed(tmp_path: Path) -> None:
    for step in (9, 10, 11):
        (tmp_path / f"checkpoint-{step}").mkdir()
    (tmp_path / "checkpoint-9" / "trainer_state.json").write_text("{}")
    (tmp_path / "checkpoint-10" / "trainer_state.json").write_text('{"glob')
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-9"
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-9"]
    assert last_checkpoint(tmp_path / "nowhere") is None


def test_what_cannot_be_tuned_is_told(base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot load base model"):
        load_base(tmp_path, Machine())
    with pytest.raises(InputError, match="none of the layers"):
        with_fresh_lora(torch.nn.Sequential(), Lora(), base, 0)  # type: ignore[arg-type]
