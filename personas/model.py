"""The one seam to a language model: what is asked, what is answered, and the protocol between.

Every model in the project, real or scripted, sits behind `Model`. Concurrency is the batch:
callers await many requests at once and the engine batches them. The engine owns its tokenizer;
nobody else ever sees a token id.

Segments, requests and replies are made by the million. They are values too, and nobody changes
one; but they are not frozen, since that makes their making several times as slow.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import ClassVar, Literal, Protocol

from personas.adapter import Adapter
from personas.errors import InputError

Role = Literal["system", "user", "assistant"]


def frame(*texts: str) -> bytes:
    """Texts as bytes, each after its length, so that no text can imitate a boundary."""
    raws = [text.encode("utf-8", "surrogatepass") for text in texts]
    return b"".join([b"%d:%b" % (len(raw), raw) for raw in raws])


_GENERATE, _NO_ADAPTER = frame("generate"), frame("")
_FRAMED_SPOKEN = frame("spoken") + b"%d:%b"


@dataclass(frozen=True, slots=True)
class Control:
    """Structure, written by the house alone: here a message of `role` begins."""

    role: Role
    framed: bytes = field(init=False, repr=False, compare=False)
    """Its part of a request's key."""
    text: ClassVar[str] = ""
    """It says nothing."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "framed", frame("control", self.role))


@dataclass(slots=True, unsafe_hash=True, init=False)
class Spoken:
    """Text inside the current message: data that is never parsed for markers, whatever it says."""

    text: str
    framed: bytes = field(init=False, repr=False, compare=False)
    """Its part of a request's key: made once, hashed in every prompt that the text stands in."""
    role: ClassVar[None] = None
    """It begins no message."""

    def __init__(self, text: str) -> None:
        raw = text.encode("utf-8", "surrogatepass")
        self.text = text
        self.framed = _FRAMED_SPOKEN % (len(raw), raw)


Segment = Control | Spoken

_role: Callable[[Segment], Role | None] = attrgetter("role")
_framed: Callable[[Segment], bytes] = attrgetter("framed")


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a reply is drawn."""

    max_tokens: int = 64
    """Upper bound on new tokens, at least 1."""
    temperature: float = 0.7
    """0 is greedy."""
    top_p: float = 0.95
    """Nucleus mass in (0, 1]."""
    framed: bytes = field(init=False, repr=False, compare=False)
    """Its part of a request's key."""

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise InputError(f"max_tokens must be at least 1, got {self.max_tokens}")
        if not self.temperature >= 0:
            raise InputError(f"temperature must be at least 0, got {self.temperature}")
        if not 0 < self.top_p <= 1:
            raise InputError(f"top_p must lie in (0, 1], got {self.top_p}")
        framed = frame(str(self.max_tokens), repr(self.temperature), repr(self.top_p))
        object.__setattr__(self, "framed", framed)


@dataclass(slots=True, unsafe_hash=True)
class Request:
    """One question to a model.

    The reply may depend on every field except `priority`, and on nothing else: never on the
    position in a batch, on the order of arrival or on other requests in flight.
    """

    prompt: tuple[Segment, ...]
    """Messages as segments; the last message must be the assistant's, begun and left open."""
    adapter: Adapter | None = None
    """The persona's weights; None is the bare base."""
    sampling: Sampling = Sampling()
    seed: int = 0
    """Derived by the caller from run seed, agent and turn; 0 <= seed < 2**63."""
    priority: float = field(default=0.0, compare=False)
    """Lower goes first: the virtual time at which the reply is due."""

    def __post_init__(self) -> None:
        roles = list(filter(None, map(_role, self.prompt)))
        if not roles or not isinstance(self.prompt[0], Control):
            raise InputError("prompt must begin with a Control segment")
        if roles[-1] != "assistant":
            raise InputError(f"prompt must end in an open assistant message, got {roles[-1]!r}")
        if "system" in roles[1:]:
            raise InputError("prompt may hold one system message, at its start")

    def messages(self) -> tuple[tuple[Role, str], ...]:
        """The prompt as (role, text) pairs, for reading; engines render the segments instead."""
        roles: list[Role] = []
        texts: list[list[str]] = []
        for part in self.prompt:
            if isinstance(part, Control):
                roles.append(part.role)
                texts.append([])
            else:
                texts[-1].append(part.text)
        return tuple((role, "".join(pieces)) for role, pieces in zip(roles, texts, strict=True))


@dataclass(slots=True, unsafe_hash=True)
class Reply:
    """What a model said."""

    text: str
    finish: Literal["stop", "length"] = "stop"
    prompt_tokens: int = 0
    new_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Scores:
    """Natural log-probabilities of each option as the very next token, in the order asked.

    They are absolute: ``sum(exp(lp))`` is the probability mass that the model puts on the
    options at all, in [0, 1].
    """

    logprobs: tuple[float, ...]
    prompt_tokens: int = 0
    new_tokens: ClassVar[int] = 0
    """They are read off; nothing is written."""


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Everything about a model that a reply may depend on, apart from the request."""

    engine: str
    """Kind of engine, such as ``embedded``."""
    version: str
    """Version of the software that computes, such as ``transformers 5.19.0 torch 2.13.0``."""
    base: str
    """Content hash of the base model (`personas.identity`), or a declared name."""
    dtype: str
    """Number format of the computation, such as ``float32``."""
    framed: bytes = field(init=False, repr=False, compare=False)
    """Its part of a request's key."""

    def __post_init__(self) -> None:
        framed = frame(self.engine, self.version, self.base, self.dtype)
        object.__setattr__(self, "framed", framed)

    def as_json(self) -> dict[str, str]:
        """Its fields; `ModelIdentity` takes them back."""
        return {name: getattr(self, name) for name in ("engine", "version", "base", "dtype")}


class Model(Protocol):
    """What every engine implements; see `agents.engines`."""

    @property
    def identity(self) -> ModelIdentity:
        """Who answers."""
        ...

    @property
    def context_tokens(self) -> int:
        """Longest prompt plus reply, in tokens."""
        ...

    def count_tokens(self, text: str) -> int:
        """Number of tokens of one spoken segment, cached by text."""
        ...

    async def generate(self, request: Request) -> Reply:
        """Answers in words.

        Raises:
            EngineError: The backend failed; the message says what to do.
        """
        ...

    async def score(self, request: Request, options: Sequence[str]) -> Scores:
        """Log-probability of each option as the next token.

        Raises:
            EngineError: The backend failed, or an option is not one distinct token.
        """
        ...


def request_key(
    identity: ModelIdentity, request: Request, options: Sequence[str] | None = None
) -> str:
    """The name under which a reply is recorded: a hash of all that it may depend on.

    Every field is length-prefixed, so no text can imitate a boundary. Scoring does not sample,
    so neither seed nor sampling enter its key.

    Returns:
        32 hexadecimal digits (128 bits of BLAKE2b).
    """
    adapter = frame(request.adapter.fingerprint) if request.adapter else _NO_ADAPTER
    if options is None:
        seed = b"%d" % request.seed
        asked = b"%b%d:%b%b" % (_GENERATE, len(seed), seed, request.sampling.framed)
    else:
        asked = frame("score", str(len(options)), *options)
    parts = (identity.framed, adapter, asked, *map(_framed, request.prompt))
    return hashlib.blake2b(b"".join(parts), digest_size=16).hexdigest()
