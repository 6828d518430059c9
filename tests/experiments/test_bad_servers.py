"""Servers that hang, refuse, are busy or talk nonsense, as whoever types the command sees them."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from experiments.commands import bounds
from tests.agents.mock_vllm import Fault, MockVllm, cut, garbage, hang, status

from .test_command import SCENARIO, call, tea

__all__ = ["tea"]

TURNS = 2 * 4 * 2


@pytest.fixture(scope="module")
def server() -> Iterator[MockVllm]:
    """A server in a thread of its own."""
    server, loop = MockVllm(vocabulary=8192, context=4096, fixed=5), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result()
    yield server
    asyncio.run_coroutine_threadsafe(server.kill(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def undisturbed(server: MockVllm, tmp_path_factory: pytest.TempPathFactory) -> list[tuple]:
    """Everything said while the server is well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder := tmp_path_factory.mktemp("well"))
        (folder / "tea.py").write_text(SCENARIO)
        assert run("tea.py", server, "here").exit_code == 0
        return turns("here")


@pytest.fixture
def mock(server: MockVllm) -> Iterator[MockVllm]:
    """The server, well again afterwards."""
    yield server
    server.faults.clear()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six attempts in a moment."""
    monkeypatch.setattr(bounds, "USUAL", replace(bounds.USUAL, first_wait=0.01, longest_wait=0.02))


def run(scenario: str, mock: MockVllm, folder: str, *words: str):
    server = ["--engine", "server", "--server", mock.url, "--no-report", "--out", folder]
    return call("run", scenario, *server, *words)


def turns(folder: str) -> list[tuple]:
    with closing(sqlite3.connect(Path(folder) / "record.sqlite")) as database:
        return database.execute("SELECT * FROM turns ORDER BY 1, 2, 3").fetchall()


@pytest.mark.parametrize(
    ("fault", "words", "says"),
    [
        (hang, ("--timeout", "0.2"), "gave no answer in 0.2 s; gave up after 6 attempts"),
        (status(500, "kaboom"), (), "answered 500: kaboom; gave up after 6 attempts: see the"),
        (status(429, "busy"), (), "answered 429: busy; gave up after 6 attempts"),
        (status(404, "no such model"), (), "answered 404: no such model"),
        (garbage("<html>busy</html>"), (), "answered nonsense: not JSON: b'<html>busy</html>'"),
    ],
)
def test_one_line_says_what_happened_and_the_same_command_goes_on(
    tea: str, mock: MockVllm, undisturbed: list[tuple], fault: Fault, words: tuple[str, ...],
    says: str,
) -> None:  # fmt: skip
    before = len(mock.bodies)
    mock.faults.extend([fault] * 1000)
    failed = run(tea, mock, "here", "--no-priorities", *words)
    assert failed.exit_code == 1, failed.output
    assert "Traceback" not in failed.output
    (line,) = [line for line in failed.output.splitlines() if line.startswith("error: ")]
    assert f"{mock.url} {says}" in line
    assert turns("here") == []
    assert len(mock.bodies) > before
    mock.faults.clear()
    assert run(tea, mock, "here").exit_code == 0
    assert turns("here") == undisturbed
    assert len(turns("here")) == TURNS


def test_a_server_that_is_busy_now_and_then_loses_nothing(
    tea: str, mock: MockVllm, undisturbed: list[tuple]
) -> None:
    mock.faults.extend([status(429), status(503), status(500), cut, status(502)])
    assert run(tea, mock, "here", "--no-priorities", "--in-flight", "2").exit_code == 0
    assert not mock.faults
    assert turns("here") == undisturbed


def test_a_server_that_is_not_there_is_named(tea: str, mock: MockVllm) -> None:
    nowhere = "http://127.0.0.1:9"
    result = call("run", tea, "--engine", "server", "--server", nowhere, "--out", "here")
    assert result.exit_code == 1
    assert f"error: {nowhere} cannot be reached" in result.output
    assert not Path("here").exists()
