"""What is learnt from a persona's data: token ids with marks, in an order that never changes.

Every row is made by the renderer that the engines use, so a persona learns behind the very ids that
it is asked with. The order is drawn here and not by a trainer: one that was killed goes on with
the same rows.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from personas.instructions import Instruction
from personas.items import Conversation, Item, Negative, Preference, Route, Turn, conversation
from personas.persllm.presets import Sft
from personas.rendering import Lesson, Renderer
from personas.speaking import conversation_talk, one_line, preference_prompt, talk

UNLEARNT = -100
"""Label of a token that does not count; what PyTorch's cross-entropy leaves out."""
WINDOW = 16
"""Batches that are sorted by length together: little padding, and still a mixed order."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class SftLessons:
    """What supervised tuning reads."""

    rows: tuple[Lesson, ...]
    """In order, the persona's own as often as they are repeated."""
    own: int
    """Conversations of the persona's own, each counted once."""
    general: int
    """General ones."""
    shortened: int
    """Conversations that lost their last turns, for want of room."""
    left_out: int
    """Conversations whose first turn is too long already."""

    @property
    def tokens(self) -> int:
        """All that is read."""
        return sum(len(ids) for ids, _ in self.rows)

    @property
    def learnt(self) -> int:
        """Tokens that count."""
        return sum(sum(counts) for _, counts in self.rows)


@dataclass(frozen=True, slots=True)
class PairLesson:
    """One prompt and two answers, as token ids."""

    prompt: tuple[int, ...]
    chosen: tuple[int, ...]
    rejected: tuple[int, ...]

    @property
    def longest(self) -> int:
        """Tokens of the prompt with the longer answer."""
        return len(self.prompt) + max(len(self.chosen), len(self.rejected))


@dataclass(frozen=True, slots=True)
class UsedShare:
    """How many pairs of one kind are used."""

    negative: Negative
    route: Route
    used: int
    of: int


def sft_lessons(
    items: Sequence[Item],
    instructions: Sequence[Instruction],
    name: str,
    renderer: Renderer,
    longest: int,
    sft: Sft,
    seed: int,
) -> SftLessons:
    """Rows of supervised tuning: the persona's own conversations several times, general ones once.

    Args:
        items: Training items of one stage.
        instructions: Further general data, answered by nobody in particular; those without a
            reference are passed over.
        name: What the persona is called.
        renderer: Of the base.
        longest: Tokens of a row.
        sft: How often the persona's own are read, and how many rows make a step: those are of like
            length.
        seed: Of the order.
    """
    counted: Counter[str] = Counter()
    rows: list[Lesson] = []
    for item in items:
        found = _fitting(conversation(item), name, renderer, longest, counted)
        if item.origin.pattern == "general":
            counted["general"] += bool(found)
            rows += found
        else:
            counted["own"] += bool(found)
            silent = replace(item, thinks=False)
            plain = _fitting(conversation(silent), name, renderer, longest, Counter())
            rows += found * (sft.repeats - sft.silent) + plain * sft.silent
    for one in instructions:
        if one.reference.strip():
            found = renderer.lessons(talk("", [(one.prompt, one.reference)]), [True])
            fits = max(len(ids) for ids, _ in found) <= longest
            counted["general" if fits else "left out"] += 1
            rows += found if fits else []
    rng = random.Random(f"order of supervised tuning, seed {seed}")
    ordered = arranged(rows, lambda row: len(row[0]), sft.batch, rng)
    return SftLessons(
        tuple(ordered), counted["own"], counted["general"], counted["shortened"],
        counted["left out"],
    )  # fmt: skip


def _fitting(
    one: Conversation, name: str, renderer: Renderer, longest: int, counted: Counter[str]
) -> list[Lesson]:
    """As many of a conversation's turns as there is room for; counts what was lost."""
    for turns in range(len(one.turns), 0, -1):
        rows = _rows(one, one.turns[:turns], name, renderer)
        if all(len(ids) <= longest for ids, _ in rows):
            counted["shortened"] += turns < len(one.turns)
            return rows
    counted["left out"] += 1
    return []


def _rows(
    one: Conversation, turns: tuple[Turn, ...], name: str, renderer: Renderer
) -> list[Lesson]:
    kept = Conversation(one.persona, one.stage, one.year, one.thinks, turns, one.item)
    return renderer.lessons(conversation_talk(name, kept), [turn.learnt for turn in turns])


def labels(row: Lesson) -> list[int]:
    """The row's ids where they count, else `UNLEARNT`."""
    return [token if counts else UNLEARNT for token, counts in zip(*row, strict=True)]


def pair_lesson(name: str, one: Preference, renderer: Renderer) -> PairLesson:
    """A pair as token ids; both answers follow the same prompt and end as a reply does."""
    prompt = tuple(renderer.render(preference_prompt(name, one)))
    chosen, rejected = (
        (*renderer.encode(one_line(text)), *renderer.closing_ids)
        for text in (one.chosen, one.rejected)
    )
    return PairLesson(prompt, chosen, rejected)


def pair_lessons(
    pairs: Sequence[Preference],
    name: str,
    renderer: Renderer,
    longest: int,
    batch: int,
    epochs: int,
    seed: int,
) -> tuple[PairLesson, ...]:
    """Rows of preference tuning in order; pairs that are too long are left out.

    Args:
        pairs: Those that are used.
        name: What the persona is called.
        renderer: Of the base.
        longest: Tokens of a prompt with its longer answer.
        batch: Pairs a step.
        epochs: How often each is read.
        seed: Of the order.
    """
    rows = [pair_lesson(name, one, renderer) for one in pairs]
    rows = [row for row in rows if row.longest <= longest]
    rng = random.Random(f"order of preference tuning, seed {seed}")
    ordered: list[PairLesson] = []
    for _ in range(epochs):
        ordered += arranged(rows, lambda row: row.longest, batch, rng)
    return tuple(ordered)


def used_pairs(
    pairs: Sequence[Preference], share: float, seed: int, most: int = 0
) -> tuple[tuple[Preference, ...], tuple[UsedShare, ...]]:
    """A share of the pairs that keeps their mix: of every kind as nearly the same share as may be.

    Args:
        pairs: All of one stage.
        share: In [0, 1].
        seed: Of the choice.
        most: Pairs at most; 0 for no bound.

    Returns:
        The pairs in their own order, and how many there are of each kind.
    """
    if most and pairs:
        share = min(share, most / len(pairs))
    kinds: dict[tuple[Negative, Route], list[int]] = {}
    for place, one in enumerate(pairs):
        kinds.setdefault((one.negative, one.route), []).append(place)
    quotas = _quotas({kind: len(places) for kind, places in kinds.items()}, share)
    rng = random.Random(f"choice of pairs, seed {seed}")
    taken: set[int] = set()
    for kind in sorted(kinds):
        taken.update(rng.sample(kinds[kind], quotas[kind]))
    shares = [UsedShare(*kind, quotas[kind], len(kinds[kind])) for kind in sorted(kinds)]
    return tuple(one for place, one in enumerate(pairs) if place in taken), tuple(shares)


Kind = TypeVar("Kind", bound=tuple[str, ...])


def _quotas(counts: dict[Kind, int], share: float) -> dict[Kind, int]:
    """Whole numbers near a share of each count, whose sum is nearest to the share of all."""
    total = round(share * sum(counts.values()))
    quotas = {kind: int(share * count) for kind, count in counts.items()}
    rest = sorted(counts, key=lambda kind: (quotas[kind] - share * counts[kind], kind))
    for kind in rest[: max(0, total - sum(quotas.values()))]:
        quotas[kind] += 1
    return quotas


def arranged(
    rows: Iterable[Row], length: Callable[[Row], int], batch: int, rng: random.Random
) -> list[Row]:
    """All rows in random order, but rows of one batch are of like length.

    Args:
        rows: What is read in one pass.
        length: Of a row.
        batch: Rows a step.
        rng: Draws the order.
    """
    drawn = list(rows)
    rng.shuffle(drawn)
    batches: list[list[Row]] = []
    for start in range(0, len(drawn), WINDOW * batch):
        window = sorted(drawn[start : start + WINDOW * batch], key=length)
        batches += [window[at : at + batch] for at in range(0, len(window), batch)]
    whole = [one for one in batches if len(one) == batch]
    rng.shuffle(whole)
    rest = [one for one in batches if len(one) < batch]  # at most one: it must come last
    return [row for one in (*whole, *rest) for row in one]
