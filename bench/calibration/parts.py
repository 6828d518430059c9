"""The instruments, each tried on what the grammar knows, as parts of the page."""

import random
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from agents.engines.catalogue import open_engine
from bench.calibration import contradictions, ideas, openness, stances
from bench.calibration.figures import opinions_panel
from bench.calibration.part import Goal, Part, table
from personas.embedding import HashedWords
from simulation.analysis.annotation import SentenceIdeas
from simulation.analysis.town import TownReader

BEFORE, DURING = 0.05, 0.1  # of the scale's width
AREA = 0.95
MISCOUNT = 0.05
RANKS = 0.8

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
    """Openness by fitted models."""
    found = openness.designs()
    most = found["evenings"].max()
    goals = tuple(
        Goal(
            f"openness by {name}, {row.evenings} talks of {row.rounds} rounds",
            f"rank correlation at least {RANKS}",
            f"{getattr(row, column):.2f} (largest possible {row.best:.2f})",
            bool(getattr(row, column) >= RANKS),
        )
        for column, name in (("friedkin_johnsen", "Friedkin-Johnsen"), ("degroot", "DeGroot"))
        for row in found[(found["evenings"] == most) & found["rounds"].isin([2, 8])].itertuples()
    )
    headings = {
        "rounds": "rounds of a talk",
        "evenings": "talks a person",
        "friedkin_johnsen": "Friedkin-Johnsen, susceptibility",
        "degroot": "DeGroot, 1 - self-weight of each",
        "best": "largest possible",
    }
    return Part("Openness", goals, f"{OPENNESS}\n\n{table(found, headings)}\n{OPENNESS_READ}")


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
What it means: Friedkin and Johnsen hold everybody back to where they began, for good. The town's
law does not: whoever has been moved stays there. In long talks the fit can therefore only say who
has ever moved, and more talks do not help (the bias stays); in talks of two rounds, where no way
back can be seen, it reaches the goal with enough of them. DeGroot's model with a self-weight for
each has no such anchor, and one minus that weight orders people nearly as well as anything could.
Which of the two describes a run better is what `simulation.analysis.modelfit.compare_models` is
for: look before you read a susceptibility."""

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
How ideas are *found* and *joined* decides everything else. Hashed words join by common words, and
"What if we used X for Y?" shares most of its words with every other idea for Y; taking every
sentence for an idea counts stances and reasons too. For free text, calibrate the reader and its
threshold on ideas that people have sorted before a count is believed; differences between arms
that were read in the same way are safer than the counts."""
