"""HTTP/1.1 to one server, as much of it as a client of vLLM needs, at little cost per request.

A turn may cost a millisecond of our processor at most, of which a general client takes a good part:
it knows cookies, redirects, proxies and streams. This one sends a request and reads its whole
answer, over connections that are kept and used again. RFC 9112.
"""

import asyncio
import ssl
from collections.abc import Mapping
from time import monotonic
from urllib.parse import urlsplit

KEEPALIVE_SECONDS = 3.0
"""Idle connections are dropped before vLLM drops them (5 s), which could meet a request."""
LARGEST_ANSWER = 2**26  # bytes
CONTINUES = range(100, 200)  # statuses of answers that another one follows
BODILESS = (204, 304)


class Answer:
    """What came back, whatever its status.

    Args:
        status: Such as 200.
        raw: The body.
        headers: By name in lower case.
    """

    __slots__ = ("headers", "raw", "status")

    def __init__(self, status: int, raw: bytes, headers: Mapping[str, str]) -> None:
        self.status, self.raw, self.headers = status, raw, headers


class Pool:
    """Connections to one server.

    Args:
        url: Scheme, host and port, and maybe the beginning of every path.
        headers: Sent with every request.
    """

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        self._host, self._tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._prefix = parts.path.rstrip("/")
        lines = {"Host": parts.netloc.rpartition("@")[2], **headers}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._idle: list[tuple[float, _Exchange]] = []
        self._busy: set[_Exchange] = set()

    async def request(self, path: str, body: bytes | None) -> Answer:
        """One request, a POST if it has a body, and its whole answer.

        Raises:
            OSError: There is no connection, or none any more before the answer was whole, or what
                came back is not HTTP.
        """
        exchange = await self._connection()
        self._busy.add(exchange)
        try:
            answer = await exchange.ask(self._written(path, body))
        except BaseException:  # an answer may still come, to nobody
            exchange.abort()
            raise
        finally:
            self._busy.discard(exchange)
        if exchange.usable:
            self._idle.append((monotonic(), exchange))
        return answer

    def close(self) -> None:
        """Drops all connections; who waits for an answer gets a ConnectionError."""
        for exchange in (*self._busy, *(exchange for _, exchange in self._idle)):
            exchange.abort()
        self._idle.clear()

    def _written(self, path: str, body: bytes | None) -> bytes:
        if body is None:
            return f"GET {self._prefix}{path} HTTP/1.1\r\n{self._head}\r\n".encode()
        size = f"Content-Length: {len(body)}\r\n\r\n"
        return f"POST {self._prefix}{path} HTTP/1.1\r\n{self._head}{size}".encode() + body

    async def _connection(self) -> "_Exchange":
        """The one used last, if it is still fresh; else a new one."""
        oldest = monotonic() - KEEPALIVE_SECONDS
        while self._idle:
            since, exchange = self._idle.pop()
            if since > oldest and exchange.usable:
                return exchange
            exchange.abort()
        _, made = await asyncio.get_running_loop().create_connection(
            _Exchange,
            self._host,
            self._port,
            ssl=ssl.create_default_context() if self._tls else None,
        )
        return made


class _Exchange(asyncio.Protocol):
    """One connection, with at most one request on it."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._buffer = bytearray()
        self._stays = True

    @property
    def usable(self) -> bool:
        """Whether another request may be sent."""
        there = self._transport is not None and not self._transport.is_closing()
        return there and self._stays and not self._buffer

    async def ask(self, request: bytes) -> Answer:
        """Sends a request and waits for its answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def abort(self) -> None:
        """Drops the connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._buffer += data
        self._read(ended=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._stays = False
        if exc is None:
            self._read(ended=True)
        self._fail(exc or ConnectionError("the connection was closed before the answer"))

    def _read(self, *, ended: bool) -> None:
        """Hands the answer over if it is whole."""
        if self._answer is None or self._answer.done():
            return
        if len(self._buffer) > LARGEST_ANSWER:
            self._fail(ConnectionError(f"the answer has more than {LARGEST_ANSWER} bytes"))
            return
        try:
            while (found := read_answer(self._buffer, ended=ended)) is not None:
                answer, size = found
                del self._buffer[:size]
                if answer.status in CONTINUES:
                    continue
                if answer.headers.get("connection", "").lower() == "close":
                    self._stays = False
                self._answer.set_result(answer)
                return
        except ValueError as error:
            self._fail(ConnectionError(f"what came back is not HTTP: {error}"))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


def read_answer(buffer: bytes | bytearray, *, ended: bool = False) -> tuple[Answer, int] | None:
    """The first answer in a buffer, and how many bytes it takes up there.

    Args:
        buffer: What has come so far.
        ended: Whether no more will come: an answer that does not tell its length is whole then.

    Returns:
        None if it is not whole yet.

    Raises:
        ValueError: This is not HTTP/1.
    """
    end = buffer.find(b"\r\n\r\n")
    if not buffer.startswith(b"HTTP/1."[: len(buffer)]):
        raise ValueError(f"it begins with {bytes(buffer[:40])!r}")
    if end < 0:
        return None
    status, headers = _read_head(bytes(buffer[:end]))
    start = end + 4
    if status in CONTINUES or status in BODILESS:
        return Answer(status, b"", headers), start
    if headers.get("transfer-encoding", "").lower().endswith("chunked"):
        found = _read_chunks(buffer, start)
        return found and (Answer(status, found[0], headers), found[1])
    length = headers.get("content-length")
    if length is None and not ended:
        return None
    stop = len(buffer) if length is None else start + int(length)
    if stop < start:
        raise ValueError(f"Content-Length is {length}")
    if stop > len(buffer):
        return None
    return Answer(status, bytes(buffer[start:stop]), headers), stop


def _read_head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return int(first.partition(" ")[2][:3]), headers


def _read_chunks(buffer: bytes | bytearray, start: int) -> tuple[bytes, int] | None:
    """The parts put together, and where they end in the buffer; None if some are missing."""
    parts: list[bytes] = []
    while (line := buffer.find(b"\r\n", start)) >= 0:
        size = int(bytes(buffer[start:line]).partition(b";")[0], 16)
        start = line + 2 + size
        if size < 0:
            raise ValueError(f"a chunk has {size} bytes")
        if size == 0:  # trailers may follow, up to an empty line
            end = buffer.find(b"\r\n\r\n", line)
            return (b"".join(parts), end + 4) if end >= 0 else None
        if len(buffer) < start + 2:
            return None
        parts.append(bytes(buffer[line + 2 : start]))
        start += 2
    return None
