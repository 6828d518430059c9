"""An adapter on disk: found, checked, and named by the hash of its content."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from personas.errors import InputError, nearest
from personas.tensorfile import TensorFile, TensorInfo, open_tensors

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
CARD = "card.json"
MAX_RANK = 64
TARGETS = frozenset(
    {
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
        "qkv_proj", "gate_up_proj", "out_proj", "fc1", "fc2",
        "query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h",
    }
)  # fmt: skip
"""Linear layers that an adapter may change, by the last part of their name."""
FLOATS = frozenset({"F32", "F16", "BF16"})
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
UNSUPPORTED = (
    "bias", "lora_bias", "fan_in_fan_out", "modules_to_save", "rank_pattern", "alpha_pattern",
    "layer_replication", "target_parameters", "trainable_token_indices",
    "alora_invocation_tokens", "arrow_config", "kasa_config", "monteclora_config",
    "use_bdlora", "use_dora", "use_qalora", "velora_config",
)  # fmt: skip
"""Kinds of LoRA that change more than two matrices a layer: not every engine can serve them."""

_TENSOR = re.compile(r"base_model\.model\.(?P<layer>.+)\.lora_(?P<side>[AB])\.weight")


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter that has passed every check of `load_adapter`."""

    fingerprint: str
    """Hash of weights and configuration; two adapters with one fingerprint are the same."""
    folder: Path
    """Where adapter_config.json and adapter_model.safetensors lie."""
    base: str
    """Content hash of the base model that it was trained on (`personas.identity`); empty when
    no card.json says so, and only the shapes vouch for it."""
    rank: int
    """LoRA rank r."""


def fingerprint_of(folder: Path) -> str:
    """The name of an adapter by its content: its weights and its configuration.

    The configuration counts as canonical JSON, so the order of its keys does not matter. The
    card, which says how the adapter came about, does not count.

    Returns:
        32 hexadecimal digits (128 bits of BLAKE2b).

    Raises:
        InputError: A file is missing or the configuration is not JSON.
    """
    config = json.dumps(_read_json(folder / CONFIG), sort_keys=True, separators=(",", ":"))
    try:
        weights = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read {folder / WEIGHTS}: {error.strerror}; train the adapter again"
        ) from error
    digest = hashlib.blake2b(digest_size=16)
    for raw in (config.encode(), weights):
        digest.update(b"%d:" % len(raw))
        digest.update(raw)
    return digest.hexdigest()


def load_adapter(folder: Path, base: str | None) -> Adapter:
    """Checks everything about an adapter before any tensor library opens it.

    Args:
        folder: Holds adapter_config.json, adapter_model.safetensors and, when it comes from us,
            card.json.
        base: Content hash of the base model that will wear it; None skips that check.

    Returns:
        The adapter under its fingerprint. Nothing is loaded yet.

    Raises:
        InputError: Naming the file and the remedy: a missing, pickled, linked-away, truncated
            or non-finite file, an unsupported kind of adapter, or another base.
    """
    _check_folder(folder)
    config = _read_json(folder / CONFIG)
    rank, targets = _check_config(folder / CONFIG, config)
    _check_weights(open_tensors(folder / WEIGHTS), rank, targets)
    trained_on = _base_of(folder / CARD)
    if base and trained_on and trained_on != base:
        raise InputError(
            f"adapter {folder} was trained on base {trained_on[:12]}, this run uses base "
            f"{base[:12]}; run on its own base, or train the persona again on this one"
        )
    return Adapter(fingerprint_of(folder), folder, trained_on, rank)


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter as peft saves it, of no persona of ours."""
    return (folder / CONFIG).is_file() and not (folder / "persona.toml").exists()


def check_fits(adapter: Adapter, model_folder: Path) -> None:
    """Compares the shapes of an adapter with the layers of a base model; reads headers alone.

    For an adapter without a card this is all that vouches for its base. A base whose weights are
    stored quantised is not compared: its files no longer hold the layers' shapes, and the engine
    that loads it must check.

    Args:
        adapter: As `load_adapter` returned it.
        model_folder: A base model in the Hugging Face layout, weights as safetensors.

    Raises:
        InputError: A layer is missing from the base or has another shape; names the tensor, its
            shape and what the base has.
    """
    if _read_json(model_folder / "config.json").get("quantization_config"):
        return
    shapes = _layer_shapes(model_folder)
    file = open_tensors(adapter.folder / WEIGHTS)
    for name, info in file.tensors.items():
        match = _TENSOR.fullmatch(name)
        assert match is not None  # load_adapter has seen to it
        shape = _shape_of(match["layer"], shapes)
        if shape is None:
            close = get_close_matches(match["layer"], shapes, n=1, cutoff=0.0)
            raise InputError(
                f"{file.path}: tensor {name!r} is on no layer of {model_folder}, the nearest is "
                f"{close[0] if close else 'none'}; give the --model it was trained on"
            )
        outputs, inputs = shape
        wanted = (adapter.rank, inputs) if match["side"] == "A" else (outputs, adapter.rank)
        if info.shape != wanted:
            raise InputError(
                f"{file.path}: tensor {name!r} has shape {info.shape}, but the layer of "
                f"{model_folder} takes {inputs} numbers and gives {outputs}; give the --model it "
                "was trained on"
            )


def _layer_shapes(model_folder: Path) -> dict[str, tuple[int, int]]:
    """(outputs, inputs) of every matrix of a base model, by the path of its layer."""
    return {
        name.removesuffix(".weight"): (info.shape[0], info.shape[1])
        for path in sorted(model_folder.glob("*.safetensors"))
        for name, info in open_tensors(path).tensors.items()
        if name.endswith(".weight") and len(info.shape) == 2
    }


def _shape_of(layer: str, shapes: Mapping[str, tuple[int, int]]) -> tuple[int, int] | None:
    """The shape of a layer; files may leave out or add the outermost names of its path."""
    if layer in shapes:
        return shapes[layer]
    found = {
        shape
        for name, shape in shapes.items()
        if name.endswith(f".{layer}") or layer.endswith(f".{name}")
    }
    return found.pop() if len(found) == 1 else None


def _check_folder(folder: Path) -> None:
    """Only plain files that really lie inside the folder, and no pickled weights."""
    if not folder.is_dir():
        raise InputError(f"adapter folder {folder} does not exist; check the path")
    home = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if not path.resolve().is_relative_to(home):
            raise InputError(f"{path} links outside its adapter folder; replace it by a copy")
        if path.stem == "adapter_model" and path.suffix in PICKLED:
            raise InputError(
                f"{path} holds pickled weights, which can run code when loaded; "
                f"convert it to {WEIGHTS} and remove it"
            )
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise InputError(f"adapter folder {folder} has no {name}; train the adapter again")


def _check_config(path: Path, config: dict[str, object]) -> tuple[int, frozenset[str]]:
    """Rank and target modules of a plain LoRA configuration."""
    kind, rank, targets = (config.get(key) for key in ("peft_type", "r", "target_modules"))
    if kind != "LORA":
        raise InputError(f"{path}: peft_type must be 'LORA', got {kind!r}; train a LoRA adapter")
    if type(rank) is not int or not 1 <= rank <= MAX_RANK:
        raise InputError(f"{path}: r must be an integer from 1 to {MAX_RANK}, got {rank!r}")
    if not isinstance(targets, list) or not targets:
        raise InputError(f"{path}: target_modules must list module names, got {targets!r}")
    for name in targets:
        if name not in TARGETS:
            raise InputError(f"{path}: target module {name!r}; {nearest(str(name), TARGETS)}")
    for field in UNSUPPORTED:
        if config.get(field) and config[field] != "none":
            raise InputError(
                f"{path}: {field} = {config[field]!r} cannot be served; train without it"
            )
    return rank, frozenset(targets)


def _check_weights(file: TensorFile, rank: int, targets: frozenset[str]) -> None:
    """Every tensor is one half of a pair on a target, of this rank, and finite."""
    pairs: dict[str, set[str]] = {}
    for name, info in file.tensors.items():
        match = _TENSOR.fullmatch(name)
        if match is None or match["layer"].rpartition(".")[2] not in targets:
            raise InputError(f"{file.path}: tensor {name!r} is on no target of {CONFIG}")
        pairs.setdefault(match["layer"], set()).add(match["side"])
        _check_shape(file.path, name, info, rank, match["side"])
        if not _finite(info.dtype, file.read(name)):
            raise InputError(f"{file.path}: tensor {name!r} holds NaN or infinity; train it again")
    for layer, sides in pairs.items():
        if len(sides) != 2:
            raise InputError(f"{file.path}: layer {layer!r} lacks lora_A or lora_B; copy it again")
    idle = targets - {layer.rpartition(".")[2] for layer in pairs}
    if idle:
        raise InputError(f"{file.path}: no tensor for target {sorted(idle)[0]!r} of {CONFIG}")


def _check_shape(path: Path, name: str, info: TensorInfo, rank: int, side: str) -> None:
    """A is (rank, inputs), B is (outputs, rank), both of floats."""
    if info.dtype not in FLOATS:
        raise InputError(f"{path}: tensor {name!r} is {info.dtype}; save as F32, F16 or BF16")
    if len(info.shape) != 2 or info.shape["AB".index(side)] != rank:
        raise InputError(f"{path}: tensor {name!r} has shape {info.shape}, r in {CONFIG} is {rank}")


def _finite(dtype: str, raw: bytes) -> bool:
    """Whether all numbers are finite; BF16 is the upper half of an F32."""
    if dtype == "BF16":
        wide = np.frombuffer(raw, "<u2").astype("<u4") << 16
        return bool(np.isfinite(wide.view("<f4")).all())
    return bool(np.isfinite(np.frombuffer(raw, "<f4" if dtype == "F32" else "<f2")).all())


def _base_of(card: Path) -> str:
    """The base that the card names, or an empty string where there is no card."""
    if not card.is_file():
        return ""
    base = _read_json(card).get("base")
    if not isinstance(base, str) or not base:
        raise InputError(f"{card}: base must be the identity of a base model, got {base!r}")
    return base


def _read_json(path: Path) -> dict[str, object]:
    """An object from a JSON file."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror}; train the adapter again"
        ) from error
    except ValueError as error:
        raise InputError(f"{path} is not valid JSON; copy or train the adapter again") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} must hold a JSON object; copy or train the adapter again")
    return content
