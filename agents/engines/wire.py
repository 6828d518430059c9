"""What goes over the wire to a vLLM server and what may come back: bodies out, checked answers in.

Nothing here touches a socket. Whatever an answer holds that its API does not promise becomes
`Nonsense`, which says what was wrong.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import exp, inf, isfinite
from typing import Literal, TypeVar

import orjson

from personas.errors import EngineError
from personas.model import Sampling

IMPOSSIBLE = -9999.0  # what vLLM writes for minus infinity, which JSON cannot
ROUNDING = 1e-3  # log-probabilities of a half-precision model may add up to a little over one

T = TypeVar("T")


class Nonsense(Exception):  # noqa: N818 - it reads as what it is
    """An answer that is not what the API promises; the message says what is wrong with it."""


class Unavailable(EngineError):  # noqa: N818 - as above
    """A failure that may pass: no connection, a timeout, 429 or 5xx."""

    def __init__(self, message: str, *, lost: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.lost = lost
        """Whether the server may be gone, not merely busy."""
        self.retry_after = retry_after
        """Seconds for which the server asked to be left alone."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a server says that it serves."""

    name: str
    """Name under which the bare base answers."""
    root: str
    """Where the server has it from: a path on its own machine, or a hub's name."""
    context_tokens: int
    adapters: frozenset[str]
    """Names of the adapters that it serves already."""
    version: str
    """Such as ``0.32.0``."""


@dataclass(frozen=True, slots=True)
class Words:
    """A reply as it came."""

    ids: tuple[int, ...] | None
    """Its tokens, maybe with the one that ended it; None if the server does not give them."""
    text: str
    finish: Literal["stop", "length"]


def words_body(
    tokens: Sequence[int], sampling: Sampling, seed: int, stop_ids: Sequence[int]
) -> dict[str, object]:
    """The body that asks for a reply.

    Every setting of the sampler is named, since a server takes those left out from the model's
    generation_config.json, which is no part of the request's key.
    """
    return {
        "prompt": tokens,
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": 0,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "seed": seed,
        "stop_token_ids": stop_ids,
        "skip_special_tokens": True,
        "return_token_ids": True,
    }


def trial_body(name: str) -> dict[str, object]:
    """The body of the smallest completion that carries a priority.

    By its API's own words, a server that does not schedule by priority refuses any but 0; a newer
    vLLM takes them and pays no heed, which hurts nobody.
    """
    body = words_body([0], Sampling(max_tokens=1, temperature=0.0), 0, ())
    return body | {"model": name, "priority": 1}


def score_body(tokens: Sequence[int], options: Sequence[int]) -> dict[str, object]:
    """The body that asks for the log-probabilities of `options` as the next token.

    One token is drawn and thrown away. At temperature 1 without a nucleus, a server that reports
    what it samples from reports the model's own distribution too.
    """
    return {
        "prompt": tokens,
        "max_tokens": 1,
        "temperature": 1.0,
        "top_p": 1.0,
        "top_k": 0,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "logprobs": len(options),
        "logprob_token_ids": options,
        "return_tokens_as_token_ids": True,
    }


def read_json(raw: bytes) -> object:
    """The value that `raw` holds; what JSON does not have, such as NaN, is left to later checks."""
    try:
        with suppress(orjson.JSONDecodeError):
            strict: object = orjson.loads(raw)
            return strict
        value: object = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Nonsense(f"not JSON: {_short(raw)}") from error
    return value


def read_served(version: object, models: object) -> Served:
    """From the answers to GET /version and GET /v1/models."""
    cards = field(models, "data", list)
    bases = [card for card in cards if isinstance(card, dict) and card.get("parent") is None]
    if not bases:
        raise Nonsense("data lists no base model")
    context = field(bases[0], "max_model_len", int)
    if context < 1:
        raise Nonsense(f"max_model_len must be at least 1, got {context}")
    return Served(
        name=field(bases[0], "id", str),
        root=str(bases[0].get("root") or ""),
        context_tokens=context,
        adapters=frozenset(field(card, "id", str) for card in cards if card not in bases),
        version=field(version, "version", str),
    )


def read_words(payload: object, prompt_tokens: int, sampling: Sampling) -> Words:
    """A reply, checked against what was asked for.

    Raises:
        Unavailable: The server broke the reply off, as it does when it is shut down.
    """
    choice = _choice(payload, prompt_tokens)
    finish = field(choice, "finish_reason", str)
    if finish in ("abort", "error"):
        raise Unavailable(f"the reply was broken off ({finish})")
    if finish not in ("stop", "length"):
        raise Nonsense(f"finish_reason must be 'stop' or 'length', got {finish!r}")
    ids = choice.get("token_ids")
    if ids is not None:
        if not isinstance(ids, list) or not set(map(type, ids)) <= {int}:
            raise Nonsense(f"token_ids must be a list of integers, got {_short(ids)}")
        if len(ids) > sampling.max_tokens:
            raise Nonsense(f"token_ids has {len(ids)} tokens, max_tokens is {sampling.max_tokens}")
    return Words(
        ids=tuple(ids) if ids is not None else None,
        text=field(choice, "text", str),
        finish="stop" if finish == "stop" else "length",
    )


def read_logprobs(payload: object, prompt_tokens: int, options: Sequence[int]) -> tuple[float, ...]:
    """The log-probability of each option, in the order asked."""
    steps = field(field(_choice(payload, prompt_tokens), "logprobs", dict), "top_logprobs", list)
    if len(steps) != 1:
        raise Nonsense(f"top_logprobs must have 1 step, got {len(steps)}")
    logs = tuple(_logprob(steps[0], option) for option in options)
    mass = sum(map(exp, logs))
    if mass > 1 + ROUNDING:
        raise Nonsense(
            f"the options have probability {mass:.3f} together; "
            "start the server with --logprobs-mode raw_logprobs"
        )
    return logs


def complaint(raw: bytes) -> str:
    """What a server says in the body of an error: its message, or the first of the body."""
    try:
        body = read_json(raw)
    except Nonsense:
        return _short(raw)
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        error = error.get("message", error.get("detail", error))
    return error if isinstance(error, str) else _short(error)


def field(thing: object, key: str, kind: type[T]) -> T:
    """`thing[key]`, if that is of the kind promised."""
    if not isinstance(thing, dict):
        raise Nonsense(f"an object with {key} must come, got {_short(thing)}")
    value: object = thing.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Nonsense(f"{key} must be of type {kind.__name__}, got {_short(value)}")
    return value


def _choice(payload: object, prompt_tokens: int) -> dict[str, object]:
    """The one completion; the server must have read the whole prompt and nothing more."""
    choices = field(payload, "choices", list)
    if len(choices) != 1 or not isinstance(choices[0], dict):
        raise Nonsense(f"choices must hold 1 object, got {_short(choices)}")
    read = field(field(payload, "usage", dict), "prompt_tokens", int)
    if read != prompt_tokens:
        raise Nonsense(f"prompt_tokens must be {prompt_tokens}, got {read}")
    return choices[0]


def _logprob(step: object, option: int) -> float:
    key = f"token_id:{option}"
    if isinstance(step, dict) and key not in step:
        raise Nonsense(
            f"token {option} was asked for and has no log-probability; "
            "the server must know logprob_token_ids (vLLM 0.32 does)"
        )
    value = field(step, key, float) if not _is_int(step, key) else float(field(step, key, int))
    if not isfinite(value) or value > ROUNDING:
        raise Nonsense(f"the log-probability of token {option} is {value}")
    return -inf if value <= IMPOSSIBLE else min(value, 0.0)


def _is_int(step: object, key: str) -> bool:
    return isinstance(step, dict) and type(step.get(key)) is int


def _short(thing: object) -> str:
    text = repr(thing)
    return text if len(text) <= 80 else f"{text[:77]}..."
