"""Writing a persona's data set up to a quota, many attempts at once, resumable at any moment.

Attempts are written down in the order of the plan, each under a seed of its own. So the files are
the same however fast the annotator was, and wherever it was interrupted.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from personas.errors import EngineError
from personas.flow import take_in_order
from personas.items import Item, Rejected
from personas.jsonlines import Log
from personas.recipe import DataRecipe
from personas.scribe import Scribe

IN_FLIGHT = 64
"""Attempts at once, unless asked otherwise: what a model can batch."""
ITEMS, REJECTED, WISHES = "items.jsonl", "rejected.jsonl", "wishes.jsonl"
"""Files of a data set's folder."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A sign of life while data is written."""

    task: str
    """What is being written, such as a stage."""
    done: int
    wanted: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody who looked at a draft wants different; empty where it is fine as it is."""

    item: str
    """Name of the draft."""
    text: str


OnProgress = Callable[[Progress], None]
Review = Callable[[Item], Awaitable[str]]
"""Shows a draft to a person and gives their wish; an empty one approves of all that follows."""


async def write_items(
    scribe: Scribe,
    stages: Sequence[str],
    recipe: DataRecipe,
    folder: Path,
    *,
    width: int = IN_FLIGHT,
    on_progress: OnProgress = lambda progress: None,
    review: Review | None = None,
) -> tuple[Item, ...]:
    """Writes what is still missing of a data set's items, beside what was rejected and why.

    Args:
        scribe: Writes one item.
        stages: Names of the stages, in order of time.
        recipe: How many; the same as the scribe's.
        folder: Where the files lie; a second call with the same arguments goes on there.
        width: Most attempts at once; it changes nothing about the result.
        on_progress: Called after every attempt.
        review: Shows drafts one by one until one is approved; its wishes count for all later ones.

    Returns:
        All items, stage by stage.

    Raises:
        EngineError: The annotator is broken, or most of what it gives is unusable.
        InputError: A file of the folder is damaged, or in use by another process.
    """
    with (
        Log(folder / ITEMS, Item) as items,
        Log(folder / REJECTED, Rejected) as rejected,
        Log(folder / WISHES, Wish) as wishes,
    ):
        desk = _Desk(scribe, recipe, items, rejected, wishes, on_progress)
        for stage in stages:
            while review and not desk.approved and desk.missing(stage):
                await desk.calibrate(stage, review)
            await desk.fill(stage, desk.missing(stage), width)
        return tuple(items.records)


class _Desk:
    """Where items are written down, and counted by stage."""

    def __init__(
        self,
        scribe: Scribe,
        recipe: DataRecipe,
        items: Log[Item],
        rejected: Log[Rejected],
        wishes: Log[Wish],
        on_progress: OnProgress,
    ) -> None:
        self._scribe, self._recipe, self._on_progress = scribe, recipe, on_progress
        self._items, self._rejected, self._wishes = items, rejected, wishes
        self._accepted = Counter(item.stage for item in items.records)
        self._refused = Counter(one.stage for one in rejected.records)

    def missing(self, stage: str) -> int:
        """How many items a stage still lacks."""
        return self._recipe.items - self._accepted[stage]

    @property
    def approved(self) -> bool:
        """Whether the last draft that was looked at is fine."""
        return bool(self._wishes.records) and not self._wishes.records[-1].text

    async def calibrate(self, stage: str, review: Review) -> None:
        """Has one draft looked at: the last one, if nobody has yet, or a new one."""
        seen = {wish.item for wish in self._wishes.records}
        drafts = self._items.records
        if not drafts or drafts[-1].name in seen:
            await self.fill(stage, 1, width=1)
        draft = self._items.records[-1]
        self._wishes.append(Wish(draft.name, (await review(draft)).strip()))

    async def fill(self, stage: str, wanted: int, width: int) -> None:
        """Tries on from the first place of the plan that nothing is known about."""
        wishes = tuple(wish.text for wish in self._wishes.records if wish.text)
        await take_in_order(
            lambda index: self._scribe.write(stage, index, wishes),
            self._keep,
            first=self._accepted[stage] + self._refused[stage],
            wanted=wanted,
            width=width,
        )

    def _keep(self, outcome: Item | Rejected) -> bool:
        """Writes an outcome down; gives up where hardly anything is usable."""
        stage = outcome.stage
        if isinstance(outcome, Item):
            self._items.append(outcome)
            self._accepted[stage] += 1
        else:
            self._rejected.append(outcome)
            self._refused[stage] += 1
            self._check(outcome)
        wanted, refused = self._recipe.items, self._refused[stage]
        self._on_progress(Progress(stage, self._accepted[stage], wanted, refused))
        return isinstance(outcome, Item)

    def _check(self, last: Rejected) -> None:
        refused = self._refused[last.stage]
        if refused > self._recipe.spare * self._recipe.items:
            raise EngineError(
                f"{refused} attempts at stage {last.stage!r} were rejected, the last one because "
                f"of {last.reason}; use a model that keeps to a form, or raise spare "
                f"(all reasons: {self._rejected.path})"
            )
