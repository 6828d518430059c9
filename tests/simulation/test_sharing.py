"""The gate of a study: who is let through to the engine, and in which order."""

import asyncio

from personas.model import Control, ModelIdentity, Reply, Request, Sampling, Scores, Spoken
from simulation.budget import Budget
from simulation.sharing import Gate

PROMPT = (Control("system"), Spoken("You are Ada."), Control("assistant"))


class Slow:
    """An engine that answers replies at once and scores not before it is told to."""

    identity = ModelIdentity("slow", "1", "", "")
    context_tokens = 100

    def __init__(self):
        self.scores, self.replies, self.open = 0, [], asyncio.Event()

    def count_tokens(self, text):
        return len(text)

    async def generate(self, request):
        self.replies.append(request.seed)
        await asyncio.sleep(0)
        return Reply("Yes.", "stop", 1, 1)

    async def score(self, request, options):
        self.scores += 1
        await self.open.wait()
        return Scores((0.0,), 1)


def request(seed):
    return Request(PROMPT, None, Sampling(4), seed, 1e9)


async def test_scores_that_wait_do_not_keep_replies_out():
    engine = Slow()
    gate = Gate(engine, 8, Budget(), lambda _: None)
    first, second = gate.view(0), gate.view(1)
    asked = [asyncio.create_task(first.score(request(n), ("A",))) for n in range(20)]
    await asyncio.sleep(0.01)
    assert engine.scores == gate.at_engine == 2  # a quarter of eight places
    replies = [asyncio.create_task(second.generate(request(n))) for n in range(20)]
    await asyncio.wait_for(asyncio.gather(*replies), 5)
    assert engine.replies == list(range(20))
    engine.open.set()
    await asyncio.wait_for(asyncio.gather(*asked), 5)
    assert gate.at_engine == 0


async def test_the_earlier_run_goes_first_and_its_replies_before_its_scores():
    engine = Slow()
    engine.open.set()
    gate = Gate(engine, 1, Budget(), lambda _: None)
    order = []

    async def ask(name, call):
        await call
        order.append(name)

    late, early = gate.view(1), gate.view(0)
    calls = [
        ask("late score", late.score(request(0), ("A",))),
        ask("late reply", late.generate(request(1))),
        ask("early score", early.score(request(2), ("A",))),
        ask("early reply", early.generate(request(3))),
    ]
    await asyncio.wait_for(asyncio.gather(*calls), 5)
    assert order == ["early reply", "early score", "late reply", "late score"]


async def test_who_is_turned_away_leaves_no_place_taken():
    engine = Slow()
    gate = Gate(engine, 4, Budget(), lambda _: None)
    view = gate.view(0)
    tasks = [asyncio.create_task(view.score(request(n), ("A",))) for n in range(3)]
    await asyncio.sleep(0.01)
    view.turn_away()
    engine.open.set()
    done = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    assert [isinstance(one, asyncio.CancelledError) for one in done] == [False, True, True]
    assert gate.at_engine == 0
