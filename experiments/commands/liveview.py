"""How far a run is: a live view on a terminal, a plain line now and then elsewhere."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from agents.engines.prefixcounts import CountsPrefixes, PrefixCounts
from experiments.commands.console import out
from personas.model import Model
from simulation.progress import Progress
from simulation.rehearsal import Size
from simulation.units import stretch

PLAIN_LINE_EVERY = 5.0  # seconds, where there is no terminal to draw on
FRAMES_A_SECOND = 4
WINDOW = 20.0  # seconds over which rates are taken
LONGEST_NAME = 28  # characters
FIGURES_IN_A_ROW = 5  # fit into 80 columns

CTRL_C = "Ctrl-C"


def stopping(why: str) -> str:
    """That a run is about to stop, and what can be done about it."""
    again = "; Ctrl-C again stops at once" if why == CTRL_C else ""
    return f"stopping: {why}; waiting for the turns in flight{again}"


@contextmanager
def run_progress(
    size: Size, unit: str, engine: Model, runs: "Runs | None" = None
) -> Iterator[Callable[[Progress], None]]:
    """Shows a run's progress while it lasts.

    Args:
        size: How much there will be.
        unit: What one unit of virtual time is called.
        engine: If it has a cache of prefixes, its hits are shown.
        runs: How many of how many runs are done, in a study.
    """
    counts = engine.prefix_counts if isinstance(engine, CountsPrefixes) else None
    watch = Watch(size, unit, counts, runs=runs)
    if not out.is_terminal:
        yield _plain_lines(watch)
        return
    with Live(console=out, refresh_per_second=FRAMES_A_SECOND, get_renderable=watch.picture):
        out.show_cursor(True)  # rich hides it, and after kill -9 nobody would bring it back
        yield watch.see


Runs = Callable[[], tuple[int, int]]


class Done(NamedTuple):
    """What an engine has done so far; the record's answers come at once, and tell no speed."""

    turns: int = 0
    tokens: int = 0
    calls: int = 0

    @classmethod
    def by(cls, progress: Progress) -> "Done":
        """What of a run's progress the engine has done."""
        turns = progress.turns - progress.old_turns
        answers = progress.answers - progress.old_answers
        return cls(turns, progress.written, turns + answers)


class Watch:
    """Turns a run's progress into rates and words.

    Args:
        size: How much there will be.
        unit: What one unit of virtual time is called.
        prefix_counts: Of the engine, if it can tell.
        clock: Gives real seconds.
        runs: How many of how many runs are done, in a study; virtual time is each run's own there.
    """

    def __init__(
        self,
        size: Size,
        unit: str = "rounds",
        prefix_counts: Callable[[], PrefixCounts] | None = None,
        clock: Callable[[], float] = monotonic,
        runs: Runs | None = None,
    ) -> None:
        self._runs = runs
        self._size, self._unit, self._clock = size, unit, clock
        self._prefix_counts = prefix_counts
        self._began = clock()
        self._seen = deque([(self._began, Done())])
        self.progress = Progress()

    @property
    def total(self) -> int:
        """Everything that the run will have, as far as that is known."""
        return self._size.turns + self._size.answers

    @property
    def done(self) -> int:
        """What of it there is."""
        return self.progress.turns + self.progress.answers

    def see(self, progress: Progress) -> None:
        """Takes note of how far the run is."""
        self.progress = progress
        now = self._clock()
        if now - self._seen[-1][0] >= 1 / FRAMES_A_SECOND:
            self._seen.append((now, Done.by(progress)))
            while len(self._seen) > 2 and now - self._seen[0][0] > WINDOW:
                self._seen.popleft()

    def rates(self) -> tuple[float, float, float]:
        """Turns, new tokens and calls a second, without the record's.

        Over the last seconds while the run goes on, and over all of it at its end.
        """
        over = self._size.known and self.done >= self.total
        then, before = (self._began, Done()) if over else self._seen[0]
        passed = max(1e-3, self._clock() - then)
        now = Done.by(self.progress)
        return (
            (now.turns - before.turns) / passed,
            (now.tokens - before.tokens) / passed,
            (now.calls - before.calls) / passed,
        )

    def words(self) -> list[tuple[str, str]]:
        """Every figure under its name, in the order shown."""
        progress = self.progress
        turns, tokens, calls = self.rates()
        known = calls > 0 and self._size.known and not progress.stopped
        left = max(0, self.total - self.done) / calls if known else None
        more = "" if self._size.known else " or more"
        return [
            self._where(),
            ("turns", f"{progress.turns:,}/{self._size.turns:,}{more}"),
            ("answers", f"{progress.answers:,}/{self._size.answers:,}"),
            ("in flight", f"{progress.in_flight}"),
            ("left", _span(left)),
            ("turns/s", f"{turns:,.1f}"),
            ("tokens/s", f"{tokens:,.0f}"),
            ("from the record", f"{progress.from_record:,}"),
            *self._cache_hits(),
        ]

    def _where(self) -> tuple[str, str]:
        """How far it is: in virtual time, or in runs."""
        if self._runs is None:
            return ("virtual time", stretch(round(self.progress.time, 2), self._unit))
        done, every = self._runs()
        return ("runs", f"{done}/{every}")

    def _cache_hits(self) -> list[tuple[str, str]]:
        """Share of the prompts' tokens that the engine had read before; empty if it cannot tell."""
        if self._prefix_counts is None:
            return []
        counts = self._prefix_counts()
        share = f"{counts.hit / counts.queried:.0%}" if counts.queried else "?"
        return [("cache hits", share)]

    def picture(self) -> RenderableType:
        """What the terminal shows."""
        words = self.words()
        grid = Table.grid(padding=(0, 2))
        for _ in range(FIGURES_IN_A_ROW):
            grid.add_column(no_wrap=True)
        for row in (words[:FIGURES_IN_A_ROW], words[FIGURES_IN_A_ROW:]):
            grid.add_row(*(Text(name, style="dim") for name, _ in row))
            grid.add_row(*(Text(value) for _, value in row))
        said = f"{self.progress.speaker[:LONGEST_NAME]} spoke last" if self.progress.speaker else ""
        if why := self.progress.stopped:
            said = stopping(why) if self.progress.in_flight else f"stopped: {why}"
        total = max(1, self.total) if self._size.known else None  # None: a bar that just moves
        bar = ProgressBar(total=total, completed=self.done, width=60, pulse=total is None)
        # A bar alone ends without a line break.
        return Group(
            Padding(bar), grid, Text(said or "waiting for the first words", style="italic")
        )

    def line(self) -> str:
        """The same in a plain line."""
        share = f"{100 * self.done // max(1, self.total)} %: " if self._size.known else ""
        words = self.words()
        return share + ", ".join(f"{name} {value}" for name, value in words)


def _plain_lines(watch: Watch) -> Callable[[Progress], None]:
    last = monotonic()

    def show(progress: Progress) -> None:
        nonlocal last
        watch.see(progress)
        if monotonic() - last > PLAIN_LINE_EVERY or watch.done == watch.total:
            last = monotonic()
            out.print(watch.line(), markup=False)

    return show


def _span(seconds: float | None) -> str:
    """A stretch of time for people."""
    if seconds is None:
        return "?"
    whole = round(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
