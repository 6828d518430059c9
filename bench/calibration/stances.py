"""Opinion read from log-probabilities, against the stance that the grammar's law gives.

Somebody whose true stance is known at every moment is asked as a simulation asks: before anybody
has spoken, and after every round of a talk that the grammar wrote, their own turns included. So
what they have said and heard is true to the law, and only the answer is the model's.
"""

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from agents.agent import Agent, Voice, seat
from agents.memory import Utterance
from agents.prompt import compose
from bench.calibration.company import Company, invited
from personas.model import Model, Request
from personas.persona import LIBRARY, Persona, Stage, library
from personas.speaking import MODERATOR
from personas.windtunnel.agenda import (
    STANCE_OPTIONS,
    STANCE_VALUES,
    least_related,
    opening_line,
)
from personas.windtunnel.life import read_person
from personas.windtunnel.mind import Mind
from personas.windtunnel.people import profile, random_person
from personas.windtunnel.proposals import PROPOSALS
from personas.windtunnel.survey import survey_wordings
from personas.windtunnel.town import STANCES, Proposal
from simulation.analysis.opinion import opinions
from simulation.survey import OPTION_ORDERS, OptionOrder, Survey

ROUNDS = 4
NOTCHES = 2
"""Steps of the town's scale from undecided to strongly for."""
WIDTH = 2.0
"""Of the scale of opinions, from -1 to 1; errors are given as shares of it."""
KEY = ["arm", "question", "agent", "wave"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody who is asked, and what is true of them."""

    group: str
    """Where the person is: ``adapter``, ``profile`` or ``stranger``."""
    agent: Agent
    mind: Mind
    """Before anything was said."""
    topics: tuple[Proposal, ...]

    def fresh(self) -> Mind:
        """The same person, who has heard nothing yet."""
        return Mind(self.mind.person, self.mind.chapter, dict(self.mind.stances))


@dataclass(frozen=True, slots=True)
class Asking:
    """One private question, and the answer that would be right."""

    arm: str
    subject: Subject
    topic: Proposal
    wave: int
    remembered: tuple[Utterance, ...]
    truth: int
    """Stance from -2 to 2."""
    began: int
    """Stance before the talk."""
    survey: Survey
    elsewhere: int | None = None
    """Stance that was stated last on something else, if the talk was about that."""


def townspeople(voice: Voice, group: str) -> Iterator[Subject]:
    """Everybody who ships, in every stage of life."""
    for name in library():
        person = read_person(LIBRARY / name)
        for chapter in person.chapters:
            who = seat(f"{name}@{chapter.name}").voiced(voice)
            held = tuple(topic for topic in PROPOSALS if topic.key in chapter.stances)
            yield Subject(group, who, Mind(person, chapter, dict(chapter.stances)), held)


def strangers(count: int, seed: int = 20) -> Iterator[Subject]:
    """People invented on the spot, their profile in the prompt."""
    for number in range(count):
        rng = random.Random(f"calibration {seed}, stranger {number}")
        topics = tuple(rng.sample(PROPOSALS, 4))
        person = random_person(rng, topics)
        (chapter,) = person.chapters
        stage = Stage("now", chapter.years, profile(person, chapter, topics))
        persona = Persona(f"stranger-{number}", person.name, (stage,), Path())
        agent = Agent(persona.key, person.name, persona, stage, "prompt")
        yield Subject("stranger", agent, Mind(person, chapter, dict(chapter.stances)), topics)


def survey_on(topic: Proposal, held_out: bool = False) -> Survey:
    """The scenario files' survey; in a wording that no corpus holds if wanted."""
    wording = survey_wordings(topic, held_out)[:1]
    return Survey(topic.key, wording, STANCE_OPTIONS, STANCE_VALUES)


def before(subject: Subject, held_out: bool = False) -> Iterator[Asking]:
    """Asked of everything that the person has a view on, and nobody has spoken."""
    arm = f"{subject.group}, before" + (", new wording" if held_out else "")
    for topic in subject.topics:
        truth = subject.mind.stances[topic.key]
        opened = (Utterance(MODERATOR, opening_line(topic)),)
        yield Asking(arm, subject, topic, 0, opened, truth, truth, survey_on(topic, held_out))


def during(subject: Subject, topic: Proposal, related: bool = True) -> Iterator[Asking]:
    """Asked after every round of a talk about the topic, or about something else.

    Args:
        subject: Who is asked.
        topic: What about.
        related: False lets everybody talk about the proposal least related to the topic, as in
            the scrambled control: the truth stays where it was.
    """
    matter = topic if related else least_related(topic)
    rng = random.Random(f"{subject.agent.key}, {subject.group}, {topic.key}, {related}")
    mind = subject.fresh()
    began = mind.stances[topic.key]
    mind.stances.setdefault(matter.key, rng.choice(STANCES))
    company = Company(rng, mind, matter, invited(rng, mind))
    arm = f"{subject.group}, {'during' if related else 'elsewhere'}"
    for wave in range(1, ROUNDS + 1):
        company.play_round()
        truth = mind.stances[topic.key]
        heard = tuple(company.remembered)
        other = None if related else mind.stances[matter.key]
        yield Asking(arm, subject, topic, wave, heard, truth, began, survey_on(topic), other)


async def asked(model: Model, askings: Sequence[Asking], width: int = 64) -> pd.DataFrame:
    """Every question in both orders, as the frame that a run's record gives.

    Returns:
        The columns of `opinions`; ``truth``, ``began`` and ``elsewhere`` in [-1, 1], the last
        one NaN where the talk was about the topic; and ``error``, the distance as a share of the
        scale's width.
    """
    gate = asyncio.Semaphore(width)

    async def ask(one: Asking, order: OptionOrder) -> dict[str, object]:
        prompt = compose(one.subject.agent, one.remembered, (one.survey.line(0, order),))
        async with gate:
            request = Request(prompt, one.subject.agent.adapter, priority=one.wave)
            scores = await model.score(request, one.survey.letters)
        return {
            **_key(one),
            "time": float(one.wave),
            "wording": 0,
            "order": order,
            "options": one.survey.shown(order),
            "values": one.survey.values_shown(order),
            "logprobs": scores.logprobs,
        }

    rows = await asyncio.gather(*(ask(one, order) for one in askings for order in OPTION_ORDERS))
    truths = [
        {
            **_key(one),
            "truth": one.truth / NOTCHES,
            "began": one.began / NOTCHES,
            "elsewhere": float("nan") if one.elsewhere is None else one.elsewhere / NOTCHES,
        }
        for one in askings
    ]
    read = opinions(pd.DataFrame(rows)).merge(pd.DataFrame(truths), on=KEY)
    return read.assign(error=(read["opinion"] - read["truth"]).abs() / WIDTH)


def _key(one: Asking) -> dict[str, object]:
    return dict(zip(KEY, (one.arm, one.topic.key, one.subject.agent.key, one.wave), strict=True))


def accuracy(read: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """How far the opinions lie from the truth, by situation.

    Args:
        read: From `asked`.
        seed: Of the bootstrap over people.

    Returns:
        Columns ``arm``; ``answers``; ``degenerate``, their share; over the others ``error``, the
        mean absolute one as a share of the scale's width, with the ends ``low`` and ``high`` of
        its 95 % interval over people; ``stayed`` and ``moved``, the same among those who stand
        where they began and those who do not; ``moves``, the share of the latter; ``repeating``,
        the error of somebody who always gives the stance before the talk; ``exact``, the share
        whose likeliest option is the true one; and ``mistaken``, the share of the other likeliest
        options that are the stance stated last on something else.
    """
    labels = dict(zip(STANCE_OPTIONS, STANCE_VALUES, strict=True))
    judged = read.assign(
        moves=read["truth"] != read["began"],
        said=read["modal"].map(labels),
        exact=read["modal"].map(labels) == read["truth"],
        repeating=(read["truth"] - read["began"]).abs() / WIDTH,
    )
    rows = []
    for arm, answers in judged.groupby("arm", sort=False):
        group = answers[~answers["degenerate"]]
        low, high = _interval(group.groupby("agent")["error"].mean().to_numpy(), seed)
        rows.append(
            {
                "arm": arm,
                "answers": len(answers),
                "degenerate": answers["degenerate"].mean(),
                "error": group["error"].mean(),
                "low": low,
                "high": high,
                "stayed": group.loc[~group["moves"], "error"].mean(),
                "moved": group.loc[group["moves"], "error"].mean(),
                **group[["moves", "repeating", "exact"]].mean().to_dict(),
                "mistaken": _mistaken(group),
            }
        )
    return pd.DataFrame(rows)


def _mistaken(group: pd.DataFrame) -> float:
    wrong = group[~group["exact"] & group["elsewhere"].notna()]
    return float((wrong["said"] == wrong["elsewhere"]).mean())


def _interval(means: NDArray[np.float64], seed: int) -> tuple[float, float]:
    """Bootstrap over people; NaN with fewer than two, a point where all are alike."""
    if len(means) < 2:
        return float("nan"), float("nan")
    if np.ptp(means) == 0:
        return float(means[0]), float(means[0])
    found = stats.bootstrap(
        (means,), np.mean, n_resamples=2000, method="percentile", rng=np.random.default_rng(seed)
    ).confidence_interval
    return float(found.low), float(found.high)
