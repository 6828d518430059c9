"""What an agent has in mind when it is asked: its window, and what is beyond."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import attrgetter

from agents.embedding import open_embedder
from agents.memory import MemorySpec, Retrieval, Summary, Utterance
from agents.prompt import Talk
from agents.recall import Archive, brought_back
from personas.model import Model, Segment, Spoken
from personas.speaking import labelled
from simulation.promise import UNHEARD, Digest, Promise, Speech
from simulation.scenario import Scenario

MARKER_TOKENS = 8  # bound on the tokens by which a chat template opens and closes two messages

NOTES = "Your notes so far"
"""Label under which an agent finds its own summary."""

_DigestName = tuple[str, str, int, str, int]
"""Arm, agent, how many lines have dropped, and the speaker and counter of the last of them. What
was dropped is a function of these, although an agent that is asked between two of its turns may
have other lines in mind than at the next turn, where attention has a limit."""

_line: Callable[[Speech], Spoken] = attrgetter("line")
_tokens: Callable[[Speech], int] = attrgetter("tokens")


@dataclass(slots=True)
class _Past:
    """One agent's memory as lines, read as far as it is written."""

    talk: Talk = field(default_factory=Talk)
    sums: "array[int]" = field(default_factory=lambda: array("q", [0]))
    """Tokens of the first 0, 1, 2, ... lines."""
    archive: Archive | None = None
    older: list[Utterance] = field(default_factory=list)
    """The first lines, of those that have dropped."""
    costs: list[int] = field(default_factory=list)
    """Their tokens when they are brought back."""


class Recollection:
    """Puts together what agents have in mind; each line is rendered and counted once.

    Args:
        scenario: Says how each agent remembers.
        model: Counts tokens.
    """

    def __init__(self, scenario: Scenario, model: Model) -> None:
        self._count = model.count_tokens
        self._labels = {agent.key: agent.label for agent in scenario.agents}
        self._usual = scenario.memory
        self._own = dict(scenario.memories)
        everyone = {agent.key: scenario.memory_of(agent.key) for agent in scenario.agents}
        self._noting = {k for k, memory in everyone.items() if isinstance(memory.beyond, Summary)}
        self.notes = bool(self._noting)
        """Whether anybody notes down what drops from the window."""
        self._pasts: dict[tuple[str, str], _Past] = {}
        self._digests: dict[_DigestName, Digest] = {}

    def recall(self, promise: Promise, parts: list[Segment]) -> int:
        """Appends what the agent has in mind to a prompt that was begun.

        Everything in the promise's context must be kept.

        Returns:
            Index in memory of the oldest line in the window.
        """
        spec = self._own.get(promise.agent, self._usual)
        past, length = self._past(promise), promise.length
        tail, sums = self._tail(promise, past)
        first = spec.first(sums, length + len(tail))
        beyond = spec.beyond if first else None
        if isinstance(beyond, Summary):
            digest = self._digests[self._name(promise, first)]
            parts.append(Utterance(NOTES, digest.text or "").spoken)
        past.talk.repeat(parts, first, length)
        if tail:
            parts += map(_line, tail[max(0, first - length) :])
        if isinstance(beyond, Retrieval):
            parts += self._brought_back(beyond, promise, past, first)
        return first

    def missing_digest(self, promise: Promise) -> Digest | None:
        """The first of the notes that this prompt needs and that are not written yet.

        Returns:
            None if nothing is missing. A digest that was not asked for before has no dependents.
        """
        if promise.agent not in self._noting:
            return None
        spec = self._own.get(promise.agent, self._usual)
        tail, sums = self._tail(promise, self._past(promise))
        length = promise.length + len(tail)
        dropped, before = 0, ""
        for block in range(1, spec.blocks(sums[length]) + 1):
            edge = spec.edge(sums, length, block)
            if edge == dropped:  # one long line filled several blocks
                continue
            name = self._name(promise, edge)
            digest = self._digests.get(name)
            if digest is None:
                said = [*promise.memory[: promise.length], *tail][dropped:edge]
                lines = [_utterance(speech, promise.agent) for speech in said]
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
        """The memory, read up to what there was of it at this moment.

        An agent is asked between any two of its turns, so what is new begins with its own last
        turn or holds none of its own.
        """
        past = self._pasts.get((promise.arm, promise.agent))
        if past is None:
            past = self._pasts[promise.arm, promise.agent] = _Past()
        new = promise.memory[len(past.sums) - 1 : promise.length]
        if new and new[0].agent == promise.agent:
            own = Spoken(new.pop(0).text or "")
            past.talk.say(own)
            past.sums.append(past.sums[-1] + self._count(own.text) + MARKER_TOKENS)
        lines, sums = [], past.sums
        tokens = sums[-1]
        for speech in new:
            if speech.line is UNHEARD:
                self._write_down(speech)
            lines.append(speech.line)
            tokens += speech.tokens
            sums.append(tokens)
        past.talk.hear(lines)
        return past

    def _tail(self, promise: Promise, past: _Past) -> tuple[Sequence[Speech], Sequence[int]]:
        """What is not yet in the agent's memory, and the sums of tokens with it."""
        tail = promise.tail
        if not tail:
            return tail, past.sums
        for speech in tail:
            if speech.line is UNHEARD:
                self._write_down(speech)
        sums = past.sums[: promise.length]
        return tail, [*sums, *accumulate(map(_tokens, tail), initial=past.sums[promise.length])]

    def _write_down(self, speech: Speech) -> None:
        """Renders and counts what is heard for the first time; all who hear it share both."""
        speech.line = Spoken(labelled(speech.label, speech.text or ""))
        speech.tokens = self._count(speech.line.text)

    def _brought_back(
        self, spec: Retrieval, promise: Promise, past: _Past, first: int
    ) -> list[Spoken]:
        """Older lines that are about what was heard last."""
        agent, dropped = promise.agent, min(first, promise.length)
        if past.archive is None:
            past.archive = Archive(open_embedder(spec.embedder))
        label = self._labels[agent]
        for speech in promise.memory[len(past.older) : dropped]:
            line = _utterance(speech, agent)
            past.older.append(line)
            past.costs.append(self._count(brought_back(line, label).line))
        window = [*promise.memory[first : promise.length], *promise.tail]
        heard = [speech for speech in window if speech.agent != agent][-spec.cues :]
        cues = [_utterance(speech, agent) for speech in heard]
        older = past.older[:dropped]
        found = past.archive.lookup(spec, older, past.costs, cues)
        return [brought_back(older[index], label).spoken for index in found]


def _utterance(speech: Speech, listener: str) -> Utterance:
    return Utterance(speech.label, speech.text or "", own=speech.agent == listener)


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
