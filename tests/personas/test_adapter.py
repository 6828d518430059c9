import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from personas.adapter import CARD, CONFIG, WEIGHTS, check_fits, fingerprint_of, load_adapter
from personas.errors import InputError
from personas.identity import base_identity
from tests.tiny import tiny_adapter, tiny_model

LAYER = "base_model.model.model.layers.0.self_attn.q_proj"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    home = tmp_path_factory.mktemp("adapter")
    base = tiny_model(home / "base")
    tiny_adapter(home / "adapter", base, seed=1)
    return home / "adapter", base


@pytest.fixture
def folder(made: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(made[0], tmp_path / "copy"))


def set_config(folder: Path, **fields: object) -> None:
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps({**config, **fields}))


def set_tensors(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS)


def test_a_sound_adapter_is_described(made: tuple[Path, Path]) -> None:
    folder, base = made
    adapter = load_adapter(folder, base_identity(base))
    assert adapter.rank == 4
    assert adapter.base == base_identity(base)
    assert adapter.fingerprint == fingerprint_of(folder)
    assert len(adapter.fingerprint) == 32


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_read(folder: Path, dtype: torch.dtype) -> None:
    set_tensors(folder, lambda t: t.update({k: v.to(dtype) for k, v in t.items()}))
    assert load_adapter(folder, None).rank == 4


def test_the_fingerprint_knows_weights_and_configuration(folder: Path) -> None:
    first = fingerprint_of(folder)
    set_config(folder, lora_alpha=99)
    second = fingerprint_of(folder)
    set_tensors(folder, lambda t: t[f"{LAYER}.lora_A.weight"].mul_(2))
    assert len({first, second, fingerprint_of(folder)}) == 3


def test_the_fingerprint_ignores_the_order_of_keys_and_the_card(folder: Path) -> None:
    first = fingerprint_of(folder)
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(dict(reversed(config.items())), indent=7))
    (folder / CARD).unlink()
    assert fingerprint_of(folder) == first


def test_without_a_card_the_base_is_unknown(folder: Path) -> None:
    (folder / CARD).unlink()
    assert load_adapter(folder, "0" * 32).base == ""


def test_another_base_is_refused_naming_both(folder: Path, made: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match=f"{base_identity(made[1])[:12]}.*{'0' * 12}.*own base"):
        load_adapter(folder, "0" * 32)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"peft_type": "IA3"}, "peft_type must be 'LORA', got 'IA3'"),
        ({"r": 0}, "r must be an integer from 1 to 64, got 0"),
        ({"r": 65}, "got 65"),
        ({"r": "4"}, "got '4'"),
        ({"r": True}, "got True"),
        ({"target_modules": []}, "must list module names"),
        ({"target_modules": ".*proj"}, "must list module names"),
        ({"target_modules": ["q_porj"]}, "did you mean 'q_proj'"),
        ({"target_modules": ["q_proj"]}, "is on no target"),
        ({"use_dora": True}, "use_dora = True cannot be served"),
        ({"bias": "all"}, "bias = 'all' cannot be served"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"r": 8}, "has shape"),
    ],
)
def test_a_wrong_configuration_says_what(
    folder: Path, fields: dict[str, object], says: str
) -> None:
    set_config(folder, **fields)
    with pytest.raises(InputError, match=says):
        load_adapter(folder, None)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.pop(f"{LAYER}.lora_B.weight"), "lacks lora_A or lora_B"),
        (lambda t: t.update({"lm_head.weight": torch.ones(2, 2)}), "'lm_head.weight' is on no"),
        (lambda t: t[f"{LAYER}.lora_A.weight"].view(-1)[3:4].fill_(torch.nan), "NaN or infinity"),
        (lambda t: t[f"{LAYER}.lora_B.weight"].view(-1)[3:4].fill_(torch.inf), "NaN or infinity"),
        (lambda t: t.update({f"{LAYER}.lora_A.weight": torch.ones(4)}), "has shape"),
        (lambda t: t.update({f"{LAYER}.lora_A.weight": torch.ones(5, 32)}), "has shape"),
        (lambda t: t.update({f"{LAYER}.lora_A.weight": torch.ones(4, 32).int()}), "is I32"),
        (lambda t: [t.pop(k) for k in list(t) if "up_proj" in k], "no tensor for target 'up_proj'"),
    ],
)
def test_wrong_weights_say_which(
    folder: Path, change: Callable[[dict[str, torch.Tensor]], object], says: str
) -> None:
    set_tensors(folder, change)
    with pytest.raises(InputError, match=says):
        load_adapter(folder, None)


def test_bfloat16_infinity_is_found(folder: Path) -> None:
    set_tensors(folder, lambda t: t.update({k: (v * torch.inf).bfloat16() for k, v in t.items()}))
    with pytest.raises(InputError, match="NaN or infinity"):
        load_adapter(folder, None)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (CONFIG, b"{", "not valid JSON"),
        (CONFIG, b"[]", "must hold a JSON object"),
        (CONFIG, b"\xff", "not valid JSON"),
        (CONFIG, None, f"has no {CONFIG}"),
        (WEIGHTS, None, f"has no {WEIGHTS}"),
        (WEIGHTS, b"", "cut short"),
        (CARD, b"{}", "base must be"),
        (CARD, b"?", "not valid JSON"),
        ("adapter_model.bin", b"\x80", "pickled weights"),
        ("checkpoint/adapter_model.pt", b"\x80", "pickled weights"),
    ],
)
def test_a_wrong_file_is_named(folder: Path, name: str, content: bytes | None, says: str) -> None:
    path = folder / name
    if content is None:
        path.unlink()
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        load_adapter(folder, "0" * 32)


def test_a_truncated_weight_file_is_refused(folder: Path) -> None:
    raw = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(raw[:-100])
    with pytest.raises(InputError, match="not a whole safetensors file"):
        load_adapter(folder, None)


def test_a_link_out_of_the_folder_is_refused(folder: Path, made: tuple[Path, Path]) -> None:
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).symlink_to(made[0] / WEIGHTS)
    with pytest.raises(InputError, match="links outside its adapter folder"):
        load_adapter(folder, None)


def test_an_adapter_fits_the_base_it_was_made_on(made: tuple[Path, Path]) -> None:
    check_fits(load_adapter(made[0], None), made[1])


def test_a_base_with_other_sizes_is_refused_naming_both(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    adapter = load_adapter(made[0], None)
    wider = tiny_model(tmp_path / "wider", hidden=64, ffn=128)
    says = r"tensor '.*lora_A.weight' has shape \(4, 64\), but .* takes 128 numbers and gives 64"
    with pytest.raises(InputError, match=says):
        check_fits(adapter, wider)
    shorter = tiny_model(tmp_path / "shorter", layers=1)
    says = r"layers\.1\.mlp.*is on no layer of .*, the nearest is model\.layers\.0\.mlp"
    with pytest.raises(InputError, match=says):
        check_fits(adapter, shorter)


def test_the_outermost_names_of_a_layer_may_be_left_out_of_the_files(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    base = Path(shutil.copytree(made[1], tmp_path / "bare"))
    tensors = load_file(base / "model.safetensors")
    save_file({k.removeprefix("model."): v for k, v in tensors.items()}, base / "model.safetensors")
    check_fits(load_adapter(made[0], None), base)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere does not exist"):
        load_adapter(tmp_path / "nowhere", None)
