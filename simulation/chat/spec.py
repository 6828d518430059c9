"""What a chat is: who is talked with, how they are heard and drawn; frozen and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from agents.prompt import MODERATOR
from personas.errors import InputError
from personas.model import Sampling


@dataclass(frozen=True, slots=True)
class ChatSpec:
    """Everything that stays the same in a chat's record."""

    cast: tuple[str, ...]
    """Who sits there at first, one or two, each as `agents.agent.seat` reads it."""
    blind: bool = False
    """Two personas are shown as A and B until the talk has ended."""
    rater: str = ""
    """Who rates; empty is nobody named."""
    seed: int = 0
    """Of replies, letters and places; 0 <= seed < 2**63."""
    heard_as: str = MODERATOR
    """Under which name the personas hear the person who types."""
    sampling: Sampling = Sampling()
    """How replies are drawn."""
    rates: str = ""
    """Folder of the chat whose answers are rated once more; empty where one talks oneself."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.cast) <= 2:
            raise InputError(f"a chat is with one or two personas, got {len(self.cast)}")
        if self.blind and len(self.cast) < 2 and not self.rates:
            raise InputError("blind needs two personas: add --with PERSONA")
        if not 0 <= self.seed < 2**63:
            raise InputError(f"seed must lie in 0..2**63 - 1, got {self.seed}")
        if not self.heard_as.strip() or len(self.heard_as.splitlines()) > 1:
            raise InputError(f"heard_as must be one line, not empty, got {self.heard_as!r}")
        if len(self.rater.splitlines()) > 1:
            raise InputError(f"rater must be one line, got {self.rater!r}")

    def as_json(self) -> dict[str, object]:
        """For the manifest."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        drawn = self.sampling
        sampling = [drawn.max_tokens, drawn.temperature, drawn.top_p]
        return told | {"cast": list(self.cast), "sampling": sampling}

    @classmethod
    def of_json(cls, told: Mapping[str, object]) -> "ChatSpec":
        """From a manifest, as `as_json` wrote it."""
        cast, sampling = told["cast"], told["sampling"]
        assert isinstance(cast, list)
        assert isinstance(sampling, list)
        known = {**told, "cast": tuple(cast), "sampling": Sampling(*sampling)}
        return cls(**known)  # type: ignore[arg-type]  # written by as_json

    def require(self, given: Mapping[str, object], folder: object) -> None:
        """Refuses to go on with a record by a command that asks for something else.

        Args:
            given: What the command names, by field; what it leaves open is as recorded.
            folder: The record's, for the message.

        Raises:
            InputError: Naming the first field that differs.
        """
        for name, value in given.items():
            recorded = getattr(self, name)
            if value != recorded:
                raise InputError(
                    f"{folder} holds a chat whose {name} is {_plain(recorded)}, not "
                    f"{_plain(value)}: give another --out, or leave it as it was"
                )


def _plain(value: object) -> str:
    """Words for a field's value."""
    if isinstance(value, tuple):
        return " and ".join(map(str, value))
    if isinstance(value, Sampling):
        return (
            f"{value.max_tokens} tokens, temperature {value.temperature:g}, top_p {value.top_p:g}"
        )
    return repr(value)
