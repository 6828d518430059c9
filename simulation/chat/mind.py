"""What somebody in a chat has in mind when they answer, and the request that comes of it."""

from collections.abc import Sequence

from agents.agent import Agent
from agents.memory import MemorySpec, Utterance
from agents.prompt import compose
from personas.chance import seed_for
from personas.errors import InputError
from personas.model import Model, Request
from simulation.chat.spec import ChatSpec
from simulation.chat.state import Seating, Turn
from simulation.chat.view import ChatView
from simulation.recollection import MARKER_TOKENS

LEAST_ROOM = 64  # tokens for remembered lines without which there is no talk
BLOCKS = 4  # in which the oldest part of a memory drops


class Mind:
    """Memory of the talk, as large as the model's context allows.

    Args:
        spec: How replies are drawn, and as whom the person who types is heard.
        model: Counts tokens.
        view: The chat so far.
    """

    def __init__(self, spec: ChatSpec, model: Model, view: ChatView) -> None:
        self._spec, self._model, self._view = spec, model, view

    def request(self, turn: Turn, seating: Seating, agent: Agent, talk: Sequence[Turn]) -> Request:
        """What is asked of the model, for an agent's answer to the last question.

        Args:
            turn: The question.
            seating: Who answers.
            agent: The same, with weights.
            talk: The talk's turns, oldest first; those from `turn` on do not count.
        """
        asked = Utterance(self._spec.heard_as, turn.question)
        lines = [*self._remembered(seating, talk[: turn.turn]), asked]
        first = self.memory(agent).first_kept([self._cost(line) for line in lines])
        seed = seed_for(self._spec.seed, "answer", turn.talk, turn.turn, seating.seat)
        return Request(compose(agent, lines[first:]), agent.adapter, self._spec.sampling, seed)

    def memory(self, agent: Agent) -> MemorySpec:
        """As much of the talk as fits beside who one is and what one is about to say.

        Raises:
            InputError: Next to nothing does.
        """
        context, reply = self._model.context_tokens, self._spec.sampling.max_tokens
        room = context - reply - self._model.count_tokens(agent.system_text) - 4 * MARKER_TOKENS
        if room < LEAST_ROOM:
            raise InputError(
                f"max_tokens {reply} leaves {room} of the model's {context} tokens for the talk "
                f"with {agent.label}, at least {LEAST_ROOM} are needed: give fewer"
            )
        return MemorySpec(room, room // BLOCKS)

    def check_size(self, agent: Agent, question: str) -> None:
        """Refuses a question that would fall out of mind before it is answered.

        Raises:
            InputError: It is too long.
        """
        memory = self.memory(agent)
        size = self._cost(Utterance(self._spec.heard_as, question))
        most = memory.tokens - memory.block_tokens
        if size > most:
            raise InputError(f"question must be at most {most} tokens, got {size}: shorten it")

    def _remembered(self, seating: Seating, turns: Sequence[Turn]) -> list[Utterance]:
        """Earlier questions to the one who sits there, and what they said."""
        lines = []
        for turn in turns:
            said = turn.answers.get(seating.seat)
            if said and self._view.seatings[said.seating].wears == seating.wears:
                lines.append(Utterance(self._spec.heard_as, turn.question))
                lines.append(Utterance(seating.label, said.text, own=True))
        return lines

    def _cost(self, line: Utterance) -> int:
        return self._model.count_tokens(line.line) + MARKER_TOKENS
