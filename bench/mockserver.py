"""A vLLM server that computes nothing, and does that as fast as asyncio can.

    python -m bench.mockserver --port 8123 --seconds 0.5

Only what `agents.engines.server` needs; answers are drawn from a list that is made beforehand.
`tests.agents.mock_vllm` is the one that checks what it is asked, and can misbehave.
"""

import argparse
import asyncio
import gc
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

CONTEXT_TOKENS = 4096
LETTERS = range(6, 100)  # tokens of the bench's tokenizer that are plain characters
DIFFERENT_REPLIES = 4001  # a prime: who speaks in rounds does not repeat itself


class Answering(asyncio.Protocol):
    """One connection: requests in, answers out, one after the other.

    Args:
        replies: What is said, as the JSON list of its tokens.
        seconds: Latency.
    """

    def __init__(self, replies: Iterator[bytes], seconds: float) -> None:
        self._replies, self._seconds = replies, seconds
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answers every request that is there in full."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            place = head.find(b"content-length:")
            size = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            if len(self._buffer) < end + 4 + size:
                return
            body = self._buffer[end + 4 : end + 4 + size]
            self._buffer = self._buffer[end + 4 + size :]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"post /v1/completions"):
            answer = _framed(self._complete(body))
            if self._seconds:
                asyncio.get_running_loop().call_later(self._seconds, self._transport.write, answer)
                return
        elif head.startswith(b"get /version"):
            answer = _framed(b'{"version": "0.32.0"}')
        elif head.startswith(b"get /v1/models"):
            card = {"id": "mock", "root": "", "parent": None, "max_model_len": CONTEXT_TOKENS}
            answer = _framed(json.dumps({"data": [card]}).encode())
        else:
            answer = _framed(b"{}")
        self._transport.write(answer)

    def _complete(self, body: bytes) -> bytes:
        """An answer to the whole prompt, which is counted by its commas."""
        start = body.index(b"[", body.index(b'"prompt"'))
        tokens = body.count(b",", start, body.index(b"]", start)) + 1
        return (
            b'{"id": "cmpl", "object": "text_completion", "created": 1, "model": "mock", '
            b'"choices": [{"index": 0, "text": "", "finish_reason": "length", "logprobs": null, '
            b'"token_ids": %b}], "usage": {"prompt_tokens": %d, "completion_tokens": 24}}'
            % (next(self._replies), tokens)
        )


def _framed(body: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\ndate: Fri, 20 Nov 2026 12:00:00 GMT\r\nserver: uvicorn\r\n"
        b"content-length: %d\r\ncontent-type: application/json\r\n\r\n%b" % (len(body), body)
    )


async def serve(port: int, seconds: float, new_tokens: int) -> None:
    """Answers until it is ended."""
    rng = random.Random(0)
    said = [
        json.dumps(rng.choices(LETTERS, k=new_tokens)).encode() for _ in range(DIFFERENT_REPLIES)
    ]
    replies = cycle(said)
    gc.freeze()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Answering(replies, seconds), "127.0.0.1", port, backlog=4096
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


@contextmanager
def serving(seconds: float = 0.0) -> Iterator[str]:
    """The address of such a server, in a process of its own."""
    command = [sys.executable, "-m", "bench.mockserver", "--seconds", str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.0, help="latency")
    parser.add_argument("--tokens", type=int, default=24, help="length of a reply")
    options = parser.parse_args()
    asyncio.run(serve(options.port, options.seconds, options.tokens))
