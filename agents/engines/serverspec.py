"""How patiently, and how hard, a client may use a server."""

import random
from dataclasses import dataclass, field

from personas.errors import InputError


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """Bounds on time, width and patience; they change no reply."""

    max_in_flight: int = 256
    """Most requests at one endpoint at once; the others wait on this side."""
    resident: int = 64
    """Adapters that this client leaves loaded at one endpoint while they are idle."""
    slots: int | None = None
    """Adapters that each endpoint serves at a time (its ``--max-loras``), to admit requests by;
    None: requests go out as they come."""
    timeout: float = 120.0
    """Seconds for one attempt, queueing at the server included."""
    retries: int = 5
    """Further attempts after a lost connection, a timeout, 429 or 5xx."""
    first_wait: float = 0.5
    """Seconds before the first further attempt, at most; the bound doubles from then on."""
    longest_wait: float = 15.0
    """Seconds to which that bound grows."""
    patience: float = 120.0
    """Seconds that a request waits for a server that is gone to be there again."""
    context: int | None = None
    """Tokens that every endpoint must be able to hold; None takes what they offer."""
    priorities: bool | None = False
    """Whether virtual time is sent along: for servers with ``--scheduling-policy priority``.
    None finds out from each server, with one question of one token when it is greeted."""
    dtype: str = "auto"
    """Number format that the servers are declared to compute in."""
    api_key: str = field(default="", repr=False)
    """What the servers were started with as ``--api-key``; empty where they were not."""

    def __post_init__(self) -> None:
        for name, value, least in (
            ("max_in_flight", self.max_in_flight, 1),
            ("resident", self.resident, 1),
            ("slots", 1 if self.slots is None else self.slots, 1),
            ("retries", self.retries, 0),
            ("context", self.context or 1, 1),
            ("first_wait", self.first_wait, 0),
            ("longest_wait", self.longest_wait, self.first_wait),
            ("patience", self.patience, 0),
        ):
            if not value >= least:
                raise InputError(f"{name} must be at least {least}, got {value}")
        if not (self.api_key.isascii() and self.api_key.isprintable()):
            raise InputError("api_key must be one line of ASCII; look at VLLM_API_KEY again")
        if not self.timeout > 0:
            raise InputError(f"timeout must be more than 0 seconds, got {self.timeout}")

    def wait(self, attempt: int, asked: float, rng: random.Random) -> float:
        """Seconds to let pass after a failed attempt.

        Half of it is drawn, so that many callers that failed together do not come back together.

        Args:
            attempt: How many have failed, at least 1.
            asked: What the server asked for; honoured up to `patience`.
            rng: Draws.
        """
        bound = min(self.longest_wait, self.first_wait * 2.0 ** min(attempt - 1, 30))
        return min(asked, self.patience) + bound * (0.5 + 0.5 * rng.random())
