"""A person at the keyboard as a model: hears what an agent would hear, and types its words."""

import asyncio
from collections.abc import Callable, Sequence
from math import inf

from personas.errors import EngineError
from personas.model import ModelIdentity, Reply, Request, Scores

Read = Callable[[str], str]
"""Shows what was just heard or asked, and returns what the person says to it."""


def ask_terminal(heard: str) -> str:
    """Reads one line from the terminal.

    Raises:
        EngineError: Nobody is there to type.
    """
    try:
        return input(f"\n{heard.strip()}\n> ")
    except EOFError:
        raise EngineError(
            "a human's seat needs somebody at the terminal: run it there, or give Human a `read`"
        ) from None


class HumanEngine:
    """Gives a person one thing at a time to answer.

    Args:
        read: Asks the person; it may block, and is called in a thread of its own.
    """

    def __init__(self, read: Read = ask_terminal) -> None:
        self._read = read
        self._turn = asyncio.Lock()
        self.identity = ModelIdentity("human", "1", base="", dtype="")
        self.context_tokens = 1_000_000

    def count_tokens(self, text: str) -> int:
        """Number of words."""
        return len(text.split())

    async def generate(self, request: Request) -> Reply:
        """What the person says to what was heard since its last turn."""
        said = (await self._ask(request)).strip()
        return Reply(said, new_tokens=self.count_tokens(said))

    async def score(self, request: Request, options: Sequence[str]) -> Scores:
        """Certainty for the option that the person typed; none is certain if it typed another."""
        said = (await self._ask(request)).strip().upper()
        return Scores(tuple(0.0 if said == option else -inf for option in options))

    async def _ask(self, request: Request) -> str:
        heard = request.messages()[-2][1]
        async with self._turn:
            return await asyncio.to_thread(self._read, heard)
