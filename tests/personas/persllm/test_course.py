"""From data to adapters: complete, checked, worn, the same for one seed, and resumable."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import LlamaForCausalLM

from agents.agent import seat
from agents.engines.embedded import EmbeddedEngine
from agents.prompt import compose
from personas.adapter import check_fits, fingerprint_of, load_adapter
from personas.errors import InputError
from personas.identity import base_identity
from personas.model import Request, Sampling
from personas.modelfolder import open_tokenizer
from personas.orders import alone_in
from personas.persllm.course import Trained, train
from personas.persllm.lessons import pair_lesson
from personas.persllm.parts import Parts
from personas.persllm.trainers import Sign
from personas.persona import load_persona
from personas.rendering import Renderer
from personas.windtunnel.network import wear
from tests.personas.persllm.apprentice import PRESET, QUESTIONS, course_in, pair


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def signs() -> list[Sign]:
    return []


@pytest.fixture(scope="module")
def trained(home: Path, signs: list[Sign]) -> Trained:
    return train(course_in(home), home / "run", signs.append)


def card_of(adapter: Path) -> dict:
    return json.loads((adapter / "card.json").read_text())


def test_both_phases_are_published_and_the_last_is_in_use(home: Path, trained: Trained) -> None:
    assert trained.dpo is not None
    assert trained.final == trained.dpo != trained.sft
    stage = load_persona(home / "ada", base_identity(home / "base")).stage("late")
    assert stage.adapter is not None
    assert stage.adapter.folder == trained.final
    for adapter in (trained.sft, trained.dpo):
        assert adapter.name == fingerprint_of(adapter)
        assert sorted(path.name for path in adapter.iterdir()) == [
            "adapter_config.json", "adapter_model.safetensors", "card.json", "loss.png", "loss.svg",
        ]  # fmt: skip
        assert (adapter / "loss.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (adapter / "loss.svg").read_text()


def test_they_pass_every_check_of_an_adapter(home: Path, trained: Trained) -> None:
    adapter = load_adapter(trained.final, base_identity(home / "base"))
    assert adapter.rank == PRESET.lora.rank
    check_fits(adapter, home / "base")
    config = json.loads((trained.final / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "base"
    assert "/" not in json.dumps(config)


def test_preference_tuning_goes_on_from_the_supervised_adapter(trained: Trained) -> None:
    before, after = (
        load_file(one / "adapter_model.safetensors") for one in (trained.sft, trained.final)
    )
    assert before.keys() == after.keys()
    moved = [float((after[name] - before[name]).abs().max()) for name in before]
    assert max(moved) > 1e-3
    fresh = [float(tensor.abs().max()) for name, tensor in before.items() if "lora_B" in name]
    assert min(fresh) > 0  # which is what a layer begins at


async def test_a_seat_wears_it(home: Path, trained: Trained) -> None:
    agent = seat(f"{home / 'ada'}@late", base_identity(home / "base"))
    assert agent.adapter is not None
    assert agent.adapter.folder == trained.final
    async with EmbeddedEngine(home / "base", dtype="float32") as engine:
        reply = await engine.generate(
            Request(compose(agent, []), agent.adapter, Sampling(max_tokens=4), 0)
        )
    assert reply.new_tokens > 0


def test_the_course_is_told_step_by_step(signs: list[Sign], trained: Trained) -> None:
    # eight own conversations twice and two general ones are 18 rows, 4 a step; 8 pairs, 2 a step
    assert [sign.step for sign in signs if sign.phase == "sft"] == [0, 1, 2, 3, 4, 5]
    assert [sign.step for sign in signs if sign.phase == "dpo"] == [0, 1, 2, 3, 4]


def test_both_phases_learn(trained: Trained) -> None:
    card = card_of(trained.final)
    assert card["sft"]["loss_last"] < card["sft"]["loss_first"]
    assert card["dpo"]["loss_first"] == pytest.approx(
        0.6931 + PRESET.dpo.anchor * chosen_loss(trained), rel=0.02
    )
    assert card["dpo"]["accuracy_last"] > 0.5


def chosen_loss(trained: Trained) -> float:
    """Nats per token of "Yes, I do." after a question, by the supervised adapter."""
    base = trained.sft.parents[3] / "base"
    network = wear(LlamaForCausalLM.from_pretrained(base), trained.sft)
    renderer = Renderer(open_tokenizer(base))
    losses = []
    for asked in QUESTIONS:
        row = pair_lesson("Ada Lind", pair(0, asked, "Yes, I do.", "I cannot say."), renderer)
        with torch.no_grad():
            logs = network(torch.tensor([[*row.prompt, *row.chosen]])).logits[0].log_softmax(-1)
        places = range(len(row.prompt) - 1, len(row.prompt) + len(row.chosen) - 1)
        said = [float(logs[at, token]) for at, token in zip(places, row.chosen, strict=True)]
        losses.append(-sum(said) / len(said))
    return sum(losses) / len(losses)


def test_the_card_says_what_was_done(home: Path, trained: Trained) -> None:
    card = card_of(trained.final)
    assert (card["persona"], card["stages"]) == ("Ada Lind", ["late"])
    assert (card["method"], card["after"]) == ("PersLLM: SFT + DPO", trained.sft.name)
    assert card["base"] == base_identity(home / "base")
    assert (card["command"], card["seed"]) == ("by hand", 0)
    assert card["preset"]["sft"]["batch"] == 4
    assert set(card["data"]) == {"train.jsonl", "preferences.jsonl", "general.jsonl", "mix.json"}
    sft, dpo = card["sft"], card["dpo"]
    assert (sft["own_conversations"], sft["general_conversations"]) == (8, 2)
    assert (sft["rows"], sft["steps"], sft["left_out"]) == (18, 5, 0)
    # ten training items of ten wanted: full strength, and the other stage's pair is not used
    assert (dpo["strength"], dpo["pairs"], dpo["steps"]) == (1.0, 8, 4)
    assert sum(share["used"] for share in dpo["mix"]) == 8
    assert {share["negative"] for share in dpo["mix"]} == {"assistant", "other stage"}
    first = card_of(trained.sft)
    assert first["method"] == "PersLLM: SFT"
    assert "dpo" not in first
    assert str(home) not in json.dumps(card)


def test_a_second_call_does_nothing_again(home: Path, trained: Trained) -> None:
    signs: list[Sign] = []
    assert train(course_in(home), home / "run", signs.append) == trained
    assert signs == []


def test_nothing_but_the_finished_phases_stays_in_the_folder(home: Path, trained: Trained) -> None:
    for phase in ("sft", "dpo"):
        assert [path.name for path in (home / "run" / phase).iterdir()] == ["done"]
    assert not [path for path in home.rglob("*") if path.suffix in (".bin", ".pt", ".pth")]


class StoppedError(Exception):
    """Raised in the middle of a training."""


@pytest.mark.parametrize(("phase", "step"), [("sft", 1), ("sft", 3), ("dpo", 1), ("dpo", 3)])
def test_a_broken_course_goes_on_to_the_same_adapters(
    tmp_path: Path, trained: Trained, phase: str, step: int
) -> None:
    def stop(sign: Sign) -> None:
        if (sign.phase, sign.step) == (phase, step):
            raise StoppedError

    with pytest.raises(StoppedError):
        train(course_in(tmp_path), tmp_path / "run", stop)
    signs: list[Sign] = []
    again = train(course_in(tmp_path), tmp_path / "run", signs.append)
    assert again.dpo is not None
    assert trained.dpo is not None
    assert (again.sft.name, again.dpo.name) == (trained.sft.name, trained.dpo.name)
    saved = step // 2 * 2 - (step % 2 == 0) * 2  # checkpoints follow steps 2 and 4
    assert (signs[0].phase, signs[0].step) == (phase, max(0, saved))
    steps = card_of(again.final)[phase]
    assert steps["steps"] == card_of(trained.final)[phase]["steps"]
    assert steps["loss_first"] == card_of(trained.final)[phase]["loss_first"]


def test_another_seed_gives_another_adapter(tmp_path: Path, trained: Trained) -> None:
    other = train(course_in(tmp_path, seed=1), tmp_path / "run")
    assert other.sft.name != trained.sft.name


def test_another_order_is_refused(home: Path, trained: Trained) -> None:
    other = replace(PRESET, sft=replace(PRESET.sft, batch=2))
    with pytest.raises(InputError, match=r"preset\.sft\.batch 4, got 2; choose another folder"):
        train(course_in(home, preset=other), home / "run")


def test_two_processes_never_share_a_folder(home: Path, trained: Trained) -> None:
    with alone_in(home / "run"), pytest.raises(InputError, match="in use by another process"):
        train(course_in(home), home / "run")


def test_preference_tuning_can_be_left_out(tmp_path: Path, trained: Trained) -> None:
    alone = replace(PRESET, dpo=replace(PRESET.dpo, epochs=0))
    made = train(course_in(tmp_path, preset=alone), tmp_path / "run")
    assert made.dpo is None
    assert made.final.name == trained.sft.name
    assert (made.final.parent / "CURRENT").read_text() == made.final.name + "\n"


def test_general_instructions_of_ones_own_are_mixed_in(tmp_path: Path) -> None:
    (tmp_path / "chores.jsonl").write_text('{"prompt": "Add 1 and 2.", "reference": "3."}\n')
    only_sft = replace(PRESET, dpo=replace(PRESET.dpo, epochs=0))
    course = replace(course_in(tmp_path, preset=only_sft), general=tmp_path / "chores.jsonl")
    card = card_of(train(course, tmp_path / "run").final)
    assert (card["sft"]["general_conversations"], card["sft"]["rows"]) == (3, 19)
    assert "general" in card["data"]


def test_what_lacks_a_part_of_the_method_is_published_but_not_in_use(tmp_path: Path) -> None:
    only_sft = replace(PRESET, dpo=replace(PRESET.dpo, epochs=0), parts=Parts(general=False))
    made = train(course_in(tmp_path, preset=only_sft), tmp_path / "run")
    card = card_of(made.final)
    assert (card["sft"]["general_conversations"], card["sft"]["rows"]) == (0, 16)
    assert card["preset"]["parts"]["general"] is False
    assert not (made.final.parent / "CURRENT").exists()


@pytest.mark.parametrize("four_bit", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_half_numbers_and_recomputed_activations_give_nearly_the_same_losses(
    tmp_path: Path, trained: Trained, four_bit: bool
) -> None:
    if four_bit:
        pytest.importorskip("bitsandbytes", reason="the extra four-bit is not installed")
    machine = replace(PRESET.machine, numbers="bfloat16", recompute=True, four_bit=four_bit)
    card = card_of(
        train(course_in(tmp_path, replace(PRESET, machine=machine)), tmp_path / "run").final
    )
    for phase in ("sft", "dpo"):
        whole = card_of(trained.final)[phase]["loss_first"]
        assert card[phase]["loss_first"] == pytest.approx(whole, rel=0.2 if four_bit else 0.05)
        assert card[phase]["loss_last"] < card[phase]["loss_first"]


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    course = course_in(tmp_path)
    early = replace(course, stage=course.persona.stage("early"))
    (course.data / "train.jsonl").write_text("")
    with pytest.raises(InputError, match="no item of stage 'early'"):
        train(early, tmp_path / "run")
    with pytest.raises(InputError, match=r"train\.jsonl cannot be read"):
        train(replace(course, data=tmp_path), tmp_path / "other")
