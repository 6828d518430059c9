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
    if not names:
        return _number(_begun(seed))
    drawn = _begun(seed, *names[:-1]).copy()
    drawn.update(_framed(names[-1]))
    return _number(drawn)


def _number(drawn: "blake2b") -> int:
    return int.from_bytes(drawn.digest(), "big") >> 1


@lru_cache(maxsize=2**14, typed=True)  # an agent's draws differ in their last name, its counter
def _begun(*names: str | int) -> "blake2b":
    return blake2b(b"".join(map(_framed, names)), digest_size=8)


@lru_cache(maxsize=2**16, typed=True)  # names recur in many draws; 1 is not True
def _framed(name: str | int) -> bytes:
    raw = str(name).encode()
    return b"%d:%b" % (len(raw), raw)


def uniform(seed: int, *names: str | int) -> float:
    """A number in [0, 1), drawn for one purpose."""
    return (seed_for(seed, *names) >> 10) / 2**53
