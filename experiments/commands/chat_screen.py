"""What a chat looks like: two columns on a terminal, plain lines elsewhere."""

import io
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.commands.console import errors, out
from personas.errors import SymposionError
from simulation.chat.view import Shown

YOU = "you> "
COLOURS = ("cyan", "magenta")
LEAST_WIDTH = 70  # characters of a terminal, for two columns
UNSEEN = "\N{REPLACEMENT CHARACTER}"


class Screen:
    """Reads lines and shows answers.

    Args:
        console: Where answers are shown.
        typed: Whether somebody sits at the keys; otherwise lines are echoed, so that what is
            shown is the whole talk.
    """

    def __init__(self, console: Console = out, *, typed: bool | None = None) -> None:
        self._console = console
        self.typed = sys.stdin.isatty() and console.is_terminal if typed is None else typed
        """Whether somebody can be asked again."""
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # a stray byte is no reason to lose a talk
        if self.typed:
            import readline  # noqa: F401  # input() edits lines with it

    def read(self, prompt: str) -> str:
        """One line.

        Raises:
            EOFError: There is none any more.
        """
        if self.typed:
            return input(prompt)
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        line = line.rstrip("\r\n")
        self.say(f"{prompt}{line}".rstrip())
        return line

    def say(self, *lines: str) -> None:
        """Plain words of the program's own, or of the user's."""
        for line in lines:
            self._console.print(printable(line), markup=False)

    def trouble(self, error: SymposionError) -> None:
        """What went wrong, in one line."""
        errors.print(f"error: {error}", style="red", markup=False)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Shows that something happens, and not who is how far."""
        if not self._console.is_terminal:
            yield
            return
        with self._console.status("…"):
            yield

    def answers(self, shown: Sequence[Shown]) -> None:
        """Answers side by side where there is room, else one below the other."""
        if not self._console.is_terminal:
            for one in shown:
                self.say(f"{one.name}: {_words(one).replace(chr(10), chr(10) + '    ')}")
            return
        heads = [Text(one.name, f"bold {_colour(shown, one)}") for one in shown]
        if len(shown) > 1 and self._console.width >= LEAST_WIDTH:
            table = Table(box=None, expand=True, pad_edge=False)
            for head in heads:
                table.add_column(head, ratio=1, overflow="fold")
            table.add_row(*(Text(_words(one)) for one in shown))
            self._console.print(table, soft_wrap=False)
            return
        for head, one in zip(heads, shown, strict=True):
            self._console.print(head, Text(_words(one)), sep="\n", soft_wrap=False)


def printable(text: str) -> str:
    """Without control characters: what a model says must not steer a terminal."""
    return "".join(
        UNSEEN if unicodedata.category(mark) == "Cc" and mark != "\n" else mark for mark in text
    )


def _words(shown: Shown) -> str:
    return printable(shown.text.strip().replace("\t", " ")) or "(says nothing)"


def _colour(shown: Sequence[Shown], one: Shown) -> str:
    """By the order of names: places are drawn, and tell nothing."""
    return COLOURS[sorted(other.name for other in shown).index(one.name) % len(COLOURS)]
