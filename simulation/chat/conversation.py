"""A person talks with one persona, or with two side by side: what is asked, switched and drawn.

Nothing here knows of a terminal or a page. What is asked and answered is written down first and
returned then, so a killed process loses at most an answer that nobody has seen.
"""

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from agents.agent import Agent
from personas.adapter import load_adapter
from personas.chance import seed_for
from personas.errors import InputError
from personas.model import Model, request_key
from simulation.chat.desk import Desk
from simulation.chat.mind import Mind
from simulation.chat.spec import ChatSpec
from simulation.chat.state import LETTERS, Answer, Seating, Talk, Turn, seating_of
from simulation.chat.view import Shown

Wear = Callable[[str], Agent]
"""An agent from the word a user writes for it (`agents.agent.seat`), checked against the model."""


class Conversation:
    """The talk that goes on in a record, or a new one if the last has ended.

    Who sits in a seat has heard what was asked since they took it, and what they said themselves:
    not the one beside them, nor another stage of their own life. Who comes back remembers.

    Args:
        desk: The chat.
        model: Voices the personas.
        wear: Seats a persona by its word.

    Raises:
        InputError: A persona is unknown, does not fit the model, or is not what it was when the
            record was made; or the model's context is too small.
    """

    def __init__(self, desk: Desk, model: Model, wear: Wear) -> None:
        self.desk, self._model, self._wear = desk, model, wear
        self.spec = ChatSpec.of_json(_mapping(desk.record.manifest["spec"]))
        """What stays the same in this chat."""
        self._mind = Mind(self.spec, model, desk.view)
        self._one_at_a_time = asyncio.Lock()
        self._agents: dict[int, Agent] = {}
        if desk.view.open_talk is None:
            self._begin()
        else:
            self._agents = {one.number: self._again(one) for one in self.sitting}

    @property
    def talk(self) -> Talk:
        """The talk that goes on."""
        return self.desk.view.talks[-1]

    @property
    def sitting(self) -> list[Seating]:
        """Who sits there now, by seat; not to be shown while the talk is blind."""
        return self.desk.view.sitting(self.talk)

    @property
    def names(self) -> list[str]:
        """Names of those who sit there, as they may be shown."""
        return self.desk.view.names(self.talk)

    @property
    def turns(self) -> list[Turn]:
        """The talk's turns so far."""
        return self.desk.view.turns_of(self.talk)

    @property
    def pending(self) -> Turn | None:
        """The last question, if somebody who heard it has not answered."""
        turns = self.turns
        return turns[-1] if turns and self._missing(turns[-1]) else None

    async def ask(self, question: str) -> list[Shown]:
        """Puts a question to everybody who sits there; it is written down before it is put.

        Returns:
            The answers, in the order in which they are to be shown.

        Raises:
            InputError: There is nothing in it, or more than fits; it is not written down then.
            EngineError: The model is broken; the question stays `pending`.
        """
        async with self._one_at_a_time:
            text = question.encode("utf-8", "replace").decode().strip()
            if not text:
                raise InputError("question must not be empty")
            for one in self.sitting:
                self._mind.check_size(self._agents[one.number], text)
            turn = Turn(self.talk.number, len(self.turns), text)
            self.desk.ask(turn)
            return await self._answer(turn)

    async def finish(self) -> list[Shown]:
        """Asks for what is missing of the answers to the last question.

        Raises:
            InputError: Nothing is.
            EngineError: As for `ask`.
        """
        async with self._one_at_a_time:
            if self.pending is None:
                raise InputError("no question waits for an answer")
            return await self._answer(self.pending)

    def switch(self, cast: str, seat: int = 0) -> None:
        """Gives a seat to somebody else, who has heard only what was said to them.

        Raises:
            InputError: The talk is blind, nobody sits there, or the persona cannot be worn.
        """
        self._refuse_blind()
        left = self._at(seat)
        self._seat(cast, seat, left)

    def stage(self, name: str, seat: int = 0) -> None:
        """Turns to another stage of the same life, which knows nothing of this one's talk.

        Raises:
            InputError: As for `switch`, or there is no such stage.
        """
        self._refuse_blind()
        left = self._at(seat)
        if left.persona is None:
            raise InputError(f"stage needs a persona, got {left.cast!r}, which has no stages")
        self._seat(f"{left.cast.partition('@')[0]}@{name}", seat, left)

    def join(self, cast: str) -> None:
        """Seats a second persona beside the first.

        Raises:
            InputError: The talk is blind, both seats are taken, or the persona cannot be worn.
        """
        self._refuse_blind()
        if len(self.sitting) > 1:
            raise InputError("two sit there already: let the second one go first, or switch it")
        self._seat(cast, 1, None)

    def part(self) -> None:
        """Lets the second persona go.

        Raises:
            InputError: The talk is blind, or nobody sits beside the first.
        """
        self._refuse_blind()
        left = self._at(1)
        self.desk.change(left, len(self.turns), None)
        del self._agents[left.number]

    def end(self) -> list[str]:
        """Ends the talk.

        Returns:
            Who was who, if it was blind.
        """
        return self.desk.end(self.talk)

    def anew(self) -> list[str]:
        """Ends the talk and begins another with the personas of the start, who remember nothing.

        Returns:
            Who was who in the ended one, if it was blind.
        """
        told = self.end()
        self._begin()
        return told

    def _begin(self) -> None:
        spec, view = self.spec, self.desk.view
        agents = [self._worn(cast) for cast in spec.cast]
        number = len(view.talks)
        first = seed_for(spec.seed, "letter", number) % 2
        seatings = [
            seating_of(agent, cast, len(view.seatings) + seat, number, seat, since=0)
            for seat, (agent, cast) in enumerate(zip(agents, spec.cast, strict=True))
        ]
        if spec.blind:
            seatings = [replace(one, letter=LETTERS[(one.seat + first) % 2]) for one in seatings]
        self.desk.begin(Talk(number, secrets.token_hex(16), spec.blind, ended=False), seatings)
        self._agents = {one.number: agent for one, agent in zip(seatings, agents, strict=True)}

    def _seat(self, cast: str, seat: int, left: Seating | None) -> None:
        agent = self._worn(cast)
        number, turn = len(self.desk.view.seatings), len(self.turns)
        seating = seating_of(agent, cast, number, self.talk.number, seat, turn)
        self.desk.change(left, turn, seating)
        if left:
            del self._agents[left.number]
        self._agents[number] = agent

    def _at(self, seat: int) -> Seating:
        for one in self.sitting:
            if one.seat == seat:
                return one
        raise InputError(f"nobody sits in seat {seat + 1}: seat a second persona there first")

    def _refuse_blind(self) -> None:
        if self.talk.blind:
            raise InputError("a blind talk keeps its two personas: end it, and begin another")

    def _worn(self, cast: str) -> Agent:
        agent = self._wear(cast)
        self._mind.memory(agent)  # there is room for a talk
        return agent

    def _again(self, seating: Seating) -> Agent:
        """The same agent as when it took the seat, with the weights of then."""
        agent, base = self._worn(seating.cast), self._model.identity.base
        worn = agent.adapter.fingerprint if agent.adapter else None
        if worn != seating.adapter and seating.folder and agent.persona:
            agent = agent.fitted(load_adapter(Path(seating.folder), base or None))
            worn = agent.adapter.fingerprint if agent.adapter else None
        if (worn, agent.system_text) != (seating.adapter, seating.system):
            raise InputError(
                f"persona {seating.cast!r} is not what it was when the chat began (weights or "
                "profile have changed): put it back, or give another --out"
            )
        return agent

    def _missing(self, turn: Turn) -> list[Seating]:
        here = [one for one in self.sitting if one.since <= turn.turn]
        return [one for one in here if one.seat not in turn.answers]

    async def _answer(self, turn: Turn) -> list[Shown]:
        """Everybody's answer; one who fails does not take the other's with it."""
        asked = [self._speak(turn, one) for one in self._missing(turn)]
        for outcome in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        return self.desk.view.shown(turn)

    async def _speak(self, turn: Turn, seating: Seating) -> None:
        agent = self._agents[seating.number]
        request = self._mind.request(turn, seating, agent, self.turns)
        asked = perf_counter()
        reply = await self._model.generate(request)
        answer = Answer(
            turn.talk, turn.turn, seating.seat, seating.number, self._place(turn, seating),
            request_key(self._model.identity, request), json.dumps(self._model.identity.as_json()),
            reply.text.encode("utf-8", "replace").decode(), reply.finish,
            reply.prompt_tokens, reply.new_tokens, perf_counter() - asked,
        )  # fmt: skip
        self.desk.record.answer(answer)
        turn.answers[seating.seat] = answer

    def _place(self, turn: Turn, seating: Seating) -> int:
        """Seats keep their places, unless the talk is blind: places are drawn for every turn."""
        if not self.talk.blind:
            return seating.seat
        first = seed_for(self.spec.seed, "place", turn.talk, turn.turn) % 2
        return (seating.seat + first) % 2


def _mapping(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value
