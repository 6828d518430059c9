"""One call on its way through the embedded engine: to the thread, and back to its caller."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from personas.model import Reply, Request, Scores


@dataclass(eq=False, slots=True)
class Job:
    """A prompt, what is asked about it, and who waits for the answer."""

    request: Request
    tokens: list[int]
    """The rendered prompt."""
    options: list[int] | None
    """Tokens to be scored; None asks for words."""
    answer: asyncio.Future[Reply | Scores]
    """Belongs to the caller's event loop; touched there only."""
    said: list[int] = field(default_factory=list)
    """Tokens of the reply so far."""

    @property
    def adapter(self) -> str:
        """Fingerprint of the adapter; empty for the bare base."""
        return self.request.adapter.fingerprint if self.request.adapter else ""

    def resolve(self, outcome: Reply | Scores | Exception) -> None:
        """Hands the outcome to the caller, from any thread."""

        def deliver() -> None:
            if self.answer.done():  # the caller gave up meanwhile
                return
            if isinstance(outcome, Exception):
                self.answer.set_exception(outcome)
            else:
                self.answer.set_result(outcome)

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.answer.get_loop().call_soon_threadsafe(deliver)
