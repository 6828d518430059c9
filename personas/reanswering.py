"""Worse answers written on purpose: the persona's own questions, answered by somebody else.

Somebody else is another persona, the same one at another time, an assistant who is nobody, or the
persona without backbone: giving in, or taking a false claim for true.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from personas.annotator import Annotator, AnswerBrief, Speaker, UnusableError, Voice
from personas.chance import seed_for
from personas.dataset import IN_FLIGHT, OnProgress, Progress
from personas.embedding import Embedder
from personas.flow import take_in_order
from personas.items import Item, Negative, Preference
from personas.jsonlines import Log
from personas.material import Material
from personas.preferences import Dropped, Judge
from personas.retrieval import Retriever
from personas.wordbudget import Budgets

VOICES: Mapping[Negative, Voice] = {
    "other persona": "persona",
    "other stage": "persona",
    "assistant": "assistant",
    "sycophant": "sycophant",
    "false premise": "gullible",
}
ANSWERED, DROPPED = "answered.jsonl", "answered-dropped.jsonl"
"""Files of a data set's folder."""


@dataclass(frozen=True, slots=True)
class Task:
    """One question to be answered again."""

    item: Item
    negative: Negative
    speaker: Speaker
    seed: int


class Company:
    """Everybody who can answer, each with what they know in each stage.

    Args:
        own: Whose data it is.
        others: Other personas.
        embedder: For retrieval.
        budgets: Words of material shown with a question.
    """

    def __init__(
        self,
        own: Material,
        others: Sequence[Material],
        embedder: Embedder,
        budgets: Budgets = Budgets(),
    ) -> None:
        self._own, self._others = own, tuple(others)
        self._embedder, self._budgets = embedder, budgets
        self._retrievers: dict[tuple[str, str], Retriever] = {}

    def tasks(self, items: Sequence[Item], seed: int, most: int) -> list[Task]:
        """What is to be answered again, in the order of items.

        Args:
            items: Training items of the persona.
            seed: Of all choices.
            most: Most tasks an item, each of another kind.
        """
        found: list[Task] = []
        for item in items:
            own_seed = seed_for(seed, "again", item.name)
            rng = random.Random(own_seed)
            kinds = self._kinds(item)
            for kind in rng.sample(kinds, min(most, len(kinds))):
                speaker = self._speaker(rng, item, kind)
                found.append(Task(item, kind, speaker, seed_for(own_seed, kind)))
        return found

    def brief(self, task: Task) -> AnswerBrief:
        """The last turn of an item, put to somebody else.

        Another self is asked afresh: with the turns before it would go on from their views.
        """
        *before, last = task.item.turns
        speaker = task.speaker
        if VOICES[task.negative] == "persona":
            before = []
        context = self._retriever(speaker).recall(last.user)
        return AnswerBrief(
            speaker, task.item.origin.pattern, last.user, last.note, context, tuple(before),
            VOICES[task.negative], seed=task.seed,
        )  # fmt: skip

    def _kinds(self, item: Item) -> list[Negative]:
        """Whose answer could be a worse one to this; a general answer is right for everybody."""
        if item.origin.pattern == "general":
            return ["assistant", "false premise"] if item.refused else []
        kinds: list[Negative] = ["assistant"]
        kinds += ["other persona"] if self._others else []
        kinds += ["other stage"] if len(self._own.persona.stages) > 1 else []
        kinds += ["sycophant"] if item.origin.pattern in ("thought", "error", "pressure") else []
        kinds += ["false premise"] if item.origin.pattern == "error" else []
        return kinds

    def _speaker(self, rng: random.Random, item: Item, kind: Negative) -> Speaker:
        """Who answers, in a year of theirs."""
        persona = self._own.persona
        if kind not in ("other persona", "other stage"):
            return Speaker(persona.key, persona.name, item.stage, item.year)
        if kind == "other persona":
            persona = rng.choice(self._others).persona
        own = persona is self._own.persona
        stage = rng.choice([one for one in persona.stages if not (own and one.name == item.stage)])
        return Speaker(persona.key, persona.name, stage.name, rng.randint(*stage.years))

    def _retriever(self, speaker: Speaker) -> Retriever:
        """What a speaker knows, looked up once."""
        key = (speaker.persona, speaker.stage)
        if key not in self._retrievers:
            (material,) = (
                one for one in (self._own, *self._others) if one.persona.key == speaker.persona
            )
            known = material.up_to(speaker.stage)
            self._retrievers[key] = Retriever(known, self._embedder, self._budgets)
        return self._retrievers[key]


async def answer_again(
    tasks: Sequence[Task],
    brief: Callable[[Task], AnswerBrief],
    annotator: Annotator,
    judge: Judge,
    folder: Path,
    *,
    width: int = IN_FLIGHT,
    on_progress: OnProgress = lambda progress: None,
) -> tuple[tuple[Preference, ...], tuple[Dropped, ...]]:
    """Answers what is still missing, and keeps what makes a good pair.

    Args:
        tasks: What to answer; a second call with the same ones goes on where the first ended.
        brief: Words a task for the annotator.
        annotator: Who writes.
        judge: Says what speaks against a pair.
        folder: Where the files lie.
        width: Most answers at once; it changes nothing about the result.
        on_progress: Called after every task.

    Returns:
        The pairs, and what was dropped.

    Raises:
        EngineError: The annotator is broken.
        InputError: A file of the folder is damaged, or in use by another process.
    """

    async def attempt(number: int) -> Preference | Dropped:
        return await _outcome(tasks[number], brief(tasks[number]), annotator, judge)

    with Log(folder / ANSWERED, Preference) as pairs, Log(folder / DROPPED, Dropped) as dropped:

        def keep(outcome: Preference | Dropped) -> bool:
            if isinstance(outcome, Preference):
                pairs.append(outcome)
            else:
                dropped.append(outcome)
            done, lost = len(pairs.records) + len(dropped.records), len(dropped.records)
            on_progress(Progress("answering again", done, len(tasks), lost))
            return True

        first = len(pairs.records) + len(dropped.records)
        await take_in_order(attempt, keep, first, len(tasks) - first, width)
        return tuple(pairs.records), tuple(dropped.records)


async def _outcome(
    task: Task, brief: AnswerBrief, annotator: Annotator, judge: Judge
) -> Preference | Dropped:
    """One pair, or why there is none."""
    item, last = task.item, task.item.turns[-1]
    prompt = (*(part for turn in item.turns[:-1] for part in (turn.user, turn.response)), last.user)
    try:
        rejected = (await annotator.write_answer(brief)).response
    except UnusableError as error:
        return Dropped(item.name, task.negative, "answered again", f"no answer: {error}")
    reason = judge.objection(prompt, last.response, rejected)
    if reason:
        return Dropped(item.name, task.negative, "answered again", reason)
    speaker = task.speaker
    against = f"{speaker.persona}/{speaker.stage}, {VOICES[task.negative]}"
    return Preference(
        item.persona, item.stage, item.year, prompt, last.response, rejected, task.negative,
        "answered again", item.name, against,
    )  # fmt: skip
