"""A chat's record and what is in memory of it, kept alike; ratings need nothing else."""

import sqlite3
from dataclasses import replace
from pathlib import Path

from personas.errors import InputError
from simulation.chat.rating import Rating
from simulation.chat.record import (
    ChatRecord,
    open_chat,
    read_seatings,
    read_talks,
    read_turns,
)
from simulation.chat.state import Seating, Talk, Turn
from simulation.chat.view import ChatView, Shown
from simulation.recordfile import read_manifest


class Desk:
    """Where ratings are written down and talks are ended.

    Args:
        record: Open for writing.
    """

    def __init__(self, record: ChatRecord) -> None:
        self.record = record
        seatings = {one.number: one for one in record.seatings()}
        self.view = ChatView(record.talks(), seatings, record.turns())
        """What may be shown."""

    def rate(self, shown: Shown, rating: Rating) -> None:
        """Writes a rating down; an empty one says that it was skipped. Replaces an earlier one.

        Raises:
            InputError: There is no such answer.
            RecordError: The disk refuses.
        """
        answer = self.view.answer_of(shown)
        self.record.rate(answer, rating)
        turn = next(t for t in self.view.turns if (t.talk, t.turn) == (answer.talk, answer.turn))
        turn.answers[answer.seat] = replace(answer, rating=rating)

    def end(self, talk: Talk) -> list[str]:
        """Ends a talk.

        Returns:
            Who was who, if it was blind.
        """
        self.record.end(talk.number)
        ended = self.view.talks[talk.number] = replace(talk, ended=True)
        return self.view.who_was_who(ended)

    def begin(self, talk: Talk, seatings: list[Seating]) -> None:
        """Begins a talk."""
        self.record.begin(talk, seatings)
        self.view.talks.append(talk)
        self.view.seatings |= {one.number: one for one in seatings}

    def change(self, left: Seating | None, turn: int, seated: Seating | None) -> None:
        """From a turn on, somebody has left, somebody has taken a seat, or both."""
        if left:
            self.record.leave(left, turn, seated)
            self.view.seatings[left.number] = replace(left, until=turn)
        elif seated:
            self.record.sit(seated)
        if seated:
            self.view.seatings[seated.number] = seated

    def ask(self, turn: Turn) -> None:
        """Writes a question down."""
        self.record.ask(turn)
        self.view.turns.append(turn)


def read_chat(folder: Path) -> tuple[dict[str, object], ChatView]:
    """A chat's manifest, and what may be shown of it.

    Args:
        folder: The chat's, or the file in it.

    Raises:
        InputError: There is none, or it is damaged.
    """
    database = open_chat(folder)
    try:
        seatings = {one.number: one for one in read_seatings(database)}
        view = ChatView(read_talks(database), seatings, read_turns(database))
        return read_manifest(database), view
    except sqlite3.DatabaseError as error:
        raise InputError(f"{folder} is damaged: {error}") from None
    finally:
        database.close()
