"""What a finished run hands to the analyzers: three tidy frames and the facts about the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

import pandas as pd

from personas.errors import InputError
from simulation.graph import Tie

Kind = Literal["lora", "prompt", "base"]

MAIN_ARM = "talk"
"""The arm in which agents hear each other."""
FLOOR_ARMS = ("scrambled", "silent")
"""Controls that can serve as noise floor, the better one first."""

UNFINISHED = "not finished"
"""What a manifest says in place of the time at which the run ended."""

SURVEY_COLUMNS = (
    "arm",
    "agent",
    "wave",
    "time",
    "question",
    "wording",
    "order",
    "options",
    "values",
    "logprobs",
)
TURN_COLUMNS = ("arm", "agent", "time", "counter", "text")
INTERVIEW_COLUMNS = ("arm", "agent", "wave", "time", "question", "wording", "text")
EXPOSURE_COLUMNS = ("arm", "listener", "speaker", "speaker_counter", "noticed")


@dataclass(frozen=True)
class AgentFacts:
    """One agent as the manifest names it."""

    key: str
    """Name in the frames, unique in the run."""
    label: str
    """Name for people, such as ``Ada Lind``."""
    kind: Kind
    """What it wears: trained weights, a profile in the prompt, or nothing."""
    persona: str = ""
    """Persona in the library; empty for the bare base."""
    stage: str = ""
    """Stage of life; empty for the bare base."""
    adapter: str = ""
    """First hexadecimal digits of the adapter's fingerprint; empty without one."""
    unverified: bool = False
    """Whether only its shapes say that the adapter belongs to the base."""


@dataclass(frozen=True)
class SwapFacts:
    """A seat that wears another persona from a virtual time on."""

    time: float
    """Virtual time."""
    agent: AgentFacts
    """The seat, and what it wears from then on."""


@dataclass(frozen=True)
class RunFacts:
    """The manifest of a run, read and checked."""

    scenario: str
    title: str
    """The question of the experiment, a sentence."""
    topic: str
    """The survey question that the talk is about."""
    seed: int
    command: str
    """The shell command that produced the run."""
    agents: tuple[AgentFacts, ...]
    ties: tuple[Tie, ...]
    directed: bool
    arms: tuple[str, ...]
    model: Mapping[str, str]
    packages: Mapping[str, str]
    machine: str
    started: str
    finished: str
    seconds: float
    """Wall-clock duration."""
    waves: int
    """Surveys of each agent in each arm, the one before the talk included."""
    swaps: tuple[SwapFacts, ...] = ()
    """In order of time."""
    unit: str = "rounds"
    """What one unit of virtual time is called."""

    @property
    def labels(self) -> dict[str, str]:
        """Name for people by agent key."""
        return {agent.key: agent.label for agent in self.agents}

    def worn(self, key: str, time: float) -> AgentFacts:
        """What a seat wears at a virtual time."""
        agent = next(agent for agent in self.agents if agent.key == key)
        later = [swap.agent for swap in self.swaps if swap.agent.key == key and swap.time <= time]
        return later[-1] if later else agent

    @property
    def main_arm(self) -> str:
        """The arm whose effect is reported."""
        return MAIN_ARM if MAIN_ARM in self.arms else self.arms[0]

    @property
    def floor_arm(self) -> str | None:
        """The control that serves as noise floor, or None if no control was run."""
        return next((arm for arm in FLOOR_ARMS if arm in self.arms and arm != self.main_arm), None)

    @property
    def design(self) -> tuple[object, ...]:
        """What two runs share if they are replicates of each other, apart from the seed.

        The seed may draw the ties, so of these only the number counts.
        """
        model = tuple(sorted(self.model.items()))
        ties = (len(self.ties), self.directed)
        worn = (self.agents, self.swaps)
        return (self.scenario, self.topic, *worn, ties, self.arms, self.waves, model)


def no_interviews() -> pd.DataFrame:
    """The frame of a run in which nobody was asked to answer in words."""
    return pd.DataFrame(columns=list(INTERVIEW_COLUMNS))


@dataclass(frozen=True)
class RunFrames:
    """One run as data; the column lists above say what each frame must hold (it may hold more).

    A survey row is one answer: ``options`` are the labels in the order shown, ``values`` their
    opinions in [-1, 1] (NaN where options have no order) and ``logprobs`` their absolute natural
    log-probabilities, aligned. Wave 0 is asked before the talk and wave w after w units of virtual
    time; times are virtual. A turn is the ``counter``-th of its agent; an exposure is a turn that
    reached a listener, who took it in if ``noticed`` is not 0. An interview row is one answer in
    words, out of band.

    Raises:
        InputError: A column or a manifest field is missing or of the wrong type.
    """

    manifest: dict[str, object]
    turns: pd.DataFrame
    exposures: pd.DataFrame
    surveys: pd.DataFrame
    interviews: pd.DataFrame = field(default_factory=no_interviews)

    def __post_init__(self) -> None:
        require_columns("surveys", self.surveys, SURVEY_COLUMNS)
        require_columns("turns", self.turns, TURN_COLUMNS)
        require_columns("exposures", self.exposures, EXPOSURE_COLUMNS)
        require_columns("interviews", self.interviews, INTERVIEW_COLUMNS)
        _ = self.facts

    @property
    def facts(self) -> RunFacts:
        """The manifest with types."""
        return _read_facts(self.manifest)


def require_columns(name: str, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Checks that a frame has the columns an analyzer reads.

    Raises:
        InputError: Names the frame and the first column it lacks.
    """
    for column in columns:
        if column not in frame.columns:
            raise InputError(f"{name} has no column {column!r}; it needs: {', '.join(columns)}")


def _read_facts(manifest: Mapping[str, object]) -> RunFacts:
    agents = tuple(_read_agent(entry) for entry in _sequence(manifest, "agents"))
    arms = tuple(str(arm) for arm in _sequence(manifest, "arms"))
    if not agents or not arms:
        raise InputError("manifest must name at least one agent and one arm")
    return RunFacts(
        scenario=_text(manifest, "scenario"),
        title=_text(manifest, "title"),
        topic=_text(manifest, "topic"),
        seed=int(_number(manifest, "seed")),
        command=_text(manifest, "command"),
        agents=agents,
        ties=tuple(_read_tie(entry) for entry in _sequence(manifest, "ties")),
        directed=bool(_get(manifest, "directed")),
        arms=arms,
        model=_texts(manifest, "model"),
        packages=_texts(manifest, "packages"),
        machine=_text(manifest, "machine"),
        started=_text(manifest, "started"),
        finished=_text(manifest, "finished"),
        seconds=_number(manifest, "seconds"),
        waves=int(_number(manifest, "waves")),
        swaps=_read_swaps(manifest),
        unit=str(manifest.get("unit", "rounds")),
    )


def _read_agent(entry: object) -> AgentFacts:
    if not isinstance(entry, Mapping):
        raise InputError(f"manifest field 'agents' must hold objects, got {entry!r}")
    kind = _text(entry, "kind")
    if kind not in ("lora", "prompt", "base"):
        raise InputError(f"manifest: kind of agent must be lora, prompt or base, got {kind!r}")
    return AgentFacts(
        key=_text(entry, "key"),
        label=_text(entry, "label"),
        kind=cast(Kind, kind),
        persona=str(entry.get("persona") or ""),
        stage=str(entry.get("stage") or ""),
        adapter=str(entry.get("adapter") or ""),
        unverified=bool(entry.get("unverified")),
    )


def _read_swaps(manifest: Mapping[str, object]) -> tuple[SwapFacts, ...]:
    """What the wardrobe holds beyond the start; records of older versions have none."""
    if "wardrobe" not in manifest:
        return ()
    entries = [entry for entry in _sequence(manifest, "wardrobe") if isinstance(entry, Mapping)]
    worn = [SwapFacts(_number(entry, "since"), _read_agent(entry)) for entry in entries]
    return tuple(sorted((w for w in worn if w.time > 0), key=lambda w: (w.time, w.agent.key)))


def _read_tie(entry: object) -> Tie:
    match entry:
        case [speaker, listener, int() | float() as weight]:
            return Tie(str(speaker), str(listener), float(weight))
    raise InputError(f"manifest field 'ties' must hold [a, b, weight], got {entry!r}")


def _get(fields: Mapping[str, object], name: str) -> object:
    if name not in fields:
        raise InputError(f"manifest has no field {name!r}: was the run written by this version?")
    return fields[name]


def _text(fields: Mapping[str, object], name: str) -> str:
    value = _get(fields, name)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {part}" for key, part in value.items())
    return str(value)


def _texts(fields: Mapping[str, object], name: str) -> dict[str, str]:
    value = _get(fields, name)
    if not isinstance(value, Mapping):
        raise InputError(f"manifest field {name!r} must be an object, got {value!r}")
    return {str(key): str(part) for key, part in value.items()}


def _number(fields: Mapping[str, object], name: str) -> float:
    value = _get(fields, name)
    if not isinstance(value, int | float):
        raise InputError(f"manifest field {name!r} must be a number, got {value!r}")
    return value


def _sequence(fields: Mapping[str, object], name: str) -> Sequence[object]:
    value = _get(fields, name)
    if not isinstance(value, list | tuple):
        raise InputError(f"manifest field {name!r} must be a list, got {value!r}")
    return value
