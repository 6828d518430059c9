"""Looking up what dropped from the window."""

from collections.abc import Sequence

import numpy as np

from agents.memory import Retrieval, Utterance
from personas.embedding import Embedder, Vector


class Archive:
    """The embedded lines of one agent's memory, from the oldest on; grows as lines drop."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._places: list[Vector] = []

    def lookup(
        self,
        spec: Retrieval,
        lines: Sequence[Utterance],
        costs: Sequence[int],
        cues: Sequence[Utterance],
    ) -> list[int]:
        """Which older lines to bring back.

        Depends on its arguments alone, and on each line by itself: neither batches nor the order
        of asking change the last bit of a similarity.

        Args:
            spec: How many, how long.
            lines: Beyond the window, oldest first.
            costs: Their tokens when brought back.
            cues: What they should be about.

        Returns:
            Indices in order of age. Of lines equally close, the later is taken first; lines that
            are not close at all are left where they are.
        """
        for line in lines[len(self._places) :]:
            self._places.append(self._embedder.embed(line.text))
        if not cues or not lines:
            return []
        about = np.sum([self._embedder.embed(cue.text) for cue in cues], axis=0)
        close = [round(float(np.dot(place, about)), 6) for place in self._places[: len(lines)]]
        found: list[int] = []
        left = spec.tokens
        for index in sorted(range(len(lines)), key=lambda i: (-close[i], -i)):
            if close[index] <= 0 or len(found) == spec.lines:
                break
            if costs[index] <= left:
                found.append(index)
                left -= costs[index]
        return sorted(found)


def brought_back(line: Utterance, own_label: str) -> Utterance:
    """An older line as it reads at the end of a prompt."""
    return Utterance(f"{own_label if line.own else line.speaker}, earlier", line.text)
