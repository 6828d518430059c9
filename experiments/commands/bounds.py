"""How hard and how patiently a run may use its engine: options of the command line."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated

import typer

from agents.engines.serverspec import ServerSpec
from personas.errors import InputError

USUAL = ServerSpec(priorities=None)
"""Each server is asked whether it takes priorities."""

SERVER_OPTIONS = "Servers (--engine server)"

InFlight = Annotated[
    int | None,
    typer.Option(
        help="Most requests at the engine at once; with servers, at each of them.",
        show_default=str(USUAL.max_in_flight),
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        help="Seconds for one attempt, queueing at the server included.",
        show_default=f"{USUAL.timeout:g}",
        rich_help_panel=SERVER_OPTIONS,
    ),
]
Patience = Annotated[
    float | None,
    typer.Option(
        help="Seconds that a run waits for a server that is gone to be there again.",
        show_default=f"{USUAL.patience:g}",
        rich_help_panel=SERVER_OPTIONS,
    ),
]
Resident = Annotated[
    int | None,
    typer.Option(
        help="Adapters left loaded at one server while they are idle.",
        show_default=str(USUAL.resident),
        rich_help_panel=SERVER_OPTIONS,
    ),
]
Slots = Annotated[
    int | None,
    typer.Option(
        help="Adapters that each server serves at a time, its --max-loras, which no server tells: "
        "requests are then handed over as by --admission.",
        show_default="not known",
        rich_help_panel=SERVER_OPTIONS,
    ),
]
Priorities = Annotated[
    bool | None,
    typer.Option(
        "--priorities/--no-priorities",
        help="Send virtual time along, so that a full server takes what is due first; for servers "
        "with --scheduling-policy priority, as `symposion serve` starts them.",
        show_default="each server is asked",
        rich_help_panel=SERVER_OPTIONS,
    ),
]

Admission = Annotated[
    bool | None,
    typer.Option(
        "--admission/--no-admission",
        help="Where a cast has more adapters than the engine has slots, hand requests over in an "
        "order in which those in the slots stay useful; no word that is said depends on it.",
        show_default="where it measured faster: vLLM on a processor",
    ),
]


def check_admission(engine: str, admission: bool | None, slots: int | None) -> None:
    """Refuses a choice that the engine knows nothing of.

    Raises:
        InputError: The engine has no slots for adapters, or nobody knows how many.
    """
    if admission is not None and engine not in ("vllm", "server"):
        raise InputError(
            f"admission is for the engines vllm and server, got engine {engine!r}: leave it out"
        )
    if admission and engine == "server" and slots is None:
        raise InputError(
            "admission needs to know the servers' slots: add --slots with their --max-loras"
        )


def bounds_of(
    engine: str,
    in_flight: int | None,
    timeout: float | None,
    patience: float | None,
    resident: int | None,
    priorities: bool | None,
    slots: int | None,
) -> ServerSpec:
    """The bounds that were asked for; None is as usual.

    Raises:
        InputError: One is out of range, or is about servers while the engine is another.
    """
    told = {
        "timeout": timeout, "patience": patience, "resident": resident, "priorities": priorities,
        "slots": slots,
    }  # fmt: skip
    asked = {name: value for name, value in told.items() if value is not None}
    if asked and engine != "server":
        name = next(iter(asked))
        raise InputError(f"{name} is for the engine server, got engine {engine!r}: leave it out")
    if in_flight is not None:
        if in_flight < 1:
            raise InputError(f"in_flight must be at least 1, got {in_flight}")
        asked["max_in_flight"] = in_flight
    return bounds_from(asked)


def bounds_from(told: Mapping[str, object]) -> ServerSpec:
    """The usual bounds but for what is told, as `told_of` wrote it.

    Raises:
        InputError: A value is out of range.
    """
    known = {name: value for name, value in told.items() if name in _TOLD}
    return replace(USUAL, **known)  # type: ignore[arg-type]  # the spec checks its values


def told_of(bounds: ServerSpec) -> dict[str, object]:
    """What is not as usual, for a manifest; never the key."""
    usual = asdict(USUAL)
    fields = asdict(bounds)
    return {name: fields[name] for name in _TOLD if fields[name] != usual[name]}


_TOLD = ("max_in_flight", "timeout", "patience", "resident", "priorities", "slots")
