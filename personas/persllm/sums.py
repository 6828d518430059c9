"""What a card says of files and of steps: hashes, and means over the first and last steps."""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from personas.errors import InputError

if TYPE_CHECKING:
    from personas.persllm.trainers import Step


def in_sum(steps: Sequence["Step"]) -> dict[str, object]:
    """What the steps come to: means over their first and last quarter, at most twenty of them.

    A single step would tell of its rows more than of the course: those of one length are together.
    """
    few = min(20, max(1, len(steps) // 4))
    first, last = steps[:few], steps[-few:]
    sums: dict[str, object] = {
        "steps": int(steps[-1]["step"]),
        "seconds": steps[-1]["seconds"],
        "loss_first": round(sum(one["loss"] for one in first) / few, 4),
    }
    for name in ("loss", "accuracy", "margin"):
        if name in steps[-1]:
            sums[f"{name}_last"] = round(sum(one[name] for one in last) / few, 4)
    return sums


def file_hash(path: Path) -> str:
    """32 hexadecimal digits of a file's content."""
    try:
        return blake2b(path.read_bytes(), digest_size=16).hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; check the path") from None
