"""Single requests to one server over HTTP, and what each status means."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

from agents.engines.exchange import Answer, Pool
from agents.engines.serverspec import ServerSpec
from agents.engines.wire import Nonsense, Unavailable, complaint, read_json
from personas.errors import EngineError, InputError

T = TypeVar("T")


class Connection:
    """A server's address, and the connections to it.

    Args:
        url: Such as ``http://localhost:8000``.
        spec: Gives the time for one request and its answer, and the key.

    Raises:
        InputError: The URL is none.
    """

    def __init__(self, url: str, spec: ServerSpec) -> None:
        self.url = clean_url(url)
        self._seconds = spec.timeout
        self._headers = {"Content-Type": "application/json"}
        if spec.api_key:
            self._headers["Authorization"] = f"Bearer {spec.api_key}"
        self._pool: Pool | None = None

    @property
    def is_open(self) -> bool:
        """Whether requests may be sent."""
        return self._pool is not None

    def open(self) -> None:
        """Lets requests be sent; connections are made as they are needed."""
        self._pool = self._pool or Pool(self.url, self._headers)

    def close(self) -> None:
        """Drops the connections; requests still waiting fail."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    async def call(
        self, path: str, body: dict[str, object] | None, seconds: float | None = None
    ) -> Answer:
        """One request and its whole answer, of whatever status.

        Raises:
            Unavailable: There was no connection, or no whole answer in time.
        """
        if self._pool is None:
            raise EngineError("the server engine is closed; open a new one")
        seconds = seconds or self._seconds
        raw = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        try:
            async with asyncio.timeout(seconds):
                return await self._pool.request(path, raw)
        except TimeoutError as error:
            raise Unavailable(f"{self.url} gave no answer in {seconds:g} s", lost=True) from error
        except OSError as error:
            reason = str(error) or type(error).__name__
            raise Unavailable(f"{self.url} cannot be reached: {reason}", lost=True) from error

    def read(self, answer: Answer, read: Callable[[object], T]) -> T:
        """What `read` makes of an answer in JSON.

        Raises:
            Unavailable: As for `require_ok`.
            EngineError: As for `require_ok`, or the answer is nonsense.
        """
        self.require_ok(answer, "change the request, or the server's settings")
        try:
            return read(read_json(answer.raw))
        except Nonsense as nonsense:
            raise self.nonsense(nonsense) from nonsense

    def nonsense(self, nonsense: Nonsense) -> EngineError:
        """The same in the words of the seam."""
        return EngineError(
            f"{self.url} answered nonsense: {nonsense}; is it a vLLM server, and nothing between?"
        )

    def require_ok(self, answer: Answer, remedy: str) -> None:
        """Tells failures that may pass from those that will not.

        Raises:
            Unavailable: 429 or 5xx.
            EngineError: Any other status but 200, with the server's message and `remedy`.
        """
        status = answer.status
        if status == 200:
            return
        text = f"{self.url} answered {status}: {complaint(answer.raw)}"
        if status == 429 or status >= 500:
            raise Unavailable(text, retry_after=_seconds(answer.headers.get("retry-after", "")))
        if status in (401, 403):
            remedy = "set VLLM_API_KEY to the key that the server was started with"
        raise EngineError(f"{text}; {remedy}")


def clean_url(url: str) -> str:
    """The address of a server without the path of its API.

    Raises:
        InputError: It is not an address.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"server must look like http://localhost:8000, got {url!r}")
    return url.rstrip("/").removesuffix("/v1")


def _seconds(wish: str) -> float:
    """What Retry-After asks for: seconds, or a date; 0 for anything else."""
    with suppress(ValueError):
        return max(0.0, float(wish))
    with suppress(ValueError):
        date = parsedate_to_datetime(wish)
        return max(
            0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        )
    return 0.0
