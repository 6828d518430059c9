"""Another rater's look at the same answers: agreement between raters needs nothing less.

Two people who talk with a persona get different answers, on which they can neither agree nor
disagree. So a second rater gets a copy of the first one's talks, without the ratings; in a blind
talk with letters and places drawn anew.
"""

from dataclasses import replace
from pathlib import Path

from personas.chance import seed_for
from personas.errors import InputError
from simulation.chat.record import ChatRecord
from simulation.chat.spec import ChatSpec
from simulation.chat.state import LETTERS, Answer, Seating, Turn
from simulation.chat.view import ChatView


def copy_for_rating(record: ChatRecord, source: ChatView, seed: int) -> None:
    """Fills a new record with another chat's talks, without their ratings.

    Args:
        record: New and empty.
        source: The other chat.
        seed: Draws letters and places of blind talks.

    Raises:
        InputError: There is no answer to rate.
        RecordError: The disk refuses.
    """
    if not any(turn.answers for turn in source.turns):
        raise InputError("the chat to rate holds no answer yet: talk first")
    blind = {talk.number for talk in source.talks if talk.blind}
    talks = [replace(talk, ended=False) for talk in source.talks]
    seatings = [
        _lettered(one, seed) if one.talk in blind else one for one in source.seatings.values()
    ]
    turns = []
    for turn in source.turns:
        first = seed_for(seed, "place", turn.talk, turn.turn) % 2 if turn.talk in blind else 0
        answers = {seat: _placed(one, first) for seat, one in turn.answers.items()}
        turns.append(Turn(turn.talk, turn.turn, turn.question, answers))
    record.copy(talks, seatings, turns)


def spec_for_rating(source: dict[str, object], folder: Path, rater: str, seed: int) -> ChatSpec:
    """What a chat is that rates another one.

    Args:
        source: The other's manifest.
        folder: The other's.
        rater: Who rates.
        seed: Draws letters and places.
    """
    told = source["spec"]
    assert isinstance(told, dict)
    return replace(ChatSpec.of_json(told), rates=str(folder.resolve()), rater=rater, seed=seed)


def _lettered(seating: Seating, seed: int) -> Seating:
    first = seed_for(seed, "letter", seating.talk) % 2
    return replace(seating, letter=LETTERS[(seating.seat + first) % 2])


def _placed(answer: Answer, first: int) -> Answer:
    return replace(answer, place=(answer.seat + first) % 2, rating=None)
