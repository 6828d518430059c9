"""Keys and values that the model need not compute again: of a row, of a batch, of a prefix."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import Cache

Layers = list[tuple[Tensor, Tensor]]
"""For each layer keys and values, each (rows, key heads, tokens, head size)."""

COLUMN_STEP = 128
"""Room for tokens grows by so many columns."""
MIN_REUSE = 8
"""A shorter common prefix is computed again: cutting it out costs as much."""
OWN_TAIL = 128
"""A prefix is dropped when a newer one covers all but so many of its last tokens."""


class RowCache(Cache):
    """Keys and values of one prompt while it is read, on top of a known prefix."""

    def __init__(self, prefix: Layers, length: int) -> None:
        super().__init__(layers=[])
        self.kept: Layers = [(k[:, :, :length], v[:, :, :length]) for k, v in prefix]

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: object, **__: object
    ) -> tuple[Tensor, Tensor]:
        """Appends new columns to a layer and returns all of them."""
        new = (key_states, value_states)
        if layer_idx == len(self.kept):
            self.kept.append(new)
        else:
            old = self.kept[layer_idx]
            self.kept[layer_idx] = (torch.cat((old[0], new[0]), 2), torch.cat((old[1], new[1]), 2))
        return self.kept[layer_idx]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Tokens held."""
        return self.kept[layer_idx][0].shape[2] if layer_idx < len(self.kept) else 0


class BatchCache(Cache):
    """Keys and values of the rows that are speaking, each with its own length.

    Rows 0 to n - 1 are in use; a row that leaves is replaced by the last one, so the rows in use
    are always one slice.
    """

    def __init__(self) -> None:
        super().__init__(layers=[])
        self._layers: Layers = []
        self.lengths: list[int] = []
        """Tokens of each row in use."""
        self._where: tuple[Tensor, Tensor] | None = None

    def join(self, row: Layers, room: int) -> None:
        """Adds a row that may grow to `room` tokens."""
        length = row[0][0].shape[2]
        index = len(self.lengths)
        self._reserve(row, index + 1, room)
        for (keys, values), (k, v) in zip(self._layers, row, strict=True):
            keys[index, :, :length] = k[0]
            values[index, :, :length] = v[0]
        self.lengths.append(length)

    def leave(self, index: int) -> None:
        """Removes a row; the last one takes its place."""
        last = len(self.lengths) - 1
        length = self.lengths[last]
        if index != last:
            for pair in self._layers:
                for tensor in pair:
                    tensor[index, :, :length] = tensor[last, :, :length]
            self.lengths[index] = length
        self.lengths.pop()

    def step(self) -> tuple[Tensor, Tensor]:
        """Makes place for one token more in every row.

        Returns:
            Positions of the new tokens (rows, 1), and where each row may look
            (rows, 1, 1, columns).
        """
        device = self._layers[0][0].device
        positions = torch.tensor(self.lengths, device=device)
        self._where = (torch.arange(len(self.lengths), device=device), positions)
        self.lengths = [length + 1 for length in self.lengths]
        columns = torch.arange(max(self.lengths), device=device)
        return positions[:, None], (columns <= positions[:, None])[:, None, None]

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: object, **__: object
    ) -> tuple[Tensor, Tensor]:
        """Writes each row's new column at the row's own end."""
        assert self._where is not None  # step() comes before each forward
        rows, ends = self._where
        keys, values = self._layers[layer_idx]
        keys[rows, :, ends] = key_states[:, :, 0]
        values[rows, :, ends] = value_states[:, :, 0]
        used, columns = len(self.lengths), max(self.lengths)
        return keys[:used, :, :columns], values[:used, :, :columns]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Tokens of the longest row."""
        return max(self.lengths, default=0)

    def _reserve(self, like: Layers, rows: int, columns: int) -> None:
        """Grows the room to at least `rows` by `columns`, keeping what is there."""
        have = self._layers[0][0].shape if self._layers else (0, 0, 0, 0)
        if rows <= have[0] and columns <= have[2]:
            return
        shape = (
            max(rows, have[0]) if rows <= have[0] else max(8, 2 * have[0]),
            -(-max(columns, have[2]) // COLUMN_STEP) * COLUMN_STEP,
        )
        grown: Layers = []
        for layer, pair in enumerate(like):
            fresh = [t.new_zeros(shape[0], t.shape[1], shape[1], t.shape[3]) for t in pair]
            if self._layers:
                for new, old in zip(fresh, self._layers[layer], strict=True):
                    new[: have[0], :, : have[2]] = old
            grown.append((fresh[0], fresh[1]))
        self._layers = grown


@dataclass(eq=False, slots=True)
class _Entry:
    """A prompt that has been read."""

    adapter: str
    tokens: NDArray[np.int64]
    layers: Layers

    def bytes(self) -> int:
        return sum(2 * keys.nbytes for keys, _ in self.layers)


class PrefixCache:
    """What has been read lately, by adapter; the least recently used is forgotten first."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[int, _Entry] = OrderedDict()
        self._bytes = 0
        self._count = 0

    def longest(self, adapter: str, tokens: Sequence[int]) -> tuple[Layers, int]:
        """The known prompt that shares the longest prefix with `tokens`.

        Returns:
            Its keys and values, and how many of its first tokens are shared: fewer than
            ``len(tokens)``, since the last token must be read for what follows it.
        """
        wanted = np.asarray(tokens[:-1])
        best: tuple[int, int] | None = None
        for key, entry in self._entries.items():
            shared = _shared(entry.tokens, wanted) if entry.adapter == adapter else 0
            if shared >= MIN_REUSE and (best is None or shared > best[0]):
                best = (shared, key)
        if best is None:
            return [], 0
        self._entries.move_to_end(best[1])
        return self._entries[best[1]].layers, best[0]

    def remember(self, adapter: str, tokens: Sequence[int], layers: Layers) -> None:
        """Keeps a prompt; forgets those that it covers and what no longer fits."""
        new = _Entry(adapter, np.asarray(tokens), layers)
        for key in [k for k, entry in self._entries.items() if _covers(new, entry)]:
            self._drop(key)
        self._count += 1
        self._entries[self._count] = new
        self._bytes += new.bytes()
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: int) -> None:
        self._bytes -= self._entries.pop(key).bytes()


def _shared(left: NDArray[np.int64], right: NDArray[np.int64]) -> int:
    """Length of the common prefix."""
    length = min(len(left), len(right))
    differ = left[:length] != right[:length]
    return int(differ.argmax()) if differ.any() else length


def _covers(new: _Entry, old: _Entry) -> bool:
    """Whether `old` would hardly be asked for again: most of it is in `new`."""
    if new.adapter != old.adapter:
        return False
    shared = _shared(new.tokens, old.tokens)
    return 2 * shared > len(old.tokens) and len(old.tokens) - shared <= OWN_TAIL
