"""What a section of a page is made of: words, figures, tables and quotations, all plain text."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from simulation import figures
from simulation.figures import Drawing


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    kind: ClassVar[str] = "words"
    text: str


@dataclass(frozen=True)
class Picture:
    """A figure on the page."""

    kind: ClassVar[str] = "picture"
    name: str
    """File name without its ending."""
    told: str
    """What it shows, for those who cannot see it."""
    svg: bytes
    png: bytes
    title: str = ""

    @property
    def source(self) -> str:
        """The picture itself as an address, so that the page needs no other file."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg).decode()


@dataclass(frozen=True)
class Cell:
    """A field of a table."""

    text: str
    note: str = ""
    """In small print below."""
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under a head; the first columns hold words, the others numbers."""

    kind: ClassVar[str] = "table"
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    words: int = 1
    """Columns of words."""
    title: str = ""
    note: str = ""
    marked: tuple[int, ...] = ()
    """Rows that stand out, from 0."""
    folded: bool = False
    """Whether it is to be opened first; its title then stands on the lid."""


@dataclass(frozen=True)
class Quote:
    """Two things that do not go together, or one that stands alone."""

    heads: tuple[str, ...]
    """Who and when, of each."""
    lines: tuple[str, ...]
    """The words themselves, of each."""


@dataclass(frozen=True)
class Quotes:
    """Quotations under a line that opens them."""

    kind: ClassVar[str] = "quotes"
    summary: str
    quotes: tuple[Quote, ...]


Piece = Words | Picture | Table | Quotes


@dataclass(frozen=True)
class Part:
    """What a section shows of one run, or of the runs of one design."""

    caption: str
    """Which; empty where there is only one."""
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Section:
    """A heading, what to look for, and the same of every run or design."""

    anchor: str
    title: str
    words: str
    parts: tuple[Part, ...]

    @property
    def pictures(self) -> list[Picture]:
        """All its figures."""
        pieces = (piece for part in self.parts for piece in part.pieces)
        return [piece for piece in pieces if isinstance(piece, Picture)]


def drawn(name: str, drawing: Drawing, told: str, title: str = "") -> Picture:
    """A figure in both formats.

    Args:
        name: File name without its ending.
        drawing: From a function in a figures.py.
        told: What it shows, for those who cannot see it.
        title: Above it.
    """
    svg, png = figures.picture(drawing, "svg"), figures.picture(drawing, "png")
    return Picture(name, told, svg, png, title)


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[Cell | str]],
    *,
    words: int = 1,
    title: str = "",
    note: str = "",
    marked: Sequence[int] = (),
    folded: bool = False,
) -> Table:
    """A table whose fields may be given as plain text."""
    cells = tuple(
        tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows
    )
    return Table(tuple(head), cells, words, title, note, tuple(marked), folded)
