"""The instruments, each tried on what the grammar knows, as parts of the page."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from agents.engines.catalogue import open_engine
from bench import falsealarms
from bench.calibration import contradictions, ideas, openness, stances
from bench.calibration.figures import opinions_panel
from bench.calibration.part import Goal, Part, table
from bench.calibration.told import (
    ALARMS_READ,
    ALARMS_TRIED,
    CONTRADICTIONS,
    CONTRADICTIONS_READ,
    IDEAS,
    IDEAS_READ,
    OPENNESS,
    OPENNESS_READ,
    OPINIONS,
    OPINIONS_READ,
)
from personas.embedding import HashedWords
from simulation.analysis.annotation import SentenceIdeas
from simulation.analysis.similarity import SAME_IDEA
from simulation.analysis.town import TownReader

BEFORE, DURING = 0.05, 0.1  # of the scale's width
AREA = 0.95
MISCOUNT = 0.05
RANKS = 0.8
OPENNESS_BY = {
    "friedkin_johnsen": "Friedkin-Johnsen",
    "degroot": "DeGroot",
    "mobility": "the mean move",
}
OPENNESS_SHOWN = ((4, 2), (4, 8), (24, 8))
"""Talks and their rounds that stand among the goals."""
ALARMS = (0.04, 0.06)
ALIKE = (0.6, 0.7, SAME_IDEA)
HEADLINE = ("flips of signs, as judged", "interval without 0")
SEEDS = (6, 8, 12, 20)

GROUPS = {"adapter": "adapters", "profile": "the same people prompted", "stranger": "strangers"}


async def opinions_part(people: int, topics: int, picture: Path | None) -> Part:
    """Opinion from log-probabilities against the law's stance.

    Args:
        people: How many strangers.
        topics: Talks of each person in each situation.
        picture: Where the figure is written; None draws none.
    """
    subjects = [
        *stances.townspeople("lora", "adapter"),
        *stances.townspeople("prompt", "profile"),
        *stances.strangers(people),
    ]
    async with open_engine("embedded") as engine:
        read = await stances.asked(engine, _askings(subjects, topics))
    order = {arm: place for place, arm in enumerate(_situations())}
    read = read.sort_values("arm", key=lambda arms: arms.map(order), kind="stable")
    found = stances.accuracy(read)
    if picture is not None:
        opinions_panel(read).savefig(picture, dpi=120)
    goals = [
        Goal(
            f"opinion {when}, {words}",
            f"error at most {most:.2f} of the scale",
            f"{row.error:.3f} [{row.low:.3f}, {row.high:.3f}]",
            bool(row.error <= most),
        )
        for when, most in (("before", BEFORE), ("during", DURING))
        for group, words in GROUPS.items()
        for row in found[found["arm"] == f"{group}, {when}"].itertuples()
    ]
    headings = {
        "arm": "who, when",
        "answers": "answers",
        "degenerate": "degenerate",
        "error": "error",
        "low": "from",
        "high": "to",
        "stayed": "of those who stayed",
        "moved": "of those who moved",
        "moves": "moved",
        "repeating": "by repeating the start",
        "exact": "likeliest option right",
        "mistaken": "of the wrong ones, the stance elsewhere",
    }
    shown = f"![Opinion against stance]({picture.name})\n\n" if picture else ""
    return Part(
        "Opinion from log-probabilities",
        tuple(goals),
        f"{OPINIONS}\n\n{shown}{table(found, headings)}\n{OPINIONS_READ}",
    )


def _askings(subjects: Sequence[stances.Subject], topics: int) -> list[stances.Asking]:
    asked: list[stances.Asking] = []
    for subject in subjects:
        asked += stances.before(subject)
        asked += stances.before(subject, held_out=True)
        rng = random.Random(f"topics of {subject.agent.key}")
        for topic in rng.sample(subject.topics, min(topics, len(subject.topics))):
            asked += stances.during(subject, topic)
            asked += stances.during(subject, topic, related=False)
    return asked


def _situations() -> list[str]:
    whens = ("before", "before, new wording", "during", "elsewhere")
    return [f"{group}, {when}" for when in whens for group in GROUPS]


def openness_part() -> Part:
    """Openness by fitted models, and by moves."""
    found = openness.designs()
    goals = tuple(
        Goal(
            f"openness by {name}, {row.evenings} talks of {row.rounds} rounds",
            f"rank correlation at least {RANKS}",
            f"{getattr(row, column):.2f} (largest possible {row.best:.2f})",
            bool(getattr(row, column) >= RANKS),
        )
        for column, name in OPENNESS_BY.items()
        for row in found.itertuples()
        if (row.evenings, row.rounds) in OPENNESS_SHOWN
    )
    headings = {
        "rounds": "rounds of a talk",
        "evenings": "talks a person",
        "friedkin_johnsen": "Friedkin-Johnsen, susceptibility",
        "degroot": "DeGroot, 1 - self-weight of each",
        "mobility": "mean move",
        "mobility_erring": "mean move, survey off by 0.04",
        "best": "largest possible without ties",
    }
    return Part("Openness", goals, f"{OPENNESS}\n\n{table(found, headings)}\n{OPENNESS_READ}")


def alarms_part(experiments: int) -> Part:
    """False alarms and power of the tests over runs.

    Args:
        experiments: Null experiments for each figure.
    """
    rng = np.random.default_rng(0)
    measures = falsealarms.pool(rng)
    rates = pd.DataFrame(
        [
            *falsealarms.contrast_rates(measures, experiments, rng),
            *falsealarms.family_rates(measures, experiments, rng),
            *falsealarms.factorial_rates(measures, experiments // 4, rng),
        ]
    )
    power = falsealarms.powers(measures["share who flipped"], experiments // 2, rng)
    found = rates.groupby(["test", "seeds"], as_index=False, sort=False).agg(
        figures=("rate", "size"), least=("rate", "min"), mean=("rate", "mean"), most=("rate", "max")
    )
    judged = found[found["test"].isin(HEADLINE)]
    goals = tuple(
        Goal(
            f"false alarms, {row.test}, {row.seeds} seeds",
            f"{ALARMS[0]:.0%} to {ALARMS[1]:.0%}",
            f"{row.mean:.1%} (of measures: {row.least:.1%} to {row.most:.1%})",
            bool(ALARMS[0] <= round(row.mean, 3) <= ALARMS[1]),
        )
        for row in judged.itertuples()
        if row.seeds in SEEDS
    )
    headings = {
        "test": "test at 5 %",
        "seeds": "seeds",
        "figures": "measures or terms",
        "least": "least",
        "mean": "mean",
        "most": "most",
    }
    curve = power.pivot(index=["differences", "tests", "pairs"], columns="effect", values="power")
    curve = curve.reset_index()
    effects = {name: f"{name} sd" for name in falsealarms.EFFECTS}
    powers = {"differences": "differences", "tests": "tests", "pairs": "seeds", **effects}
    body = f"{ALARMS_TRIED}\n\n{table(found, headings)}\n{table(curve, powers)}\n{ALARMS_READ}"
    return Part("False alarms and power", goals, body)


def contradictions_part(talks: int) -> Part:
    """Consistency and persistence against planted contradictions.

    Args:
        talks: Talks of six people.
    """
    reader = TownReader()
    planted = list(contradictions.planted_talks(talks))
    scored = pd.concat([contradictions.scores(talk, reader) for talk in planted])
    areas = contradictions.areas(scored)
    turns = pd.concat([contradictions.turn_verdicts(talk, reader) for talk in planted])
    caught = turns.groupby("kind", as_index=False).agg(
        share=("contradicts", "mean"), turns=("contradicts", "size")
    )
    caught["kind"] = caught["kind"].replace("", "nothing")
    goals = tuple(
        Goal(
            f"{row.measure.replace('_', '-')}, planted contradictions",
            f"AUC at least {AREA}",
            f"{row.value:.3f} ({row.planted} and {row.clean} people)",
            bool(row.value >= AREA),
        )
        for row in areas.itertuples()
    )
    headings = {"kind": "planted in the turn", "turns": "turns", "share": "called a contradiction"}
    return Part(
        "Consistency and persistence",
        goals,
        f"{CONTRADICTIONS}\n\n{table(caught, headings)}\n{CONTRADICTIONS_READ}",
    )


def ideas_part(talks: int) -> Part:
    """Creativity counts against planted ideas.

    Args:
        talks: Talks of four people.
    """
    planted = ideas.planted_talks(talks)
    ways = {
        "the town's reader": ideas.errors(ideas.counted(planted, TownReader())),
        **{
            f"its ideas, joined by hashed words from {alike} on": ideas.errors(
                ideas.counted(planted, TownReader(), HashedWords(), alike)
            )
            for alike in ALIKE
        },
        "every sentence, joined by hashed words": ideas.errors(
            ideas.counted(planted, SentenceIdeas(), HashedWords())
        ),
    }
    found = pd.concat([errors.assign(by=way) for way, errors in ways.items()])
    goals = tuple(
        Goal(
            f"{row.measure}, planted ideas",
            "within 5 %",
            f"{row.error:.1%} on average, {row.worst:.1%} at worst ({row.talks} talks)",
            bool(row.error <= MISCOUNT),
        )
        for row in ways["the town's reader"].itertuples()
    )
    headings = {"by": "ideas found by", "measure": "count", "error": "mean error", "worst": "worst"}
    return Part("Creativity counts", goals, f"{IDEAS}\n\n{table(found, headings)}\n{IDEAS_READ}")
