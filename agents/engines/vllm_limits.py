"""What vLLM takes, in this process and as a server alike, and how it is put into its terms."""

import math

from personas.errors import EngineError, InputError

PRIORITIES_A_ROUND = 1000
"""vLLM orders requests by whole numbers; virtual time counts in rounds."""
FARTHEST_PRIORITY = 2**53
COOLEST, HOTTEST = 0.01, 2.0
"""Temperatures above 0 that vLLM takes as they are; it would change others or refuse them."""
MOST_OPTIONS = 128
"""vLLM's own bound on log-probabilities by token."""


def whole_priority(priority: float) -> int:
    """Virtual time as a whole number: later is never smaller.

    Raises:
        InputError: It is not a number.
    """
    if math.isnan(priority):
        raise InputError("priority must be a number, got nan")
    return int(max(-FARTHEST_PRIORITY, min(FARTHEST_PRIORITY, priority * PRIORITIES_A_ROUND)))


def check_temperature(temperature: float) -> None:
    """Refuses what vLLM would silently change.

    Raises:
        InputError: vLLM would change the temperature, or refuse it.
    """
    if temperature and not COOLEST <= temperature <= HOTTEST:
        raise InputError(
            f"temperature must be 0 or lie in [{COOLEST}, {HOTTEST}] with vLLM, got {temperature}"
        )


def check_options(count: int) -> None:
    """Refuses a survey that vLLM cannot score.

    Raises:
        EngineError: There are no options, or more than `MOST_OPTIONS`.
    """
    if not 1 <= count <= MOST_OPTIONS:
        raise EngineError(f"a survey needs 1 to {MOST_OPTIONS} options, got {count}")
