"""The instruments, each tried on what the grammar knows, as parts of the page."""

import random
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from agents.engines.catalogue import open_engine
from bench.calibration import contradictions, ideas, stances
from bench.calibration.figures import opinions_panel
from bench.calibration.part import Goal, Part, table
from personas.embedding import HashedWords
from simulation.analysis.annotation import SentenceIdeas
from simulation.analysis.town import TownReader

BEFORE, DURING = 0.05, 0.1  # of the scale's width
AREA = 0.95
MISCOUNT = 0.05

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
        "its ideas, joined by hashed words": ideas.errors(
            ideas.counted(planted, TownReader(), HashedWords())
        ),
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


OPINIONS = """\
Everybody who ships, in every stage of life, in the weights and again prompted with a profile, and
invented strangers, prompted, are asked the survey of the scenario files, in both orders. *During*
means after each of four rounds of a talk of six that the grammar wrote, the person's own turns
included, so that what was said and heard is true to the law of persuasion and the stance after
each turn is known. *Elsewhere* is the scrambled control: the same talk about the least related
proposal, after which the stance on the topic is still what it was. Errors are mean absolute
distances as shares of the scale's width, which is 2 (from -1 to 1); one notch is 0.25. Intervals
are 95 %, by bootstrap over people."""

OPINIONS_READ = ""

CONTRADICTIONS = """\
Six people whom nobody moves (openness low) talk for eight rounds in the grammar's words, tell facts
about themselves in the first turn and in half of the others. Half of them are given one to three
lines that contradict them: another side, another fact, or "I am a language model". The area under
the ROC curve is the probability that somebody without planted lines scores above somebody with
one, ties counting half; for persistence, which is about sides alone, only planted sides count."""

CONTRADICTIONS_READ = ""

IDEAS = """\
Talks of four in the grammar's words, with one to thirty different ideas planted in each (ready-made
ones, analogies with one concept and with two), told up to three times, in other words and with the
concepts in the other order, each among sentences that are no ideas."""

IDEAS_READ = ""
