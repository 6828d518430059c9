"""What a folder of work was begun with: the same command goes on, another one never mixes in."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from personas.errors import InputError
from personas.jsonlines import as_line, read_record, write_records

ORDER = "order.json"
"""Holds one frozen dataclass: all that the rest of the folder depends on."""


def claim(folder: Path, what: str, order: object) -> None:
    """Notes the order of a new folder, and refuses a folder of another one.

    Args:
        folder: Where the work lies, or will.
        what: What the folder holds, for the message.
        order: A frozen dataclass; dataclasses inside it are compared field by field.

    Raises:
        InputError: The folder was begun with another order; names the first field that differs.
    """
    path = folder / ORDER
    if not path.exists():
        write_records(path, [order])
        return
    before = read_record(path, type(order))
    pairs = zip(_leaves(_content(before)), _leaves(_content(order)), strict=True)
    for (name, old), (_, new) in pairs:
        if old != new:
            raise InputError(
                f"{folder} holds a {what} with {name} {old}, got {new}; choose another folder, "
                "or delete this one"
            )


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keeps other processes out of a claimed folder while it lasts; a killed one holds nothing.

    Raises:
        InputError: Another process is at work there.
    """
    with (folder / ORDER).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{folder} is in use by another process; wait for it or end it"
            ) from None
        yield


def _content(order: object) -> dict[str, object]:
    content: dict[str, object] = json.loads(as_line(order))
    return content


def _leaves(content: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Fields and fields of fields, as they read in a message."""
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
