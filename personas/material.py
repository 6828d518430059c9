"""What somebody lived, knew and said, stage by stage: the raw text that everything is made from.

A persona's folder holds one subfolder a stage with three files, one paragraph a line (empty
lines separate nothing and are skipped). The only way to a paragraph is `Material.up_to`, so what
belongs to a later stage cannot reach an earlier one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal, get_args

from personas.errors import InputError, nearest
from personas.persona import Persona, Stage, load_persona
from personas.wordbudget import Budgets, count_words

Kind = Literal["experiences", "knowledge", "conversations"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""Each is the name of a file, without ``.txt``."""
SUBJECTIVE: Kind = "conversations"
"""How somebody talks; the other kinds are objective: what they lived and know."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of raw text, and where it stands."""

    text: str
    """Without line breaks, never empty."""
    kind: Kind
    stage: str
    line: int
    """Counted from 1."""

    @property
    def source(self) -> str:
        """Where it stands, within the persona's folder: ``early/experiences.txt:3``."""
        return f"{self.stage}/{self.kind}.txt:{self.line}"

    @property
    def objective(self) -> bool:
        """Whether it tells a fact, rather than how somebody talks."""
        return self.kind != SUBJECTIVE


@dataclass(frozen=True, slots=True)
class Knowable:
    """Everything that somebody can draw on in one stage of life."""

    stage: Stage
    own: tuple[Paragraph, ...]
    """The stage's own, in the order of files and lines: what data is written about."""
    remembered: tuple[Paragraph, ...] = ()
    """Experiences and knowledge of earlier stages, as they were then."""

    @property
    def objective(self) -> tuple[Paragraph, ...]:
        """What they lived and know, the stage's own first."""
        return (*(one for one in self.own if one.objective), *self.remembered)

    @property
    def subjective(self) -> tuple[Paragraph, ...]:
        """How they talk now."""
        return tuple(one for one in self.own if not one.objective)


class Material:
    """All text of a persona; `load_material` makes one.

    Args:
        persona: Whose.
        paragraphs: The paragraphs of each stage, in the order of the persona's stages.
    """

    def __init__(self, persona: Persona, paragraphs: Sequence[tuple[Paragraph, ...]]) -> None:
        self.persona = persona
        self._paragraphs = tuple(paragraphs)

    @property
    def fingerprint(self) -> str:
        """Hash of who the person is and of all text, 32 hexadecimal digits."""
        stages = [f"{one.name} {one.years}" for one in self.persona.stages]
        texts = [f"{one.source} {one.text}" for part in self._paragraphs for one in part]
        raw = repr((self.persona.name, stages, texts)).encode()
        return blake2b(raw, digest_size=16).hexdigest()

    def up_to(self, stage: str) -> Knowable:
        """What can be known in a stage: its own text, and objective memories of earlier ones.

        Raises:
            InputError: There is no such stage.
        """
        found = self.persona.stage(stage)
        place = self.persona.stages.index(found)
        earlier = (one for part in self._paragraphs[:place] for one in part)
        memories = tuple(one for one in earlier if one.objective)
        return Knowable(found, self._paragraphs[place], memories)


def load_material(folder: Path, budgets: Budgets = Budgets()) -> Material:
    """Reads a persona's folder, and refuses one that cannot be worked with.

    Args:
        folder: Holds persona.toml and a subfolder for each stage.
        budgets: No paragraph may be longer than what a model is shown at once.

    Raises:
        InputError: A folder, file or line is missing or wrong; names it and the remedy.
    """
    home = folder.resolve()
    check_folder_name(home.name, folder)
    persona = load_persona(home)
    stages = _stage_folders(folder, home, [stage.name for stage in persona.stages])
    return Material(persona, [tuple(_stage_text(path, budgets)) for path in stages])


def check_folder_name(name: str, where: Path) -> None:
    """Refuses a persona's name that could lead out of a folder, or hide in one.

    Raises:
        InputError: It holds anything but letters, digits, '-' and '_'.
    """
    if not name.replace("-", "").replace("_", "").isalnum():
        raise InputError(
            f"{where}: name of a persona's folder must be letters, digits, '-' or '_', "
            f"got {name!r}; rename it"
        )


def _stage_folders(folder: Path, home: Path, stages: Sequence[str]) -> list[Path]:
    """The folder of each stage, none missing, none left over, none leading elsewhere."""
    for name in sorted(path.name for path in folder.iterdir() if path.is_dir()):
        if name in stages or name.startswith((".", "_")):
            continue
        twin = next((stage for stage in stages if stage.casefold() == name.casefold()), None)
        if twin:  # some file systems would take one for the other
            raise InputError(f"{folder / name}: the same stage as {twin!r}; keep one of them")
        known = nearest(name, stages)
        raise InputError(f"{folder / name}: no stage of that name in persona.toml; {known}")
    paths = [folder / stage for stage in stages]
    for path in paths:
        if not path.is_dir():
            raise InputError(f"{path}: missing; every stage of persona.toml needs a folder")
        if not path.resolve().is_relative_to(home):
            raise InputError(f"{path} links outside the persona's folder; replace it by a copy")
    return paths


def _stage_text(path: Path, budgets: Budgets) -> Iterator[Paragraph]:
    """The paragraphs of one stage; at least one."""
    empty = True
    for kind in KINDS:
        for paragraph in _paragraphs(path / f"{kind}.txt", kind, budgets):
            empty = False
            yield paragraph
    if empty:
        files = ", ".join(f"{kind}.txt" for kind in KINDS)
        raise InputError(f"{path}: empty stage; write a paragraph a line into {files}")


def _paragraphs(path: Path, kind: Kind, budgets: Budgets) -> Iterator[Paragraph]:
    """The lines of one file that hold something."""
    for number, line in enumerate(_lines(path), start=1):
        text = " ".join(line.split())
        if not text:
            continue
        words, limit = count_words(text), budgets.of(kind)
        if words > limit:
            raise InputError(
                f"{path}, line {number}: paragraph has {words:,} words, the budget is {limit:,}; "
                "split it into several lines"
            )
        yield Paragraph(text, kind, path.parent.name, number)


def _lines(path: Path) -> list[str]:
    """Lines as an editor counts them: `str.splitlines` would also split at rare separators."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        files = ", ".join(f"{kind}.txt" for kind in KINDS)
        raise InputError(
            f"{path}: missing; every stage needs {files} (they may be empty)"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; check the file") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}, line {line}: not UTF-8; save the file as UTF-8") from None
    return text.replace("\r\n", "\n").split("\n")
