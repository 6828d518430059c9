"""A persona's data set from end to end, in one folder that can be gone on with at any moment.

``order.json`` says what was ordered; ``items.jsonl``, ``answered.jsonl`` and what stands beside
them are written by an annotator and never again; ``train.jsonl``, ``test.jsonl``,
``preferences.jsonl``, ``general.jsonl`` and ``mix.json`` follow from those and are made anew each
time.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from operator import eq
from pathlib import Path

from personas.annotator import Annotator, prompt_hash
from personas.dataset import IN_FLIGHT, OnProgress, Review, write_items
from personas.dedup import split_items
from personas.embedding import Embedder
from personas.instructions import Instruction
from personas.items import Item, Preference
from personas.jsonlines import read_record, read_records, write_records
from personas.material import Material
from personas.mining import mine
from personas.orders import ORDER, claim
from personas.preferences import Dropped, Judge, PairRules, mix, name_words, strength
from personas.reanswering import Company, answer_again
from personas.recipe import DataRecipe
from personas.scribe import Scribe
from personas.wordbudget import Budgets

TRAIN, TEST, DUPLICATES = "train.jsonl", "test.jsonl", "duplicates.jsonl"
GENERAL = "general.jsonl"
PREFERENCES, MINED_DROPPED, MIX = "preferences.jsonl", "mined-dropped.jsonl", "mix.json"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody whose finished data set worse answers are mined from."""

    name: str
    """How they are called, which must not be learnt."""
    train: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a data set is made from."""

    material: Material
    annotator: Annotator
    embedder: Embedder
    embedder_name: str
    others: tuple[Material, ...] = ()
    """Other personas, who answer this one's questions."""
    neighbours: tuple[Neighbour, ...] = ()
    """Other personas' data sets, to mine worse answers from."""
    instructions: tuple[Instruction, ...] = ()
    budgets: Budgets = Budgets()
    same: Callable[[str, str], bool] = eq
    """Whether two answers say the same, as far as anybody can tell."""


@dataclass(frozen=True, slots=True)
class Order:
    """All that the written files depend on."""

    persona: str
    """Key."""
    name: str
    material: str
    """Hash of the text."""
    annotator: str
    embedder: str
    others: tuple[str, ...]
    """Keys and hashes of the other personas."""
    instructions: str
    """Hash of the general instructions."""
    budgets: Budgets
    recipe: DataRecipe
    rules: PairRules


@dataclass(frozen=True, slots=True)
class DataSet:
    """What tuning and examination read."""

    train: tuple[Item, ...]
    test: tuple[Item, ...]
    preferences: tuple[Preference, ...]
    general: tuple[Instruction, ...] = ()
    """General instructions with their answers in nobody's manner; tuning mixes them in."""


async def write_data(
    made_from: Ingredients,
    recipe: DataRecipe,
    rules: PairRules,
    folder: Path,
    *,
    width: int = IN_FLIGHT,
    on_progress: OnProgress = lambda progress: None,
    review: Review | None = None,
) -> DataSet:
    """Writes a data set, or what is missing of it.

    Args:
        made_from: Material, annotator and the rest.
        recipe: How many items of what.
        rules: What preference pairs must keep to.
        folder: Where the files lie; the same call goes on where it was interrupted.
        width: Most attempts at once; it changes nothing about the result.
        on_progress: Called after every attempt.
        review: Shows drafts to a person until one is approved.

    Raises:
        EngineError: The annotator is broken, or most of what it gives is unusable.
        InputError: The folder holds a data set of another order, or a damaged file.
    """
    claim(folder, "data set", _order(made_from, recipe, rules))
    own, embedder = made_from.material, made_from.embedder
    scribe = Scribe(
        own, made_from.annotator, embedder, recipe, made_from.instructions, made_from.budgets
    )
    stages = [stage.name for stage in own.persona.stages]
    items = await write_items(
        scribe, stages, recipe, folder, width=width, on_progress=on_progress, review=review
    )
    split = split_items(items, embedder, recipe.seed)
    write_records(folder / TRAIN, split.train)
    write_records(folder / TEST, split.test)
    write_records(folder / DUPLICATES, split.duplicates)
    general = tuple(one for one in made_from.instructions if one.reference)
    write_records(folder / GENERAL, general)
    pairs = await _paired(made_from, rules, split.train, folder, width, on_progress)
    return DataSet(split.train, split.test, pairs, general)


async def _paired(
    made_from: Ingredients,
    rules: PairRules,
    train: tuple[Item, ...],
    folder: Path,
    width: int,
    on_progress: OnProgress,
) -> tuple[Preference, ...]:
    """Preference pairs by both routes, those answered again first; counts them in the folder."""
    judge, embedder = _judge(made_from, rules), made_from.embedder
    company = Company(made_from.material, made_from.others, embedder, made_from.budgets)
    tasks = company.tasks(train, rules.seed, rules.again)
    answered, dropped = await answer_again(
        tasks, company.brief, made_from.annotator, judge, folder,
        width=width, on_progress=on_progress,
    )  # fmt: skip
    pool = [item for one in made_from.neighbours for item in one.train]
    mined = list(mine(train, pool, embedder, judge))
    pairs = (*answered, *(one for one in mined if isinstance(one, Preference)))
    objections = [one for one in mined if isinstance(one, Dropped)]
    write_records(folder / PREFERENCES, pairs)
    write_records(folder / MINED_DROPPED, objections)
    _write_mix(folder / MIX, train, pairs, [*dropped, *objections])
    return pairs


def read_data(folder: Path) -> DataSet:
    """A finished data set.

    Raises:
        InputError: A file is missing or damaged.
    """
    return DataSet(
        tuple(read_records(folder / TRAIN, Item)),
        tuple(read_records(folder / TEST, Item)),
        tuple(read_records(folder / PREFERENCES, Preference)),
        tuple(read_records(folder / GENERAL, Instruction)),
    )


def read_neighbour(folder: Path) -> Neighbour:
    """Another persona's data set, to mine from.

    Raises:
        InputError: The folder holds no finished data set.
    """
    order = read_record(folder / ORDER, Order)
    return Neighbour(order.name, tuple(read_records(folder / TRAIN, Item)))


def _order(made_from: Ingredients, recipe: DataRecipe, rules: PairRules) -> Order:
    told = [part for one in made_from.instructions for part in (one.prompt, one.reference)]
    return Order(
        persona=made_from.material.persona.key,
        name=made_from.material.persona.name,
        material=made_from.material.fingerprint,
        annotator=made_from.annotator.identity,
        embedder=made_from.embedder_name,
        others=tuple(f"{one.persona.key} {one.fingerprint}" for one in made_from.others),
        instructions=prompt_hash(*told),
        budgets=made_from.budgets,
        recipe=recipe,
        rules=rules,
    )


def _judge(made_from: Ingredients, rules: PairRules) -> Judge:
    """Objects to names of everybody whose answers may come up."""
    own = made_from.material.persona
    strangers = [one.persona.name for one in made_from.others]
    strangers += [one.name for one in made_from.neighbours]
    return Judge(rules, made_from.embedder, name_words(strangers, own.name), made_from.same)


def _write_mix(
    path: Path, train: Sequence[Item], pairs: Sequence[Preference], dropped: Sequence[Dropped]
) -> None:
    """Counts of pairs by kind, and how strongly they may be used."""
    content = {
        "training_items": len(train),
        "pairs": len(pairs),
        "dropped": len(dropped),
        "strength": round(strength(len(train)), 4),
        "mix": [asdict(share) for share in mix(pairs, dropped)],
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
