"""How far a run is."""

from collections.abc import Iterable
from dataclasses import dataclass

from personas.model import Reply, Scores
from simulation.assembly import Job
from simulation.promise import Answer, Speech, Statement


@dataclass(slots=True)
class Progress:
    """How far a run is; counts promises of all arms."""

    time: float = 0.0
    """Largest virtual time of a kept promise."""
    turns: int = 0
    answers: int = 0
    old_turns: int = 0
    """Of the turns, those that the record held."""
    old_answers: int = 0
    """Of the answers, likewise."""
    from_record: int = 0
    """Calls that the record answered."""
    in_flight: int = 0
    new_tokens: int = 0
    """Of all turns so far, the record's included."""
    written: int = 0
    """Tokens that the engine wrote just now: what a budget counts."""
    prompt_tokens: int = 0
    speaker: str = ""
    """Label of the latest speaker."""
    stopped: str = ""
    """Why the run stopped before its end; empty while it goes on and when it is done."""

    def see(self, kept: Iterable[tuple[Job, Reply | Scores]]) -> None:
        """Counts kept promises."""
        time, prompt_tokens, turns, old_turns, new_tokens = self.time, 0, 0, 0, 0
        for job, reply in kept:
            promise = job.promise
            prompt_tokens += reply.prompt_tokens
            time = max(time, promise.time)
            if isinstance(promise, Speech):
                turns += 1
                old_turns += job.recorded
                new_tokens += reply.new_tokens
                self.speaker = promise.label
            elif isinstance(promise, Answer | Statement):
                self.answers += 1
                self.old_answers += job.recorded
        self.time = time
        self.prompt_tokens += prompt_tokens
        self.turns += turns
        self.old_turns += old_turns
        self.new_tokens += new_tokens
