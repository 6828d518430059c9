"""A scenario with what a user chose beside its arguments: cast, swaps, voice and controls in words.

The words are those of the command line, so that a factor of a study, a manifest and a flag mean the
same.
"""

from collections.abc import Sequence
from dataclasses import replace

from agents.agent import VOICES, Agent, seat
from personas.errors import InputError, nearest
from simulation.arms import CONTROLS, Control
from simulation.scenario import Scenario, recast
from simulation.swaps import Swap

NEWEST = "newest:"
"""In front of a swap's persona: its adapter is looked up when the time comes."""


def dressed(
    scenario: Scenario,
    cast: Sequence[str] = (),
    swap: Sequence[str] = (),
    voice: str | None = None,
    controls: Sequence[str] | None = None,
) -> Scenario:
    """The scenario as it was chosen.

    Args:
        scenario: As its file makes it.
        cast: Who sits where, such as ``rosa=keiko@early``.
        swap: Changes of persona, such as ``3 rosa=keiko``; beside the scenario's own.
        voice: Of every persona: ``lora``, ``prompt`` or ``base``; None: as the scenario says.
        controls: Arms beside the talk, in place of the scenario's; None: as the scenario says.

    Raises:
        InputError: A name is unknown, or a word cannot be read.
    """
    agents = scenario.agents
    if voice is not None:
        chosen = next((one for one in VOICES if one == voice), None)
        if chosen is None:
            raise InputError(f"unknown voice {voice!r}: {nearest(voice, VOICES)}")
        agents = tuple(agent.voiced(chosen) for agent in agents)
    return replace(
        scenario,
        agents=recast(agents, _read_cast(cast)),
        swaps=(*scenario.swaps, *map(_read_swap, swap)),
        controls=scenario.controls if controls is None else _read_controls(controls),
    )


def _read_controls(names: Sequence[str]) -> tuple[Control, ...]:
    known: dict[str, Control] = {name: name for name in CONTROLS}
    for name in names:
        if name not in known:
            raise InputError(f"unknown control {name!r}: {nearest(name, known)}")
    return tuple(known[name] for name in names)


def _read_swap(entry: str) -> Swap:
    """``"3 rosa=keiko@early"``."""
    time, _, change = entry.strip().partition(" ")
    name, equals, persona = change.strip().partition("=")
    try:
        moment = float(time)
    except ValueError:
        equals = ""
    if not equals or not name or not persona:
        raise InputError(f"swap must be 'TIME NAME=PERSONA', got {entry!r}")
    cast = persona.removeprefix(NEWEST)
    return Swap(moment, name, seat(cast), newest=cast != persona)


def _read_cast(entries: Sequence[str]) -> dict[str, Agent]:
    cast: dict[str, Agent] = {}
    for entry in entries:
        name, equals, persona = entry.partition("=")
        if not equals or not name or not persona:
            raise InputError(f"cast must be NAME=PERSONA, got {entry!r}")
        if name in cast:
            raise InputError(f"cast names {name!r} twice: keep one")
        cast[name] = seat(persona)
    return cast
