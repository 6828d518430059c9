"""What a user chooses beside a scenario's own arguments: cast, swaps, voice, engine, model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from agents.agent import Agent
from agents.engines.catalogue import ENGINES, WIND_TUNNEL
from agents.engines.serverspec import ServerSpec
from agents.fitting import check_adapters
from experiments.commands.bounds import (
    USUAL,
    Admission,
    InFlight,
    Patience,
    Priorities,
    Resident,
    Slots,
    Timeout,
    bounds_from,
    bounds_of,
    check_admission,
    told_of,
)
from experiments.commands.console import out
from personas.adapter import Adapter
from personas.identity import base_identity
from personas.persona import library
from simulation.arms import CONTROLS
from simulation.dressing import dressed
from simulation.scenario import Scenario

Cast = Annotated[
    list[str] | None,
    typer.Option(
        help="Put another persona in a seat: NAME=PERSONA, repeatable. PERSONA is a name from "
        "`symposion persona list` or a folder, with @STAGE for a part of that life; "
        "prompt:PERSONA prompts it instead of wearing its adapter; base is the bare model; the "
        "folder of any LoRA adapter is worn as it is.",
        metavar="NAME=PERSONA",
    ),
]
Swaps = Annotated[
    list[str] | None,
    typer.Option(
        help='Change a seat\'s persona at a virtual time, as in "3 rosa=keiko@early": from time 3 '
        "on, which is round 3 where turns come in rounds. Repeatable; PERSONA as for --cast, or "
        "newest:PERSONA, whose adapter is looked up when the time comes: one trained while the run "
        "goes on is taken up. `symposion resume` goes on with the adapters that the run was made "
        "with.",
        metavar="'TIME NAME=PERSONA'",
    ),
]
VoiceName = Annotated[
    str | None,
    typer.Option(
        help="Voice every persona of the scenario this way: lora, prompt or base. Prompted "
        "personas run on any --model.",
        show_default="as the scenario says",
    ),
]
Controls = Annotated[
    str | None,
    typer.Option(
        help=f"Arms that run beside the talk, with commas: {', '.join(CONTROLS)}; or none.",
        show_default="as the scenario says",
    ),
]
EngineName = Annotated[str, typer.Option(help=f"What voices the agents: {', '.join(ENGINES)}.")]
ModelFolder = Annotated[
    Path, typer.Option(help="Folder of a local Hugging Face causal LM.", show_default=False)
]
Servers = Annotated[
    list[str] | None,
    typer.Option(
        help="Address of a vLLM server of that model, for --engine server. Repeatable: personas "
        "are spread over all.",
        metavar="URL",
    ),
]


@dataclass(frozen=True, slots=True)
class Choices:
    """The words of the command line, as they were given."""

    cast: tuple[str, ...] = ()
    """``NAME=PERSONA``."""
    swap: tuple[str, ...] = ()
    """``TIME NAME=PERSONA``."""
    voice: str | None = None
    engine: str = "embedded"
    model: Path = WIND_TUNNEL
    servers: tuple[str, ...] = ()
    bounds: ServerSpec = USUAL
    admission: bool | None = None
    """None: where it measured faster."""
    controls: tuple[str, ...] | None = None
    """None: as the scenario says."""

    def dressed(self, scenario: Scenario) -> Scenario:
        """The scenario with the personas that were asked for.

        Raises:
            InputError: A name is unknown, or a word cannot be read.
        """
        return dressed(scenario, self.cast, self.swap, self.voice, self.controls)

    def adapters(self, scenario: Scenario) -> list[Adapter]:
        """Those worn at any time of a run, checked before an engine or a folder is opened.

        Raises:
            InputError: One of them does not fit the model.
        """
        return self.fitting([one.agent for one in scenario.wardrobe])

    def fitting(self, worn: Sequence[Agent]) -> list[Adapter]:
        """The adapters that these agents wear, checked likewise."""
        if self.engine != "scripted":  # that has no weights: anything fits
            check_adapters(worn, base_identity(self.model), self.model)
            tell_unverified(worn)
        return [agent.adapter for agent in worn if agent.adapter]

    @property
    def in_flight(self) -> int:
        """Most requests at the engine at once, all its servers together."""
        return self.bounds.max_in_flight * max(1, len(self.servers))

    def bounds_for(self, adapters: Sequence[Adapter]) -> ServerSpec:
        """The bounds, with the servers' slots only where requests are to be admitted by them."""
        few = different(adapters) <= (self.bounds.slots or 0)
        return replace(self.bounds, slots=None) if few or self.admission is False else self.bounds

    def as_json(self) -> dict[str, object]:
        """For the manifest; the model that ships is not named: it may move with the project."""
        model = None if self.model == WIND_TUNNEL else str(self.model.resolve())
        return {
            "cast": list(map(_rooted, self.cast)),
            "swap": list(map(_rooted, self.swap)),
            "voice": self.voice,
            "engine": self.engine,
            "model": model,
            "servers": list(self.servers),
            "bounds": told_of(self.bounds),
            "admission": self.admission,
            **({} if self.controls is None else {"controls": list(self.controls)}),
        }

    @classmethod
    def of_json(cls, told: Mapping[str, object]) -> "Choices":
        """From a manifest; what it does not tell is as by default."""
        model, voice, bounds = told.get("model"), told.get("voice"), told.get("bounds")
        admission = told.get("admission")
        return cls(
            cast=_words(told.get("cast")),
            swap=_words(told.get("swap")),
            voice=str(voice) if voice else None,
            engine=str(told.get("engine", "embedded")),
            model=Path(str(model)) if model else WIND_TUNNEL,
            servers=_words(told.get("servers")),
            bounds=bounds_from(bounds if isinstance(bounds, dict) else {}),
            admission=admission if isinstance(admission, bool) else None,
            controls=_words(told["controls"]) if "controls" in told else None,
        )


def choices_of(
    cast: Cast = None,
    swap: Swaps = None,
    voice: VoiceName = None,
    controls: Controls = None,
    engine: EngineName = "embedded",
    model: ModelFolder = WIND_TUNNEL,
    server: Servers = None,
    in_flight: InFlight = None,
    admission: Admission = None,
    timeout: Timeout = None,
    patience: Patience = None,
    resident: Resident = None,
    priorities: Priorities = None,
    slots: Slots = None,
) -> Choices:
    """The options of whatever makes new runs.

    Raises:
        InputError: One is out of range, or is for another engine.
    """
    bounds = bounds_of(engine, in_flight, timeout, patience, resident, priorities, slots)
    check_admission(engine, admission, slots)
    return Choices(
        tuple(cast or ()), tuple(swap or ()), voice, engine, model, tuple(server or ()), bounds,
        admission, read_controls(controls),
    )  # fmt: skip


def read_controls(listed: str | None) -> tuple[str, ...] | None:
    """The controls of an option; None: as the scenario says."""
    if listed is None:
        return None
    return () if listed == "none" else tuple(name.strip() for name in listed.split(","))


def different(adapters: Sequence[Adapter]) -> int:
    """How many there are; twins count once."""
    return len({one.fingerprint for one in adapters})


def tell_unverified(worn: Sequence[Agent]) -> None:
    """Says of which adapters nothing but the shapes is known."""
    for agent in worn:
        if agent.unverified and agent.adapter:
            out.print(
                f"{agent.key}: {agent.adapter.folder} has no card.json, unverified: only its "
                "shapes say that it belongs to this model",
                markup=False,
            )


def _words(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _rooted(entry: str) -> str:
    """The same choice with a folder's whole path, so that it is found from any folder."""
    name, equals, cast = entry.partition("=")
    return f"{name}{equals}{rooted_cast(cast)}"


def rooted_cast(cast: str) -> str:
    """A word for a persona with a folder's whole path, so that it is found from any folder."""
    prompt = "prompt:" if cast.startswith("prompt:") else ""
    word = cast.removeprefix("prompt:")
    folder, at, stage = (word, "", "") if Path(word).is_dir() else word.partition("@")
    if folder in library() or not Path(folder).is_dir():
        return cast
    return f"{prompt}{Path(folder).resolve()}{at}{stage}"
