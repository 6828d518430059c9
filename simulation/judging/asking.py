"""What is to be judged of a run, and the asking: all at once, each verdict kept as it comes."""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path

import pandas as pd

from personas.chance import seed_for
from personas.errors import InputError
from personas.examination.together import IN_FLIGHT, OnProgress, all_of, silent
from personas.jsonlines import Log
from personas.persona import find_persona, load_persona
from simulation.analysis.annotation import in_order
from simulation.analysis.frames import AgentFacts, RunFrames
from simulation.judging.judge import ModelJudge
from simulation.judging.verdicts import FILE, Question, Verdict, persona_key
from simulation.recordfile import open_for_reading

MOST_PAIRS = 200
"""Pairs of lines of one agent in one arm that are judged; of more, so many are drawn."""

Profile = Callable[[AgentFacts], str]
"""What a persona says of itself, in a paragraph; empty where that is not known."""


def questions_of(run: RunFrames, profile: Profile, most_pairs: int = MOST_PAIRS) -> list[Question]:
    """Everything to be judged of a run, each question once.

    Every line is set against the persona that its speaker wears and asked for its view on the
    topic; pairs of an agent's lines are set against each other; every answer in words is asked for
    its view on what was asked.

    Args:
        run: The run.
        profile: What a persona says of itself.
        most_pairs: Most pairs of lines of one agent in one arm, drawn by the run's seed.

    Raises:
        InputError: `most_pairs` is below 1.
    """
    if most_pairs < 1:
        raise InputError(f"judge_pairs must be at least 1, got {most_pairs}")
    facts, found = run.facts, []
    turns = in_order(run.turns)
    for agent, time, text in zip(turns["agent"], turns["time"], turns["text"], strict=True):
        worn, line = facts.worn(str(agent), float(time)), str(text)
        told = profile(worn)
        if told:
            found.append(Question("persona", told, line, persona_key(worn.persona, worn.stage)))
        found.append(Question("stance", facts.topic, line))
    for (arm, agent), own in turns.groupby(["arm", "agent"]):
        found += _pairs(own, most_pairs, seed_for(facts.seed, "judged", str(arm), str(agent)))
    found += _answers(run)
    return list({one.key: one for one in found}.values())


def profiles_of(folder: Path) -> Profile:
    """What the personas of a run say of themselves.

    A persona is looked up where an adapter of the run lies, else in the library.

    Args:
        folder: The run's.
    """
    database = open_for_reading(folder)
    try:
        homes = [Path(row[0]).parents[2] for row in database.execute("SELECT folder FROM adapters")]
    finally:
        database.close()
    own = {home.name: home for home in homes if (home / "persona.toml").is_file()}

    def profile(worn: AgentFacts) -> str:
        if not worn.persona:
            return ""
        try:
            persona = load_persona(own.get(worn.persona) or find_persona(worn.persona))
            return persona.stage(worn.stage or None).profile
        except InputError:  # gone since the run was made: there is nothing to hold lines against
            return ""

    return profile


async def judge_run(
    questions: Sequence[Question],
    judge: ModelJudge,
    folder: Path,
    on_progress: OnProgress = silent,
    width: int = IN_FLIGHT,
) -> int:
    """Asks what has not been asked yet; every verdict is in the run's folder when this returns.

    Args:
        questions: From `questions_of`.
        judge: Who is asked.
        folder: The run's; takes the file of verdicts.
        on_progress: Called after each verdict.
        width: Most questions at once.

    Returns:
        How many were asked now.

    Raises:
        EngineError: The model behind the judge is broken; what it said until then is kept.
        InputError: The file of verdicts is damaged or in use.
    """
    with Log(folder / FILE, Verdict) as log:
        known = {one.question.key for one in log.records if one.judge == judge.identity}
        missing = [one for one in questions if one.key not in known]

        async def ask(question: Question) -> None:
            log.append(await judge.ask(question))

        await all_of([partial(ask, one) for one in missing], "judging", on_progress, width)
    return len(missing)


def _pairs(own: pd.DataFrame, most: int, seed: int) -> list[Question]:
    pairs = list(combinations(own["text"].astype(str), 2))
    if len(pairs) > most:
        pairs = random.Random(seed).sample(pairs, most)
    return [Question("lines", earlier, later) for earlier, later in pairs]


def _answers(run: RunFrames) -> list[Question]:
    """Answers in words, with what was asked as far as the manifest tells."""
    wordings = _wordings(run.manifest)
    return [
        Question("stance", str(question), str(text), asked=wordings.get((question, wording), ""))
        for question, wording, text in zip(
            run.interviews["question"], run.interviews["wording"], run.interviews["text"],
            strict=True,
        )
    ]  # fmt: skip


def _wordings(manifest: Mapping[str, object]) -> dict[tuple[object, object], str]:
    """What interviews asked, by name and number of the wording."""
    described = manifest.get("description")
    told = described.get("interviews", []) if isinstance(described, dict) else []
    return {
        (name, place): str(words)
        for name, wordings, *_ in told
        for place, words in enumerate(wordings)
    }
