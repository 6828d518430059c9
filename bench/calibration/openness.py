"""Openness, recovered by fitted models and from moves, in talks that obey the grammar's law.

A hundred people of all three kinds meet in groups of six, each time in other company and about
something else. What everybody thinks after each round is the truth of the law, as a perfect survey
would find it, or one that errs; neither the models nor the count of moves know what was said.
"""

import random
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from bench.calibration.company import Company
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import OPENNESS, Townsperson, random_person
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.town import Proposal
from simulation.analysis.dynamics import degroot_each, susceptibilities
from simulation.analysis.mobility import mobility
from simulation.analysis.transitions import meetings_heard

PEOPLE = 100
GROUP = 6
NOTCHES = 2
SURVEY_ERROR = 0.1
"""Deviation of an erring survey, on the scale of 2: it is off by 0.04 of the scale on average."""


def crowd(seed: int, count: int = PEOPLE) -> list[Townsperson]:
    """Invented people whose full names differ."""
    rng = random.Random(f"calibration {seed}, crowd")
    found: dict[str, Townsperson] = {}
    while len(found) < count:
        person = random_person(rng)
        found.setdefault(person.name, person)
    return list(found.values())


def lived(
    people: Sequence[Townsperson], evenings: int, rounds: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Talks of everybody: each evening the crowd is dealt into groups, each with a topic.

    Args:
        people: Who meets.
        evenings: How many talks each person has.
        rounds: Of each talk.
        seed: Of groups, topics and words.

    Returns:
        Opinions and exposures as a run's frames have them, with a column ``run``.
    """
    rng = random.Random(f"calibration {seed}, evenings")
    held: list[dict[str, object]] = []
    heard: list[dict[str, object]] = []
    for evening in range(evenings):
        everybody = rng.sample(people, len(people))
        for start in range(0, len(everybody) - 1, GROUP):
            group = everybody[start : start + GROUP]
            run = f"{evening}-{start}"
            topic = rng.choice(PROPOSALS)
            minds = [Mind(p, p.chapters[0], dict(p.chapters[0].stances)) for p in group]
            company = Company(rng, minds[0], topic, minds[1:])
            held += _opinions(run, topic, minds, 0)
            for wave in range(1, rounds + 1):
                company.play_round()
                held += _opinions(run, topic, minds, wave)
            heard += _exposures(run, minds, rounds)
    return pd.DataFrame(held), pd.DataFrame(heard)


def recovered(people: Sequence[Townsperson], evenings: int, rounds: int, seed: int) -> pd.DataFrame:
    """What the fits and the moves say of everybody, beside the truth.

    Returns:
        Columns ``agent``, ``openness``, ``susceptibility`` (Friedkin and Johnsen), ``yielding``
        (1 - self-weight of DeGroot's model with a weight for each agent), ``mobility``, and
        ``mobility_erring``: the same by a survey that errs.
    """
    opinions, exposures = lived(people, evenings, rounds, seed)
    met = meetings_heard(opinions, exposures)
    erring = meetings_heard(read_with_errors(opinions, seed), exposures)
    found = susceptibilities(met)[["agent", "susceptibility"]]
    averaging = degroot_each(met)[["agent", "value"]]
    moved = mobility(met)[["agent", "mobility"]]
    blurred = mobility(erring)[["agent", "mobility"]]
    found = found.merge(averaging.assign(yielding=1 - averaging["value"]), on="agent")
    found = found.merge(moved, on="agent").merge(blurred, on="agent", suffixes=("", "_erring"))
    truth = {person.name: OPENNESS[person.chapters[0].openness] for person in people}
    return found.assign(openness=found["agent"].map(truth)).drop(columns="value")


def read_with_errors(opinions: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same opinions as a survey reads them that errs, and keeps within the scale."""
    errors = np.random.default_rng(seed).normal(0, SURVEY_ERROR, len(opinions))
    return opinions.assign(opinion=(opinions["opinion"] + errors).clip(-1, 1))


def agreement(found: pd.DataFrame, column: str) -> float:
    """Spearman's rank correlation with the true openness, those who cannot be told left out."""
    told = found.dropna(subset=[column])
    return float(stats.spearmanr(told[column], told["openness"]).statistic)


def best_agreement(found: pd.DataFrame) -> float:
    """What a fit would reach that orders everybody as the truth does, and has no ties.

    The truth has three values. Below 1, unless a fit gives all of one openness the same value.
    """
    ordered = found["openness"].sort_values()
    return float(stats.spearmanr(range(len(ordered)), ordered).statistic)


def designs(
    rounds: Sequence[int] = (2, 4, 8), evenings: Sequence[int] = (4, 12, 24), seed: int = 50
) -> pd.DataFrame:
    """The rank correlations, by the length of the talks and their number.

    Returns:
        Columns ``rounds``, ``evenings``, ``friedkin_johnsen``, ``degroot``, ``mobility``,
        ``mobility_erring`` and ``best``.
    """
    people = crowd(seed)
    rows = []
    for length in rounds:
        for number in evenings:
            found = recovered(people, number, length, seed)
            rows.append(
                {
                    "rounds": length,
                    "evenings": number,
                    "friedkin_johnsen": agreement(found, "susceptibility"),
                    "degroot": agreement(found, "yielding"),
                    "mobility": agreement(found, "mobility"),
                    "mobility_erring": agreement(found, "mobility_erring"),
                    "best": best_agreement(found),
                }
            )
    return pd.DataFrame(rows)


def _opinions(
    run: str, topic: Proposal, minds: Sequence[Mind], wave: int
) -> list[dict[str, object]]:
    return [
        {
            "run": run,
            "arm": "talk",
            "question": topic.key,
            "agent": mind.person.name,
            "wave": wave,
            "time": wave + 0.75 if wave else 0.0,
            "opinion": mind.stances[topic.key] / NOTCHES,
            "degenerate": False,
        }
        for mind in minds
    ]


def _exposures(run: str, minds: Sequence[Mind], rounds: int) -> list[dict[str, object]]:
    """A round's lines arrive after its survey: they move nobody before the next turn."""
    return [
        {
            "run": run,
            "arm": "talk",
            "listener": listener.person.name,
            "speaker": speaker.person.name,
            "time": wave + 1.0,
            "noticed": 1,
        }
        for wave in range(1, rounds)
        for listener in minds
        for speaker in minds
        if speaker is not listener
    ]
