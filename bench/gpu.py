"""A model of how long an engine on a GPU takes, and three ways to feed it that are not ours.

Requests in a batch advance together, a token a step; a step takes longer the more there are, and
`slots` is the largest batch. Reading prompts is not in the model: prefix caches make it short.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count, groupby
from math import inf
from typing import Generic, TypeVar

from personas.errors import EngineError
from personas.model import ModelIdentity, Reply, Request, Scores
from simulation.promise import Promise, Speech

Item = TypeVar("Item")
ALMOST = 1e-9  # tokens; ends that differ by less are one


@dataclass(frozen=True, slots=True)
class Service:
    """How long a step takes: roughly a model of 7 billion parameters on one large GPU."""

    slots: int
    """Most requests in a batch."""
    base: float = 0.015
    """Seconds: the weights are read once a step, however many requests there are."""
    each: float = 0.00005
    """Seconds more for each request in the batch."""

    def step(self, requests: int) -> float:
        """Seconds until each of so many requests has one token more."""
        return self.base + self.each * requests


class Batch(Generic[Item]):
    """Requests at the engine, and how far they are.

    Args:
        service: How long steps take.
    """

    def __init__(self, service: Service) -> None:
        self._service, self._now, self._tokens = service, 0.0, 0.0
        self._active: list[tuple[float, int, Item]] = []
        self._number = count()

    @property
    def full(self) -> bool:
        """Whether nothing more can begin."""
        return len(self._active) >= self._service.slots

    @property
    def next_end(self) -> float:
        """When the first of them is done; infinite if there are none."""
        if not self._active:
            return inf
        left = max(0.0, self._active[0][0] - self._tokens)
        return self._now + left * self._service.step(len(self._active))

    def begin(self, item: Item, tokens: float) -> None:
        """Adds a request at the present moment."""
        heappush(self._active, (self._tokens + tokens, next(self._number), item))

    def until(self, now: float) -> list[Item]:
        """Goes on to a moment not after the next end; gives what is done by then."""
        if self._active:
            self._tokens += (now - self._now) / self._service.step(len(self._active))
        self._now = now
        done = []
        while self._active and self._active[0][0] <= self._tokens + ALMOST:
            done.append(heappop(self._active)[2])
        return done


class GpuModel:
    """A model that takes as long as the service-time model says, and says one word.

    Args:
        service: How long steps take.
        length: New tokens of the reply to a request.
    """

    context_tokens = 1 << 30
    identity = ModelIdentity("gpu", "1", "none", "none")

    def __init__(self, service: Service, length: Callable[[Request], int]) -> None:
        self._batch: Batch[tuple[asyncio.Future[Reply], Reply]] = Batch(service)
        self._length, self._number = length, count()
        self._waiting: list[tuple[float, int, int, asyncio.Future[Reply]]] = []
        self._timer: asyncio.TimerHandle | None = None

    def count_tokens(self, text: str) -> int:
        """Words."""
        return len(text.split())

    async def generate(self, request: Request) -> Reply:
        """Waits for a place in the batch, by priority, and for its tokens."""
        done: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        ticket = (request.priority, next(self._number), self._length(request), done)
        heappush(self._waiting, ticket)
        self._go_on()
        return await done

    async def score(self, request: Request, options: Sequence[str]) -> Scores:
        """Not in the model: what a survey costs there, nobody has guessed.

        Raises:
            EngineError: Always.
        """
        raise EngineError(
            f"the model of a GPU only writes, got a question with {len(options)} options: leave "
            "surveys, bids and moderators out of the scenario"
        )

    def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        for done, reply in self._batch.until(loop.time()):
            done.set_result(reply)
        while self._waiting and not self._batch.full:
            _, _, tokens, done = heappop(self._waiting)
            self._batch.begin((done, Reply("so", "stop", 0, tokens)), tokens)
        if self._timer is not None:
            self._timer.cancel()
        if self._batch.next_end < inf:
            self._timer = loop.call_at(self._batch.next_end, self._go_on)


def clairvoyant(turns: Sequence[Speech], tokens: Mapping[Promise, int], service: Service) -> float:
    """Seconds of a list schedule that knows every length and all that depends on a turn.

    Whenever there is a place, it goes to the turn with the longest path of tokens before it.

    Args:
        turns: All of a run, in an order that has causes before effects; none of them kept.
        tokens: Length of each.
        service: How long steps take.
    """
    path = longest_paths(turns, tokens)
    waiting = {turn: turn.waiting for turn in turns}
    ready = [(-path[turn], place, turn) for place, turn in enumerate(turns) if not turn.waiting]
    ready.sort()
    batch: Batch[Promise] = Batch(service)
    number, now = count(len(turns)), 0.0
    while True:
        while ready and not batch.full:
            turn = heappop(ready)[2]
            batch.begin(turn, tokens[turn])
        if batch.next_end == inf:
            return now
        now = batch.next_end
        for done in batch.until(now):
            for dependent in done.dependents:
                waiting[dependent] -= 1
                if waiting[dependent] == 0:
                    heappush(ready, (-path[dependent], next(number), dependent))


def longest_paths(turns: Sequence[Speech], tokens: Mapping[Promise, int]) -> dict[Promise, int]:
    """Tokens that must be written one after the other from each turn to the end."""
    path: dict[Promise, int] = {}
    for turn in reversed(turns):
        path[turn] = tokens[turn] + max((path[one] for one in turn.dependents), default=0)
    return path


def lockstep(
    turns: Iterable[Speech], tokens: Mapping[Promise, int], service: Service, width: float
) -> float:
    """Seconds if all turns of a stretch of virtual time go out together and all are waited for.

    Turns of one stretch count as independent even where they are not.

    Args:
        turns: In order of virtual time.
        tokens: Length of each.
        service: How long steps take.
        width: Virtual time of a stretch; no message may arrive in the one in which it is sent.
    """
    now = 0.0
    for _, stretch in groupby(turns, key=lambda turn: int(turn.time / width)):
        batch: Batch[Promise] = Batch(service)
        left, passed = list(stretch), 0.0
        while left or batch.next_end < inf:
            while left and not batch.full:
                turn = left.pop()
                batch.begin(turn, tokens[turn])
            passed = batch.next_end
            batch.until(passed)
        now += passed
    return now


def serial(turns: Iterable[Speech], tokens: Mapping[Promise, int], service: Service) -> float:
    """Seconds if there is never more than one turn at the engine."""
    return sum(tokens[turn] for turn in turns) * service.step(1)
