"""Many LoRA adapters on one model, each row of a batch with its own.

Every target layer multiplies the rows by their adapters' stacked matrices in two batched
products. peft's mixed batches loop over the adapters instead: `bench/embedded.py` has both.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import pad

from personas.adapter import CONFIG, TARGETS, WEIGHTS, Adapter, fingerprint_of
from personas.errors import EngineError, InputError

Pair = tuple[Tensor, Tensor]
"""What one adapter does to one layer: down (inputs, rank) and up (rank, outputs), scaled."""


class LoraLinear(nn.Module):
    """A linear layer that adds to each row what the row's adapter says."""

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.base = base
        self.worn: Pair | None = None
        """One pair for all rows, or down (rows, inputs, rank) and up (rows, rank, outputs) for
        each; None: no adapter at work."""

    def forward(self, x: Tensor) -> Tensor:
        """Maps (rows, tokens, inputs) to (rows, tokens, outputs)."""
        y: Tensor = self.base(x)
        if self.worn is None:
            return y
        down, up = self.worn
        if down.dim() == 2:
            y.view(-1, up.shape[1]).addmm_(x.reshape(-1, down.shape[0]) @ down, up)
            return y
        return y.baddbmm_(torch.bmm(x, down), up)


class AdapterBank:
    """The adapters that one model wears, by fingerprint; an empty name is the bare base."""

    def __init__(self, model: nn.Module) -> None:
        self._layers = _wrap_targets(model)
        self._pairs: dict[str, dict[str, Pair]] = {}
        self._mixed: tuple[str, ...] = ()
        self._stacks: dict[str, Pair | None] = {}

    def load(self, adapter: Adapter) -> None:
        """Brings an adapter's weights into memory, unless they are there.

        Raises:
            EngineError: The files are not what was checked, or do not fit the model.
        """
        if adapter.fingerprint in self._pairs:
            return
        try:
            if fingerprint_of(adapter.folder) != adapter.fingerprint:
                raise EngineError(
                    f"adapter {adapter.folder} has changed since it was checked; start again"
                )
            self._pairs[adapter.fingerprint] = self._read(adapter.folder)
        except (InputError, SafetensorError, OSError) as error:
            raise EngineError(f"cannot load adapter {adapter.folder}: {error}") from error

    def wear(self, names: Sequence[str]) -> None:
        """Gives row i of the next forward the adapter `names[i]`; each is loaded or empty."""
        if len(set(names)) == 1:
            pairs = self._pairs[names[0]] if names[0] else {}
            for path, layer in self._layers.items():
                layer.worn = pairs.get(path)
            return
        if tuple(names) != self._mixed:  # prompts are read in between: keep the batch's stacks
            self._mixed = tuple(names)
            self._stacks = {path: self._stack(path) for path in self._layers}
        for path, layer in self._layers.items():
            layer.worn = self._stacks[path]

    def _stack(self, path: str) -> Pair | None:
        """The rows' matrices of one layer; a row without an adapter there gets zeros."""
        pairs = [self._pairs[name].get(path) if name else None for name in self._mixed]
        rank = max((pair[0].shape[1] for pair in pairs if pair), default=0)
        if rank == 0:
            return None
        base = self._layers[path].base
        nothing = (
            base.weight.new_zeros(base.in_features, rank),
            base.weight.new_zeros(rank, base.out_features),
        )
        full = [_widen(pair, rank) if pair else nothing for pair in pairs]
        return torch.stack([down for down, _ in full]), torch.stack([up for _, up in full])

    def _read(self, folder: Path) -> dict[str, Pair]:
        """The adapter's matrices by the path of their layer, in the model's number format."""
        scale, tensors = _scale(folder), load_file(folder / WEIGHTS)
        pairs: dict[str, Pair] = {}
        for name in sorted(tensors):
            path, _, side = name.removeprefix("base_model.model.").rpartition(".lora_")
            layer = self._layers.get(path)
            if layer is None:
                raise EngineError(f"adapter {folder}: the base model has no linear layer {path!r}")
            if side == "A.weight":
                up = tensors[name.replace(".lora_A.", ".lora_B.")]
                pairs[path] = _fit(layer.base, tensors[name].T, up.T * scale, f"{folder}: {path}")
        return pairs


def _wrap_targets(model: nn.Module) -> dict[str, LoraLinear]:
    """Replaces every linear layer that an adapter may change; returns them by path."""
    found = [
        (path, module)
        for path, module in model.named_modules()
        if isinstance(module, nn.Linear) and path.rpartition(".")[2] in TARGETS
    ]
    layers = {path: LoraLinear(module) for path, module in found}
    for path, layer in layers.items():
        parent, _, name = path.rpartition(".")
        setattr(model.get_submodule(parent), name, layer)
    return layers


def _fit(base: nn.Linear, down: Tensor, up: Tensor, where: str) -> Pair:
    """The pair on the layer's device and in its number format, if the shapes agree."""
    if down.shape[0] != base.in_features or up.shape[1] != base.out_features:
        raise EngineError(
            f"adapter {where} maps {down.shape[0]} to {up.shape[1]} numbers, the base model "
            f"{base.in_features} to {base.out_features}; use the base it was trained on"
        )
    return down.to(base.weight).contiguous(), up.to(base.weight).contiguous()


def _widen(pair: Pair, rank: int) -> Pair:
    """The same map with zeros up to `rank`, so that pairs of several ranks can be stacked."""
    missing = rank - pair[0].shape[1]
    return pair if not missing else (pad(pair[0], (0, missing)), pad(pair[1], (0, 0, 0, missing)))


def _scale(folder: Path) -> float:
    """LoRA's factor: alpha / r, or alpha / sqrt(r) when the adapter is rank-stabilised."""
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    alpha, rank = float(config.get("lora_alpha", 8)), int(config["r"])
    return alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
