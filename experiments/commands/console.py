"""What the user sees: errors in one line, and how far a run is."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from personas.errors import InputError, SymposionError
from simulation.desk import Progress as RunProgress

BAD_INPUT, BROKEN, INTERRUPTED = 2, 1, 130  # exit codes
PLAIN_LINE_EVERY = 5.0  # seconds, where there is no terminal to draw on

out = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def clear_errors(resume: str = "") -> Iterator[None]:
    """Turns the project's own errors into one line and an exit code; others are bugs and show.

    Args:
        resume: What to do after an interruption.
    """
    try:
        yield
    except SymposionError as error:
        errors.print(f"error: {error}", style="red", markup=False)
        raise typer.Exit(BAD_INPUT if isinstance(error, InputError) else BROKEN) from None
    except KeyboardInterrupt:
        errors.print(f"interrupted: everything committed is kept. {resume}".rstrip(), markup=False)
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def run_progress(turns: int, answers: int) -> Iterator[Callable[[RunProgress], None]]:
    """Shows a run's progress: a live bar on a terminal, a plain line now and then elsewhere.

    Args:
        turns: How many the run will have.
        answers: How many survey answers it will have.
    """
    total = turns + answers
    if not sys.stdout.isatty():
        yield _plain_lines(total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out) as bar:
        task = bar.add_task("starting the engine", total=total)
        began = monotonic()

        def show(progress: RunProgress) -> None:
            rate = progress.turns / max(1e-9, monotonic() - began)
            bar.update(
                task,
                completed=progress.turns + progress.answers,
                description=f"round {progress.time:4.1f}  {progress.turns}/{turns} turns  "
                f"{progress.answers}/{answers} answers  {rate:.1f} turns/s  "
                f"{progress.in_flight} in flight  {progress.speaker[:24]}",
            )

        yield show


def _plain_lines(total: int) -> Callable[[RunProgress], None]:
    last = monotonic()

    def show(progress: RunProgress) -> None:
        nonlocal last
        done = progress.turns + progress.answers
        if monotonic() - last > PLAIN_LINE_EVERY or done == total:
            last = monotonic()
            out.print(
                f"round {progress.time:.1f}: {progress.turns} turns, {progress.answers} answers "
                f"({100 * done // max(1, total)} %), {progress.from_record} from the record"
            )

    return show
