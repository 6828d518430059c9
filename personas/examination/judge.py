"""Who judges answers: what is judged, and the protocol between.

There are two kinds: `personas.examination.engine_judge` asks any language model, and
`personas.windtunnel.examiner` reads answers back with the small town's grammar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

Topic = Literal["knowledge", "attitude", "neither"]
"""What a question is after: what somebody knows or lived, what they think, or none of both."""
TOPICS: tuple[Topic, ...] = get_args(Topic)

Mark = Literal["grade", "rejects", "states", "holds"]
"""What is asked about an answer. ``grade``: agreement with the reference, 0 (conflict) to 5 (the
same). ``rejects``: 1 if it says that the input is false, or that it cannot be known. ``states``:
1 if it states a view at all. ``holds``: 1 if it is still of the view in `Case.earlier`."""

BEST_GRADE = 5
RIGHT_FROM = 4
"""Grade from which on an answer counts as right where it can only be right or wrong."""


@dataclass(frozen=True, slots=True)
class Case:
    """One answer, and what it is judged by."""

    topic: Topic
    user: str
    """What was put to the persona."""
    note: str
    """What that is about, in the annotator's words; of a false claim, what is false."""
    reference: str
    """What the annotator answers; empty where nobody does."""
    answer: str
    earlier: str = ""
    """An earlier answer in the same talk, for ``holds``."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may have said it."""

    speaker: str
    """``rosa/late``."""
    told: str
    """Who that is, in a paragraph."""
    reference: str
    """What this one would answer."""


class Judge(Protocol):
    """Judges answers; a verdict depends on the case alone, its seed included."""

    @property
    def identity(self) -> str:
        """Who judges, as provenance."""
        ...

    async def topic(self, user: str, note: str, reference: str) -> Topic:
        """What a question is after.

        Raises:
            EngineError: The model behind it is broken.
        """
        ...

    async def mark(self, case: Case, what: Mark) -> float | None:
        """A mark as `Mark` says; None where the judge comes to no verdict.

        Raises:
            EngineError: The model behind it is broken.
        """
        ...

    async def recognise(self, case: Case, candidates: Sequence[Candidate]) -> tuple[float, ...]:
        """How likely each candidate is to have said it: a share each, 1 together.

        Raises:
            EngineError: The model behind it is broken.
        """
        ...

    async def compare(self, case: Case, answers: Sequence[str]) -> tuple[float, ...] | None:
        """How good each of several answers is beside the others; None without a verdict.

        Args:
            case: What they answer, and the reference; its own answer is empty.
            answers: In the order in which they are shown.

        Returns:
            A number each, higher is better, equal ones are tied; only their order counts.

        Raises:
            EngineError: The model behind it is broken.
        """
        ...
