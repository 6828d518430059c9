"""What happens from outside at a virtual time: posts, and agents and ties that come and go.

An intervention at time t comes before all else at t: whoever leaves at t does not speak at t, and
a tie that is added at t carries what is said at t. Changes of persona are `simulation.swaps`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from personas.errors import InputError, nearest
from simulation.graph import Tie

OUTSIDE = "@post"
"""Stands for the speaker of posts in the record: the key of no agent."""


@dataclass(frozen=True, slots=True)
class Post:
    """A message from outside, heard by turns strictly later."""

    time: float
    """Virtual time of arrival, above 0."""
    text: str
    to: tuple[str, ...] = ()
    """Keys of those who get it; empty: everybody who is there."""
    author: str = "Notice"
    """Label under which it is heard."""
    unrelated: str = ""
    """What the scrambled control is told in its place."""


@dataclass(frozen=True, slots=True)
class Join:
    """An agent comes: before, it neither speaks nor hears nor is asked."""

    time: float
    agent: str
    """Key."""


@dataclass(frozen=True, slots=True)
class Leave:
    """An agent goes; it keeps what it remembers, in case that it comes back."""

    time: float
    agent: str
    """Key."""


@dataclass(frozen=True, slots=True)
class AddTie:
    """Somebody begins to hear somebody, or hears them in another way."""

    time: float
    tie: Tie


@dataclass(frozen=True, slots=True)
class RemoveTie:
    """Somebody no longer hears what somebody says; what is under way still arrives."""

    time: float
    speaker: str
    listener: str


Intervention = Post | Join | Leave | AddTie | RemoveTie


def check_timeline(
    timeline: Sequence[Intervention], agents: Sequence[str], ties: Iterable[Tie], scrambled: bool
) -> None:
    """Checks that every intervention makes sense at its time.

    Raises:
        InputError: A time is not above 0, a key names nobody, or somebody comes who is there.
    """
    for one in timeline:
        kind = type(one).__name__
        if not (isfinite(one.time) and one.time > 0):
            raise InputError(f"{kind} time must be above 0 and finite, got {one.time}")
        for key in _named(one):
            if key not in agents:
                raise InputError(
                    f"{kind} at {one.time:g} names {key!r}, who is not in the room: "
                    f"{nearest(key, agents)}"
                )
        if isinstance(one, Post) and scrambled and not one.unrelated:
            raise InputError(
                f"Post at {one.time:g} needs an `unrelated` text for the control 'scrambled'"
            )
    _check_presence(timeline, agents)
    _check_ties(timeline, {(tie.speaker, tie.listener) for tie in ties})


def in_order(timeline: Sequence[Intervention]) -> list[Intervention]:
    """By time; at one time, as they are listed."""
    return sorted(timeline, key=lambda one: one.time)


def absent_at_first(timeline: Sequence[Intervention]) -> set[str]:
    """Who comes before going: they are not there at the start."""
    first: dict[str, Intervention] = {}
    for one in in_order(timeline):
        if isinstance(one, Join | Leave):
            first.setdefault(one.agent, one)
    return {key for key, one in first.items() if isinstance(one, Join)}


def _named(one: Intervention) -> tuple[str, ...]:
    match one:
        case Post():
            return one.to
        case AddTie():
            return (one.tie.speaker, one.tie.listener)
        case RemoveTie():
            return (one.speaker, one.listener)
        case Join() | Leave():
            return (one.agent,)


def _check_presence(timeline: Sequence[Intervention], agents: Sequence[str]) -> None:
    here = set(agents) - absent_at_first(timeline)
    for one in in_order(timeline):
        if isinstance(one, Join):
            if one.agent in here:
                raise InputError(f"Join at {one.time:g}: {one.agent!r} is there already")
            here.add(one.agent)
        elif isinstance(one, Leave):
            if one.agent not in here:
                raise InputError(f"Leave at {one.time:g}: {one.agent!r} has left before")
            here.remove(one.agent)


def _check_ties(timeline: Sequence[Intervention], ties: set[tuple[str, str]]) -> None:
    for one in in_order(timeline):
        if isinstance(one, AddTie):
            ties.add((one.tie.speaker, one.tie.listener))
        elif isinstance(one, RemoveTie):
            if (one.speaker, one.listener) not in ties:
                raise InputError(
                    f"RemoveTie at {one.time:g}: {one.listener!r} does not hear {one.speaker!r}"
                )
            ties.remove((one.speaker, one.listener))
