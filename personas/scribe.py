"""Writing one item of a persona's data set: an input, what it calls for, and the answer.

What is written depends on the place in the plan alone, so attempts can run side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from personas.annotator import (
    Annotator,
    AnswerBrief,
    Input,
    InputBrief,
    Speaker,
    UnusableError,
    prompt_hash,
)
from personas.chance import seed_for
from personas.embedding import Embedder
from personas.errors import InputError
from personas.instructions import Instruction
from personas.items import Exchange, Item, Provenance, Rejected
from personas.material import Material, Paragraph
from personas.recipe import Attempt, DataRecipe, Plan
from personas.retrieval import Context, Retriever
from personas.wordbudget import Budgets


@dataclass(slots=True)
class _Draft:
    """An item in the making."""

    persona: str
    stage: str
    attempt: Attempt
    annotator: str
    kind: str = ""
    source: str = ""
    turns: list[Exchange] = field(default_factory=list)
    shown: dict[str, None] = field(default_factory=dict)
    """Sources of the paragraphs shown, in order."""
    prompts: list[str] = field(default_factory=list)
    refused: bool = False

    def item(self) -> Item:
        at = self.attempt
        turns = tuple(self.turns)
        return Item(
            self.persona, self.stage, at.index, at.year, turns, at.thinks, self.refused,
            self._origin(),
        )  # fmt: skip

    def rejected(self, reason: str) -> Rejected:
        return Rejected(self.persona, self.stage, self.attempt.index, reason, self._origin())

    def _origin(self) -> Provenance:
        at = self.attempt
        return Provenance(
            at.pattern, self.kind, self.source, tuple(self.shown), prompt_hash(*self.prompts),
            self.annotator, at.seed,
        )  # fmt: skip


class Scribe:
    """Writes the items of one persona.

    Args:
        material: What the persona lived, knew and said.
        annotator: Who writes.
        embedder: For retrieval.
        recipe: How much of what.
        instructions: General ones; needed where the recipe has a share for them.
        budgets: Words of material shown with a question.

    Raises:
        InputError: Instructions are missing.
    """

    def __init__(
        self,
        material: Material,
        annotator: Annotator,
        embedder: Embedder,
        recipe: DataRecipe = DataRecipe(),
        instructions: Sequence[Instruction] = (),
        budgets: Budgets = Budgets(),
    ) -> None:
        if recipe.general and not instructions:
            raise InputError(
                f"general is {recipe.general} but there are no instructions; give some, or set "
                "general to 0"
            )
        self._annotator, self._recipe, self._instructions = annotator, recipe, instructions
        self._persona = material.persona
        known = {stage.name: material.up_to(stage.name) for stage in self._persona.stages}
        key = self._persona.key
        self._plans = {name: Plan(key, one, recipe) for name, one in known.items()}
        self._retrievers = {name: Retriever(one, embedder, budgets) for name, one in known.items()}

    async def write(self, stage: str, index: int, wishes: tuple[str, ...]) -> Item | Rejected:
        """Tries one place of a stage's plan.

        Args:
            stage: Name of the stage.
            index: Place in its plan.
            wishes: What people wanted different when this was begun.
        """
        attempt = self._plans[stage].attempt(index)
        draft = _Draft(self._persona.key, stage, attempt, self._annotator.identity)
        try:
            if attempt.pattern == "general":
                await self._general(draft, wishes)
            else:
                await self._told(draft, wishes)
        except UnusableError as error:
            return draft.rejected(str(error))
        return draft.item()

    async def _told(self, draft: "_Draft", wishes: tuple[str, ...]) -> None:
        """Turns that a paragraph gives rise to: one, or under pressure several."""
        attempt = draft.attempt
        paragraph = self._plans[draft.stage].paragraph(attempt.place)
        draft.kind, draft.source = paragraph.kind, paragraph.source
        turns = 1 + self._recipe.pushes if attempt.pattern == "pressure" else 1
        speaker = self._speaker(draft)
        for _ in range(turns):
            history, seed = tuple(draft.turns), _turn_seed(draft)
            brief = InputBrief(speaker, attempt.pattern, paragraph, history, seed)
            asked = await self._annotator.write_input(brief)
            await self._answer(draft, asked, wishes, paragraph)

    async def _general(self, draft: "_Draft", wishes: tuple[str, ...]) -> None:
        """One instruction, answered in the persona's manner, or refused."""
        count = len(self._instructions)
        number = self._plans[draft.stage].instruction(draft.attempt.place, count)
        chosen = self._instructions[number]
        draft.kind, draft.source = "general", f"general:{number + 1}"
        asked = Input(chosen.prompt, chosen.note, "")
        await self._answer(draft, asked, wishes, None, chosen.reference)

    async def _answer(
        self,
        draft: "_Draft",
        asked: Input,
        wishes: tuple[str, ...],
        told: Paragraph | None,
        reference: str = "",
    ) -> None:
        """Adds a turn with the persona's answer."""
        context = self.context(draft.stage, asked.text, told)
        brief = AnswerBrief(
            self._speaker(draft), draft.attempt.pattern, asked.text, asked.note, context,
            tuple(draft.turns), reference=reference, wishes=wishes, seed=_turn_seed(draft),
        )  # fmt: skip
        draft.prompts.append(asked.prompt)
        answer = await self._annotator.write_answer(brief)
        draft.prompts.append(answer.prompt)
        draft.shown.update(dict.fromkeys(answer.shown))
        draft.refused |= answer.refused
        draft.turns.append(Exchange(asked.text, asked.note, answer.analysis, answer.response))

    def _speaker(self, draft: "_Draft") -> Speaker:
        persona = self._persona
        return Speaker(persona.key, persona.name, draft.stage, draft.attempt.year)

    def context(self, stage: str, question: str, told: Paragraph | None = None) -> Context:
        """What the persona's material says on a question, in a stage.

        Args:
            stage: Name of the stage.
            question: In words.
            told: The paragraph that the question was made from.
        """
        return self._retrievers[stage].recall(question, told)


def _turn_seed(draft: _Draft) -> int:
    """Every turn has its own, or all turns would draw alike."""
    return seed_for(draft.attempt.seed, "turn", len(draft.turns))
