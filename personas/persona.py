"""A persona: a folder of raw text about one person, and the adapters trained from it.

The folder holds ``persona.toml`` (name, domains, stages in order) and one subfolder per stage with
its text and, once trained, ``adapters/<fingerprint>/`` and a file ``adapters/CURRENT`` that names
the one in use. Each stage has an adapter of its own: see "Agents" in docs/decisions.md.
"""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from personas.adapter import Adapter, load_adapter
from personas.errors import InputError, nearest

LIBRARY = Path(__file__).parent / "library"
"""The townspeople we ship."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a life, over which a person's facts and views hold."""

    name: str
    """Also the name of the subfolder with its text."""
    years: tuple[int, int]
    """First and last year, both included."""
    profile: str
    """The person in a paragraph, for a persona that is prompted instead of trained."""
    adapter: Adapter | None = None
    """None before training."""

    def __post_init__(self) -> None:
        if not self.name or not self.name.replace("-", "").replace("_", "").isalnum():
            raise InputError(f"stage name must be letters, digits, '-' or '_', got {self.name!r}")
        if self.years[0] > self.years[1]:
            raise InputError(f"years of stage {self.name!r} must not run backwards: {self.years}")


@dataclass(frozen=True, slots=True)
class Persona:
    """One person, ready to be worn by an agent."""

    key: str
    """The folder's name."""
    name: str
    """How the person is called."""
    stages: tuple[Stage, ...]
    """In order of time, at least one."""
    folder: Path
    domains: tuple[str, ...] = ()
    """Fields of expertise."""

    def __post_init__(self) -> None:
        if not self.stages:
            raise InputError(f"persona {self.key!r} needs at least one [[stages]] in persona.toml")
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names):
            raise InputError(f"persona {self.key!r} names a stage twice: {', '.join(names)}")
        for earlier, later in zip(self.stages, self.stages[1:], strict=False):
            if later.years[0] <= earlier.years[1]:
                raise InputError(
                    f"persona {self.key!r}: stage {later.name!r} must begin after {earlier.name!r}"
                    f" ends ({earlier.years[1]}), got {later.years[0]}"
                )

    def stage(self, name: str | None = None) -> Stage:
        """The stage of that name, or the last one.

        Raises:
            InputError: No stage has that name.
        """
        if name is None:
            return self.stages[-1]
        for stage in self.stages:
            if stage.name == name:
                return stage
        known = nearest(name, (stage.name for stage in self.stages))
        raise InputError(f"persona {self.key!r} has no stage {name!r}: {known}")


def library() -> tuple[str, ...]:
    """Names of the personas we ship, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in LIBRARY.glob("*/persona.toml")))


def find_persona(name: str) -> Path:
    """Folder of a persona, by its name in the library or by path.

    Raises:
        InputError: Neither exists; the message suggests the nearest name.
    """
    if name in library():
        return LIBRARY / name
    path = Path(name)
    if (path / "persona.toml").is_file():
        return path
    if path.is_dir():
        raise InputError(f"persona folder {name!r} has no persona.toml")
    raise InputError(f"unknown persona {name!r}: {nearest(name, library())}")


def load_persona(folder: Path, base: str | None = None) -> Persona:
    """Reads and checks a persona's folder, its adapter included.

    Args:
        folder: Where persona.toml lies.
        base: Identity of the base model in use; an adapter of another base is refused.

    Raises:
        InputError: A file or a field is missing or wrong; names it and the remedy.
    """
    source = folder / "persona.toml"
    table = _read_toml(source)
    try:
        stages = tuple(_stage(source, entry, base) for entry in _list(source, table, "stages"))
        domains = tuple(str(word) for word in _list(source, table, "domains", ()))
        name = _text(source, table, "name")
        return Persona(folder.name, name, stages, folder, domains)
    except InputError as error:
        prefix = "" if str(source.parent) in str(error) else f"{source}: "
        raise InputError(f"{prefix}{error}") from None


def current_adapter(persona: Persona, stage: Stage) -> Adapter:
    """The adapter of a stage that is in use now: a newer one than its own after a training.

    Raises:
        InputError: There is none any more, or it does not pass its checks.
    """
    folder = persona.folder / stage.name
    adapter = _adapter(folder, None)
    if adapter is None:
        raise InputError(
            f"{folder / 'adapters' / 'CURRENT'}: missing; run `symposion persona train "
            f"{persona.key}`"
        )
    return adapter


def _read_toml(source: Path) -> dict[str, object]:
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{source}: missing; a persona folder needs one") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{source}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{source}: not valid TOML: {error}") from None


def _stage(source: Path, entry: object, base: str | None) -> Stage:
    if not isinstance(entry, dict):
        raise InputError(f"{source}: each stage must be a table, written [[stages]]")
    years = entry.get("years")
    if not (isinstance(years, list) and [type(year) for year in years] == [int, int]):
        raise InputError(f"{source}: years must be two whole numbers, such as [2004, 2015]")
    name, profile = _text(source, entry, "name"), _text(source, entry, "profile")
    stage = Stage(name, (years[0], years[1]), profile)  # checks the name before it is a path
    return replace(stage, adapter=_adapter(source.parent / name, base))


def _text(source: Path, table: dict[str, object], field: str) -> str:
    value = table.get(field)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{source}: {field} must be a non-empty string, got {value!r}")
    return value


def _list(
    source: Path, table: dict[str, object], field: str, default: tuple[object, ...] | None = None
) -> tuple[object, ...]:
    value = table.get(field, default)
    if not isinstance(value, list | tuple):
        raise InputError(f"{source}: {field} must be a list, got {value!r}")
    return tuple(value)


def _adapter(folder: Path, base: str | None) -> Adapter | None:
    current = folder / "adapters" / "CURRENT"
    if not current.is_file():
        return None
    name = current.read_text(encoding="utf-8").strip()
    if not name.isalnum():
        raise InputError(f"{current}: must hold the name of a folder beside it, got {name!r}")
    return load_adapter(folder / "adapters" / name, base)
