"""The arms of an examination, from the words of the command line."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from personas.adapter import CARD, Adapter, check_fits, load_adapter
from personas.errors import InputError, nearest
from personas.examination.voices import Arm, ArmKind, Who
from personas.persona import Persona

BASELINES: tuple[ArmKind, ...] = ("base", "prompt", "few-shot", "annotator")
"""Arms that need no adapter. ``annotator``: whoever wrote the data, who shows what can be had."""
NONE = "none"
IN_USE = "adapter"
"""Name of the arm of the adapters in use."""
SUPERVISED, PREFERRED = "SFT", "SFT+DPO"
"""Names of the arms where the adapters in use went on from others."""


@dataclass(frozen=True, slots=True)
class ArmWish:
    """Which arms, in words."""

    adapters: tuple[str, ...] = ()
    """``ARM[@STAGE]=FOLDER``."""
    baselines: tuple[str, ...] | None = None
    """None takes all that make sense."""

    def __post_init__(self) -> None:
        for name in self.baselines or ():
            if name not in (*BASELINES, NONE):
                raise InputError(f"unknown arm {name!r}: {nearest(name, (*BASELINES, NONE))}")
        if NONE in (self.baselines or ()) and len(self.baselines or ()) > 1:
            raise InputError("arm none goes with no other, got several; leave it out")


def arms_of(
    wish: ArmWish,
    persona: Persona,
    others: Sequence[Persona],
    model: Path,
    base: str | None,
    truthful: bool,
) -> list[Arm]:
    """Arms in the order in which they are compared: each later one against those before.

    Args:
        wish: In words.
        persona: Who is examined.
        others: Who it is told apart from; in every arm in the weights they wear the adapters
            that they have in use, so that arms differ in the persona alone.
        model: Folder of the base.
        base: Its identity; None takes any adapter.
        truthful: Whether the annotator is part of it unless asked otherwise.

    Raises:
        InputError: An adapter is missing, unreadable or of another base.
    """
    usual = BASELINES if truthful else BASELINES[:-1]
    chosen = wish.baselines if wish.baselines is not None else usual
    baselines = [Arm(kind, kind) for kind in BASELINES if kind in chosen]
    found = [*baselines, *_weighted(wish.adapters, persona, others, model, base)]
    # The annotator is no rival: it stands last, and everybody's difference from it is read off.
    found.sort(key=lambda arm: arm.kind == "annotator")
    if not found:
        raise InputError("there is no arm to examine; train an adapter, or ask for --arm prompt")
    return found


def _weighted(
    words: Sequence[str],
    persona: Persona,
    others: Sequence[Persona],
    model: Path,
    base: str | None,
) -> Iterator[Arm]:
    """Arms in the weights; where none is named, that of the adapters in use."""
    common = dict(worn(others))
    own = dict(worn([persona]))
    named: dict[str, dict[Who, Adapter]] = {}
    for word in words:
        name, stage, folder = _read(word, persona)
        adapter = load_adapter(folder, base)
        if base and not adapter.base:
            check_fits(adapter, model)
        arm = named.setdefault(name, {})
        if (persona.key, stage) in arm:
            raise InputError(f"adapter names {name}@{stage} twice: keep one")
        arm[persona.key, stage] = adapter
    if not words and own:
        named = dict(_in_use(own, base))
    for name, adapters in named.items():
        if name in BASELINES:
            raise InputError(f"adapter cannot be called {name!r}, which is an arm; name it anew")
        yield Arm(name, "adapter", common | own | adapters)


def _in_use(
    own: Mapping[Who, Adapter], base: str | None
) -> Iterator[tuple[str, dict[Who, Adapter]]]:
    """The adapters in use; before them those that they were tuned on from, by their cards."""
    before = {who: str(_card(one).get("after", "")) for who, one in own.items()}
    if all(before.values()):
        first = {who: own[who].folder.parent / name for who, name in before.items()}
        yield SUPERVISED, {who: load_adapter(folder, base) for who, folder in first.items()}
        yield PREFERRED, {}
    else:
        yield IN_USE, {}


def _card(adapter: Adapter) -> dict[str, object]:
    """What training says of an adapter; empty where it came from elsewhere."""
    path = adapter.folder / CARD
    found = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found if isinstance(found, dict) else {}


def wearable(persona: Persona, base: str | None) -> Persona:
    """The same person without adapters of another base, which cannot be worn on this one."""
    stages = tuple(
        replace(one, adapter=None)
        if base and one.adapter and one.adapter.base not in ("", base)
        else one
        for one in persona.stages
    )
    return replace(persona, stages=stages)


def worn(people: Sequence[Persona]) -> Iterator[tuple[Who, Adapter]]:
    """The adapters in use."""
    for one in people:
        for stage in one.stages:
            if stage.adapter is not None:
                yield (one.key, stage.name), stage.adapter


def fully_trained(people: Sequence[Persona]) -> list[Persona]:
    """Those who have an adapter in use for every stage."""
    return [one for one in people if all(stage.adapter for stage in one.stages)]


def _read(word: str, persona: Persona) -> tuple[str, str, Path]:
    """``ARM[@STAGE]=FOLDER``; the stage may be read off where the folder lies."""
    left, equals, path = word.partition("=")
    name, _, stage = left.partition("@")
    if not equals or not name or not path:
        raise InputError(f"adapter must be ARM=FOLDER or ARM@STAGE=FOLDER, got {word!r}")
    folder = Path(path)
    if not stage:
        stages = [one.name for one in persona.stages]
        above = [parent.name for parent in folder.resolve().parents]
        stage = next((one for one in above if one in stages), "")
        if not stage:
            if len(stages) > 1:
                raise InputError(f"adapter {word!r} lies in no stage's folder; say "
                                 f"{name}@{stages[-1]}={path}")  # fmt: skip
            stage = stages[0]
    return name, persona.stage(stage).name, folder
