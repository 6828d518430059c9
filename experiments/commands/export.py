"""`symposion export RUN`: a record of a run, or of a chat, as files for other tools."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.console import clear_errors, out
from personas.errors import InputError, nearest

FORMATS = ("parquet", "text")


def export(
    run: Annotated[Path, typer.Argument(help="Folder of the run, or of a chat.")],
    to: Annotated[str, typer.Option(help="Format: parquet (a file a table) or text.")] = "text",
    out_: Annotated[
        Path | None,
        typer.Option("--out", help="Folder or text file; beside the record by default."),
    ] = None,
) -> None:
    """Writes a run's tables as Parquet files, or its transcript as plain text."""
    with clear_errors():
        if to not in FORMATS:
            raise InputError(f"unknown format {to!r}: {nearest(to, FORMATS)}")
        from simulation import export as exporting
        from simulation.chat.schema import FILE as CHAT
        from simulation.chat.transcript import export_chat

        if (run / CHAT).is_file():
            if to != "text":
                raise InputError(f"a chat is exported as text, got {to!r}: see docs/chat.md")
            written = [export_chat(run, out_ or run / "transcript.txt")]
        elif to == "text":
            written = [exporting.to_text(run, out_ or run / "transcript.txt")]
        else:
            written = exporting.to_parquet(run, out_ or run / "parquet")
        out.print("\n".join(f"wrote {path}" for path in written), markup=False)
