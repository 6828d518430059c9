"""A chat as files for people and for other tools."""

import json
from pathlib import Path

from personas.errors import InputError
from simulation.chat.desk import read_chat
from simulation.chat.view import ChatView, Shown

TABLE = ".jsonl"
"""Ending of a file with an answer a line; any other is plain text."""


def export_chat(folder: Path, out: Path) -> Path:
    """Writes everything that may be shown: a blind talk that goes on keeps its letters.

    Args:
        folder: The chat's.
        out: Plain text, or an answer a line where it ends in ``.jsonl``.

    Raises:
        InputError: No chat, or the file cannot be written.
    """
    manifest, view = read_chat(folder)
    spec = manifest["spec"]
    assert isinstance(spec, dict)
    rater = str(spec["rater"])
    text = _as_lines(view, rater) if out.suffix == TABLE else as_text(view, rater)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}") from error
    return out


def as_text(view: ChatView, rater: str) -> str:
    """A paragraph a turn; ratings in the order of `simulation.chat.rating.SCALES`."""
    lines = [f"rater: {rater}" if rater else "nobody named as rater"]
    for talk in view.talks:
        lines += ["", f"== talk {talk.number + 1}{', blind' if talk.blind else ''} =="]
        if talk.ended:
            lines += view.who_was_who(talk)
        for turn in view.turns_of(talk):
            lines += ["", f"> {_folded(turn.question)}", *map(_told, view.shown(turn))]
    return "\n".join(lines) + "\n"


def _told(shown: Shown) -> str:
    rated = f"  [{shown.rating}]" if shown.rating and any(shown.rating.values) else ""
    return f"{shown.name}: {_folded(shown.text)}{rated}"


def _folded(text: str) -> str:
    """On one line, so that nothing that was said looks like somebody else's line."""
    return " ".join(text.split())


def _as_lines(view: ChatView, rater: str) -> str:
    rows = []
    for turn in view.turns:
        blind = view.talks[turn.talk].blind
        for one in view.shown(turn):
            told = {
                "talk": one.talk, "turn": one.turn, "place": one.place, "blind": blind,
                "name": one.name, "question": turn.question, "text": one.text, "rater": rater,
            }  # fmt: skip
            rating = one.rating
            told |= {
                "naturalness": rating.naturalness if rating else None,
                "consistency": rating.consistency if rating else None,
                "knowledge": rating.knowledge if rating else None,
            }
            rows.append(json.dumps(told, ensure_ascii=False) + "\n")
    return "".join(rows)
