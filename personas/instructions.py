"""General instructions: requests about nobody in particular, which a persona answers as themselves.

They keep a persona useful beyond its own life, and teach it to say what it cannot know.
"""

from dataclasses import dataclass
from pathlib import Path

from personas.errors import InputError
from personas.jsonlines import read_records


@dataclass(frozen=True, slots=True)
class Instruction:
    """A request with its right answer; a line of a JSONL file."""

    prompt: str
    reference: str = ""
    """The right answer, to be said in the persona's manner; empty where nobody can know it."""
    note: str = ""
    """What it is about, in the words of the annotator that wrote it; mostly empty."""

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise InputError("prompt of an instruction must not be empty")


def load_instructions(path: Path) -> tuple[Instruction, ...]:
    """Instructions from a JSONL file with the fields ``prompt`` and ``reference``.

    Raises:
        InputError: A line is none, or the file holds nothing.
    """
    found = tuple(read_records(path, Instruction))
    if not found:
        raise InputError(
            f"{path} holds no instruction; write one a line, with prompt and reference"
        )
    return found
