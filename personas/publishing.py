"""Trained weights become an adapter: named by its content, in its place whole or not at all."""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from personas.adapter import CARD, CONFIG, fingerprint_of

CURRENT = "CURRENT"
"""The file that names the adapter in use, beside the adapters' folders."""


def publish(
    save: Callable[[Path], None],
    card: Mapping[str, object],
    adapters: Path,
    base_name: str,
    *,
    current: bool = True,
    attach: Callable[[Path], None] = lambda folder: None,
) -> Path:
    """Saves into a folder of no name, then moves it to the one that its content gives.

    Args:
        save: Writes adapter_config.json and adapter_model.safetensors into a folder, as peft does.
        card: Written as card.json.
        adapters: Folder that will hold ``<fingerprint>/``.
        base_name: What the configuration calls the base; the card holds its identity.
        current: Whether the file ``CURRENT`` beside it names this adapter from now on.
        attach: Writes whatever else belongs beside the weights, such as pictures.

    Returns:
        The adapter's folder, complete.
    """
    adapters.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=adapters, prefix=".partial-") as workplace:
        partial = Path(workplace) / "adapter"
        save(partial)
        (partial / "README.md").unlink(missing_ok=True)
        _settle_config(partial / CONFIG, base_name)
        attach(partial)
        (partial / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8")
        final = adapters / fingerprint_of(partial)
        if not final.exists():
            partial.rename(final)
    if current:
        point_at(final)
    return final


def point_at(adapter: Path) -> None:
    """Makes an adapter the one in use in its folder."""
    pointer = adapter.parent / f".{CURRENT}.partial"
    pointer.write_text(adapter.name + "\n")
    pointer.replace(adapter.parent / CURRENT)


def _settle_config(path: Path, base_name: str) -> None:
    """Rewrites the configuration in one fixed order: peft writes sets in whatever order."""
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = base_name
    config["target_modules"] = sorted(config["target_modules"])
    path.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
