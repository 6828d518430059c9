"""HTTP by hand: whole answers, cut ones, strange ones, and connections used again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.engines.exchange import Answer, Pool, read_answer

OK = b"HTTP/1.1 200 OK\r\n"
BODY = b'{"a": 1}'
LENGTH = OK + b"Content-Length: 8\r\nX-A: b: c\r\n\r\n" + BODY
CHUNKED = (
    OK + b"Transfer-Encoding: chunked\r\n\r\n"
    b'3\r\n{"a\r\n5;why=not\r\n": 1}\r\n0\r\nTrailer: x\r\n\r\n'
)
NO_TRAILER = CHUNKED.replace(b"Trailer: x\r\n", b"")
NO_LENGTH = OK + b"\r\n" + BODY
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.mark.parametrize("raw", [LENGTH, CHUNKED, NO_TRAILER])
def test_an_answer_is_whole_at_its_last_byte_and_not_before(raw):
    for size in range(len(raw)):
        assert read_answer(raw[:size]) is None
        assert read_answer(raw[:size], ended=True) is None
    answer, size = read_answer(raw + b"HTTP/1.1 404")
    assert (answer.status, answer.raw, size) == (200, BODY, len(raw))


def test_an_answer_without_a_length_is_whole_when_the_connection_ends():
    assert read_answer(NO_LENGTH) is None
    answer, size = read_answer(NO_LENGTH, ended=True)
    assert (answer.raw, size) == (BODY, len(NO_LENGTH))


def test_headers_are_read_by_name_in_any_case():
    answer, _ = read_answer(LENGTH)
    assert answer.headers == {"content-length": "8", "x-a": "b: c"}
    assert read_answer(b"HTTP/1.1 204 No Content\r\n\r\n")[0].raw == b""


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "begins with b'SSH"),
        (b"HTTP/2 200\r\n\r\n", "begins with b'HTTP/2"),
        (b"HTTP/1.1 \r\n\r\n", "invalid literal"),
        (OK + b"Content-Length: -1\r\n\r\n", "Content-Length is -1"),
        (OK + b"Content-Length: ten\r\n\r\n", "ten"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "xyz"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n-3\r\n", "a chunk has -3 bytes"),
    ],
)
def test_what_is_not_http_is_refused(raw, named):
    with pytest.raises(ValueError, match=named):
        read_answer(raw)


@given(st.binary(max_size=60), st.booleans())
def test_nothing_else_than_a_value_error_comes_of_junk(raw, ended):
    for start in (b"", OK, OK + b"Transfer-Encoding: chunked\r\n\r\n"):
        try:
            read_answer(start + raw, ended=ended)
        except ValueError:
            continue


@asynccontextmanager
async def at(handler: Handler, prefix: str = "") -> AsyncIterator[Pool]:
    """Connections to a server that does with each of its own what the handler says."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    pool = Pool(f"http://127.0.0.1:{port}{prefix}", {"X-Key": "k"})
    try:
        yield pool
    finally:
        pool.close()
        server.close()


async def heard(reader: asyncio.StreamReader) -> bytes:
    """One request without a body."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


async def ask(pool: Pool) -> Answer:
    async with asyncio.timeout(10):
        return await pool.request("/x", None)


async def test_what_is_sent():
    requests: list[bytes] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await heard(reader))
        writer.write(LENGTH)
        requests.append(await heard(reader) + await reader.readexactly(2))
        writer.write(LENGTH)

    async with at(note, "/api/") as pool:
        await ask(pool)
        await pool.request("/y", b"{}")
    get, post = (request.decode().split("\r\n") for request in requests)
    assert get[0] == "GET /api/x HTTP/1.1"
    assert get[1].startswith("Host: 127.0.0.1:")
    assert get[2] == "X-Key: k"
    assert (post[0], post[3:]) == ("POST /api/y HTTP/1.1", ["Content-Length: 2", "", "{}"])


@pytest.mark.parametrize("raw", [LENGTH, CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH])
async def test_a_connection_is_used_again_however_the_bytes_come(raw):
    connections = 0

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while await heard(reader):
            for place in range(0, len(raw), 7):
                writer.write(raw[place : place + 7])
                await asyncio.sleep(0)

    async with at(drip) as pool:
        assert [(await ask(pool)).raw for _ in range(3)] == [BODY] * 3
    assert connections == 1


@pytest.mark.parametrize("raw", [NO_LENGTH, LENGTH.replace(b"X-A: b: c", b"Connection: close")])
async def test_a_server_that_closes_after_each_answer_is_asked_over_a_new_connection(raw):
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(raw)
        writer.close()

    async with at(once) as pool:
        assert [(await ask(pool)).raw for _ in range(3)] == [BODY] * 3


async def test_a_connection_that_was_closed_while_idle_is_not_used():
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(LENGTH)
        await asyncio.sleep(0.02)
        writer.close()

    async with at(once) as pool:
        for _ in range(2):
            assert (await ask(pool)).raw == BODY
            await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "closed before the answer"),
        (LENGTH[:-1], "closed before the answer"),
        (b"220 smtp ready\r\n", "not HTTP"),
    ],
)
async def test_no_whole_answer_is_a_connection_error(raw, why):
    async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(raw)
        writer.close()

    async with at(broken) as pool:
        with pytest.raises(ConnectionError, match=why):
            await ask(pool)


async def test_an_answer_that_nobody_waits_for_is_not_the_next_one_s():
    async def slow_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        await asyncio.sleep(next(waits))
        writer.write(next(answers))

    waits = iter([0.3, 0.0])
    answers = iter([LENGTH, LENGTH])
    async with at(slow_first) as pool:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await pool.request("/x", None)
        assert (await ask(pool)).raw == BODY
        assert len(pool._idle) == 1


async def test_closing_ends_the_waiting():
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with at(silent) as pool:
        waiting = asyncio.ensure_future(ask(pool))
        await asyncio.sleep(0.05)
        pool.close()
        with pytest.raises(ConnectionError, match="closed"):
            await waiting


async def test_nobody_there_is_an_os_error():
    with pytest.raises(OSError, match=r"127\.0\.0\.1"):
        await Pool("http://127.0.0.1:9", {}).request("/", None)
