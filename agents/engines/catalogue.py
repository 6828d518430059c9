"""Engines by name. Nothing heavy is imported before an engine is opened."""

from pathlib import Path
from typing import TYPE_CHECKING, Union

from agents.engines.scripted import ScriptedEngine
from personas.errors import InputError, nearest

if TYPE_CHECKING:
    from agents.engines.embedded import EmbeddedEngine

ENGINES = ("embedded", "scripted")
"""``embedded``: transformers in this process. ``scripted``: a Python function."""

WIND_TUNNEL = Path(__file__).parents[2] / "personas" / "windtunnel" / "base"
"""The small model that ships with the project."""


def open_engine(name: str, model: Path = WIND_TUNNEL) -> Union["EmbeddedEngine", ScriptedEngine]:
    """An engine, ready to answer.

    Args:
        name: One of `ENGINES`.
        model: Folder of a local causal language model in the Hugging Face layout.

    Raises:
        InputError: No engine has that name, or the model's folder is not there.
    """
    if name not in ENGINES:
        raise InputError(f"unknown engine {name!r}: {nearest(name, ENGINES)}")
    if name == "scripted":
        return ScriptedEngine()
    from agents.engines.embedded import EmbeddedEngine

    return EmbeddedEngine(model)
