"""The report of a study: one self-contained page over all its runs, its figures beside it."""

from pathlib import Path

import numpy as np
import pandas as pd

from personas.errors import InputError
from simulation.analysis.frames import RunFacts
from simulation.analysis.reach import too_few
from simulation.sections.front import listed
from simulation.sections.section import Section
from simulation.sections.studies import arms, effects, page, worth
from simulation.sections.writing import Origin, Page, write_page
from simulation.study import Study, measures
from simulation.view import signed


def write_study_report(study: Study, out: Path) -> Path:
    """Writes the page of a study, and the folder ``figures`` beside it.

    Args:
        study: From `study.load_study`; runs that have not finished are left out and counted.
        out: The page, such as ``report.html``; its folder is made if it is not there.

    Returns:
        The page.

    Raises:
        InputError: No run has finished, nobody was asked anything, or the folder cannot be written.
    """
    if study.done and all(run.frames.surveys.empty for run in study.done):
        raise InputError(f"study {study.folder} has no survey answers: there is nothing to report")
    measured = measures(study)
    family = effects.declared(measured)
    rng = np.random.default_rng(study.seeds[0])
    seats = worth.has_seats(study)
    compared = {
        name: levels
        for name, levels in study.factors.items()
        if len(levels) > 1 and not (seats and name == worth.FACTOR)
    }
    found = effects.contrasts(family, compared, rng)
    trends = effects.trends(family, compared, rng)
    worths = worth.contrasts(worth.values(study), rng) if seats else found.iloc[:0]
    facts = study.done[0].frames.facts
    beside = arms.compared(measured, facts, rng)
    planned = page.power(found, len(study.seeds), rng)
    factors: list[Section] = [
        page.contrasts(found, trends),
        page.dose_plots(family, compared, rng),
        *([planned] if planned else []),
        page.variance(family, compared),
    ]
    sections = [
        *([worth.section(worths)] if len(worths) else []),
        *(factors if compared else []),
        *([arms.section(beside)] if len(beside) else []),
        page.design(study),
    ]
    done = f"{len(study.done)} of {len(study.runs)} runs"
    return write_page(
        Page(
            kicker=f"{facts.scenario} · study of {done}",
            title=study.title or facts.title,
            ledes=[_lede(found, family, facts), *([worth.lede(worths)] if len(worths) else [])],
            sections=sections,
            transcripts=(),
            limits=[
                *_limits(study, pd.concat([found, worths]) if len(worths) else found, facts),
                *([arms.TOO_HIGH] if arms.is_floor_too_high(beside) else []),
            ],
            origins=[_origin(study, facts)],
        ),
        out,
    )


def _lede(found: pd.DataFrame, family: pd.DataFrame, facts: RunFacts) -> str:
    """The first declared measure, against every baseline."""
    measure = str(family["measure"].iloc[0]) if len(family) else "nothing"
    over = f", over the {facts.floor_arm} floor" if facts.floor_arm else ""
    rows = found[found["measure"] == measure].to_dict("records")
    told = [
        f"{row['factor']} {row['level']} against {row['baseline']} {page.told(row)}" for row in rows
    ]
    mean = float(family.loc[family["measure"] == measure, "value"].mean())
    words = f"{measure.capitalize()}{over}: {signed(mean)} on average over all runs"
    return f"{words}; {'; '.join(told)}." if told else f"{words}."


def _limits(study: Study, found: pd.DataFrame, facts: RunFacts) -> list[str]:
    words = [
        "The agents are language models. The numbers say what these models do under these "
        "conditions; they are no evidence about people.",
        "An opinion is read from the probabilities of the option letters, asked in private: it is "
        "what the model would answer, which need not be what it says in the talk.",
        f"{int(found['p_value'].notna().sum())} contrasts are tested and corrected together; "
        "whatever else is looked at in the runs is exploration.",
    ]
    words += _power(study, found)
    if facts.floor_arm is None:
        words.append("Without a control arm, drift cannot be told from noise: no excess is given.")
    if study.aliases:
        words.append(
            "A fraction of all combinations was run: effects that are listed as not to be told "
            "apart stand for each other."
        )
    missing = len(study.runs) - len(study.done)
    if missing:
        words.append(f"{missing} of {len(study.runs)} planned runs have not finished.")
    return words


def _power(study: Study, found: pd.DataFrame) -> list[str]:
    """Whether one effect could be found at all after the correction."""
    tested = found[found["p_value"].notna()]
    pairs = int(tested["pairs"].min()) if len(tested) else len(study.seeds)
    words = too_few(pairs, len(tested))
    return [f"{words}."] if words else []


def _origin(study: Study, facts: RunFacts) -> Origin:
    told = (
        ("plan", f"{study.hash}, written down before the first run"),
        ("seeds", ", ".join(map(str, study.seeds))),
        ("model", listed(facts.model)),
        ("packages", listed(facts.packages)),
        ("machine", facts.machine),
    )
    return Origin("", study.command, told)
