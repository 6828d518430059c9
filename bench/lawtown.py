"""Talks by the town's own law of persuasion, without a model: minds, ties, simultaneous rounds.

What a perfect persona would think and say. Benches and tests that must know the truth use it: an
opinion is the stance over 2, a wave is a round.
"""

import random
from collections.abc import Mapping, Sequence

import pandas as pd

from personas.chance import seed_for
from personas.windtunnel.mind import Heard, Mind
from personas.windtunnel.people import random_person
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.town import Proposal
from personas.windtunnel.turn import take_turn
from simulation.graph import Tie, make_graph, ties_of

FULL = 2.0
"""Notches from undecided to an end of the scale."""


def townspeople(count: int, seed: int) -> dict[str, Mind]:
    """Invented people, by key; each has a stance on every proposal and an openness of its own."""
    rng = random.Random(seed)
    people: dict[str, Mind] = {}
    for place in range(count):
        person = random_person(rng)
        people[f"a{place:03}"] = Mind(person, person.chapters[0])
    return people


def circle(keys: Sequence[str], seed: int, graph: str = "small-world") -> tuple[Tie, ...]:
    """Ties of a named graph over the keys."""
    return ties_of(make_graph(graph, len(keys), seed), list(keys))


def talk(
    people: Mapping[str, Mind],
    ties: Sequence[Tie],
    proposal: Proposal,
    rounds: int,
    seed: int,
    *,
    deaf: bool = False,
) -> pd.DataFrame:
    """One talk in simultaneous rounds: everybody speaks, then hears those of the round.

    Args:
        people: Who takes part; they are not changed.
        ties: Who hears whom.
        proposal: The topic; its key is the question.
        rounds: Rounds, and waves after the first.
        seed: Decides what is said and who moves.
        deaf: Nobody hears anybody: nothing can move.

    Returns:
        Columns as of `opinion.opinions` that measures of movement read; ``arm`` is ``talk``.
    """
    rng = random.Random(seed)
    minds = {
        key: Mind(one.person, one.chapter, dict(one.chapter.stances) if one.chapter else {})
        for key, one in people.items()
    }
    listeners: dict[str, list[str]] = {key: [] for key in minds}
    for tie in ties:
        listeners[tie.speaker].append(tie.listener)
    rows = _survey(minds, proposal, 0)
    for wave in range(1, rounds + 1):
        said = {key: take_turn(rng, mind, proposal) for key, mind in minds.items()}
        for key, words in said.items():
            line = Heard(minds[key].person.first, minds[key].stances[proposal.key], words.meaning)
            for listener in [] if deaf else listeners[key]:
                minds[listener].hear(line)
        rows += _survey(minds, proposal, wave)
    return pd.DataFrame(rows)


def talks(
    people: Mapping[str, Mind],
    ties: Sequence[Tie],
    rounds: int,
    seed: int,
    *,
    topics: int = 1,
    runs: int = 1,
) -> pd.DataFrame:
    """Talks of the same people on several topics, told apart by ``question``, in several runs."""
    return pd.concat(
        [
            talk(people, ties, proposal, rounds, seed_for(seed, run, proposal.key)).assign(run=run)
            for run in range(runs)
            for proposal in PROPOSALS[:topics]
        ],
        ignore_index=True,
    )


def _survey(minds: Mapping[str, Mind], proposal: Proposal, wave: int) -> list[dict[str, object]]:
    """Where everybody stands, as a survey without error would have it."""
    rows: list[dict[str, object]] = []
    for key, mind in minds.items():
        stance = mind.stance(random.Random(0), proposal)
        row = {"arm": "talk", "question": proposal.key, "agent": key, "wave": wave}
        rows.append(
            row
            | {"time": float(wave), "opinion": stance / FULL, "modal": stance, "degenerate": False}
        )
    return rows
