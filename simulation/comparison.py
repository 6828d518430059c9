"""Runs side by side, in words: who wears what, in what they differ and where they begin to."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulation.analysis.frames import AgentFacts
from simulation.analysis.opinion import levels
from simulation.divergence import Parting, partings
from simulation.page import Reading
from simulation.units import point
from simulation.view import DASH, signed


@dataclass(frozen=True)
class Row:
    """A row of a table: an agent and its cells."""

    name: str
    cells: tuple[str, ...]
    marked: bool = False
    """Whether the runs differ here."""


def branch_lines(readings: Sequence[Reading]) -> list[str]:
    """A sentence for every run that branches from another one."""
    names = {reading.frames.manifest.get("fingerprint"): reading.name for reading in readings}
    lines = []
    for reading in readings:
        branch = reading.frames.manifest.get("branch")
        if isinstance(branch, dict):
            parent = names.get(branch["fingerprint"], branch["parent"])
            lines.append(
                f"{reading.name} branches from {parent} at virtual time {branch['time']:g}: until "
                "then both are one run, and only what differs later was computed again."
            )
    return lines


def swap_lines(reading: Reading) -> list[str]:
    """A sentence for every change of persona."""
    return [
        f"From virtual time {swap.time:g} on, {swap.agent.label} wears {wears(swap.agent)}."
        for swap in reading.facts.swaps
    ]


def wears(agent: AgentFacts) -> str:
    """What an agent is, in words: ``ada (late), LoRA 0123456789ab``."""
    if agent.kind == "base":
        return "nothing: the bare base model"
    if not agent.persona:
        doubt = ", unverified: no card names its base" if agent.unverified else ""
        return f"no persona, LoRA {agent.adapter[:12]}{doubt}"
    who = f"{agent.persona} ({agent.stage})" if agent.stage else agent.persona
    weights = f"LoRA {agent.adapter[:12]}" if agent.adapter else "the newest LoRA at that time"
    return f"{who}, {weights}" if agent.kind == "lora" else f"{who}, in the prompt"


def casts(readings: Sequence[Reading]) -> list[Row]:
    """One row an agent: what it wears in each run, or in all of them where they are cast alike."""
    alike = len({reading.facts.agents for reading in readings}) == 1
    rows = []
    for key, label in _all_labels(readings).items():
        worn = [_worn(reading, key) for reading in (readings[:1] if alike else readings)]
        rows.append(Row(label, tuple(worn), marked=len(set(worn)) > 1))
    return rows


def contrast_lines(readings: Sequence[Reading]) -> list[str]:
    """In what the runs differ from the first, a sentence each."""
    first = readings[0]
    unlike = [(other.name, ", ".join(_unlike(first, other))) for other in readings[1:]]
    return [
        f"{name} differs from {first.name} in {fields or 'nothing'}." for name, fields in unlike
    ]


def parting_lines(readings: Sequence[Reading]) -> list[str]:
    """Where each later run begins to differ from the first, a sentence for each arm."""
    one = readings[0]
    return [
        f"{one.name} and {other.name}, {parting.arm}: {_parted(parting, one)}"
        for other in readings[1:]
        for parting in partings(one.frames, other.frames)
    ]


def parting_words(parting: Parting, reading: Reading) -> str:
    """Where two runs begin to differ, in words: ``round 3, Ada Lind``; a dash if nowhere."""
    if parting.time is None or parting.agent is None:
        return DASH
    who = reading.facts.labels.get(parting.agent, parting.agent)
    return f"{point(parting.time, reading.view.unit)}, {who}"


def outcome_lines(readings: Sequence[Reading]) -> list[str]:
    """The mean opinion before and after the talk in every run."""
    lines = []
    for reading in readings:
        rows = reading.view.rows(levels(reading.opinions), reading.view.main)
        if len(rows):
            first, last = float(rows["mean"].iloc[0]), float(rows["mean"].iloc[-1])
            lines.append(
                f"{reading.name}: mean opinion on {reading.view.question} {signed(first)} before, "
                f"{signed(last)} after."
            )
    return lines


def differences(readings: Sequence[Reading]) -> list[Row]:
    """One row an agent: its opinion after the talk in each run; of two runs, B minus A as well."""
    usable = [reading.opinions[~reading.opinions["degenerate"]] for reading in readings]
    ends = [
        reading.view.finals(frame, reading.view.main, "opinion")
        for reading, frame in zip(readings, usable, strict=True)
    ]
    rows = []
    for key, label in _all_labels(readings).items():
        values = [float(end.get(key, float("nan"))) for end in ends]
        if len(values) == 2:
            values.append(values[1] - values[0])
        rows.append(Row(label, tuple(signed(value) for value in values)))
    return rows


def _parted(parting: Parting, one: Reading) -> str:
    total = parting.same + parting.different
    if parting.time is None:
        return f"all {total} {parting.what} are the same."
    return (
        f"{parting.different} of {total} {parting.what} differ, first at "
        f"{parting_words(parting, one)}."
    )


def _unlike(one: Reading, other: Reading) -> list[str]:
    found = []
    if one.facts.seed != other.facts.seed:
        found.append(f"seed ({other.facts.seed} for {one.facts.seed})")
    for key, label in _all_labels([one, other]).items():
        here, there = _worn(one, key), _worn(other, key)
        if here != there:
            found.append(f"what {label} wears ({there} for {here})")
    if one.facts.swaps != other.facts.swaps:
        told, before = (" ".join(swap_lines(run)) or "No change." for run in (other, one))
        found.append(f"personas that change ({told} For: {before})")
    for field in ("scenario", "topic", "ties", "arms", "waves", "model"):
        if getattr(one.facts, field) != getattr(other.facts, field):
            found.append(field)
    return found


def _worn(reading: Reading, key: str) -> str:
    return next((wears(agent) for agent in reading.facts.agents if agent.key == key), "not there")


def _all_labels(readings: Sequence[Reading]) -> dict[str, str]:
    """Names by key of everybody in any run, in the order of first appearance."""
    labels: dict[str, str] = {}
    for reading in readings:
        for key, label in reading.facts.labels.items():
            labels.setdefault(key, label)
    return labels
