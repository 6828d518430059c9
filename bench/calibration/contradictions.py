"""Consistency and persistence, against contradictions that were planted in the grammar's turns.

Six people who are moved by nobody talk in the grammar's words. Half of them are given lines that
contradict them, at turns drawn beforehand: another side of the topic, another job, home, hobby,
age or field, or "I am a language model". A measure is good if it tells who was planted in.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from bench.calibration.company import Company, invited
from personas.windtunnel import names, phrases
from personas.windtunnel.fields import FIELDS
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import Chapter, random_person
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.speech import Said, join, say
from personas.windtunnel.town import STANCES, Proposal
from simulation.analysis.annotation import Judge, claim_verdicts, pair_verdicts, stances_in
from simulation.analysis.consistency import (
    line_to_line,
    persistence,
    pressured_turns,
    prompt_to_line,
)
from simulation.analysis.town import TOLERATED, TownReader

ROUNDS = 8
MOST_PLANTED = 3
"""Of a person's eight turns."""
TOLD_SHARE = 0.5
"""How many turns also tell a fact about the speaker. The first turn tells all: a contradiction
needs something to meet, and is none where it meets nothing."""
KINDS = ("stance", "fact", "robot")
FACTS = {
    "job": phrases.JOB,
    "home": phrases.HOME,
    "hobby": phrases.HOBBY,
    "age": phrases.AGE,
    "field": phrases.FIELD,
}


@dataclass(frozen=True, slots=True)
class Planted:
    """One talk as frames, and what was planted in it."""

    turns: pd.DataFrame
    claims: pd.DataFrame
    """What each persona says of itself."""
    exposures: pd.DataFrame
    planted: pd.DataFrame
    """Columns ``arm``, ``agent``, ``counter``, ``kind``."""


def planted_talk(rng: random.Random, number: int) -> Planted:
    """A talk of six, half of whom contradict themselves.

    Args:
        rng: Source of everything.
        number: Of the talk; its arm is named by it.
    """
    topic = rng.choice(PROPOSALS)
    host = _firm(Mind(random_person(rng), None))
    company = Company(rng, host, topic, [_firm(mind) for mind in invited(rng, host)])
    everybody = [host, *company.partners]
    plans = {id(mind): _plan(rng) for mind in rng.sample(everybody, len(everybody) // 2)}
    arm = f"talk {number}"
    turns, planted = [], []
    for counter in range(ROUNDS):
        kinds = {id(mind): plans.get(id(mind), {}).get(counter) for mind in everybody}
        truths = [(mind, mind.stances[topic.key]) for mind in everybody]
        for mind, truth in truths:
            if kinds[id(mind)] == "stance":
                mind.stances[topic.key] = _far_from(rng, truth)
        for mind, said in company.play_round():
            kind = kinds[id(mind)]
            text = _with_facts(rng, mind, said, counter, kind).text
            turns.append((arm, mind.person.name, float(counter), counter, text))
            if kind:
                planted.append((arm, mind.person.name, counter, kind))
        for mind, truth in truths:
            mind.stances[topic.key] = truth
    return Planted(
        pd.DataFrame(turns, columns=["arm", "agent", "time", "counter", "text"]),
        pd.DataFrame(
            [(mind.person.name, claim) for mind in everybody for claim in _claims(mind, topic)],
            columns=["agent", "claim"],
        ),
        _heard(arm, [mind.person.name for mind in everybody]),
        pd.DataFrame(planted, columns=["arm", "agent", "counter", "kind"]),
    )


def planted_talks(count: int, seed: int = 30) -> Iterator[Planted]:
    """Several talks, each with a seed of its own."""
    for number in range(count):
        yield planted_talk(random.Random(f"calibration {seed}, planted talk {number}"), number)


def scores(talk: Planted, judge: TownReader | None = None) -> pd.DataFrame:
    """The three measures of everybody in a talk, beside what was planted.

    Returns:
        Columns ``arm``, ``agent``, ``prompt_to_line``, ``line_to_line``, ``persistence``, and a
        column for each of `KINDS`: how many turns of that kind were planted.
    """
    reader = judge or TownReader()
    key = ["arm", "agent"]
    found = talk.turns[key].drop_duplicates()
    measures = {
        "prompt_to_line": prompt_to_line(claim_verdicts(talk.turns, talk.claims, reader)),
        "line_to_line": line_to_line(pair_verdicts(talk.turns, reader)),
        "persistence": persistence(pressured_turns(stances_in(talk.turns, reader), talk.exposures)),
    }
    for name, measured in measures.items():
        values = measured[[*key, "value"]].rename(columns={"value": name})
        found = found.merge(values, on=key, how="left")
    counts = talk.planted.groupby([*key, "kind"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(KINDS), fill_value=0).reset_index()
    return found.merge(counts, on=key, how="left").fillna(dict.fromkeys(KINDS, 0))


def turn_verdicts(talk: Planted, judge: Judge) -> pd.DataFrame:
    """Whether each turn is said to contradict the persona, beside whether it was planted.

    Returns:
        Columns ``kind`` (empty if nothing was planted) and ``contradicts``.
    """
    verdicts = claim_verdicts(talk.turns, talk.claims, judge)
    key = ["arm", "agent", "counter"]
    said = verdicts.assign(contradicts=verdicts["verdict"] == "contradicts")
    turns = said.groupby(key, as_index=False)["contradicts"].any()
    return turns.merge(talk.planted, on=key, how="left").fillna({"kind": ""})


def areas(scored: pd.DataFrame) -> pd.DataFrame:
    """How well each measure tells people with planted contradictions from those without.

    Returns:
        Columns ``measure``, ``value`` (area under the ROC curve), ``planted`` and ``clean``, the
        numbers of people compared. Persistence is about stances alone, so only these count for it.
    """
    rows = []
    for measure in ("prompt_to_line", "line_to_line", "persistence"):
        counted = scored.dropna(subset=[measure])
        kinds = ["stance"] if measure == "persistence" else list(KINDS)
        spoiled = counted[kinds].sum(axis=1) > 0
        low, high = counted.loc[spoiled, measure], counted.loc[~spoiled, measure]
        rows.append((measure, area(high, low), len(low), len(high)))
    return pd.DataFrame(rows, columns=["measure", "value", "planted", "clean"])


def area(higher: Sequence[float], lower: Sequence[float]) -> float:
    """Probability that one of the first is above one of the second, ties counting half.

    The area under the ROC curve, by the Mann-Whitney statistic (Hanley & McNeil 1982, Radiology
    143, 29-36). NaN if either is empty.
    """
    if len(higher) == 0 or len(lower) == 0:
        return float("nan")
    statistic = stats.mannwhitneyu(np.asarray(higher), np.asarray(lower)).statistic
    return float(statistic / (len(higher) * len(lower)))


def _firm(mind: Mind) -> Mind:
    """The same person, moved by nobody: whatever changes was planted."""
    (chapter,) = mind.person.chapters
    firm = replace(chapter, openness="low")
    return Mind(replace(mind.person, chapters=(firm,)), firm, dict(firm.stances))


def _plan(rng: random.Random) -> dict[int, str]:
    """At which turns what is planted; never at the first, which nothing came before."""
    turns = rng.sample(range(1, ROUNDS), rng.randint(1, MOST_PLANTED))
    return {turn: rng.choice(KINDS) for turn in turns}


def _far_from(rng: random.Random, stance: int) -> int:
    """A stance on which nobody would say that it is the same; another side if there is one."""
    far = [other for other in STANCES if abs(other - stance) > TOLERATED]
    return rng.choice([other for other in far if other * stance < 0] or far)


def _with_facts(rng: random.Random, mind: Mind, said: Said, counter: int, kind: str | None) -> Said:
    """A turn, and perhaps something about its speaker: true, unless that is what is planted."""
    assert mind.chapter is not None
    if counter == 0:
        return join([said, *(_fact(rng, mind.chapter, name) for name in FACTS)])
    if kind == "robot":
        return join([said, say(rng.choice(phrases.ROBOT))])
    if kind == "fact":
        return join([said, _fact(rng, _other_life(rng, mind.chapter))])
    return join([said, _fact(rng, mind.chapter)]) if rng.random() < TOLD_SHARE else said


def _fact(rng: random.Random, chapter: Chapter, name: str | None = None) -> Said:
    """One fact about somebody."""
    slots = {
        "job": {"a_job": names.with_article(chapter.job)},
        "home": {"home": chapter.home},
        "hobby": {"hobby": chapter.hobby},
        "age": {"age": str(chapter.age)},
        "field": {"field": chapter.field},
    }
    name = name or rng.choice(tuple(slots))
    return say(rng.choice(FACTS[name]), None, **slots[name])


def _other_life(rng: random.Random, chapter: Chapter) -> Chapter:
    """Somebody else, of whom every fact is another."""
    fields = [field.key for field in FIELDS if field.key != chapter.field]
    return replace(
        chapter,
        job=_other(rng, names.job, chapter.job),
        home=_other(rng, names.home, chapter.home),
        hobby=_other(rng, names.hobby, chapter.hobby),
        age=chapter.age + rng.randint(2, 20),
        field=rng.choice(fields),
    )


def _other(rng: random.Random, draw: Callable[[random.Random], str], present: str) -> str:
    while (found := draw(rng)) == present:
        pass
    return found


def _claims(mind: Mind, topic: Proposal) -> Iterator[str]:
    """The persona in sentences: its view on the topic, and its facts."""
    assert mind.chapter is not None
    yield say(phrases.CANONICAL[mind.chapter.stances[topic.key]], topic).text
    for name in FACTS:
        yield _fact(random.Random(0), mind.chapter, name).text


def _heard(arm: str, people: Sequence[str]) -> pd.DataFrame:
    """Everybody takes in, before a turn, what the others said in the round before."""
    rows = [
        (arm, listener, counter, speaker, counter - 1, 1)
        for counter in range(1, ROUNDS)
        for listener in people
        for speaker in people
        if speaker != listener
    ]
    columns = ["arm", "listener", "listener_counter", "speaker", "speaker_counter", "noticed"]
    return pd.DataFrame(rows, columns=columns)
