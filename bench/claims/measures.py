"""The two claims of the paper as numbers of one run each: consistency within, creativity among."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from personas.persona import find_persona, load_persona
from personas.windtunnel import phrases
from personas.windtunnel.agenda import find_proposal, views_of
from simulation.analysis.annotation import claim_verdicts, ideas_in, stances_in
from simulation.analysis.consistency import persistence, pressured_turns, prompt_to_line
from simulation.analysis.creativity import bridging, idea_counts, within_budget
from simulation.analysis.excess import interval_over_runs
from simulation.analysis.frames import AgentFacts, RunFrames
from simulation.analysis.opinion import opinions
from simulation.analysis.town import TownReader
from simulation.study import Study

READER = TownReader()
COLUMNS = ["cell", "seed", "arm", "measure", "wave", "value"]
STATED = "own turns that keep the persona's view"
HELD = "persistence under pressure"
PRIVATE = "private opinion"
DIFFERENT = "different ideas at equal words"
GAIN = "different ideas, over those of the nominal group"
BRIDGES = "ideas that join fields of two members"


def of_study(study: Study, kind: str) -> pd.DataFrame:
    """All numbers of a study's finished runs.

    Args:
        study: Of opinion_consistency or collaborative_creativity.
        kind: ``consistency`` or ``creativity``.

    Returns:
        Columns ``cell``, ``seed``, ``arm``, ``measure``, ``wave`` (-1 where it is of the whole
        run) and ``value``.
    """
    measured = {"consistency": consistency, "creativity": creativity}[kind]
    rows = [
        ("+".join(run.levels.values()), run.seed, *row)
        for run in study.done
        for row in measured(run.frames)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


Row = tuple[str, str, int, float]


def consistency(run: RunFrames) -> Iterator[Row]:
    """Of the first of the two, whom the other presses: what is said, and what is thought."""
    facts = run.facts
    person = facts.agents[0]
    view = _view(person, facts.topic)
    own = run.turns[(run.turns["agent"] == person.key) & (run.turns["arm"] != "scrambled")]
    said = phrases.CANONICAL[round(2 * view)].text.format(topic=facts.topic)
    claims = pd.DataFrame([(person.key, said)], columns=["agent", "claim"])
    for row in prompt_to_line(claim_verdicts(own, claims, READER)).itertuples():
        yield str(row.arm), STATED, -1, float(row.value_related)
    pressed = pressured_turns(stances_in(run.turns, READER), run.exposures)
    on_topic = pressed[(pressed["subject"] == facts.topic) & (pressed["agent"] == person.key)]
    for row in persistence(on_topic).itertuples():
        yield str(row.arm), HELD, -1, float(row.value)
    read = opinions(run.surveys)
    mine = read[(read["agent"] == person.key) & ~read["degenerate"]]
    for row in mine.itertuples():
        yield str(row.arm), PRIVATE, int(row.wave), float(row.opinion)


def creativity(run: RunFrames) -> Iterator[Row]:
    """Of the group: how many ideas, against its members alone, and how many across fields."""
    words = run.turns.assign(words=run.turns["text"].str.split().str.len())
    budget = int(words.groupby("arm")["words"].sum().min())
    counted = within_budget(run.turns, budget)
    ideas = ideas_in(counted, READER)
    found = idea_counts(ideas).set_index("arm")["fluency"].reindex(run.facts.arms, fill_value=0)
    fields = pd.DataFrame(
        [(agent.key, _field(agent)) for agent in run.facts.agents], columns=["agent", "domain"]
    )
    across = bridging(ideas, fields).set_index("arm")["value"]
    for arm, ideas_told in found.items():
        yield str(arm), DIFFERENT, -1, float(ideas_told)
        yield str(arm), BRIDGES, -1, float(across.get(arm, np.nan))
        if arm != "alone" and found["alone"]:
            yield str(arm), GAIN, -1, float(ideas_told / found["alone"])


def over_seeds(measured: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Means over the seeds with their intervals.

    Returns:
        Columns ``measure``, ``cell``, ``arm``, ``wave``, ``runs``, ``mean``, ``low``, ``high``
        (95 %, bootstrap over seeds; the mean where all are alike, NaN with fewer than six).
    """
    rng = np.random.default_rng(seed)
    rows = []
    for key, group in measured.groupby(["measure", "cell", "arm", "wave"], sort=False):
        values = group["value"].dropna().to_numpy(dtype=float)
        mean = float(values.mean()) if len(values) else float("nan")
        found = interval_over_runs(values, rng)
        alike = len(values) > 1 and np.ptp(values) == 0
        low, high = (mean, mean) if alike else (found.low, found.high)
        rows.append((*key, len(values), mean, low, high))
    columns = ["measure", "cell", "arm", "wave", "runs", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=columns).astype({"low": float, "high": float})


def _view(person: AgentFacts, topic: str) -> float:
    """What the persona thinks by its own text."""
    persona = load_persona(find_persona(person.persona))
    return views_of(persona, persona.stage(person.stage))[find_proposal(topic).key]


def _field(person: AgentFacts) -> str:
    persona = load_persona(find_persona(person.persona))
    parts = persona.stage(person.stage).profile.split("Field: ")
    return parts[1].partition(".")[0]
