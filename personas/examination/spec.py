"""How thoroughly a persona is examined, and how its answers are drawn."""

from dataclasses import dataclass

from personas.errors import InputError
from personas.model import Sampling

ANSWER_TOKENS = 64
"""Most new tokens of an answer, unless asked otherwise: a few sentences."""


@dataclass(frozen=True, slots=True)
class ExamSpec:
    """All choices of an examination, apart from who is examined, by whom and on what."""

    seeds: tuple[int, ...] = (0,)
    """Every answer is drawn once under each; figures are averaged over them item by item."""
    items: int = 60
    """Held-out items a stage that are put at most."""
    distinct: int = 16
    """Test questions a stage whose answers are compared with other answers to the same question."""
    others: int = 5
    """Most other personas who answer those questions; the paper has five."""
    shots: int = 3
    """Examples in the few-shot prompt."""
    times: int = 6
    """Questions a stage of each kind of point in time."""
    retests: int = 5
    """Talks under pressure a stage in which facts are asked again after every turn."""
    facts: int = 2
    """Facts that are asked again in each of those talks."""
    general: int = 30
    """General instructions a stage."""
    temperature: float = 0.7
    """0 is greedy: then two answers to one question are the same, and Intra BLEU is 100."""
    top_p: float = 0.95
    max_tokens: int = ANSWER_TOKENS

    def __post_init__(self) -> None:
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise InputError(
                f"seeds must be different whole numbers from 0 on, at least one, got {self.seeds}"
            )
        for name in (
            "items",
            "distinct",
            "others",
            "shots",
            "times",
            "retests",
            "facts",
            "general",
        ):
            if getattr(self, name) < 0:
                raise InputError(f"{name} must be at least 0, got {getattr(self, name)}")
        _ = self.sampling  # checks the rest

    @property
    def sampling(self) -> Sampling:
        """How an answer is drawn."""
        return Sampling(self.max_tokens, self.temperature, self.top_p)
