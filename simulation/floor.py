"""One floor at a time: somebody has it, and somebody has to decide who gets it next.

Where the decision depends on what was said (bidding, a moderator), virtual time stands still for
everybody until it is made.
"""

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Literal

from personas.errors import InputError, nearest
from simulation.clock import Process
from simulation.turntaking import positive

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    import simpy

    from simulation.chair import Chair

Giving = Literal["round-robin", "random", "bidding", "moderator"]
GIVINGS: tuple[str, ...] = ("round-robin", "random", "bidding", "moderator")

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

WILLING = "Do you want to speak next? A: yes. B: no. Answer with one letter."
"""What a bidder is asked in private."""
WHO_NEXT = "Who should speak next? {options} Answer with one letter."
"""What the moderator is asked in private."""


@dataclass(frozen=True, slots=True)
class Floor:
    """One agent speaks at a time, at regular moments."""

    count: int
    """Number of turns, at least 1."""
    giving: Giving = "round-robin"
    """``round-robin``: in the order of seats. ``random``: drawn among all but the last speaker.
    ``bidding``: the one among these who is most willing, by the model's own probability of "yes"
    over "no". ``moderator``: one of the agents, who does not speak, picks among these by what was
    said."""
    moderator: str = ""
    """Key of the agent who picks."""
    gap: float = 1.0
    """Virtual time between two turns; the first is at time `gap`."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InputError(f"floor count must be at least 1 turn, got {self.count}")
        positive("floor gap", self.gap)
        if self.giving not in GIVINGS:
            raise InputError(
                f"unknown giving of the floor {self.giving!r}: {nearest(self.giving, GIVINGS)}"
            )
        if bool(self.moderator) != (self.giving == "moderator"):
            raise InputError("a floor needs the key of its moderator if giving is 'moderator' only")

    def run(self, chair: "Chair") -> Process:
        """Gives the floor, turn by turn."""
        last = ""
        for number in range(1, self.count + 1):
            yield chair.clock.until(number * self.gap)
            if candidates := self._candidates(chair, last):
                last = yield from self._next(chair, candidates, number)
                chair.speak(last)

    def _candidates(self, chair: "Chair", last: str) -> "Sequence[str]":
        """Those present: from the seat after the last speaker on, who comes last or not at all."""
        seats = chair.agents
        start = seats.index(last) + 1 if last else 0
        here = [
            seat
            for seat in (*seats[start:], *seats[:start])
            if chair.present(seat) and seat != self.moderator
        ]
        if self.giving == "round-robin" or len(here) < 2:
            return here
        return [seat for seat in here if seat != last]

    def _next(
        self, chair: "Chair", candidates: "Sequence[str]", number: int
    ) -> "Generator[simpy.Event, None, str]":
        if self.giving == "bidding":
            return (yield from _most_willing(chair, candidates, number))
        if self.giving == "moderator" and chair.present(self.moderator):
            return (yield from _picked(chair, self.moderator, sorted(candidates)))
        if self.giving == "round-robin":
            return candidates[0]
        return max(candidates, key=lambda seat: chair.draw(seat, number))

    def questions(self, labels: "Sequence[str]") -> list[str]:
        """What agents may be asked, at its longest."""
        if self.giving == "bidding":
            return [WILLING]
        return [_who_next(labels)] if self.giving == "moderator" else []

    def end(self) -> float:
        """When the last turn is given."""
        return self.count * self.gap

    def hearing(self, agents: int) -> float:
        """Half the time between two turns."""
        return self.gap / 2

    def rest(self, wave: int, agents: int) -> float:
        """Every full unit of time, once the turns up to then have been heard."""
        return wave + 0.75 * self.gap if wave else 0.0

    def turns(self, agents: int) -> float:
        """`count`."""
        return self.count


def _most_willing(
    chair: "Chair", candidates: "Sequence[str]", number: int
) -> "Generator[simpy.Event, None, str]":
    """Asks everybody at once; equals are told apart by a draw."""
    bids = [(seat, chair.ask(seat, WILLING, ("A", "B"))) for seat in candidates]
    willing: dict[str, float] = {}
    for seat, bid in bids:
        yield chair.kept(bid)
        assert bid.scores is not None
        yes, no = (exp(logprob) for logprob in bid.scores.logprobs)
        willing[seat] = yes / (yes + no) if yes else 0.0
    return max(candidates, key=lambda seat: (willing[seat], chair.draw(seat, number)))


def _picked(
    chair: "Chair", moderator: str, candidates: "Sequence[str]"
) -> "Generator[simpy.Event, None, str]":
    """Asks the moderator; equals go by their letters."""
    letters = tuple(LETTERS[: len(candidates)])
    choice = chair.ask(moderator, _who_next([chair.label(seat) for seat in candidates]), letters)
    yield chair.kept(choice)
    assert choice.scores is not None
    logprobs = choice.scores.logprobs
    return candidates[logprobs.index(max(logprobs))]


def _who_next(labels: "Sequence[str]") -> str:
    listed = " ".join(f"{letter}: {label}." for letter, label in zip(LETTERS, labels, strict=False))
    return WHO_NEXT.replace("{options}", listed)
