"""Randomness by name: every draw is a function of the seed and of what it is for.

There is no generator whose state could depend on the order of events. A newcomer, a branch or
another agent's choice therefore disturbs nobody else's draws.
"""

from functools import lru_cache
from hashlib import blake2b


def seed_for(seed: int, *names: str | int) -> int:
    """A seed for one purpose, such as ``seed_for(7, "speak", "ada", 3)``.

    Args:
        seed: The run's.
        *names: What the draw is for; each is length-prefixed, so no two lists collide by joining.

    Returns:
        A whole number in [0, 2**63).
    """
    framed = b"".join(map(_framed, (seed, *names)))
    return int.from_bytes(blake2b(framed, digest_size=8).digest(), "big") >> 1


@lru_cache(maxsize=2**16, typed=True)  # names recur in many draws; 1 is not True
def _framed(name: str | int) -> bytes:
    raw = str(name).encode()
    return b"%d:%b" % (len(raw), raw)


def uniform(seed: int, *names: str | int) -> float:
    """A number in [0, 1), drawn for one purpose."""
    return (seed_for(seed, *names) >> 10) / 2**53
