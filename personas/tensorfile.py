"""The header of a safetensors file, read by hand: what lies in it, without any tensor library.

Layout (safetensors format, version 1): eight bytes of little-endian header length, that many
bytes of JSON, then the tensors' bytes, contiguous and in the order of their offsets.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from personas.errors import InputError

BYTES_PER_ITEM = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1,
    "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4,
    "I64": 8, "U64": 8, "F64": 8,
}  # fmt: skip
MAX_HEADER_BYTES = 100_000_000  # the format's own limit


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor of a file."""

    dtype: str
    """Name of the number format, a key of `BYTES_PER_ITEM`."""
    shape: tuple[int, ...]
    start: int
    """Offset of the first byte from the start of the file."""
    stop: int
    """Offset one past the last byte."""


@dataclass(frozen=True, slots=True)
class TensorFile:
    """A safetensors file whose header has been checked against the file's length."""

    path: Path
    header: bytes
    """The raw JSON."""
    tensors: dict[str, TensorInfo]

    def read(self, name: str) -> bytes:
        """The bytes of one tensor."""
        info = self.tensors[name]
        with self.path.open("rb") as file:
            file.seek(info.start)
            return file.read(info.stop - info.start)


def open_tensors(path: Path) -> TensorFile:
    """Reads and checks the header of `path`.

    Raises:
        InputError: The file is missing, is not safetensors, or is cut short.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, MAX_HEADER_BYTES):
                raise InputError(_broken(path, "its header is cut short"))
            header = file.read(length)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; check the path") from error
    tensors = _parse(path, header)
    expected = max((info.stop for info in tensors.values()), default=8 + length)
    if size != expected:
        raise InputError(_broken(path, f"it has {size} bytes, its header says {expected}"))
    return TensorFile(path, header, tensors)


def _parse(path: Path, header: bytes) -> dict[str, TensorInfo]:
    """The tensors by name; their bytes must follow each other without gap or overlap."""
    first = 8 + len(header)
    try:
        entries = json.loads(header)
        tensors = {
            str(name): _info(entry, first)
            for name, entry in entries.items()
            if name != "__metadata__"
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(_broken(path, "its header cannot be read")) from error
    cursor = first
    for name, info in sorted(tensors.items(), key=lambda item: item[1].start):
        size = BYTES_PER_ITEM[info.dtype] * math.prod(info.shape)
        if info.start != cursor or info.stop - info.start != size:
            raise InputError(_broken(path, f"tensor {name!r} does not match its bytes"))
        cursor = info.stop
    return tensors


def _info(entry: dict[str, object], first: int) -> TensorInfo:
    """One header entry, with offsets counted from the start of the file."""
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(shape, list) or not isinstance(offsets, list):
        raise TypeError("shape and data_offsets must be lists")
    sizes = tuple(int(size) for size in shape)
    start, stop = (int(offset) for offset in offsets)
    if dtype not in BYTES_PER_ITEM or min((*sizes, start), default=0) < 0:
        raise ValueError("unknown dtype or negative size")
    return TensorInfo(str(dtype), sizes, first + start, first + stop)


def _broken(path: Path, why: str) -> str:
    return f"{path} is not a whole safetensors file: {why}; copy or train it again"
