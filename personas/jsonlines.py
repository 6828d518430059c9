"""Typed records in a file, one JSON object a line: appended, resumable, checked when read.

A line is written with its line break in one go, so a process that is killed leaves at most one
torn line at the end. Opening a log for writing cuts that one off; its record is made again.
"""

import fcntl
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from pathlib import Path
from types import TracebackType
from typing import Generic, Literal, TypeVar, get_args, get_origin, get_type_hints

from personas.errors import InputError, nearest

Record = TypeVar("Record")
"""A frozen dataclass of strings, numbers, truths, tuples and further such dataclasses."""


class Log(Generic[Record]):
    """A file that grows by one record at a time; use it in a ``with`` statement.

    Args:
        path: The file; made if need be.
        kind: The dataclass of its records.

    Raises:
        InputError: A whole line is no such record, or the file cannot be written.
    """

    def __init__(self, path: Path, kind: type[Record]) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{path} is in use by another process; wait for it or end it"
            ) from None
        except OSError as error:
            raise InputError(
                f"{path} cannot be written: {error.strerror}; choose another"
            ) from None
        try:
            self.records = list(read_records(path, kind))
            """All records, the oldest first."""
        except InputError:
            self._file.close()  # and unlock
            raise
        self._file.truncate(_whole_bytes(path.read_bytes()))

    def append(self, record: Record) -> None:
        """Adds a record; it is with the operating system when this returns."""
        self._file.write(as_line(record))
        self._file.flush()
        self.records.append(record)

    def __enter__(self) -> "Log[Record]":
        """The log itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the file."""
        self._file.close()


def as_line(record: object) -> bytes:
    """A record as one line; text that is no valid Unicode is escaped, all other is readable."""
    assert is_dataclass(record)
    assert not isinstance(record, type)
    content = asdict(record)
    line = json.dumps(content, ensure_ascii=False)
    try:
        return line.encode() + b"\n"
    except UnicodeEncodeError:  # half a surrogate pair, which a model may well say
        return json.dumps(content).encode() + b"\n"


def write_records(path: Path, records: Iterable[object]) -> None:
    """Writes a file of records anew; it appears as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(path.suffix + ".partial")
    partial.write_bytes(b"".join(map(as_line, records)))
    partial.replace(path)


def read_records(path: Path, kind: type[Record]) -> Iterator[Record]:
    """All whole lines of a file as records; a torn last line is none.

    Args:
        path: The file.
        kind: The dataclass of its records.

    Raises:
        InputError: A line is no such record, with its number, or the file is missing.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; check the path") from None
    for number, line in enumerate(raw[: _whole_bytes(raw)].split(b"\n")[:-1], start=1):
        where = f"{path}, line {number}"
        try:
            content: object = json.loads(line)
        except ValueError as error:
            raise InputError(f"{where}: not JSON ({error}); repair or delete the line") from None
        yield _decoded(kind, content, where)


def read_record(path: Path, kind: type[Record]) -> Record:
    """The only record of a file.

    Raises:
        InputError: The file is missing, or holds anything else.
    """
    found = list(read_records(path, kind))
    if len(found) != 1:
        raise InputError(f"{path} must hold one line, got {len(found)}; delete it")
    return found[0]


def _whole_bytes(raw: bytes) -> int:
    """Length of the lines that end."""
    return raw.rfind(b"\n") + 1


def _decoded(kind: type[Record], content: object, where: str) -> Record:
    """A JSON object as a dataclass, every field of the declared type."""
    if not isinstance(content, Mapping):
        raise InputError(f"{where}: must be an object of {kind.__name__}, got {content!r:.60}")
    assert is_dataclass(kind)
    hints, values = get_type_hints(kind), {}
    known = {field.name: field for field in fields(kind)}
    for name in content:
        if name not in known:
            raise InputError(f"{where}: field {name!r}; {nearest(str(name), known)}")
    for name, field in known.items():
        if name in content:
            values[name] = _value(hints[name], content[name], f"{where}: {name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise InputError(f"{where}: {name} is missing; repair or delete the line")
    try:
        return kind(**values)
    except InputError as error:
        raise InputError(f"{where}: {error}; repair or delete the line") from None


def _value(hint: object, content: object, where: str) -> object:
    """A JSON value as what a field declares."""
    if get_origin(hint) is tuple:
        (inner, *_) = get_args(hint)
        if isinstance(content, list):
            return tuple(_value(inner, one, where) for one in content)
    elif get_origin(hint) is Literal:
        if content in get_args(hint):
            return content
        hint = " or ".join(map(str, get_args(hint)))
    elif isinstance(hint, type) and is_dataclass(hint):
        return _decoded(hint, content, where)
    elif type(content) is hint:
        return content
    elif hint is float and type(content) is int:
        return float(content)
    wanted = getattr(hint, "__name__", hint)
    raise InputError(f"{where} must be {wanted}, got {content!r:.60}; repair or delete the line")
