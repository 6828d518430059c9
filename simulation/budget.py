"""Budgets: when a run stops cleanly, between turns."""

from dataclasses import dataclass
from time import monotonic

from personas.errors import InputError
from personas.model import Reply, Scores


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop cleanly, between turns; what the record answers costs nothing."""

    tokens: int | None = None
    """Most new tokens to have written; None: no bound."""
    hours: float | None = None
    """Most real hours in which requests go out; None: no bound."""

    def __post_init__(self) -> None:
        if self.tokens is not None and self.tokens < 1:
            raise InputError(f"max_tokens must be at least 1, got {self.tokens}")
        if self.hours is not None and not self.hours > 0:
            raise InputError(f"max_hours must be above 0, got {self.hours}")


class Purse:
    """What is left of a budget; requests in flight count at their most."""

    def __init__(self, budget: Budget) -> None:
        self._budget, self._reserved = budget, 0
        self.spent = 0
        """New tokens written so far."""
        hours = budget.hours
        self._deadline = None if hours is None else monotonic() + 3600 * hours

    @property
    def reserved(self) -> int:
        """What is set aside for requests in flight."""
        return self._reserved

    def late(self) -> str:
        """Why nothing more can go out whatever it costs; empty while there is time."""
        if self._deadline is None or monotonic() <= self._deadline:
            return ""
        return f"the time of {self._budget.hours:g} hours is over"

    def short_of(self, tokens: int) -> str:
        """Why a request for so many tokens cannot go out; empty if it can."""
        most = self._budget.tokens
        if most is not None and self.spent + self._reserved + tokens > most:
            return f"the budget of {most} tokens is spent: the next turn might not fit"
        return ""

    def reserve(self, tokens: int) -> None:
        """Sets aside what a request in flight may cost at most."""
        self._reserved += tokens

    def release(self, tokens: int) -> None:
        """Gives back what was set aside."""
        self._reserved -= tokens

    def spend(self, reply: Reply | Scores) -> None:
        """Counts what was written; scores are read off and cost nothing."""
        self.spent += reply.new_tokens
