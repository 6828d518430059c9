"""An adapter on disk: found, checked, and named by the hash of its content."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter that has passed every check of `load_adapter`."""

    fingerprint: str
    """Hash of weights and configuration; two adapters with one fingerprint are the same."""
    folder: Path
    """Where adapter_config.json and adapter_model.safetensors lie."""
    base: str
    """Content hash of the base model that it was trained on (`personas.identity`)."""
    rank: int
    """LoRA rank r."""
