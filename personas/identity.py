"""Which base model this is: a hash of its content, quick enough to ask at every start."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from personas.errors import InputError
from personas.tensorfile import TensorFile, open_tensors

WHOLE_FILE_BYTES = 64 * 2**20
"""Weight files up to this size are hashed whole, larger ones by samples of each tensor."""
SAMPLE_BYTES = 4096
"""Bytes taken at the start, the middle and the end of each tensor of a large file."""
TEXT_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
)
"""Files beside the weights that a reply depends on, hashed whole where present."""

_State = tuple[tuple[str, int, int], ...]
_known: dict[_State, str] = {}


def base_identity(folder: Path) -> str:
    """Content hash of a base model in the Hugging Face layout.

    Covers the configuration, the tokenizer with its chat template, every tensor's name, number
    format and shape, and the weights: all bytes of files up to 64 MiB, else three samples of
    4 KiB a tensor, so that a model of 15 GB takes well under a second. Names of folders do not
    count. Remembered within the process until a file's size or time of change differs.

    Args:
        folder: Holds config.json, a tokenizer and weights as safetensors.

    Returns:
        32 hexadecimal digits (128 bits of BLAKE2b).

    Raises:
        InputError: A file is missing, or the weights are not whole.
    """
    texts, weights = _files(folder)
    state = tuple(_stamp(path) for path in (*texts, *weights))
    if state not in _known:
        _known[state] = _digest(texts, weights)
    return _known[state]


def _files(folder: Path) -> tuple[list[Path], list[Path]]:
    """Text files and weight files, each in a fixed order."""
    if not folder.is_dir():
        raise InputError(f"base model folder {folder} does not exist; check the path")
    texts = [folder / name for name in TEXT_FILES if (folder / name).is_file()]
    names = {path.name for path in texts}
    weights = sorted(folder.glob("*.safetensors"))
    for present, wanted in (
        ("config.json" in names, "config.json"),
        (bool(names & {"tokenizer.json", "tokenizer.model", "vocab.json"}), "tokenizer.json"),
        (bool(weights), "*.safetensors"),
    ):
        if not present:
            raise InputError(
                f"base model folder {folder} has no {wanted}; give a complete Hugging Face model"
            )
    return texts, weights


def _stamp(path: Path) -> tuple[str, int, int]:
    """What changes when a file does."""
    status = path.stat()
    return str(path.resolve()), status.st_size, status.st_mtime_ns


def _digest(texts: list[Path], weights: list[Path]) -> str:
    digest = hashlib.blake2b(digest_size=16)

    def put(raw: bytes) -> None:
        digest.update(b"%d:" % len(raw))
        digest.update(raw)

    for path in texts:
        put(path.name.encode())
        put(path.read_bytes())
    for path in weights:
        file = open_tensors(path)
        put(path.name.encode())
        put(file.header)
        for sample in _samples(file):
            put(sample)
    return digest.hexdigest()


def _samples(file: TensorFile) -> Iterator[bytes]:
    """All bytes of a small file; of a large one, the start, middle and end of each tensor."""
    if file.path.stat().st_size <= WHOLE_FILE_BYTES:
        yield file.path.read_bytes()
        return
    with file.path.open("rb") as raw:
        for _, info in sorted(file.tensors.items()):
            middle = (info.start + info.stop - SAMPLE_BYTES) // 2
            for start in (info.start, middle, info.stop - SAMPLE_BYTES):
                raw.seek(max(start, info.start))
                yield raw.read(min(SAMPLE_BYTES, info.stop - info.start))
