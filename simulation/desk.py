"""The desk: gives due promises to the engine, commits the words, then lets them be heard.

A reply that is there at once, from the record or from a model that need not compute, is taken
without a task: only what truly waits on the engine becomes one. Whatever has been answered
shares one commit, and only then is heard.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter, time

from agents.engines.admitted import Doorkeeper, Foresight
from agents.engines.human import HumanEngine
from agents.engines.recorded import RecordedEngine
from personas.model import Model, ModelIdentity, Reply, Scores, request_key
from simulation.assembly import Assembly, Job, priority
from simulation.budget import Budget, Purse
from simulation.due import DueQueue
from simulation.newest import Unwritten
from simulation.progress import Progress
from simulation.promise import ASKED, Promise
from simulation.record import Entry, Ledger
from simulation.recordfile import UnrecordedError
from simulation.scenario import Scenario

BATCH = 1024  # most replies in one commit: bounds what a crash may lose and what memory holds
ENOUGH = BATCH // 4  # promises made, before one looks what can be kept
AT_A_TIME = 100
"""Most replies in one commit while others are on their way: what follows from the first of many
that came back together goes out before the last is written down, and hides behind the waiting."""
PRIVATE_SHARE = 4
"""Surveys and interviews may hold one in so many places at the engine. Nobody waits for them, so
engines answer them when nothing else is due: a wave of a large population would hold all places,
and the turns that become due meanwhile would wait outside."""


class Desk:
    """Keeps promises.

    Args:
        scenario: Gives seats, sampling, memory and seed.
        model: The engine; it is wrapped so that the record answers first.
        ledger: Where every reply is committed before anyone hears it. None: nothing is recorded,
            and nothing needs a name to be recorded under.
        observe: Called after every commit.
        in_flight: Most requests at the engine at once.
        identity: Under whose name replies are recorded; the model's own by default.
        budget: When to stop.
        only_recorded: Never ask the model: leave open what the record cannot answer.

    Raises:
        InputError: The model's context cannot hold the scenario's memory.
    """

    def __init__(
        self,
        scenario: Scenario,
        model: Model,
        ledger: Ledger | None,
        observe: Callable[[Progress], None] = lambda _: None,
        in_flight: int = 256,
        identity: ModelIdentity | None = None,
        budget: Budget = Budget(),
        *,
        only_recorded: bool = False,
    ) -> None:
        self._ledger, self._observe, self._bound = ledger, observe, in_flight
        replies, counts = (ledger.replies, ledger.counts) if ledger else ({}, None)
        self._model = RecordedEngine(model, replies, counts, identity)
        self._humans = {
            human.seat: RecordedEngine(HumanEngine(human.read), replies)
            for human in scenario.humans
        }
        self._assembly = Assembly(scenario, self._model, ledger or Unwritten())
        self._foresight = model if isinstance(model, Foresight) else None
        self._doorkeeper = model if isinstance(model, Doorkeeper) else None
        self._purse = Purse(budget)
        self._only_recorded = only_recorded
        self._due: DueQueue[Promise] = DueQueue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._answered: list[tuple[Job, Reply | Scores]] = []
        """Calls that have come back and are not committed yet."""
        self._uncommitted: dict[str, Reply | Scores] = {}
        self._most_private = max(1, in_flight // PRIVATE_SHARE)
        self._private = 0
        """Surveys and interviews that are on their way."""
        self._failure: BaseException | None = None
        self._changed = asyncio.Event()
        self.open = 0
        """Promises made and not yet kept."""
        self.progress = Progress()

    @property
    def has_enough(self) -> bool:
        """Whether what is due should be taken before virtual time goes on.

        While the engine computes, time runs ahead, so that it never wants for requests. While
        nothing is on its way, there is nothing to run ahead of: what is due is answered while it
        is fresh, and whoever hears it need not wait for it.
        """
        return self.open >= ENOUGH and bool(self._due) and not self._tasks

    @property
    def waits(self) -> bool:
        """Whether something is on its way from the engine."""
        return bool(self._tasks)

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left that could be kept: only a desk that must not ask gets here."""
        return self._only_recorded and not self._due and self.idle

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way: all is kept, or the desk was stopped."""
        return not self._tasks and not self._answered

    def post(self, promise: Promise) -> None:
        """Takes a promise; its request goes out once everything in its context is kept."""
        self.open += 1
        if promise.waiting == 0:
            self._make_due(promise)
        elif self._foresight is not None:
            self._foresight.upcoming(self._assembly.adapter_of(promise), priority(promise))

    def settle(self) -> bool:
        """Sends out what is due, commits what has been answered, and lets it be heard.

        Returns:
            Whether a promise was kept.

        Raises:
            EngineError: The engine failed; everything that it answered before is committed.
            RecordError: The record failed.
        """
        self._changed.clear()
        if not self.progress.stopped and (late := self._purse.late()):
            self.stop(late)
        if self.progress.stopped and self._doorkeeper is not None:
            self._doorkeeper.turn_away()  # every time: a twin of one that was sent away asks anew
        self._send_due()
        kept = self._commit()
        if self._failure is not None:
            raise self._failure
        return kept

    async def some_reply(self) -> None:
        """Returns when the engine has answered something, or failed, or the desk was stopped."""
        await self._changed.wait()

    def stop(self, why: str) -> None:
        """Lets nothing more go out; what is in flight is still awaited and kept."""
        self.progress.stopped = self.progress.stopped or why
        self._changed.set()

    async def leave(self) -> None:
        """Cancels what is in flight."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _make_due(self, promise: Promise) -> None:
        if self._assembly.notes and (digest := self._assembly.needed_first(promise)):
            digest.hold(promise)
            if len(digest.dependents) > 1:  # on its way already
                return
            self.open += 1
            promise = digest
        self._due.push(priority(promise), promise)

    def _send_due(self) -> None:
        due, tasks, answered = self._due, self._tasks, self._answered
        while due and len(tasks) < self._bound and len(answered) < BATCH:
            promise = due.first()
            if self.progress.stopped or not self._has_place_for(promise):
                return
            try:
                job = self._assembly.prepare(promise)
            except UnrecordedError:
                if not self._only_recorded:
                    raise
                due.pop()  # stays open
                continue
            if not self._answer(job):
                return
            due.pop()

    def _has_place_for(self, promise: Promise) -> bool:
        """Whether what is due first may go out now; behind a survey there are surveys only."""
        return promise.phase != ASKED or self._private < self._most_private

    def _answer(self, job: Job) -> bool:
        """Takes the answer if it is there, or asks for it; False if the budget forbids that."""
        job.asked = time()
        voice = self._model
        if self._humans:
            voice = self._humans.get(job.promise.agent, voice)
        if self._ledger is not None:
            key = job.key = request_key(voice.identity, job.request, job.options)
            known = self._model.recorded(key) or self._uncommitted.get(key)
            if known is not None:
                job.recorded = True
                self._take(job, known)
                return True
            if self._only_recorded:
                return True
        tokens = job.request.sampling.max_tokens if job.options is None else 0
        if short := self._purse.short_of(tokens):
            if not self._tasks:  # else what is in flight may cost less than was reserved for it
                self.stop(short)
            return False
        reply = voice.at_once(job.request, job.options)
        if reply is not None:
            self._purse.spend(reply)
            self._take(job, reply)
            return True
        self._purse.reserve(tokens)
        task = asyncio.create_task(self._await_answer(job, voice, tokens))
        self._tasks.add(task)
        task.add_done_callback(self._returned)
        self.progress.in_flight += 1
        self._private += job.promise.phase == ASKED
        return True

    def _take(self, job: Job, reply: Reply | Scores) -> None:
        if job.key:
            self._uncommitted[job.key] = reply
        self._answered.append((job, reply))

    async def _await_answer(self, job: Job, voice: RecordedEngine, reserved: int) -> None:
        began = perf_counter()
        try:
            key = job.key or request_key(voice.identity, job.request, job.options)
            reply = await voice.ask(key, job.request, job.options)
        finally:
            self._purse.release(reserved)
            self.progress.in_flight -= 1
            self._private -= job.promise.phase == ASKED
        self._purse.spend(reply)
        job.seconds = perf_counter() - began
        self._take(job, reply)

    def _returned(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = self._failure or task.exception()
        self._changed.set()

    def _commit(self) -> bool:
        """Makes all answers durable, and only then heard."""
        if not self._answered:
            return False
        most = AT_A_TIME if self._tasks else BATCH
        answered, self._answered = self._answered[:most], self._answered[most:]
        if self._ledger is not None:
            row = self._assembly.row
            self._ledger.write(
                Entry(job.key, reply, job.asked, job.seconds, (row(job, reply),))
                for job, reply in answered
            )
            for job, _ in answered:
                self._uncommitted.pop(job.key, None)
        for job, reply in answered:
            self._keep(job.promise, reply)
        self.progress.see(answered)
        self.progress.written = self._purse.spent
        self.progress.from_record = self._model.answered
        self._observe(self.progress)
        return True

    def _keep(self, promise: Promise, reply: Reply | Scores) -> None:
        promise.keep(reply)
        self.open -= 1
        for dependent in promise.dependents:
            dependent.waiting -= 1
            if dependent.waiting == 0:
                self._make_due(dependent)
        promise.dependents = ()
        promise.kept = True
        if promise.when_kept is not None:
            promise.when_kept()
