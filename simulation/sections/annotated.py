"""What was said in a run, read once: by the town's grammar where the talk is of the town.

Who reads is passed in, so that a notebook can give another judge; the page says who it was. Where
nobody can read the talk, everything that needs a reader is left out, and the page says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from simulation.analysis.annotation import (
    CLAIM_VERDICT_COLUMNS,
    PAIR_VERDICT_COLUMNS,
    IdeaReader,
    Judge,
    StanceReader,
    claim_verdicts,
    ideas_in,
    pair_verdicts,
    stances_in,
)
from simulation.analysis.frames import AgentFacts, RunFrames
from simulation.analysis.town import TownReader
from simulation.analysis.townsfolk import claims_of, fields_of, items_of, readable_share

READ_FROM = 0.5
"""Share of the sentences from which on the grammar is taken for the talk's own language."""


@dataclass(frozen=True)
class Reader:
    """Who says what a text means."""

    name: str
    """As the page names it."""
    ideas: IdeaReader | None
    """None where nobody can tell ideas: then sentences are counted."""
    stances: StanceReader
    judge: Judge
    claims: Callable[[AgentFacts], Sequence[str]]
    """What a persona says of itself, a sentence each; none where that is not known."""
    items: Callable[[str], Sequence[str]]
    """What of a text others may take up: reasons and ideas."""
    fields: Callable[[AgentFacts], Sequence[str]]
    """What a persona knows a lot about."""
    rule: str = ""
    """When two things contradict each other, in a sentence or two for the page."""
    reason: Callable[[str, str], str] | None = None
    """Why a claim and a line were judged so, where the judge says."""
    verdicts: pd.DataFrame | None = None
    """Columns ``kind``, ``verdict`` and ``reason``: what a judge that was asked has said."""


TOWN_RULE = (
    "Two stances on one proposal contradict each other if they lie more than one notch apart, two "
    "facts about oneself if only one can be true."
)


def town_reader(run: RunFrames) -> Reader | None:
    """The wind tunnel's grammar, if it can read what was said in a run; else nobody."""
    share = readable_share([str(text) for text in run.turns["text"]])
    if not share >= READ_FROM:
        return None
    town = TownReader()
    name = f"the town's grammar, which can read {share:.0%} of the sentences"
    return Reader(name, town, town, town, claims_of, items_of, fields_of, TOWN_RULE)


class Annotated:
    """A run's talk, read when it is asked for.

    Args:
        run: The run.
        reader: Who reads; None for nobody.
    """

    def __init__(self, run: RunFrames, reader: Reader | None) -> None:
        self._run = run
        self.reader = reader

    @property
    def tells_ideas(self) -> bool:
        """Whether there is a reader that finds ideas."""
        return self.reader is not None and self.reader.ideas is not None

    @cached_property
    def ideas(self) -> pd.DataFrame:
        """As `annotation.ideas_in`; only with a reader that finds them."""
        assert self._known.ideas is not None  # sections ask first
        return ideas_in(self._run.turns, self._known.ideas)

    @cached_property
    def stances(self) -> pd.DataFrame:
        """As `annotation.stances_in`; only with a reader."""
        return stances_in(self._run.turns, self._known.stances)

    @cached_property
    def pair_verdicts(self) -> pd.DataFrame:
        """As `annotation.pair_verdicts`, of the turns under one persona; only with a reader."""
        parts = [pair_verdicts(own, self._known.judge) for _, own in self._by_persona()]
        empty = pd.DataFrame(columns=list(PAIR_VERDICT_COLUMNS))
        return pd.concat(parts, ignore_index=True) if parts else empty

    @cached_property
    def claim_verdicts(self) -> pd.DataFrame:
        """As `annotation.claim_verdicts`, after a swap by the new persona; only with a reader."""
        parts = []
        for worn, own in self._by_persona():
            told = self._known.claims(worn)
            claims = pd.DataFrame({"agent": [worn.key] * len(told), "claim": list(told)})
            if len(claims):
                parts.append(claim_verdicts(own, claims, self._known.judge))
        empty = pd.DataFrame(columns=list(CLAIM_VERDICT_COLUMNS))
        return pd.concat(parts, ignore_index=True) if parts else empty

    @cached_property
    def mentions(self) -> pd.DataFrame:
        """Reasons and ideas named: `influence.MENTION_COLUMNS`; only with a reader."""
        turns = self._run.turns
        rows = [
            (arm, agent, counter, item)
            for arm, agent, counter, text in zip(
                turns["arm"], turns["agent"], turns["counter"], turns["text"], strict=True
            )
            for item in self._known.items(str(text))
        ]
        return pd.DataFrame(rows, columns=["arm", "agent", "counter", "item"])

    @property
    def _known(self) -> Reader:
        assert self.reader is not None  # sections ask first
        return self.reader

    def _by_persona(self) -> list[tuple[AgentFacts, pd.DataFrame]]:
        """Every seat's turns, apart for each persona that it wore."""
        turns = self._run.turns
        facts = self._run.facts
        worn = [
            facts.worn(str(agent), time)
            for agent, time in zip(turns["agent"], turns["time"], strict=True)
        ]
        whose: dict[AgentFacts, list[int]] = {}
        for place, who in enumerate(worn):
            whose.setdefault(who, []).append(place)
        return [(who, turns.iloc[places]) for who, places in whose.items()]
