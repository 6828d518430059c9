"""Engines by name. Nothing heavy is imported before an engine is opened."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Union

from agents.engines.scripted import ScriptedEngine
from agents.engines.serverspec import ServerSpec
from personas.adapter import Adapter
from personas.errors import InputError, nearest

if TYPE_CHECKING:
    from agents.engines.embedded import EmbeddedEngine
    from agents.engines.server import ServerEngine
    from agents.engines.vllm_engine import VllmEngine

ENGINES = ("embedded", "scripted", "server", "vllm")
"""``embedded``: transformers in this process. ``scripted``: a Python function. ``server``: vLLM
servers over HTTP. ``vllm``: vLLM in this process."""

WIND_TUNNEL = Path(__file__).parents[2] / "personas" / "windtunnel" / "base"
"""The small model that ships with the project."""

Engine = Union["EmbeddedEngine", "ServerEngine", "VllmEngine", ScriptedEngine]
"""Any of them: a model that is greeted by `async with`."""


def open_engine(
    name: str,
    model: Path = WIND_TUNNEL,
    servers: Sequence[str] = (),
    adapters: Sequence[Adapter] = (),
    bounds: ServerSpec | None = None,
) -> Engine:
    """An engine, ready to answer inside `async with`.

    Args:
        name: One of `ENGINES`.
        model: Folder of a local causal language model in the Hugging Face layout.
        servers: Addresses for the engine ``server``; the others take none. The environment's
            VLLM_API_KEY is the key that those servers ask for.
        adapters: Those that will be worn: the engine ``vllm`` is started for as many, and as
            large ones; the others take them as they come.
        bounds: How hard and how patiently the engine ``server`` may use its servers.

    Raises:
        EngineError: The engine needs a package that is not installed.
        InputError: No engine has that name, the model's folder is not there, or servers are
            missing or given to another engine.
    """
    if name not in ENGINES:
        raise InputError(f"unknown engine {name!r}: {nearest(name, ENGINES)}")
    if servers and name != "server":
        raise InputError(
            f"server is for the engine server, got engine {name!r}: add --engine server"
        )
    if name == "scripted":
        return ScriptedEngine()
    if name == "server":
        from agents.engines.server import ServerEngine

        key = os.environ.get("VLLM_API_KEY", "")
        return ServerEngine(model, servers, replace(bounds or ServerSpec(), api_key=key))
    if name == "vllm":
        from agents.engines.vllm_engine import VllmEngine

        return VllmEngine.for_cast(model, adapters)
    from agents.engines.embedded import EmbeddedEngine

    return EmbeddedEngine(model)
