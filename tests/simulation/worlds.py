"""Small worlds whose opinions are known by construction."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from simulation.analysis.frames import EXPOSURE_COLUMNS, TURN_COLUMNS, RunFrames

LABELS = ("strongly for", "mildly for", "undecided", "mildly against", "strongly against")
VALUES = (1.0, 0.5, 0.0, -0.5, -1.0)

HELD = {
    ("talk", "ada", 0): -0.6,
    ("talk", "ada", 1): 0.6,
    ("talk", "bo", 0): 0.3,
    ("talk", "bo", 1): 0.1,
    ("scrambled", "ada", 0): -0.6,
    ("scrambled", "ada", 1): -0.5,
    ("scrambled", "bo", 0): 0.3,
    ("scrambled", "bo", 1): 0.3,
}
"""Opinions of two people by (arm, agent, wave): Ada turns round in the talk, Bo hardly moves."""


def shares_of(opinion: float) -> tuple[float, ...]:
    """Option shares, forward, whose expectation is `opinion`: mass on the two nearest options."""
    below = min(math.floor((opinion + 1) / 0.5), 3)
    upper = (opinion + 1) / 0.5 - below
    shares = [0.0] * 5
    shares[4 - below] = 1 - upper
    shares[3 - below] = upper
    return tuple(shares)


def answer(
    shares: Sequence[float],
    *,
    arm: str = "talk",
    agent: str = "ada",
    wave: int = 0,
    question: str = "bike lanes",
    wording: int = 0,
    order: str = "forward",
    mass: float = 1.0,
) -> dict[str, object]:
    """One survey row; `shares` are given from strongly for to strongly against."""
    step = 1 if order == "forward" else -1
    logprobs = tuple(math.log(mass * share) if share > 0 else -math.inf for share in shares)
    return {
        "arm": arm,
        "agent": agent,
        "wave": wave,
        "time": float(wave),
        "question": question,
        "wording": wording,
        "order": order,
        "options": LABELS[::step],
        "values": VALUES[::step],
        "logprobs": logprobs[::step],
    }


def survey(
    held: Mapping[tuple[str, str, int], float], question: str = "bike lanes"
) -> pd.DataFrame:
    """Answers in both orders for every (arm, agent, wave) -> opinion."""
    return pd.DataFrame(
        [
            answer(
                shares_of(value), arm=arm, agent=agent, wave=wave, order=order, question=question
            )
            for (arm, agent, wave), value in held.items()
            for order in ("forward", "reverse")
        ]
    )


def manifest(people: Mapping[str, str], /, **changes: object) -> dict[str, object]:
    """A complete manifest for people given as key -> label; `changes` replace fields."""
    keys = list(people)
    base: dict[str, object] = {
        "scenario": "town_hall",
        "title": "Does talking about bike lanes move the town?",
        "topic": "bike lanes",
        "seed": 7,
        "command": "symposion run experiments/town_hall.py --seed 7",
        "agents": [
            {
                "key": key,
                "label": label,
                "persona": key,
                "adapter": "0123456789ab",
                "stage": "late",
                "kind": "lora",
            }
            for key, label in people.items()
        ],
        "ties": [[a, b, 1.0] for a, b in zip(keys, keys[1:] + keys[:1], strict=True)],
        "directed": False,
        "arms": ["talk", "scrambled"],
        "model": {"engine": "embedded", "version": "1", "base": "abc", "dtype": "float32"},
        "packages": {"torch": "2.13.0", "numpy": "2.4.6"},
        "machine": "2 cores, no GPU",
        "started": "2026-11-20 10:00",
        "finished": "2026-11-20 10:01",
        "seconds": 61.5,
        "waves": 2,
    }
    return base | changes


def run_of(
    held: Mapping[tuple[str, str, int], float],
    people: Mapping[str, str],
    speeches: Sequence[tuple[str, str, int, str]] = (),
    /,
    **changes: object,
) -> RunFrames:
    """A run from opinions and speeches (arm, agent, round, text); each is heard by everyone."""
    turns = pd.DataFrame(
        [
            {
                "arm": arm,
                "agent": agent,
                "time": float(turn),
                "counter": turn - 1,
            }
            for arm, agent, turn, _ in speeches
        ],
        columns=[column for column in TURN_COLUMNS if column != "text"],
    )
    # Where pyarrow is installed, pandas' own strings refuse what is not valid Unicode.
    turns["text"] = pd.Series([text for *_, text in speeches], dtype=object)
    exposures = pd.DataFrame(
        [
            {
                "arm": arm,
                "listener": listener,
                "speaker": agent,
                "speaker_counter": turn - 1,
                "noticed": 1,
            }
            for arm, agent, turn, _ in speeches
            for listener in people
            if listener != agent
        ],
        columns=list(EXPOSURE_COLUMNS),
    )
    return RunFrames(manifest(people, **changes), turns, exposures, survey(held))
