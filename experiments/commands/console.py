"""What the user sees: plain words, and errors in one line."""

from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from personas.errors import InputError, SymposionError

BAD_INPUT, BROKEN, INTERRUPTED = 2, 1, 130  # exit codes

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
    except (KeyboardInterrupt, CancelledError):
        errors.print(f"interrupted: everything committed is kept. {resume}".rstrip(), markup=False)
        raise typer.Exit(INTERRUPTED) from None
