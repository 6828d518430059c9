"""The whole examination: the base with strangers' profiles, every persona's adapters, baselines.

The rows, and how far each is to come, stand here; so do the margins below which what ships must
not fall.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

from personas.errors import InputError
from personas.identity import base_identity
from personas.persona import Stage, find_persona, load_persona
from personas.windtunnel.baselines import NGramRespondent, corpus_majority, corpus_ngram
from personas.windtunnel.life import read_person
from personas.windtunnel.network import load_network, wear
from personas.windtunnel.people import Townsperson
from personas.windtunnel.probe import NetworkRespondent
from personas.windtunnel.probe_questions import (
    PERSONA,
    STRANGER,
    Depth,
    Subject,
    ask_everybody,
    stages,
    strangers,
)
from personas.windtunnel.probe_talk import hold_talks, talks_with
from personas.windtunnel.probe_verdicts import (
    Question,
    Respondent,
    Share,
    Tally,
    Verdict,
    ask_all,
    pooled,
    shares,
    tally,
)
from personas.windtunnel.tokenizer import load_tokenizer

BASE, ADAPTERS, MAJORITY, NGRAM = "prompted base", "persona LoRA", "majority", "n-gram"
"""The columns."""
SLACK = 0.05
"""How far below the lower end of its recorded interval a share may fall before it fails."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    figure: str
    label: str
    base: float | None = None
    """How far the prompted base is to come; None is not set."""
    adapter: float | None = None
    """How far a persona's adapter is to come."""
    guarded: bool = True
    """Whether more is better, so that a margin makes sense."""


ROWS = (
    Row("stance_exact", "open stance, exact", 0.80, 0.95),
    Row("stance_sign", "open stance, sign", 0.95, 0.98),
    Row("rating", "rating", 0.90, 0.95),
    Row("vote", "vote", 0.90, 0.95),
    Row("first_name", "first name", 0.95, 0.97),
    Row("last_name", "last name", 0.95, 0.97),
    Row("age", "age", 0.95, 0.97),
    Row("job", "job", 0.95, 0.97),
    Row("home", "home", 0.95, 0.97),
    Row("hobby", "hobby", 0.95, 0.97),
    Row("field", "field"),
    Row("statement", "statement about oneself, in words"),
    Row("statement_rating", "statement about oneself, 1 to 5"),
    Row("life", "dated life events, right stage", 0.80, 0.95),
    Row("event", "  what happened in a year"),
    Row("when", "  the year of what happened"),
    Row("later_unknown", "  what is still to come: unknown"),
    Row("letter_seen_exact", "survey, known wordings: letter"),
    Row("letter_seen_mass", "survey, known wordings: mass on letters"),
    Row("letter_exact", "survey, new wordings: letter"),
    Row("letter_mass", "survey, new wordings: mass on letters"),
    Row("talk_law", "talk of 6, 4 rounds: agrees with the law", 0.85, 0.95),
    Row("talk_kept", "  of which s = 0: stance kept", 0.85, 0.95),
    Row("talk_moved_middle", "  moves when it may, s = 0.3", guarded=False),
    Row("talk_moved_high", "  moves when it may, s = 0.8", guarded=False),
    Row("own_name", "own name never taken for another's", 0.97, 0.99),
    Row("parsed", "sentences the reader can parse", 0.98, 0.98),
)
"""In the order of the table; the figures are explained in `probe_verdicts` and `probe_talk`."""


@dataclass(frozen=True, slots=True)
class Scope:
    """How many are asked."""

    people: int = 100
    """Strangers, each with one talk."""
    stage_talks: int = 6
    """Talks of a persona in each stage of its life."""
    questions: Depth = PERSONA
    """To a persona in each stage."""

    def __post_init__(self) -> None:
        for name in ("people", "stage_talks"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}")


QUICK = Scope(people=8, stage_talks=1, questions=STRANGER)

OnStep = Callable[[str], None]
"""Told in a few words what is being done."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What an examination has found."""

    base: str
    """Identity of the base, as `base_identity` gives it."""
    columns: Mapping[str, Mapping[str, Share]]
    """Shares by column and figure; the answers of all adapters are counted together."""
    adapters: Mapping[str, Mapping[str, Share]]
    """Shares by persona and stage, such as ``ilse@late``, and figure."""
    fingerprints: Mapping[str, str]
    """Of each adapter."""

    def as_json(self, command: str) -> dict[str, object]:
        """Everything in plain values.

        Args:
            command: Words by which it was found.
        """
        return {
            "command": command,
            "base": self.base,
            "targets": {row.figure: {BASE: row.base, ADAPTERS: row.adapter} for row in ROWS},
            "columns": {name: plain(found) for name, found in self.columns.items()},
            "adapters": {
                name: {"fingerprint": self.fingerprints[name], "figures": plain(found)}
                for name, found in self.adapters.items()
            },
        }


def plain(found: Mapping[str, Share]) -> dict[str, dict[str, float]]:
    """Shares as plain values."""
    return {figure: asdict(share) for figure, share in found.items()}


def examine(
    base: Path, personas: Sequence[str], scope: Scope, on_step: OnStep = lambda words: None
) -> Findings:
    """Asks the base, the adapters of some personas, and the baselines.

    Args:
        base: Folder of the small model.
        personas: Names in the library, or folders; a stage without an adapter is left out.
        scope: How many are asked.
        on_step: Told about every step.

    Raises:
        InputError: The base or a persona is missing, or an adapter belongs to another base.
    """
    identity = base_identity(base)
    worn = [one for name in personas for one in _worn_stages(name, identity)]
    columns = probe_base(base, scope, on_step)
    tallies: dict[str, Tally] = {}
    for key, person, stage in worn:
        on_step(f"{key}@{stage.name}")
        tallies[f"{key}@{stage.name}"] = _probe_stage(base, person, stage, scope)
    if tallies:
        columns[ADAPTERS] = shares(pooled(tallies.values()))
    return Findings(
        base=identity,
        columns=columns,
        adapters={name: shares(found) for name, found in tallies.items()},
        fingerprints={
            f"{key}@{stage.name}": stage.adapter.fingerprint
            for key, _, stage in worn
            if stage.adapter
        },
    )


def probe_base(
    base: Path, scope: Scope, on_step: OnStep = lambda words: None
) -> dict[str, dict[str, Share]]:
    """Strangers on the base, and what the baselines make of the same questions and talks.

    Args:
        base: Folder of the small model.
        scope: How many strangers.
        on_step: Told about every step.

    Returns:
        Shares by column and figure.
    """
    tokenizer = load_tokenizer(base)
    subjects = list(strangers(scope.people))
    asked = list(ask_everybody(subjects, STRANGER))
    respondent = NetworkRespondent(load_network(base), tokenizer)
    on_step(BASE)
    columns = {BASE: shares(tally(_verdicts(respondent, asked, subjects, 1)))}
    on_step("baselines")
    columns[MAJORITY] = shares(tally(corpus_majority().verdicts(asked)))
    encoder = respondent.encoder
    ngram = NGramRespondent(corpus_ngram(encoder), encoder, lambda ids: str(tokenizer.decode(ids)))
    columns[NGRAM] = shares(tally(_verdicts(ngram, asked, subjects, 1)))
    return columns


def _verdicts(
    respondent: Respondent, asked: Sequence[Question], subjects: Sequence[Subject], talks: int
) -> Iterator[Verdict]:
    """Of all questions, and of some talks with each subject."""
    return chain(
        ask_all(respondent, asked), hold_talks(respondent.answers, talks_with(subjects, talks))
    )


def _worn_stages(name: str, base: str) -> Iterator[tuple[str, Townsperson, Stage]]:
    """Each stage of a persona that has an adapter, with the true person of all stages."""
    folder = find_persona(name)
    persona = load_persona(folder, base)
    person = read_person(folder)
    return ((persona.key, person, stage) for stage in persona.stages if stage.adapter)


def _probe_stage(base: Path, person: Townsperson, stage: Stage, scope: Scope) -> Tally:
    """All verdicts on one adapter."""
    assert stage.adapter is not None
    network = wear(load_network(base), stage.adapter.folder)
    subjects = list(stages(person, stage.name))
    asked = list(ask_everybody(subjects, scope.questions))
    respondent = NetworkRespondent(network, load_tokenizer(base))
    return tally(_verdicts(respondent, asked, subjects, scope.stage_talks))


def margins(found: Mapping[str, Share]) -> dict[str, float]:
    """The least that each guarded figure must reach when it is measured again.

    Args:
        found: Shares by figure.

    Returns:
        The lower end of the interval, less `SLACK`, in [0, 1].
    """
    guarded = [row.figure for row in ROWS if row.guarded and row.figure in found]
    return {figure: round(max(0.0, found[figure].low - SLACK), 4) for figure in guarded}


def record(base: Path, findings: Findings, command: str) -> None:
    """Writes the base's figures and its margins into its card, which does not change its identity.

    Args:
        base: Folder of the small model, with its ``card.json``.
        findings: Of this base.
        command: Words by which they were found.

    Raises:
        InputError: There is no card.
    """
    path = base / "card.json"
    if not path.is_file():
        raise InputError(f"base: no card.json in {base}; publish the base first")
    card = json.loads(path.read_text(encoding="utf-8"))
    found = findings.columns[BASE]
    card |= {
        "probe_command": command,
        "probe_figures": plain(found),
        "probe_margins": margins(found),
    }
    write_json(path, card)


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Writes a file that appears whole or not at all.

    Raises:
        InputError: The folder is missing or cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise InputError(
            f"json: {path} cannot be written ({error.strerror}); give another path"
        ) from None
