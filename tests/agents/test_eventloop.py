"""The event loop that takes up a few sockets at a time."""

import asyncio
import socket
from contextlib import ExitStack

import pytest

from agents import eventloop
from agents.eventloop import AT_A_TIME

MANY = 5 * AT_A_TIME // 2


async def order_of_work() -> list[str]:
    """Many sockets have something at once; what is read from each leads to more work."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    work: list[str] = []

    def follow_up() -> None:
        work.append("follow-up")
        if work.count("follow-up") == MANY:
            done.set()

    def read(receiver: socket.socket) -> None:
        assert receiver.recv(1)
        work.append("read")
        loop.call_soon(follow_up)

    with ExitStack() as opened:
        for _ in range(MANY):
            sender, receiver = map(opened.enter_context, socket.socketpair())
            sender.send(b"!")
            loop.add_reader(receiver, read, receiver)
        await asyncio.wait_for(done.wait(), 10)
    return work


def test_what_follows_from_the_first_is_done_before_the_last_is_looked_at():
    work = eventloop.run(order_of_work())
    assert work.index("follow-up") == AT_A_TIME
    assert work.count("read") == MANY  # all had their turn
    assert asyncio.run(order_of_work()).index("follow-up") == MANY  # the usual loop's order


def test_results_and_errors_come_out_as_from_asyncio():
    async def fail() -> None:
        raise ValueError("no")

    assert eventloop.run(asyncio.sleep(0, "yes")) == "yes"
    with pytest.raises(ValueError, match="no"):
        eventloop.run(fail())
