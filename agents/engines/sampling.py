"""Drawing the next token so that only the row's own logits, seed and step decide."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from personas.model import Sampling


def uniform(seed: int, step: int) -> float:
    """The number in [0, 1) that decides step `step` of the reply with this seed.

    A hash, not a stateful generator: rows need no state and can be computed in any order.
    """
    raw = hashlib.blake2b(b"%d:%d" % (seed, step), digest_size=8).digest()
    return (int.from_bytes(raw, "little") >> 11) * 2.0**-53


def draw(logits: NDArray[np.float32], sampling: Sampling, point: float) -> int:
    """One token by inversion of the nucleus' distribution function, in float64.

    The function runs over the tokens in the order of their ids, not of their probabilities:
    rounding that swaps two nearly equal tokens then moves the outcome as little as possible.

    Args:
        logits: (vocabulary,).
        sampling: Temperature 0 takes the likeliest token, the first of equals.
        point: In [0, 1).

    Returns:
        A token id with positive probability inside the nucleus.
    """
    if sampling.temperature == 0:
        return int(logits.argmax())
    scaled = logits.astype(np.float64)
    weights = np.exp((scaled - scaled.max()) / sampling.temperature)
    tokens = nucleus(weights, sampling.top_p)
    cumulated = weights[tokens].cumsum()
    index = int(cumulated.searchsorted(point * cumulated[-1], side="right"))
    return int(tokens[min(index, len(tokens) - 1)])


def nucleus(weights: NDArray[np.float64], top_p: float) -> NDArray[np.intp]:
    """The fewest likeliest tokens that hold at least `top_p` of the mass, by rising id.

    Holtzman et al. (2020), The curious case of neural text degeneration. Tokens that each hold
    less than (1 - top_p) / vocabulary of the mass hold less than 1 - top_p together, so none is
    in the nucleus: leaving them out first makes the sort short.
    """
    share = weights / weights.sum()
    if top_p >= 1:
        return np.flatnonzero(share > 0)
    candidates = np.flatnonzero(share >= (1 - top_p) / len(share))
    order = candidates[np.argsort(-share[candidates], kind="stable")]
    count = int(share[order].cumsum().searchsorted(top_p)) + 1
    return np.sort(order[:count])
