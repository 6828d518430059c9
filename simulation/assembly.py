"""From a promise to the request that keeps it, and from the reply to what is recorded."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import attrgetter

from agents.agent import Agent
from agents.memory import Summary, Utterance
from agents.prompt import MODERATOR, begun, compose, ended
from personas.adapter import Adapter
from personas.errors import InputError
from personas.model import Model, Reply, Request, Sampling, Scores, Segment
from simulation.arms import ARMS
from simulation.chance import seed_for
from simulation.floor import Floor
from simulation.newest import Newest, Takings
from simulation.promise import (
    ASKED,
    Answer,
    Aside,
    Choice,
    Delivery,
    Digest,
    Promise,
    Speech,
    Statement,
)
from simulation.recollection import MARKER_TOKENS, NOTES, Recollection
from simulation.record import Row
from simulation.scenario import Scenario

SURVEYS_LAST = 1e9  # units of time; added to a survey's priority, since nobody waits for it
_told: Callable[[Delivery], str] = attrgetter("told")
_SCORING = Sampling(max_tokens=1, temperature=0.0)


@dataclass(slots=True)
class Job:
    """A promise whose context is complete, and the one call that keeps it."""

    promise: Promise
    request: Request
    options: tuple[str, ...] | None = None
    """What to score; None asks for words."""
    first: int = 0
    """Index of the oldest remembered line that is still in the window."""
    key: str = ""
    """The request's, in the record."""
    recorded: bool = False
    """Whether the answer was there already."""
    asked: float = 0.0
    """Unix time."""
    seconds: float = 0.0
    """Real time until the answer."""


class Assembly:
    """Builds requests and rows.

    Args:
        scenario: Gives seats, sampling, memory and seed.
        model: Counts tokens.
        takings: Know which adapters were taken up when their time came.

    Raises:
        InputError: The model's context cannot hold the scenario's memory.
    """

    def __init__(self, scenario: Scenario, model: Model, takings: Takings) -> None:
        self._scenario = scenario
        self._recollection = Recollection(scenario, model)
        self.notes = self._recollection.notes
        """Whether anybody notes down what drops from the window."""
        self._wardrobe = scenario.wardrobe
        self._controls = {
            arm: ARMS[arm].dressed(self._wardrobe) for arm in scenario.arms if ARMS[arm].voice
        }
        """Wardrobes of the arms in which everybody speaks by another voice."""
        newest = Newest(self._wardrobe, takings, model.identity.base)
        self._worn = {arm: self._controls.get(arm, newest).at for arm in scenario.arms}
        """By arm: who is worn in a seat at a time."""
        openings = {"topic": scenario.opening, "something else": scenario.unrelated_opening}
        self._openings = {
            arm: Utterance(MODERATOR, openings[ARMS[arm].about]) for arm in scenario.arms
        }
        check_context(scenario, model)

    def adapter_of(self, promise: Promise) -> Adapter | None:
        """The weights that will be worn, as far as that is known before their time has come."""
        wardrobe = self._controls.get(promise.arm, self._wardrobe)
        return wardrobe.at(promise.agent, promise.time).adapter

    def needed_first(self, promise: Promise) -> Digest | None:
        """Notes that must be written before this promise can be prepared, if there are any."""
        return None if isinstance(promise, Digest) else self._recollection.missing_digest(promise)

    def prepare(self, promise: Promise) -> Job:
        """The call that keeps a promise, all of whose context is kept."""
        match promise:
            case Speech():
                return self._speech(promise)
            case Digest():
                return self._digest(promise)
            case Choice():
                return self._choice(promise)
            case Answer():
                return self._answer(promise)
            case Statement():
                return self._statement(promise)
        raise TypeError(f"no call keeps a {type(promise).__name__}")

    def row(self, job: Job, reply: Reply | Scores) -> Row:
        """What is recorded beside the call."""
        promise = job.promise
        if isinstance(promise, Speech) and isinstance(reply, Reply):  # nearly always
            return _turn_row(promise, reply, job.key, job.first)
        match promise:
            case Digest() as digest if isinstance(reply, Reply):
                return _summary_row(digest, reply, job.key)
            case Choice() as choice if isinstance(reply, Scores):
                return _decision_row(choice, job.key)
            case Answer() as answer if isinstance(reply, Scores):
                return _survey_row(answer, job.key)
            case Statement() as statement if isinstance(reply, Reply):
                return _interview_row(statement, reply, job.key)
        raise TypeError(f"{type(reply).__name__} cannot keep a {type(job.promise).__name__}")

    def _speech(self, speech: Speech) -> Job:
        agent = self._voice(speech)
        parts = [*begun(agent), self._openings[speech.arm].spoken]
        first = self._recollection.recall(speech, parts)
        scenario = self._scenario
        seed = seed_for(scenario.seed, "speak", speech.agent, speech.counter)
        request = Request(ended(parts), agent.adapter, scenario.sampling, seed, speech.time)
        return Job(speech, request, first=first)

    def _choice(self, choice: Choice) -> Job:
        agent = self._voice(choice)
        parts = [*begun(agent), self._openings[choice.arm].spoken]
        self._recollection.recall(choice, parts)
        return self._asking(agent, choice, parts, choice.asked, choice.options)

    def _answer(self, answer: Answer) -> Job:
        agent = self._voice(answer)
        parts = self._until_now(answer, agent)
        asked = answer.survey.line(answer.wording, answer.order)
        return self._asking(agent, answer, parts, asked, answer.survey.letters)

    def _until_now(self, aside: Answer | Statement, agent: Agent) -> list[Segment]:
        """A prompt of who is asked in private, up to the question."""
        parts = begun(agent)
        if aside.opened:
            parts.append(self._openings[aside.arm].spoken)
        self._recollection.recall(aside, parts)
        return parts

    def _asking(
        self,
        agent: Agent,
        aside: Aside,
        parts: list[Segment],
        asked: Utterance,
        options: tuple[str, ...],
    ) -> Job:
        prompt = ended([*parts, asked.spoken])
        return Job(aside, Request(prompt, agent.adapter, _SCORING, 0, priority(aside)), options)

    def _statement(self, statement: Statement) -> Job:
        agent = self._voice(statement)
        interview, wording = statement.interview, statement.wording
        parts = self._until_now(statement, agent)
        prompt = ended([*parts, interview.line(wording).spoken])
        sampling = replace(self._scenario.sampling, max_tokens=interview.tokens)
        names = (statement.agent, interview.question, statement.wave, wording)
        seed = seed_for(self._scenario.seed, "interview", *names)
        return Job(statement, Request(prompt, agent.adapter, sampling, seed, priority(statement)))

    def _digest(self, digest: Digest) -> Job:
        agent = self._voice(digest)
        notes = [Utterance(NOTES, digest.before)] if digest.before else []
        lines = [self._openings[digest.arm], *notes, *digest.lines]
        sampling = replace(self._scenario.sampling, max_tokens=digest.tokens)
        seed = seed_for(self._scenario.seed, "summary", digest.agent, digest.counter)
        prompt = compose(agent, lines, [Utterance(MODERATOR, digest.asking)])
        return Job(digest, Request(prompt, agent.adapter, sampling, seed, priority(digest)))

    def _voice(self, promise: Promise) -> Agent:
        """Who is worn in the promise's seat."""
        return self._worn[promise.arm](promise.agent, promise.time)


def priority(promise: Promise) -> float:
    """Virtual time at which a promise is due; surveys come after all turns."""
    return promise.time + (SURVEYS_LAST if promise.phase == ASKED else 0.0)


def check_context(scenario: Scenario, model: Model) -> None:
    """Everything but the remembered lines must fit beside them in the model's context.

    Raises:
        InputError: Says how many tokens of memory would fit.
    """
    wardrobes = [ARMS[arm].dressed(scenario.wardrobe) for arm in scenario.arms]
    systems = [model.count_tokens(worn.agent.system.text) for one in wardrobes for worn in one]
    openings = [model.count_tokens(text) for text in (scenario.opening, scenario.unrelated_opening)]
    asked = [model.count_tokens(line.line) for line in _questions(scenario)]
    longest = max(scenario.sampling.max_tokens, *(one.tokens for one in scenario.interviews), 1)
    rest = max(systems) + max(openings) + max(asked, default=0) + longest
    for memory in (scenario.memory, *scenario.memories.values()):
        beyond = memory.beyond
        beside = beyond.tokens + MARKER_TOKENS if beyond else 0
        if isinstance(beyond, Summary):  # its own reply and question, in place of a turn's
            beside += max(0, beyond.tokens - scenario.sampling.max_tokens)
            beside += model.count_tokens(beyond.asking)
        room = model.context_tokens - rest - 4 * MARKER_TOKENS - beside
        if memory.tokens > room:
            raise InputError(
                f"memory tokens must be at most {room} for this model's context of "
                f"{model.context_tokens}, got {memory.tokens}"
            )


def _questions(scenario: Scenario) -> list[Utterance]:
    """Everything that anybody may be asked after what is remembered."""
    asked = [
        survey.line(wording, "forward")
        for survey in scenario.surveys
        for wording in range(len(survey.wordings))
    ]
    asked += [one.line(w) for one in scenario.interviews for w in range(len(one.wordings))]
    for policy in scenario.policies:
        if isinstance(policy, Floor):
            names = [agent.label for agent in scenario.agents]
            asked += [Utterance(MODERATOR, line) for line in policy.questions(names)]
    return asked


def _storable(text: str) -> str:
    # SQLite stores valid Unicode only; the reply itself is kept exactly, in its JSON.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _turn_row(speech: Speech, reply: Reply, key: str, first: int) -> Row:
    text = _storable(reply.text)
    heard = _heard(speech, first)
    return "turns", (speech.arm, speech.agent, speech.counter, speech.time, key, text, heard)


def _heard(speech: Speech, first: int) -> str:
    """What reached the speaker, as JSON; of it, what was noticed ends the speaker's memory."""
    heard, place = speech.heard, speech.length - speech.noticed
    if place >= first and speech.noticed == len(heard):  # as it mostly is
        return f"[{',1,1],'.join(map(_told, heard))},1,1]]" if heard else "[]"
    ends = []
    for delivery in heard:
        remembered = delivery.noticed and place >= first
        place += delivery.noticed
        ends.append(f"{delivery.told},{int(delivery.noticed)},{int(remembered)}]")
    return f"[{','.join(ends)}]"


def _summary_row(digest: Digest, reply: Reply, key: str) -> Row:
    last, text = digest.last, _storable(reply.text)
    return (
        "summaries",
        (digest.arm, digest.agent, digest.counter, last.agent, last.counter, key, text),
    )


def _decision_row(choice: Choice, key: str) -> Row:
    options = json.dumps(choice.options)
    values = (choice.arm, choice.agent, choice.counter, choice.time, choice.asked.text, options)
    return "decisions", (*values, key)


def _survey_row(answer: Answer, key: str) -> Row:
    survey = answer.survey
    values = survey.values_shown(answer.order)
    shown = json.dumps(survey.shown(answer.order))
    return (
        "surveys",
        (
            answer.arm, answer.agent, answer.wave, survey.question, answer.wording, answer.order,
            answer.time, shown, json.dumps(values), key,
        ),
    )  # fmt: skip


def _interview_row(statement: Statement, reply: Reply, key: str) -> Row:
    place = (statement.arm, statement.agent, statement.wave, statement.interview.question)
    text = _storable(reply.text)
    return "interviews", (*place, statement.wording, statement.time, key, text)
