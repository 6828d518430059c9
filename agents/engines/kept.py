"""An engine whose replies are kept in a file as they come, and answered from it the next time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from agents.engines.recorded import RecordedEngine
from personas.jsonlines import Log
from personas.model import Model, Reply, Request, Scores


@dataclass(frozen=True, slots=True)
class Kept:
    """A reply under the key of its request: words, or log-probabilities."""

    key: str
    text: str = ""
    cut: bool = False
    """Whether the words ended at the most tokens allowed."""
    prompt_tokens: int = 0
    new_tokens: int = 0
    logprobs: tuple[float, ...] = ()


class ReplyFile(Mapping[str, Reply | Scores]):
    """Replies by `personas.model.request_key`, in a file that only grows; use it in ``with``.

    Args:
        path: Made if need be; one process at a time writes it.

    Raises:
        InputError: The file is damaged, or in use by another process.
    """

    def __init__(self, path: Path) -> None:
        self._log = Log(path, Kept)
        self._known = {one.key: _reply(one) for one in self._log.records}

    def keep(self, key: str, reply: Reply | Scores) -> None:
        """Writes a reply down, unless it is known."""
        if key in self._known:
            return
        self._known[key] = reply
        if isinstance(reply, Scores):
            self._log.append(Kept(key, prompt_tokens=reply.prompt_tokens, logprobs=reply.logprobs))
        else:
            cut = reply.finish == "length"
            self._log.append(Kept(key, reply.text, cut, reply.prompt_tokens, reply.new_tokens))

    def __getitem__(self, key: str) -> Reply | Scores:
        """The reply to a request."""
        return self._known[key]

    def __iter__(self) -> Iterator[str]:
        """Keys, the oldest first."""
        return iter(self._known)

    def __len__(self) -> int:
        """Number of replies."""
        return len(self._known)

    def __enter__(self) -> "ReplyFile":
        """The file itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it."""
        self._log.__exit__(kind, error, trace)


class KeepingEngine(RecordedEngine):
    """Answers from a file of replies, and keeps there what it had to ask for.

    Args:
        engine: Who answers what is not in the file.
        replies: The file.
    """

    def __init__(self, engine: Model, replies: ReplyFile) -> None:
        super().__init__(engine, replies)
        self._file = replies

    async def ask(
        self, key: str, request: Request, options: Sequence[str] | None = None
    ) -> Reply | Scores:
        """As `RecordedEngine.ask`; the reply is on its way to the disk when anybody hears it."""
        reply = await super().ask(key, request, options)
        self._file.keep(key, reply)
        return reply


def _reply(one: Kept) -> Reply | Scores:
    if one.logprobs:
        return Scores(one.logprobs, one.prompt_tokens)
    return Reply(one.text, "length" if one.cut else "stop", one.prompt_tokens, one.new_tokens)
