"""Single requests to one server over HTTP, and what each status means."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
import orjson

from agents.engines.serverspec import ServerSpec
from agents.engines.wire import Nonsense, Unavailable, complaint, read_json
from personas.errors import EngineError, InputError

KEEPALIVE_SECONDS = 3.0
"""Idle connections are dropped before vLLM drops them (5 s), which could meet a request."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    raw: bytes
    retry_after: float
    """Seconds; 0 where the server did not ask for any."""


class Connection:
    """A server's address, and the connections to it.

    Args:
        url: Such as ``http://localhost:8000``.
        seconds: For one request and its answer.

    Raises:
        InputError: The URL is none.
    """

    def __init__(self, url: str, seconds: float) -> None:
        self.url = clean_url(url)
        self.session: aiohttp.ClientSession | None = None
        """None while closed."""
        self._seconds = seconds

    async def call(
        self, path: str, body: dict[str, object] | None, seconds: float | None = None
    ) -> Answer:
        """One request and its whole answer, of whatever status.

        Raises:
            Unavailable: There was no connection, or no whole answer in time.
        """
        if self.session is None:
            raise EngineError("the server engine is closed; open a new one")
        seconds = seconds or self._seconds
        try:
            async with (
                asyncio.timeout(seconds),
                self.session.request(
                    "GET" if body is None else "POST",
                    self.url + path,
                    data=None if body is None else orjson.dumps(body),
                    allow_redirects=False,
                ) as response,
            ):
                raw = await response.read()
                wish = response.headers.get("Retry-After", "")
                return Answer(response.status, raw, _seconds(wish) if wish else 0.0)
        except TimeoutError as error:
            raise Unavailable(f"{self.url} gave no answer in {seconds:g} s", lost=True) from error
        except (aiohttp.ClientError, OSError) as error:
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
            raise Unavailable(text, retry_after=answer.retry_after)
        if status in (401, 403):
            remedy = "set VLLM_API_KEY to the key that the server was started with"
        raise EngineError(f"{text}; {remedy}")


def open_session(spec: ServerSpec) -> aiohttp.ClientSession:
    """Connections that are kept and used again; their number is bounded by each endpoint."""
    headers = {"Content-Type": "application/json"}
    if spec.api_key:
        headers["Authorization"] = f"Bearer {spec.api_key}"
    # What vLLM makes no use of is left out: it would take time with every request.
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE_SECONDS),
        headers=headers,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(),
    )


def clean_url(url: str) -> str:
    """The address of a server without the path of its API.

    Raises:
        InputError: It is not an address.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError:
        good = False
    if not good:
        raise InputError(f"server must look like http://localhost:8000, got {url!r}")
    if "@" in parts.netloc:
        raise InputError(
            "server must hold no name or password, one for "
            f"{parts.hostname} does: give it without, and set VLLM_API_KEY to the server's key"
        )
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
