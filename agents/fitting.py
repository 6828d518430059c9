"""Whether what the agents wear fits the model that runs: asked before anything is opened."""

import re
from collections.abc import Iterable
from pathlib import Path

from agents.agent import Agent
from personas.adapter import check_fits
from personas.errors import InputError

CONTENT_HASH = re.compile(r"[0-9a-f]{32}")
"""What an identity looks like that was taken from a model's files (`personas.identity`)."""


def check_adapters(agents: Iterable[Agent], base: str, model: Path | None = None) -> None:
    """Refuses adapters of another base model than the one that runs.

    An adapter without a card names no base: its shapes are compared with those of `model`.

    Args:
        agents: Everybody, with whatever a swap gives them later.
        base: Identity of the model that runs. Empty for a model without weights, which any
            adapter fits; a declared name, as of a remote server, cannot be compared.
        model: The model's folder, where it is at hand.

    Raises:
        InputError: Naming the agent, the adapter and the remedy.
    """
    seen: set[str] = set()
    for agent in agents:
        adapter = agent.adapter
        if adapter is None or not CONTENT_HASH.fullmatch(base) or adapter.fingerprint in seen:
            continue
        seen.add(adapter.fingerprint)
        if adapter.base and adapter.base != base:
            where = f" ({model})" if model else ""
            raise InputError(
                f"adapter of agent {agent.key!r} ({adapter.folder}) was trained on base "
                f"{adapter.base[:12]}, but the --model{where} is base {base[:12]}: give the "
                f"--model it was trained on{_remedies(agent, model)}"
            )
        if not adapter.base and model is not None:
            check_fits(adapter, model)


def _remedies(agent: Agent, model: Path | None) -> str:
    """What else can be done about a persona in the weights of another model."""
    if agent.persona is None or agent.stage is None:
        return ""
    name = agent.persona.key
    train = f"symposion persona train {name}" + (f" --model {model}" if model else "")
    return (
        f", prompt the persona instead with --cast {agent.key}=prompt:{name}@{agent.stage.name} "
        f"(everybody: --voice prompt), or train it on this model with `{train}`"
    )
