"""How a run's requests get to its engine: straight, or admitted by adapter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.engines.admitted import admitted, handed_over
from experiments.commands.choices import Choices, different
from personas.adapter import Adapter
from personas.model import Model


@dataclass(frozen=True, slots=True)
class Handover:
    """What a simulation is given."""

    model: Model
    in_flight: int
    """Most requests handed over at once."""
    admission: Mapping[str, int] | None = None
    """For the manifest; None where requests go straight to the engine."""

    def words(self) -> str:
        """What a user should know about it; empty if nothing."""
        if self.admission is None:
            return ""
        told = self.admission
        return (
            f"{told['adapters']} adapters take turns in {told['slots']} slots, up to "
            f"{told['handed_over']} requests waiting or at the engine (--no-admission leaves "
            "their order to the engine)"
        )


def hand_over(engine: Model, adapters: Sequence[Adapter], choices: Choices) -> Handover:
    """The engine as it is, or admitting by adapter where the cast has more than there are slots.

    Args:
        engine: Open already; servers were opened with `Choices.bounds_for` these adapters.
        adapters: All that will be worn; twins count once.
        choices: Whether admission is wanted, and how many requests may be at the engine at once.

    Raises:
        InputError: Admission is asked for and the engine has no slots.
    """
    at_engine, count = choices.in_flight, different(adapters)
    if choices.engine == "server":  # each admits what comes to it by itself
        slots = (choices.bounds_for(adapters).slots or 0) * len(choices.servers)
    else:
        behind = admitted(engine, count, at_engine, choices.admission)
        slots = behind.admission.slots if behind else 0
        engine = behind or engine
    if not slots:
        return Handover(engine, at_engine)
    at_once = handed_over(count, slots, at_engine)
    told = {"adapters": count, "slots": slots, "in_flight": at_engine, "handed_over": at_once}
    return Handover(engine, at_once, told)
