"""What an agent has in mind when it is asked: its window, and what is beyond."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.embedding import open_embedder
from agents.memory import MemorySpec, Retrieval, Summary, Utterance
from agents.recall import Archive, brought_back
from personas.model import Model
from simulation.promise import Digest, Promise, Speech
from simulation.scenario import Scenario

MARKER_TOKENS = 8  # bound on the tokens by which a chat template opens and closes two messages

NOTES = "Your notes so far"
"""Label under which an agent finds its own summary."""

_DigestName = tuple[str, str, int, str, int]
"""Arm, agent, how many lines have dropped, and the speaker and counter of the last of them. What
was dropped is a function of these, although an agent that is asked between two of its turns may
have other lines in mind than at the next turn, where attention has a limit."""


@dataclass(frozen=True, slots=True)
class InMind:
    """What enters a prompt between the opening and what is asked."""

    lines: list[Utterance]
    first: int
    """Index in memory of the oldest line in the window."""


@dataclass(slots=True)
class _Past:
    """One agent's memory as lines, read as far as it is written."""

    lines: list[Utterance] = field(default_factory=list)
    sums: list[int] = field(default_factory=lambda: [0])
    """Tokens of the first 0, 1, 2, ... lines."""
    archive: Archive | None = None
    costs: list[int] = field(default_factory=list)
    """Tokens of older lines when they are brought back."""


class Recollection:
    """Puts together what agents have in mind; each line is rendered and counted once.

    Args:
        scenario: Says how each agent remembers.
        model: Counts tokens.
    """

    def __init__(self, scenario: Scenario, model: Model) -> None:
        self._scenario, self._model = scenario, model
        self._labels = {agent.key: agent.label for agent in scenario.agents}
        everyone = {agent.key: scenario.memory_of(agent.key) for agent in scenario.agents}
        self._noting = {k for k, memory in everyone.items() if isinstance(memory.beyond, Summary)}
        self._pasts: dict[tuple[str, str], _Past] = {}
        self._digests: dict[_DigestName, Digest] = {}

    def of(self, promise: Promise) -> InMind:
        """What the agent has in mind; everything in the promise's context must be kept."""
        spec = self._scenario.memory_of(promise.agent)
        past, length = self._past(promise), promise.length
        tail, sums = self._tail(promise, past)
        first = spec.edge(sums, length + len(tail), spec.blocks(sums[length + len(tail)]))
        lines = past.lines[first:length]
        lines += tail[max(0, first - length) :]
        if first and isinstance(spec.beyond, Retrieval):
            dropped = min(first, length)
            lines += self._brought_back(spec.beyond, promise.agent, past, dropped, lines)
        elif first and isinstance(spec.beyond, Summary):
            digest = self._digests[self._name(promise, first)]
            lines.insert(0, Utterance(NOTES, digest.text or ""))
        return InMind(lines, first)

    def missing_digest(self, promise: Promise) -> Digest | None:
        """The first of the notes that this prompt needs and that are not written yet.

        Returns:
            None if nothing is missing. A digest that was not asked for before has no dependents.
        """
        if promise.agent not in self._noting:
            return None
        spec = self._scenario.memory_of(promise.agent)
        past = self._past(promise)
        tail, sums = self._tail(promise, past)
        length = promise.length + len(tail)
        dropped, before = 0, ""
        for block in range(1, spec.blocks(sums[length]) + 1):
            edge = spec.edge(sums, length, block)
            if edge == dropped:  # one long line filled several blocks
                continue
            name = self._name(promise, edge)
            digest = self._digests.get(name)
            if digest is None:
                lines = [*past.lines[: promise.length], *tail][dropped:edge]
                costs = [sums[i + 1] - sums[i] for i in range(dropped, edge)]
                digest = self._digest(promise, spec, edge, _fitting(lines, costs, spec), before)
                self._digests[name] = digest
            if digest.text is None:
                return digest
            dropped, before = edge, digest.text
        return None

    def _digest(
        self,
        promise: Promise,
        spec: MemorySpec,
        edge: int,
        lines: tuple[Utterance, ...],
        before: str,
    ) -> Digest:
        assert isinstance(spec.beyond, Summary)
        last = _line_at(promise, edge - 1)
        return Digest(
            promise.arm, promise.agent, last.time, edge, [], 0,
            lines, before, spec.beyond.asking, spec.beyond.tokens, last,
        )  # fmt: skip

    def _name(self, promise: Promise, edge: int) -> _DigestName:
        last = _line_at(promise, edge - 1)
        return (promise.arm, promise.agent, edge, last.agent, last.counter)

    def _past(self, promise: Promise) -> _Past:
        past = self._pasts.get((promise.arm, promise.agent))
        if past is None:
            past = self._pasts[promise.arm, promise.agent] = _Past()
        agent, lines, sums = promise.agent, past.lines, past.sums
        tokens = sums[-1]
        for speech in promise.memory[len(lines) : promise.length]:
            heard = speech.line if speech.agent != agent else None
            line, cost = heard or self._line(speech, agent)
            tokens += cost
            lines.append(line)
            sums.append(tokens)
        return past

    def _tail(self, promise: Promise, past: _Past) -> tuple[list[Utterance], list[int]]:
        """Lines that are not yet in the agent's memory, and the sums of tokens with them."""
        if not promise.tail:
            return [], past.sums
        lines, sums = [], past.sums[: promise.length + 1]
        for speech in promise.tail:
            line, tokens = self._line(speech, promise.agent)
            lines.append(line)
            sums.append(sums[-1] + tokens)
        return lines, sums

    def _line(self, speech: Speech, listener: str) -> tuple[Utterance, int]:
        """A speech as the listener remembers it, and its tokens; all who heard it share both."""
        if speech.agent == listener:
            own = Utterance(speech.label, speech.text or "", own=True)
            return own, self._model.count_tokens(own.line) + MARKER_TOKENS
        if speech.line is None:
            line = Utterance(speech.label, speech.text or "")
            speech.line = line, self._model.count_tokens(line.line)
        return speech.line

    def _brought_back(
        self, spec: Retrieval, agent: str, past: _Past, dropped: int, window: Sequence[Utterance]
    ) -> list[Utterance]:
        if past.archive is None:
            past.archive = Archive(open_embedder(spec.embedder))
        label = self._labels[agent]
        for line in past.lines[len(past.costs) : dropped]:
            past.costs.append(self._model.count_tokens(brought_back(line, label).line))
        cues = [line for line in window if not line.own][-spec.cues :]
        older = past.lines[:dropped]
        found = past.archive.lookup(spec, older, past.costs, cues)
        return [brought_back(older[index], label) for index in found]


def _line_at(promise: Promise, place: int) -> Speech:
    if place < promise.length:
        return promise.memory[place]
    return promise.tail[place - promise.length]


def _fitting(
    lines: Sequence[Utterance], costs: Sequence[int], spec: MemorySpec
) -> tuple[Utterance, ...]:
    """A block without what would not fit into a prompt: the latest lines are preferred."""
    left, kept = spec.tokens, []
    for line, cost in zip(reversed(lines), reversed(costs), strict=True):
        if cost <= left:
            kept.append(line)
            left -= cost
    return tuple(reversed(kept))
