"""What a report says: the words, tables and transcripts of a page, from the frames of its runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan
from string import ascii_uppercase

import numpy as np
import pandas as pd

from simulation.analysis.excess import (
    MEASURES,
    Interval,
    excess_over_floor,
    interval_over_runs,
    population_measures,
)
from simulation.analysis.frames import UNFINISHED, RunFacts, RunFrames
from simulation.analysis.opinion import opinions, order_consistency
from simulation.sections.annotated import Annotated, Reader, town_reader
from simulation.units import point, stretch
from simulation.view import DASH, MINUS, View, signed

MEANINGS = {
    "mean absolute drift": "how far an agent moved from where it stood before, 0 to 2",
    "share who flipped": "agents whose likeliest answer is no longer the one before the talk",
    "shift of the mean": f"where the group as a whole moved, {MINUS}2 to +2",
    "change of spread": "standard deviation over agents; below 0, they came together",
    "change of assortativity": f"above 0, neighbours think more alike than before, {MINUS}2 to +2",
    "order consistency": "answers that stay the same when the options are listed in reverse",
}
"""What each of `MEASURES` tells, in a line."""
SHARES = ("share who flipped", "order consistency")
"""Measures printed in per cent."""


@dataclass(frozen=True)
class Reading:
    """One run, read once for all parts of the page."""

    name: str
    """``Run A``, ``Run B`` and so on."""
    facts: RunFacts
    view: View
    frames: RunFrames
    opinions: pd.DataFrame
    annotated: Annotated
    """What was said, as far as somebody can read it."""
    prefix: str = ""
    """Of the names of its figures, where there are several runs: ``a-``, ``b-``."""

    @property
    def caption(self) -> str:
        """Its name and seed; empty for the only one."""
        return f"{self.name}, seed {self.facts.seed}" if self.prefix else ""


@dataclass(frozen=True)
class Effect:
    """A row of the table of effects: means over the runs of one design, as printed."""

    measure: str
    meaning: str
    talk: str
    floor: str
    excess: str
    interval: Interval
    others: Mapping[str, str] = field(default_factory=dict)
    """The same under every further control, by arm."""


@dataclass(frozen=True)
class Design:
    """Runs that differ in their seed alone, and what they show together."""

    name: str
    runs: tuple[Reading, ...]
    effects: tuple[Effect, ...]
    lede: str
    prefix: str = ""
    """Of the names of its figures, where there are several designs."""

    @property
    def view(self) -> View:
        """What to show of its runs."""
        return self.runs[0].view

    @property
    def caption(self) -> str:
        """The names of its runs; empty for the only design."""
        return self.name if self.prefix else ""


@dataclass(frozen=True)
class Utterance:
    """A line of the transcript."""

    when: str
    """In virtual time."""
    speaker: str
    text: str
    heard: int
    """How many agents took it in."""


def read(
    runs: Sequence[RunFrames], reader: Callable[[RunFrames], Reader | None] = town_reader
) -> list[Reading]:
    """Reads every run's opinions and gives the runs their names.

    Args:
        runs: In the order of the names.
        reader: Who reads what was said in a run.
    """
    readings = []
    for position, run in enumerate(runs):
        many, letter = divmod(position, len(ascii_uppercase))
        name = f"Run {ascii_uppercase[letter]}{many or ''}"
        facts = run.facts
        view = replace(View.of(facts), swaps=_swap_marks(run))
        found = opinions(run.surveys)
        if len(found) and facts.topic not in set(found["question"]):
            view = replace(view, question=str(found["question"].iloc[0]))
        prefix = f"{name.removeprefix('Run ').lower()}-" if len(runs) > 1 else ""
        annotated = Annotated(run, reader(run))
        readings.append(Reading(name, facts, view, run, found, annotated, prefix))
    return readings


def designs(readings: Sequence[Reading], rng: np.random.Generator) -> list[Design]:
    """Groups runs that are replicates of each other and states their effects over the floor."""
    groups: dict[tuple[object, ...], list[Reading]] = {}
    for reading in readings:
        groups.setdefault(reading.facts.design, []).append(reading)
    found = [_design(group, rng) for group in groups.values()]
    if len(found) == 1:
        return found
    return [replace(design, prefix=design.runs[0].prefix) for design in found]


def transcript(reading: Reading, arm: str) -> list[Utterance]:
    """Everything said in one arm, in the order of virtual time and of seats."""
    seats = {key: seat for seat, key in enumerate(reading.facts.labels)}
    turns = reading.frames.turns
    said = turns[turns["arm"] == arm]
    said = said.assign(seat=said["agent"].map(seats)).sort_values(["time", "seat", "counter"])
    heard = reading.frames.exposures
    heard = heard[(heard["arm"] == arm) & (heard["noticed"] != 0)]
    heard = heard.drop_duplicates(["listener", "speaker", "speaker_counter"])
    listeners = heard.groupby(["speaker", "speaker_counter"]).size().to_dict()
    return [
        Utterance(
            when=point(time, reading.view.unit),
            speaker=reading.facts.labels.get(agent, agent),
            text=text,
            heard=listeners.get((agent, counter), 0),
        )
        for time, agent, counter, text in zip(
            said["time"], said["agent"], said["counter"], said["text"], strict=True
        )
    ]


def _swap_marks(run: RunFrames) -> tuple[tuple[float, str], ...]:
    """Where each swap lies among the waves, by the virtual times at which these were asked."""
    asked = run.surveys[["wave", "time"]].drop_duplicates().sort_values("time")
    if asked.empty:
        return ()
    return tuple(
        (float(np.interp(swap.time, asked["time"], asked["wave"])), swap.agent.key)
        for swap in run.facts.swaps
    )


def limits(readings: Sequence[Reading], found: Sequence[Design]) -> list[str]:
    """What the numbers on the page cannot show, in plain words."""
    words = [
        "The agents are language models. The numbers say what these models do under these "
        "conditions; they are no evidence about people.",
        "An opinion is read from the probabilities of the option letters, asked in private: it is "
        "what the model would answer, which need not be what it says in the talk.",
    ]
    if any(len(design.runs) == 1 for design in found):
        words.append(
            "A design with one run has no interval: agents and turns of one run depend on each "
            "other, so the run is the unit of replication. Run more seeds."
        )
    if any(reading.view.floor is None for reading in readings):
        words.append("Without a control arm, drift cannot be told from noise: no excess is given.")
    if any(reading.view.floor == "silent" for reading in readings):
        words.append(
            "The silent control repeats the survey without talk: it is a weaker floor than "
            "scrambled talk, because its agents read nothing."
        )
    words += [
        f"{reading.name} has not finished: it is read as far as it was committed."
        for reading in readings
        if reading.facts.finished == UNFINISHED
    ]
    words += [_order_words(reading) for reading in readings]
    words += [_degenerate_words(reading) for reading in readings]
    words.append(f"{len(MEASURES)} measures are shown without correction for their number.")
    return [line for line in words if line]


def _design(group: Sequence[Reading], rng: np.random.Generator) -> Design:
    table = excess_over_floor([reading.frames for reading in group])
    table = table[table["question"] == group[0].view.question]
    others = _other_arms(group)
    effects = tuple(
        replace(_effect(measure, table, rng), others=others.get(measure, {}))
        for measure in MEASURES
    )
    name = ", ".join(reading.name for reading in group)
    return Design(name, tuple(group), effects, _lede(group, effects))


def _other_arms(group: Sequence[Reading]) -> dict[str, dict[str, str]]:
    """Every measure under the controls beside the floor, by measure and arm: means over runs."""
    view = group[0].view
    every = pd.concat([population_measures(reading.frames) for reading in group])
    rows = every[(every["question"] == view.question) & ~every["arm"].isin(view.arms)]
    found: dict[str, dict[str, str]] = {}
    for (measure, arm), values in rows.groupby(["measure", "arm"], sort=False)["value"]:
        name = str(measure)
        told = _number(float(values.mean()), name, plain=_is_plain(name))
        found.setdefault(name, {})[str(arm)] = told
    return found


def _is_plain(measure: str) -> bool:
    """Whether a measure has no sign."""
    return measure in SHARES or measure == "mean absolute drift"


def _effect(measure: str, table: pd.DataFrame, rng: np.random.Generator) -> Effect:
    rows = table[table["measure"] == measure]
    talk, floor, excess = (float(rows[column].mean()) for column in ("talk", "floor", "excess"))
    plain = _is_plain(measure)
    return Effect(
        measure=measure,
        meaning=MEANINGS[measure],
        talk=_number(talk, measure, plain=plain),
        floor=_number(floor, measure, plain=plain),
        excess=_number(excess, measure, plain=False),
        interval=interval_over_runs(list(rows["excess"]), rng),
    )


def _number(value: float, measure: str, *, plain: bool) -> str:
    if isnan(value):
        return DASH
    if measure in SHARES:
        return f"{value:.0%}" if plain else f"{signed(100 * value, 0)} points"
    return f"{value:.2f}" if plain else signed(value)


def _lede(group: Sequence[Reading], effects: Sequence[Effect]) -> str:
    facts, view, drift = group[0].facts, group[0].view, effects[0]
    waves = view.rows(group[0].opinions, view.main)["wave"]
    talked = stretch(waves.max(), view.unit) if len(waves) else f"no {view.unit}"
    words = (
        f"After {talked}, the {len(facts.agents)} agents had moved by {drift.talk} on average on "
        f"{view.question} (the scale is 2 wide)"
    )
    if view.floor is None:
        return f"{words}. No control was run, so this cannot be told from noise."
    words += f"; in the {view.floor} control by {drift.floor}"
    return f"{words}. The excess over this floor is {drift.excess} ({drift.interval.words})."


def _order_words(reading: Reading) -> str:
    agreed = order_consistency(reading.opinions, by=["question"])
    share = agreed.loc[agreed["question"] == reading.view.question, "value"]
    if share.empty:
        return f"{reading.name}: options were asked in one order only; their order may matter."
    changed = 1 - float(share.iloc[0])
    return f"{reading.name}: {changed:.0%} of the answers change when the options are reversed."


def _degenerate_words(reading: Reading) -> str:
    count = int(reading.opinions["degenerate"].sum())
    if count == 0:
        return ""
    return (
        f"{reading.name}: {count} of {len(reading.opinions)} answers are degenerate (less than "
        "half of the probability lies on the options); no measure counts them."
    )
