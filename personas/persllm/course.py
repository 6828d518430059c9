"""One stage of a persona from its data to adapters: supervised, then by preferences.

The folder of a course holds checkpoints and finished phases; the same course goes on there after
any kill. Finished adapters are published beside the persona's text, each with a card and a picture.
"""

import importlib.util
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.adapter import load_adapter
from personas.datafolder import GENERAL, MIX, PREFERENCES, TRAIN, DataSet, read_data
from personas.errors import InputError
from personas.identity import base_identity
from personas.instructions import Instruction, load_instructions
from personas.modelfolder import model_context, open_tokenizer
from personas.orders import alone_in, claim
from personas.persllm.figures import draw_tuning
from personas.persllm.lessons import pair_lessons, sft_lessons, used_pairs
from personas.persllm.parts import Parts, items_of, pairs_of
from personas.persllm.presets import Preset
from personas.persllm.sums import file_hash, in_sum
from personas.persona import Persona, Stage
from personas.preferences import strength
from personas.publishing import point_at, publish
from personas.rendering import Renderer

if TYPE_CHECKING:
    from personas.persllm.trainers import OnSign, Step

WIND_TUNNEL = Path(__file__).parents[1] / "windtunnel" / "base"
METHOD = "PersLLM"
STEPS, FIGURES = "steps.json", "figures.json"
"""Files of a finished phase, beside its adapter: what is known of each step, and in sum."""


@dataclass(frozen=True, slots=True)
class Course:
    """What is tuned, on what, and how."""

    persona: Persona
    stage: Stage
    data: Path
    """Folder that `symposion persona data` wrote."""
    base: Path
    preset: Preset
    seed: int = 0
    general: Path | None = None
    """JSONL of further general instructions, with prompt and reference."""
    command: str = ""
    """For the card: words that train such an adapter again."""

    @property
    def base_name(self) -> str:
        """What an adapter's configuration calls the base."""
        return "windtunnel" if self.base.resolve() == WIND_TUNNEL.resolve() else self.base.name


@dataclass(frozen=True, slots=True)
class CourseOrder:
    """All that the result depends on."""

    persona: str
    stage: str
    base: str
    train: str
    preferences: str
    instructions: str
    general: str
    seed: int
    preset: Preset


@dataclass(frozen=True, slots=True)
class Trained:
    """The adapters of a course."""

    sft: Path
    dpo: Path | None
    """None where preference tuning was left out, or there was no pair to learn from."""

    @property
    def final(self) -> Path:
        """The one in use from now on."""
        return self.dpo or self.sft


def train(course: Course, folder: Path, on_sign: "OnSign" = lambda sign: None) -> Trained:
    """Tunes one stage of a persona, or does what is missing of it, and publishes the adapters.

    Args:
        course: What, on what and how.
        folder: Of checkpoints and finished phases; the same course goes on there.
        on_sign: Called after every step.

    Returns:
        The adapters, in ``<persona>/<stage>/adapters/``; the last one is the one in use, unless
        parts of the method were left out.

    Raises:
        InputError: The data, the base or the folder cannot be used, or the extra is missing.
        KeyboardInterrupt: After Ctrl-C, with a checkpoint written.
    """
    if importlib.util.find_spec("trl") is None:
        raise InputError("tuning needs trl: install the extra with pip install 'symposion[train]'")
    data = read_data(course.data)
    claim(folder, "training", _order(course))
    with alone_in(folder):
        work = _Work(course, folder, data, on_sign)
        sft = work.phase("sft")
        dpo = work.phase("dpo") if work.pairs else None
        return _published(course, work, sft, dpo)


class _Work:
    """A course at work: what both phases need, read once."""

    def __init__(self, course: Course, folder: Path, data: DataSet, on_sign: "OnSign") -> None:
        self.course, self.folder, self._on_sign = course, folder, on_sign
        preset, stage = course.preset, course.stage.name
        self._tokenizer = open_tokenizer(course.base)
        self._renderer = Renderer(self._tokenizer)
        self._longest = min(preset.longest, model_context(course.base))
        self._items = items_of((one for one in data.train if one.stage == stage), preset.parts)
        if not self._items:
            raise InputError(f"{course.data / TRAIN} has no item of stage {stage!r}; write some")
        self._instructions = data.general
        full = preset.dpo.full_strength_items
        self.strength = strength(len(data.train), full) if preset.dpo.epochs else 0.0
        own_pairs = pairs_of(data.preferences, self._items)
        self.pairs, self.mix = used_pairs(
            own_pairs, self.strength, course.seed, preset.dpo.most_pairs
        )

    def phase(self, name: str) -> Path:
        """The finished phase of that name: done now, or long ago."""
        done = self.folder / name / "done"
        if not done.exists():
            partial = self.folder / name / "done.partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            steps, figures = self._sft(partial) if name == "sft" else self._dpo(partial)
            _write(partial / STEPS, steps)
            _write(partial / FIGURES, figures | in_sum(steps))
            partial.rename(done)
            for checkpoint in done.parent.glob("checkpoint-*"):
                shutil.rmtree(checkpoint)
        return done

    def _sft(self, folder: Path) -> tuple[list["Step"], dict[str, object]]:
        """Trains fresh layers on what the persona says."""
        from personas.persllm.bases import load_base, with_fresh_lora
        from personas.persllm.trainers import train_sft

        course, sft = self.course, self.course.preset.sft
        lessons = sft_lessons(
            self._items, self._general(), course.persona.name, self._renderer,
            self._longest, sft, course.seed,
        )  # fmt: skip
        if not lessons.rows:
            raise InputError(f"longest = {self._longest} leaves nothing to learn; raise it")
        base = load_base(course.base, course.preset.machine)
        worn = with_fresh_lora(base, course.preset.lora, course.base, course.seed)
        steps = train_sft(worn, self._tokenizer, lessons, course.preset, self._place("sft"))
        worn.save_pretrained(str(folder), save_embedding_layers=False)
        return steps, {
            "own_conversations": lessons.own, "general_conversations": lessons.general,
            "shortened": lessons.shortened, "left_out": lessons.left_out,
            "rows": len(lessons.rows), "tokens": lessons.tokens, "learnt_tokens": lessons.learnt,
        }  # fmt: skip

    def _general(self) -> tuple[Instruction, ...]:
        """Instructions that are read in nobody's manner: the data's and the user's."""
        if not self.course.preset.parts.general:
            return ()
        more = load_instructions(self.course.general) if self.course.general else ()
        return (*self._instructions, *more)

    def _dpo(self, folder: Path) -> tuple[list["Step"], dict[str, object]]:
        """Trains the supervised adapter further, on pairs."""
        from personas.persllm.bases import load_base, with_lora
        from personas.persllm.trainers import POLICY, train_dpo

        course, dpo = self.course, self.course.preset.dpo
        pairs = pair_lessons(
            self.pairs, course.persona.name, self._renderer, self._longest, dpo.batch,
            dpo.epochs, course.seed,
        )  # fmt: skip
        if not pairs:
            raise InputError(f"longest = {self._longest} leaves no pair to learn from; raise it")
        base = load_base(course.base, course.preset.machine)
        worn = with_lora(base, self.folder / "sft" / "done")
        steps = train_dpo(worn, self._tokenizer, pairs, course.preset, self._place("dpo"))
        worn.save_pretrained(str(folder), selected_adapters=[POLICY], save_embedding_layers=False)
        left_out = dpo.epochs * len(self.pairs) - len(pairs)
        return steps, {
            "strength": round(self.strength, 4), "pairs": len(self.pairs), "left_out": left_out,
            "mix": [asdict(share) for share in self.mix],
        }  # fmt: skip

    def _place(self, phase: str) -> Any:
        from personas.persllm.trainers import Workplace

        return Workplace(phase, self.folder / phase, self.course.seed, self._on_sign)


def _published(course: Course, work: _Work, sft: Path, dpo: Path | None) -> Trained:
    """Puts the finished adapters, with cards and pictures, beside the persona's text."""
    adapters = course.persona.folder / course.stage.name / "adapters"
    card = _card(course, work)
    phases: dict[str, list[Step]] = {"sft": _read(sft / STEPS)}
    card["sft"] = _read(sft / FIGURES)
    first = _publish(course, sft, card | {"method": f"{METHOD}: SFT"}, adapters, dict(phases))
    second = None
    if dpo:
        phases["dpo"] = _read(dpo / STEPS)
        card |= {"method": f"{METHOD}: SFT + DPO", "after": first.name, "dpo": _read(dpo / FIGURES)}
        second = _publish(course, dpo, card, adapters, phases)
    trained = Trained(first, second)
    load_adapter(trained.final, base_identity(course.base))
    if course.preset.parts == Parts():  # an ablation is there to be examined, not to be used
        point_at(trained.final)
    return trained


def _publish(
    course: Course, done: Path, card: dict[str, object], adapters: Path,
    phases: dict[str, list["Step"]],
) -> Path:  # fmt: skip
    def save(folder: Path) -> None:
        folder.mkdir()
        for path in done.glob("adapter_*"):
            shutil.copy(path, folder)

    return publish(
        save, card, adapters, course.base_name, current=False,
        attach=lambda folder: draw_tuning(phases, folder),
    )  # fmt: skip


def _card(course: Course, work: _Work) -> dict[str, object]:
    """What both adapters' cards say."""
    import peft
    import torch
    import transformers
    import trl

    versions = {one.__name__: one.__version__ for one in (torch, transformers, peft, trl)}
    return {
        "persona": course.persona.name,
        "stages": [course.stage.name],
        "base": base_identity(course.base),
        "method": METHOD,
        "command": course.command,
        "seed": course.seed,
        "preset": asdict(course.preset),
        "data": {
            name: file_hash(course.data / name) for name in (TRAIN, PREFERENCES, GENERAL, MIX)
        } | ({"general": file_hash(course.general)} if course.general else {}),
        "versions": versions,
    }  # fmt: skip


def _order(course: Course) -> CourseOrder:
    return CourseOrder(
        persona=course.persona.name,
        stage=course.stage.name,
        base=base_identity(course.base),
        train=file_hash(course.data / TRAIN),
        preferences=file_hash(course.data / PREFERENCES),
        instructions=file_hash(course.data / GENERAL),
        general=file_hash(course.general) if course.general else "",
        seed=course.seed,
        preset=course.preset,
    )


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content) + "\n", "utf-8")


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))
