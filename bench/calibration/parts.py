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


OPINIONS = """\
Everybody who ships, in every stage of life, in the weights and again prompted with a profile, and
invented strangers, prompted, are asked the survey of the scenario files, in both orders. *During*
means after each of four rounds of a talk of six that the grammar wrote, the person's own turns
included, so that what was said and heard is true to the law of persuasion and the stance after
each turn is known. *Elsewhere* is the scrambled control: the same talk about the least related
proposal, after which the stance on the topic is still what it was. Errors are mean absolute
distances as shares of the scale's width, which is 2 (from -1 to 1); one notch is 0.25. Intervals
are 95 %, by bootstrap over people."""

OPINIONS_READ = """\
What it means: read in private, an opinion is the stance to within a hundredth of the scale before a
talk, and to within a few hundredths during one, where somebody who always repeats the start would
be off by more. What is weakest are people in the weights whom the talk has moved: their answers
stay nearer to the start than what they have just said. **After a talk about something else** the
answers are worse than during one on the topic, and nearly every wrong one is the stance that the
person has stated last on the *other* proposal: the small model copies it. Eight wordings of the
survey give the same (not in the table). So the scrambled control overstates how far opinions move
for no reason, most of all for prompted people, and a talk's excess over it is cautious, or below 0;
put `silent` beside it where that matters. A larger model will hardly do this; run this page on it
before you trust its floors."""

OPENNESS = f"""\
{openness.PEOPLE} invented people of all three kinds (openness 0, 0.3 and 0.8) meet in groups of
{openness.GROUP}, each time in other company and on another topic, and obey the law of persuasion.
The models are fitted to what everybody thinks after each round, as a perfect survey would find it.
Rank correlations are Spearman's with the true openness, which has three values only: ties of the
truth keep a perfect order below 1."""

OPENNESS_READ = """\
What it means: how far somebody's opinion moves from wave to wave (`mobility`) orders people best,
by far where there are few talks: as well, within 0.01, as knowing of each turn whether a new reason
had been heard (tried once). A survey that errs costs little from talks of four rounds on. Both fits
get there as well, and need more: they look for the pull of what others think on average, and the
law moves people by one good reason, whoever gives it, so most moves are noise to them. In talks of
two rounds there is one step in which anybody can move. Friedkin and Johnsen's susceptibility does
so in the form in which it leaves the rest as the weight of oneself. With one free self-weight for
everybody (`dynamics.friedkin_johnsen_free`) it did not: 0.65 from 24 talks of 8 rounds, and no
better with more, because that model holds everybody back to where they began and the town's law
lets whoever has been moved stay there (measured once; not in the table). A move says nothing of
where to, and who meets nobody of another mind has no reason to move: compare people in like
company."""

ALARMS_TRIED = """\
Null experiments are drawn from 800 talks that obey the town's law and differ in chance alone
(`bench/falsealarms.py`, which tries more). A rate is the share in which a test at 5 % finds an
effect that is not there; least, mean and most are over the measures of a report and one with heavy
tails. Power is the share in which the paired test finds a true difference of so many standard
deviations of the differences."""

ALARMS_READ = """\
What it means: from 8 seeds on, the paired test finds nothing in 95 of 100 cases where there is
nothing, whatever the measure. With 6 it cannot reach 5 %: of 64 flips of signs the two most extreme
make 3.1 %, and ties between talks take from that. It errs towards silence, and so does the interval
up to 12 seeds; 6 seeds are enough for an interval and too few for a test that is to find anything
but large differences. Corrected for the four measures of a report, any alarm is rarer still."""

CONTRADICTIONS = """\
Six people whom nobody moves (openness low) talk for eight rounds in the grammar's words, tell facts
about themselves in the first turn and in half of the others. Half of them are given one to three
lines that contradict them: another side, another fact, or "I am a language model". The area under
the ROC curve is the probability that somebody without planted lines scores above somebody with
one, ties counting half; for persistence, which is about sides alone, only planted sides count."""

CONTRADICTIONS_READ = """\
What it means: the arithmetic of the measures is right, from verdicts to a person's figure. It does
not say how good a language model would be as the judge: here the judge is the grammar that wrote
the lines. Persistence misses planted sides that nobody had contradicted since the person last
spoke: without pressure there is nothing to withstand. (Planting found a mistake: the town's reader
saw "I am a language model" contradict a job only if the job came first. It is mended.)"""

IDEAS = """\
Talks of four in the grammar's words, with one to thirty different ideas planted in each (ready-made
ones, analogies with one concept and with two), told up to three times, in other words and with the
concepts in the other order, each among sentences that are no ideas."""

IDEAS_READ = """\
What it means: with the town's reader the counts are exact; the measures add nothing of their own.
How ideas are *found* and *joined* decides everything else. By the usual threshold of 0.8, hashed
words count one idea in two wordings as two, and half too many in all; at 0.7 the errors of both
kinds partly cancel, at 0.6 different ideas for one proposal are taken for the same. Taking every
sentence for an idea counts stances and reasons too. For free text, calibrate the reader and its
threshold on ideas that people have sorted before a count is believed; differences between arms
that were read in the same way are safer than the counts."""
