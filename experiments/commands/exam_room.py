"""What an examination needs, opened from the words of the command line."""

import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

from agents.embedding import open_embedder
from agents.engines.catalogue import open_engine
from agents.engines.kept import KeepingEngine, ReplyFile
from experiments.commands.exam_arms import ArmWish, arms_of, fully_trained, wearable
from personas.annotator import Annotator
from personas.datafolder import TEST, TRAIN, read_data
from personas.engine_annotator import EngineAnnotator
from personas.errors import InputError
from personas.examination.engine_judge import EngineJudge
from personas.examination.exam import Sources
from personas.examination.examine import Examiner
from personas.examination.judge import Judge
from personas.examination.scale import BIG_FIVE, LETTERS, RatingForm, Scale, load_scale
from personas.examination.spec import ExamSpec
from personas.examination.timequestions import TimeWriter
from personas.examination.voices import Annotating, Arm, absent
from personas.identity import base_identity
from personas.instructions import Instruction, load_instructions
from personas.items import Item
from personas.jsonlines import read_records
from personas.material import Material, load_material
from personas.model import Model
from personas.persona import Persona, find_persona, library, load_persona
from personas.windtunnel.annotator import GrammarAnnotator, town_instructions
from personas.windtunnel.examiner import (
    NUMBERS,
    TOWN_SCALE,
    TOWN_STRANGER,
    GrammarJudge,
    town_traits,
)
from personas.windtunnel.life import read_person
from personas.wordbudget import Budgets

REPLIES = "replies.jsonl"
"""Everything that models replied, by request: with it, the same command goes on."""
GRAMMAR = "larkhaven grammar"
"""What the grammar's name begins with, in every version."""
TOWN_SEED = 611
"""Of the town's general instructions here, which are others than those in the data."""

Opened = tuple[str, Path, tuple[str, ...]]
"""Name of an engine, folder of its model, addresses of its servers."""


@dataclass(frozen=True, slots=True)
class ExamWish:
    """Who is examined, how and by whom, in words."""

    persona: str
    stage: str | None
    arms: ArmWish
    data: Path | None
    other: tuple[str, ...] | None
    judge: str | None
    engine: Opened
    judge_engine: tuple[str | None, Path | None, tuple[str, ...] | None]
    scales: tuple[Path, ...]
    general: Path | None
    spec: ExamSpec

    def __post_init__(self) -> None:
        if self.judge not in (None, "grammar", "engine"):
            raise InputError(f"judge must be grammar or engine, got {self.judge!r}")

    @property
    def folder(self) -> Path:
        """Of the persona."""
        return find_persona(self.persona).resolve()

    @property
    def data_folder(self) -> Path:
        """Of its data set."""
        return self.data or Path("runs") / f"data-{self.folder.name}"

    @property
    def by_grammar(self) -> bool:
        """Whether the town's grammar judges: where it wrote the data, unless asked otherwise."""
        if self.judge is not None:
            return self.judge == "grammar"
        written_by = {one.origin.annotator for one in read_records(self.data_folder / TEST, Item)}
        return all(name.startswith(GRAMMAR) for name in written_by)

    @property
    def other_folders(self) -> tuple[Path, ...]:
        """Of the personas that it is told apart from."""
        named = self.other if self.other is not None else library()
        folders = (find_persona(one).resolve() for one in named)
        return tuple(one for one in folders if one.name != self.folder.name)

    @property
    def judging(self) -> Opened:
        """The engine that judges."""
        name, model, servers = self.engine
        own_name, own_model, own_servers = self.judge_engine
        changed = any(one is not None for one in self.judge_engine)
        if changed and self.by_grammar:
            raise InputError("judge_engine is for --judge engine, got the grammar; say engine")
        return own_name or name, own_model or model, servers if own_servers is None else own_servers


@dataclass(frozen=True, slots=True)
class _Texts:
    """What is read from the user's files beside the persona, or ours in their place."""

    scales: tuple[Scale, ...]
    form: RatingForm
    instructions: tuple[Instruction, ...]

    @classmethod
    def read(cls, wish: ExamWish) -> "_Texts":
        """Reads them; the user's scales stand beside our own."""
        by_grammar = wish.by_grammar
        own = TOWN_SCALE if by_grammar else load_scale(BIG_FIVE)
        scales = (own, *map(load_scale, wish.scales))
        return cls(scales, NUMBERS if by_grammar else LETTERS, _instructions(wish, by_grammar))


@dataclass(frozen=True)
class ExamRoom:
    """Everything that is open during an examination."""

    wish: ExamWish
    model: Model
    arms: tuple[Arm, ...]
    sources: Sources
    examiner: Examiner
    writer: TimeWriter
    annotator: Annotator
    notes: tuple[str, ...]
    """What the user should know."""

    @classmethod
    async def open(cls, wish: ExamWish, replies: Path, stack: AsyncExitStack) -> "ExamRoom":
        """Opens engines and files; they stay open as long as the stack.

        Raises:
            EngineError: An engine cannot be opened.
            InputError: Something is missing or unknown.
        """
        by_grammar, judging_by, texts = wish.by_grammar, wish.judging, _Texts.read(wish)
        file = stack.enter_context(ReplyFile(replies))
        name, folder, servers = wish.engine
        base = None if name == "scripted" else base_identity(folder)
        persona = wearable(load_persona(wish.folder), base)
        persona.stage(wish.stage)  # before anything heavy is opened
        everybody = [wearable(load_persona(one), base) for one in wish.other_folders]
        trained = fully_trained(everybody)
        arms = arms_of(wish.arms, persona, trained[: wish.spec.others], folder, base, by_grammar)
        _check_worn(arms, persona, wish.stage)
        weights = any(arm.kind == "adapter" for arm in arms)
        others = (trained if weights else everybody)[: wish.spec.others]
        left_out = [one.key for one in everybody if weights and one not in trained]
        adapters = list({one.fingerprint: one for arm in arms for one in arm.adapters.values()}
                        .values())  # fmt: skip
        speaker = open_engine(name, folder, servers, adapters)
        await stack.enter_async_context(speaker)
        model = KeepingEngine(speaker, file)
        judging: Model = model
        if not by_grammar and judging_by != wish.engine:
            opened = open_engine(*judging_by)
            await stack.enter_async_context(opened)
            judging = KeepingEngine(opened, file)
        company = [one.folder for one in others]
        return cls._furnished(wish, texts, model, judging, arms, company, left_out)

    @classmethod
    def _furnished(
        cls,
        wish: ExamWish,
        texts: "_Texts",
        model: Model,
        judging: Model,
        arms: list[Arm],
        others: list[Path],
        left_out: list[str],
    ) -> "ExamRoom":
        """What is known beside the engines."""
        by_grammar = wish.by_grammar
        budgets = Budgets() if by_grammar else Budgets.for_window(judging.context_tokens)
        own = load_material(wish.folder, budgets)
        company = tuple(load_material(one, budgets) for one in others)
        annotator, judge = _by_grammar(wish, others) if by_grammar else _by_engine(judging)
        annotating = Annotating(annotator, (own, *company), open_embedder("words"), budgets)
        data = read_data(wish.data_folder)
        stages = (wish.stage,) if wish.stage else tuple(one.name for one in own.persona.stages)
        sources = Sources(own, stages, data, company, texts.instructions)
        seen = frozenset(item.question for item in data.train)
        writer = TimeWriter(annotator, annotating, judge, own, company, seen)
        truth = town_traits(read_person(wish.folder)) if by_grammar else {}
        bare = {"bare": TOWN_STRANGER} if by_grammar else {}
        examiner = Examiner(judge, annotating, texts.scales, texts.form, truth=truth, **bare)
        notes = [f"{one} is left out of the comparison: not every stage has an adapter"
                 for one in left_out]  # fmt: skip
        notes += [f"arm {arm.name} has no adapter for {'@'.join(who)}: no Stage BLEU with it"
                  for arm in arms for who in absent(arm, own.persona)]  # fmt: skip
        written_by = {one.origin.annotator for one in data.test} - {annotator.identity}
        if by_grammar and written_by:
            notes.append(
                f"the data is by {', '.join(sorted(written_by))}, the judge reads "
                f"{annotator.identity}: what it cannot read is left out; write it anew"
            )
        if not by_grammar and judging is model:
            notes.append("the examined model judges itself: --judge-model gives another judge")
        return cls(wish, model, tuple(arms), sources, examiner, writer, annotator, tuple(notes))

    def told(self) -> dict[str, object]:
        """What the results come from."""
        wish, material = self.wish, self.sources.material
        return {
            "persona": material.persona.key,
            "name": material.persona.name,
            "folder": str(wish.folder),
            "stages": list(self.sources.stages),
            "material": material.fingerprint,
            "data": {name: _hash(wish.data_folder / name) for name in (TRAIN, TEST)},
            "training_items": len(self.sources.data.train),
            "test_items": len(self.sources.data.test),
            "model": self.model.identity.as_json(),
            "judge": self.examiner.judge.identity,
            "annotator": self.annotator.identity,
            "others": [one.persona.key for one in self.sources.others],
            "scales": [one.name for one in self.examiner.scales],
            "traits": self.examiner.truth,
            "spec": asdict(wish.spec),
            "arms": [_arm_told(arm, material) for arm in self.arms],
        }


def _check_worn(arms: list[Arm], persona: Persona, stage: str | None) -> None:
    """Every arm in the weights has an adapter for every stage that is examined.

    Raises:
        InputError: One is missing.
    """
    for arm in arms:
        for key, name in absent(arm, persona):
            if stage in (None, name):
                raise InputError(
                    f"arm {arm.name!r} has no adapter for {key}@{name}; give "
                    f"--adapter {arm.name}@{name}=FOLDER, or examine another stage alone"
                )


def _arm_told(arm: Arm, material: Material) -> dict[str, object]:
    own: Mapping[str, object] = {
        stage: {"fingerprint": one.fingerprint, "folder": str(one.folder)}
        for (key, stage), one in arm.adapters.items()
        if key == material.persona.key
    }
    return {"name": arm.name, "kind": arm.kind, "adapters": own}


def _by_grammar(wish: ExamWish, others: list[Path]) -> tuple[Annotator, Judge]:
    people = {one.name: read_person(one) for one in (wish.folder, *others)}
    return GrammarAnnotator(people), GrammarJudge()


def _by_engine(judging: Model) -> tuple[Annotator, Judge]:
    return EngineAnnotator(judging), EngineJudge(judging)


def _instructions(wish: ExamWish, by_grammar: bool) -> tuple[Instruction, ...]:
    if wish.general is not None:
        return load_instructions(wish.general)
    if not by_grammar:
        return ()
    # A third of what the town writes cannot be answered, and is no question of ability.
    return town_instructions(random.Random(TOWN_SEED), 2 * wish.spec.general)


def _hash(path: Path) -> str:
    return blake2b(path.read_bytes(), digest_size=16).hexdigest()
