"""A page as a file: one that needs no other file and no network, with its figures beside it."""

import base64
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from personas.errors import InputError
from simulation.page import Utterance
from simulation.sections.section import Section

FIGURES = "figures"
"""Folder beside the page: each figure as PNG at 200 dots per inch and as SVG."""


@dataclass(frozen=True)
class Transcript:
    """What was said in one arm of one run."""

    title: str
    lines: Sequence[Utterance]


@dataclass(frozen=True)
class Origin:
    """Where a run or a study comes from."""

    title: str
    """Which; empty where there is only one."""
    command: str
    """What makes it again; may be empty."""
    facts: Sequence[tuple[str, str]]
    """A term, and what it was."""


@dataclass(frozen=True)
class Page:
    """All that a page says."""

    kicker: str
    """Above the title: what kind of page, and when."""
    title: str
    """The question."""
    ledes: Sequence[str]
    """The answer in a sentence or two, one a design."""
    sections: Sequence[Section]
    transcripts: Sequence[Transcript]
    limits: Sequence[str]
    origins: Sequence[Origin]
    wide: bool = False
    """Whether runs stand side by side."""


def write_page(page: Page, out: Path) -> Path:
    """Writes a page, and the folder ``figures`` beside it.

    Args:
        page: What to write.
        out: The page's file, such as ``report.html``; its folder is made if it is not there.

    Returns:
        The file.

    Raises:
        InputError: The folder cannot be written.
    """
    html = render(page)
    with _writing(out):
        for picture in chain.from_iterable(section.pictures for section in page.sections):
            write_whole(out.parent / FIGURES / f"{picture.name}.png", picture.png)
            write_whole(out.parent / FIGURES / f"{picture.name}.svg", picture.svg)
        # A lone surrogate in an utterance cannot be encoded: show it rather than fail.
        write_whole(out, html.encode("utf-8", "backslashreplace"))
    return out


def make_room(out: Path) -> None:
    """Makes the folder of a page, before anything is computed for it.

    Raises:
        InputError: It cannot be written.
    """
    with _writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"report {out} cannot be written: {error.strerror}") from error


def render(page: Page) -> str:
    """The page as HTML, all words escaped; only its own script may run."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = templates.get_template("page.js.jinja").render()
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    template = templates.get_template("page.html.jinja")
    return template.render(page=page, script=script, script_digest=digest).lstrip()


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
