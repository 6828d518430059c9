"""Chats with scripted personas, for the tests."""

from functools import cache
from pathlib import Path

import pytest

from agents.agent import Agent, seat
from agents.engines.scripted import ScriptedEngine
from personas.model import Request
from simulation.chat.conversation import Conversation
from simulation.chat.desk import Desk
from simulation.chat.record import ChatRecord
from simulation.chat.spec import ChatSpec

_OPEN: list[Conversation] = []


@pytest.fixture
def closing_talks():
    """Closes every record that `talk_in` has opened in a test."""
    yield
    while _OPEN:
        close(_OPEN[-1])


def echo(request: Request) -> str:
    """Says who is asked, how many questions they remember, and the last one."""
    messages = request.messages()
    asked = [text for role, text in messages if role == "user"]
    year = messages[0][1].split()[-1]
    return f"{messages[0][1].split('.')[0]} {year} heard {len(asked)}: {asked[-1].strip()}"


@cache
def wear(word: str) -> Agent:
    """From the library; any model will do."""
    return seat(word)


def talk_in(
    folder: Path, *cast: str, speak=echo, engine: ScriptedEngine | None = None, **fields: object
) -> Conversation:
    """A conversation in a folder: begun, or gone on with."""
    spec = ChatSpec(cast, **fields)
    desk = Desk(ChatRecord(folder, {"spec": spec.as_json()}))
    talk = Conversation(desk, engine or ScriptedEngine(speak), wear)
    _OPEN.append(talk)
    return talk


def close(conversation: Conversation) -> None:
    """Leaves it, as a user would."""
    conversation.desk.record.close()
    _OPEN.remove(conversation)
