"""A pure Python function as a model: for tests, examples and a first look without weights."""

import asyncio
import random
from collections.abc import Callable, Sequence
from math import log
from operator import attrgetter

from personas.errors import InputError
from personas.model import ModelIdentity, Reply, Request, Scores, Segment

Speak = Callable[[Request], str]
Weigh = Callable[[Request, Sequence[str]], Sequence[float]]
Latency = Callable[[Request], float]


def chatter(request: Request) -> str:
    """Says something short that depends on the seed and on the last thing heard."""
    rng = random.Random(request.seed)
    heard = request.messages()[-2][1].strip().splitlines()
    speaker = heard[-1].partition(":")[0] if heard else "nobody"
    view = rng.choice(["I am for it", "I am against it", "I am undecided"])
    return f"{view}. {rng.choice(['I heard', 'I agree with', 'I do not agree with'])} {speaker}."


def indifferent(request: Request, options: Sequence[str]) -> Sequence[float]:
    """The same weight on every option."""
    return [1 / len(options)] * len(options)


_text: Callable[[Segment], str] = attrgetter("text")


class ScriptedEngine:
    """A model whose words and answers come from functions of the request.

    Args:
        speak: Gives the reply's text.
        weigh: Gives each option's probability, non-negative, summing to at most 1.
        latency: Gives real seconds to wait before a reply, to imitate a slow model.
        version: Name of the functions' behaviour; a record made with another is not reused.
        context_tokens: Longest prompt plus reply, counting words.
    """

    def __init__(
        self,
        speak: Speak = chatter,
        weigh: Weigh = indifferent,
        latency: Latency | None = None,
        version: str = "1",
        context_tokens: int = 1_000_000,
    ) -> None:
        self._speak, self._weigh, self._latency = speak, weigh, latency
        self.identity = ModelIdentity("scripted", version, base="", dtype="")
        self.context_tokens = context_tokens

    def count_tokens(self, text: str) -> int:
        """Number of words, which single spaces separate."""
        return text.count(" ") + bool(text)

    def at_once(
        self, request: Request, options: Sequence[str] | None = None
    ) -> Reply | Scores | None:
        """The answer without waiting, if no latency was asked for."""
        if self._latency is not None:
            return None
        return self._say(request) if options is None else self._weighed(request, options)

    async def generate(self, request: Request) -> Reply:
        """Calls `speak`; a text longer than asked for is cut, as a model's would be."""
        if self._latency is not None:
            await asyncio.sleep(self._latency(request))
        return self._say(request)

    async def score(self, request: Request, options: Sequence[str]) -> Scores:
        """Calls `weigh` and takes logarithms; no weight is ``-inf``."""
        if self._latency is not None:
            await asyncio.sleep(self._latency(request))
        return self._weighed(request, options)

    def _say(self, request: Request) -> Reply:
        text = self._speak(request)
        words, limit = self.count_tokens(text), request.sampling.max_tokens
        if words > limit:
            cut = " ".join(text.split(" ", limit)[:limit])
            return Reply(cut, "length", self._size(request), limit)
        return Reply(text, "stop", self._size(request), words)

    def _weighed(self, request: Request, options: Sequence[str]) -> Scores:
        weights = self._weigh(request, options)
        if len(weights) != len(options) or min(weights) < 0 or sum(weights) > 1 + 1e-9:
            raise InputError(f"weigh must give a probability per option, got {list(weights)}")
        logs = tuple(log(weight) if weight > 0 else float("-inf") for weight in weights)
        return Scores(logs, self._size(request))

    async def __aenter__(self) -> "ScriptedEngine":
        """Nothing to open."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing to close."""

    def _size(self, request: Request) -> int:
        """Sum of the counts of all segments."""
        texts = list(map(_text, request.prompt))
        return "".join(texts).count(" ") + len(texts) - texts.count("")
