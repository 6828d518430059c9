"""Replay: the run again without any model, every reply from its record, and compared with it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from personas.adapter import Adapter
from personas.errors import EngineError
from personas.model import Model, ModelIdentity, Reply, Request, Scores
from simulation.counts import Counts
from simulation.desk import Desk
from simulation.record import Entry, RecordError, open_for_reading, read_replies
from simulation.recordfile import Taken, UnrecordedError, read_manifest, read_taken
from simulation.room import Room
from simulation.run import drive, recorded_identity
from simulation.scenario import Scenario
from simulation.schema import PACKED_SINCE, TURNS_BEFORE_3

COMPARED = ("turns", "surveys", "decisions", "summaries", "interviews")
"""Tables whose every row a replay must make again; what was heard is part of a turn."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found."""

    turns: int
    answers: int
    rows: int
    """Rows of all tables made again, each equal to the recorded one."""
    finished: bool
    """False: the run had not finished, and was replayed as far as it goes."""
    differences: tuple[str, ...] = ()
    """What is not as recorded, in words; empty for an identical run."""


class Absent:
    """Stands where the model would: it can count and say nothing that is not recorded."""

    def __init__(self, identity: ModelIdentity, context_tokens: int) -> None:
        self.identity, self.context_tokens = identity, context_tokens

    def count_tokens(self, text: str) -> int:
        """Fails: what a run counted is in its record."""
        raise UnrecordedError(f"the record does not know how many tokens this has: {text[:60]!r}")

    async def generate(self, request: Request) -> Reply:
        """Fails."""
        raise EngineError("the record holds no reply to a request of the replay")

    async def score(self, request: Request, options: Sequence[str]) -> Scores:
        """Fails."""
        raise EngineError("the record holds no scores for a request of the replay")


class Comparison:
    """Takes what a run would write, and compares it with what was written."""

    def __init__(
        self,
        replies: Mapping[str, Reply | Scores],
        counts: Counts,
        rows: Counter[tuple[object, ...]],
        taken: Mapping[Taken, Adapter],
    ) -> None:
        self.replies, self.counts, self.missing, self.taken = replies, counts, rows, taken
        self.equal = 0
        self.others: list[tuple[object, ...]] = []
        """Rows that the record does not have."""

    def write(self, entries: Iterable[Entry]) -> None:
        """Strikes rows off the list of recorded ones."""
        for entry in entries:
            for table, values in entry.rows:
                row = (table, *values)
                if self.missing[row]:
                    self.missing[row] -= 1
                    self.equal += 1
                else:
                    self.others.append(row)

    def take(self, what: Taken, adapter: Adapter) -> None:
        """Fails: a replay looks nothing up."""
        raise UnrecordedError(f"the record does not know which adapter was taken up by {what[0]!r}")


async def replay(scenario: Scenario, folder: Path) -> Replayed:
    """Runs a scenario from its record alone.

    Args:
        scenario: The one that was recorded.
        folder: The run's folder; it is only read.

    Raises:
        InputError: There is no record.
        RecordError: The record is too old to be replayed.
    """
    ledger, manifest = _load(folder)
    identity = recorded_identity(manifest)
    tokens = manifest.get("context_tokens")
    if identity is None or not isinstance(tokens, int):
        raise RecordError(
            f"{folder}: an older version made this record and did not count its tokens: "
            "`symposion resume` it once with its model"
        )
    finished = "finished" in manifest
    model: Model = Absent(identity, tokens)
    desk = Desk(scenario, model, ledger, identity=identity, only_recorded=True)
    await drive([Room(scenario, arm, desk.post) for arm in scenario.arms], desk)
    return Replayed(
        desk.progress.turns,
        desk.progress.answers,
        ledger.equal,
        finished,
        tuple(_differences(ledger, desk.open if finished else 0)),
    )


def _load(folder: Path) -> tuple[Comparison, dict[str, object]]:
    database = open_for_reading(folder)
    try:
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
        version = database.execute("PRAGMA user_version").fetchone()[0]
        rows: Counter[tuple[object, ...]] = Counter()
        for table in COMPARED:
            if table in tables:
                older = table == "turns" and version < PACKED_SINCE
                made = database.execute(TURNS_BEFORE_3 if older else f"SELECT * FROM {table}")
                rows.update((table, *row) for row in made)
        found = database.execute("SELECT text, tokens FROM counts") if "counts" in tables else ()
        counts, taken = Counts(dict(found)), read_taken(database)
        ledger = Comparison(read_replies(database), counts, rows, taken)
        return ledger, read_manifest(database)
    finally:
        database.close()


def _differences(ledger: Comparison, unanswered: int) -> list[str]:
    """In words, at most one of a kind."""
    words = []
    if ledger.others:
        words.append(f"{len(ledger.others)} rows differ, such as {_brief(ledger.others[0])}")
    missing = list(ledger.missing.elements())
    if missing:
        words.append(
            f"{len(missing)} recorded rows did not come again, such as {_brief(missing[0])}"
        )
    if unanswered:
        words.append(f"{unanswered} turns or answers were not recorded under what they now ask")
    return words


def _brief(row: tuple[object, ...]) -> str:
    return " ".join(map(str, row))[:100]
