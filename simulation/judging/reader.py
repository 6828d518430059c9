"""A file of verdicts as the reader of a report."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from simulation.analysis import annotation
from simulation.analysis.annotation import Stance
from simulation.analysis.frames import AgentFacts, RunFrames
from simulation.judging.verdicts import (
    NO_VIEW,
    STANCES,
    UNUSABLE,
    Key,
    Verdict,
    by_key,
    kept,
    persona_key,
)
from simulation.sections.annotated import Reader

RULE = (
    "It read every line beside its speaker's own account of who they are, and beside their other "
    "lines, and said what contradicts what; a verdict that could not be read counts neither way."
)
ITSELF = "It is the model that speaks in this run, so it is no independent judge."


class Judged:
    """Looks verdicts up; a `StanceReader` and a `Judge` in one.

    Args:
        verdicts: Of one judge.
    """

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        self._verdicts = by_key(verdicts)
        self._views: dict[str, list[Verdict]] = {}
        self._claims: dict[str, str] = {}
        for one in self._verdicts.values():
            if one.question.kind == "stance":
                self._views.setdefault(one.question.text, []).append(one)
            elif one.question.who:
                self._claims[one.question.who] = one.question.about

    def stances(self, text: str) -> Sequence[Stance]:
        """The view that a text states on each subject it was judged on; NaN if nobody can tell."""
        return [
            Stance(one.question.about, STANCES.get(one.verdict, float("nan")), _why(one))
            for one in self._views.get(text, [])
            if one.verdict != NO_VIEW
        ]

    def judge(self, claim: str, line: str) -> annotation.Verdict:
        """As it was judged; ``unusable`` if it never was, such as a pair that was not drawn."""
        found = self._of(claim, line)
        return next((v for v in annotation.VERDICTS if found and v == found.verdict), "unusable")

    def reason(self, claim: str, line: str) -> str:
        """Why the two were judged so, in the judge's words; empty if they never were."""
        found = self._of(claim, line)
        return found.reason if found else ""

    def claims(self, worn: AgentFacts) -> Sequence[str]:
        """What lines were held against: the persona's account of itself."""
        told = self._claims.get(persona_key(worn.persona, worn.stage))
        return [] if told is None else [told]

    def table(self) -> pd.DataFrame:
        """Columns ``kind``, ``verdict`` and ``reason``, a row a question."""
        rows = [(v.question.kind, v.verdict, v.reason) for v in self._verdicts.values()]
        return pd.DataFrame(rows, columns=["kind", "verdict", "reason"])

    def _of(self, claim: str, line: str) -> Verdict | None:
        keys: tuple[Key, Key] = (("persona", claim, line), ("lines", claim, line))
        return next((self._verdicts[key] for key in keys if key in self._verdicts), None)


def reader_of(run: RunFrames, folder: Path, judge: str | None = None) -> Reader | None:
    """The reader made of the verdicts beside a run; None where there are none.

    Args:
        run: The run.
        folder: Its folder.
        judge: Whose verdicts; those of the judge that was asked last if left out.

    Raises:
        InputError: The file of verdicts is damaged.
    """
    verdicts = kept(folder, judge)
    if not verdicts:
        return None
    name, base = verdicts[0].judge, run.facts.model.get("base", "")
    itself = f" {ITSELF}" if base and base in name.split() else ""
    found = Judged(verdicts)
    return Reader(
        f"a language model ({name})", None, found, found, found.claims, _nothing, _nothing,
        rule=f"{RULE}{itself}", reason=found.reason, verdicts=found.table(),
    )  # fmt: skip


def _why(verdict: Verdict) -> str:
    return verdict.reason if verdict.verdict == UNUSABLE else ""


def _nothing(_: object) -> Sequence[str]:
    return ()
