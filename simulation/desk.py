"""The desk: gives due promises to the engine, commits the words, then lets them be heard."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from time import perf_counter

from agents.engines.recorded import recorded
from agents.memory import Utterance
from agents.prompt import MODERATOR, compose
from personas.errors import InputError
from personas.model import Model, Reply, Request, Sampling, request_key
from simulation.chance import seed_for
from simulation.promise import Answer, Moment, Promise, Speech
from simulation.record import Record, Row
from simulation.scenario import Scenario

SURVEYS_LAST = 1e9  # rounds; added to a survey's priority, since nobody waits for an answer
MARKER_TOKENS = 8  # bound on the tokens by which a chat template opens and closes two messages
_SCORING = Sampling(max_tokens=1, temperature=0.0)


@dataclass(slots=True)
class Progress:
    """How far a run is; counts promises of all arms."""

    time: float = 0.0
    """Largest virtual time of a kept promise, in rounds."""
    turns: int = 0
    answers: int = 0
    from_record: int = 0
    """Calls that the record answered."""
    in_flight: int = 0
    new_tokens: int = 0
    prompt_tokens: int = 0
    speaker: str = ""
    """Label of the latest speaker."""


class Desk:
    """Keeps promises.

    Args:
        scenario: Gives seats, sampling, memory and seed.
        model: The engine; it is wrapped so that the record answers first.
        record: Where every reply is committed before anyone hears it.
        observe: Called after every kept promise.
        in_flight: Most requests at the engine at once.

    Raises:
        InputError: The model's context cannot hold the scenario's memory.
    """

    def __init__(
        self,
        scenario: Scenario,
        model: Model,
        record: Record,
        observe: Callable[[Progress], None] = lambda _: None,
        in_flight: int = 256,
    ) -> None:
        self._scenario, self._record, self._observe = scenario, record, observe
        self._model = recorded(model, record.replies)
        self._agents = {agent.key: agent for agent in scenario.agents}
        self._openings = {
            "talk": Utterance(MODERATOR, scenario.opening),
            "scrambled": Utterance(MODERATOR, scenario.unrelated_opening),
        }
        self._bound = in_flight
        self._due: list[tuple[float, Moment, Promise]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._changed = asyncio.Event()
        self.open = 0
        """Promises made and not yet kept."""
        self.progress = Progress()
        _check_context(scenario, self._model)

    def post(self, promise: Promise) -> None:
        """Takes a promise; its request goes out once everything in its context is kept."""
        self.open += 1
        if promise.waiting == 0:
            self._make_due(promise)

    async def some_kept(self) -> None:
        """Starts what is due and returns when at least one more promise has been kept.

        Raises:
            EngineError: The engine failed; everything committed stays in the record.
            RecordError: The record failed.
        """
        self._start()
        await self._changed.wait()
        self._changed.clear()
        if self._failure is not None:
            raise self._failure

    async def leave(self) -> None:
        """Cancels what is in flight."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _make_due(self, promise: Promise) -> None:
        later = SURVEYS_LAST if isinstance(promise, Answer) else 0.0
        heappush(self._due, (promise.time + later, promise.moment, promise))

    def _start(self) -> None:
        while self._due and len(self._tasks) < self._bound:
            promise = heappop(self._due)[2]
            task = asyncio.create_task(self._keep(promise))
            self._tasks.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = self._failure or task.exception()
        self._changed.set()

    async def _keep(self, promise: Promise) -> None:
        if isinstance(promise, Speech):
            await self._speak(promise)
        elif isinstance(promise, Answer):
            await self._answer(promise)
        self.open -= 1
        for dependent in promise.dependents:
            dependent.waiting -= 1
            if dependent.waiting == 0:
                self._make_due(dependent)
        self.progress.time = max(self.progress.time, promise.time)
        self.progress.in_flight = len(self._tasks) - 1
        self.progress.from_record = self._model.answered
        self._start()
        self._observe(self.progress)

    async def _speak(self, speech: Speech) -> None:
        lines, first = self._remembered(speech)
        seed = seed_for(self._scenario.seed, "speak", speech.agent, speech.counter)
        opening = self._openings[speech.arm]
        request = self._request(speech, [opening, *lines], (), self._scenario.sampling, seed)
        began = perf_counter()
        reply = await self._model.generate(request)
        rows = [_turn_row(speech, reply, key := request_key(self._model.identity, request))]
        rows += _exposure_rows(speech, first)
        await self._record.commit(key, reply, perf_counter() - began, rows)
        speech.text = reply.text
        self.progress.turns += 1
        self.progress.new_tokens += reply.new_tokens
        self.progress.prompt_tokens += reply.prompt_tokens
        self.progress.speaker = self._agents[speech.agent].label

    async def _answer(self, answer: Answer) -> None:
        lines, _ = self._remembered(answer)
        opening = [self._openings[answer.arm]] if answer.opened else []
        asked = answer.survey.line(answer.wording, answer.order)
        request = self._request(answer, [*opening, *lines], [asked], _SCORING, 0)
        letters = answer.survey.letters
        began = perf_counter()
        scores = await self._model.score(request, letters)
        key = request_key(self._model.identity, request, letters)
        await self._record.commit(key, scores, perf_counter() - began, [_survey_row(answer, key)])
        self.progress.answers += 1
        self.progress.prompt_tokens += scores.prompt_tokens

    def _remembered(self, promise: Promise) -> tuple[list[Utterance], int]:
        """The lines still in mind, and the index of the oldest one kept."""
        lines = [
            Utterance(self._agents[s.agent].label, s.text or "", own=s.agent == promise.agent)
            for s in promise.remembered
        ]
        costs = [self._model.count_tokens(u.line) + MARKER_TOKENS * u.own for u in lines]
        first = self._scenario.memory.first_kept(costs)
        return lines[first:], first

    def _request(
        self,
        promise: Promise,
        remembered: Sequence[Utterance],
        asked: Sequence[Utterance],
        sampling: Sampling,
        seed: int,
    ) -> Request:
        agent = self._agents[promise.agent]
        later = SURVEYS_LAST if asked else 0.0
        prompt = compose(agent, remembered, asked)
        return Request(prompt, agent.adapter, sampling, seed, promise.time + later)


def _check_context(scenario: Scenario, model: Model) -> None:
    """Everything but the remembered lines must fit beside them in the model's context."""
    systems = [model.count_tokens(agent.system_text) for agent in scenario.agents]
    openings = [model.count_tokens(text) for text in (scenario.opening, scenario.unrelated_opening)]
    asked = [
        model.count_tokens(survey.line(wording, "forward").line)
        for survey in scenario.surveys
        for wording in range(len(survey.wordings))
    ]
    rest = max(systems) + max(openings) + max(asked, default=0) + scenario.sampling.max_tokens
    room = model.context_tokens - rest - 4 * MARKER_TOKENS
    if scenario.memory.tokens > room:
        raise InputError(
            f"memory tokens must be at most {room} for this model's context of "
            f"{model.context_tokens}, got {scenario.memory.tokens}"
        )


def _turn_row(speech: Speech, reply: Reply, key: str) -> Row:
    # SQLite stores valid Unicode only; the reply itself is kept exactly, in its JSON.
    text = reply.text.encode("utf-8", "replace").decode("utf-8")
    return Row("turns", (speech.arm, speech.agent, speech.counter, speech.time, key, text), 3, key)


def _exposure_rows(speech: Speech, first: int) -> list[Row]:
    remembered = {id(earlier) for earlier in speech.remembered[first:]}
    return [
        Row(
            "exposures",
            (
                speech.arm, speech.agent, speech.counter,
                delivery.speech.agent, delivery.speech.counter, delivery.due,
                int(delivery.noticed), int(id(delivery.speech) in remembered),
            ),
            5,
        )
        for delivery in speech.heard
    ]  # fmt: skip


def _survey_row(answer: Answer, key: str) -> Row:
    survey = answer.survey
    values = survey.values_shown(answer.order)
    shown = json.dumps(survey.shown(answer.order))
    return Row(
        "surveys",
        (
            answer.arm, answer.agent, answer.wave, survey.question, answer.wording, answer.order,
            answer.time, shown, json.dumps(values), key,
        ),
        6,
        key,
    )  # fmt: skip
