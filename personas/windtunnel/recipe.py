"""How long a base is trained, how, and how far it has come."""

from dataclasses import dataclass

from personas.errors import InputError
from personas.windtunnel.packing import Batch, Position

START = Position()


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to train: one of the two, the other 0."""

    minutes: float = 0.0
    """Of training proper, over all resumptions; writing checkpoints and probing do not count."""
    tokens: int = 0
    """Read, padding not counted."""

    def __post_init__(self) -> None:
        if (self.minutes > 0) == (self.tokens > 0):
            raise InputError(
                f"budget: give minutes or tokens, got {self.minutes} minutes, {self.tokens} tokens"
            )

    def spent(self, progress: "Progress") -> float:
        """Share of the budget that is used up, from 0."""
        if self.tokens:
            return progress.tokens / self.tokens
        return progress.seconds / (60 * self.minutes)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run's result depends on, apart from corpus and budget."""

    seed: int = 0
    batch_tokens: int = 2_048
    """Per step, padding included; longer documents are left out."""
    learning_rate: float = 3e-3
    """Of both optimisers; Muon's is matched to AdamW's root mean square."""
    warmup_steps: int = 60
    decay_share: float = 0.6
    """Last share of the budget, over which the rate falls linearly to zero."""
    context_share: float = 0.05
    """Share of tokens outside the assistant's messages that are learnt too."""
    short_share: float = 0.5
    """First share of the budget, in which only short documents are read: looking things up is
    learnt sooner, and a token costs less, where there is less to look through."""
    short_tokens: int = 640
    """Longest document that counts as short, in tokens."""

    def rate(self, step: int, spent: float) -> float:
        """Learning rate at a step, when `spent` of the budget is used up."""
        warm = min(1.0, (step + 1) / self.warmup_steps)
        return self.learning_rate * warm * min(1.0, max(0.0, 1 - spent) / self.decay_share)

    def reads(self, batch: Batch, spent: float) -> bool:
        """Whether a batch is read, when `spent` of the budget is used up."""
        return spent >= self.short_share or batch.ids.shape[1] <= self.short_tokens


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    position: Position = START


STANDARD = Recipe()
"""What a training uses when it is told nothing else."""
