"""What may be shown of a chat: in a blind talk letters until it has ended, and names after that."""

from dataclasses import dataclass

from personas.errors import InputError
from simulation.chat.rating import Rating
from simulation.chat.state import Answer, Seating, Talk, Turn


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as a terminal or a page shows it; of a blind talk, it tells no more than it may."""

    talk: int
    turn: int
    place: int
    """0 stands first, or on the left."""
    name: str
    text: str
    rating: Rating | None
    """None: not asked for yet."""


@dataclass(slots=True)
class ChatView:
    """A chat in memory, as its record holds it."""

    talks: list[Talk]
    seatings: dict[int, Seating]
    """By number."""
    turns: list[Turn]
    """Of all talks, oldest first."""

    @property
    def open_talk(self) -> Talk | None:
        """The talk that goes on, if there is one."""
        return self.talks[-1] if self.talks and not self.talks[-1].ended else None

    def turns_of(self, talk: Talk) -> list[Turn]:
        """A talk's turns in order."""
        return [turn for turn in self.turns if turn.talk == talk.number]

    def sitting(self, talk: Talk) -> list[Seating]:
        """Who sits there now, by seat."""
        here = [one for one in self.seatings.values() if one.talk == talk.number]
        return sorted((one for one in here if one.until is None), key=lambda one: one.seat)

    def names(self, talk: Talk) -> list[str]:
        """Names of those who sit there now: in alphabetical order while they are letters."""
        names = self._names(talk, self.sitting(talk))
        return sorted(names.values()) if self._hidden(talk) else list(names.values())

    def shown(self, turn: Turn) -> list[Shown]:
        """A turn's answers in the order in which they are shown."""
        answers = turn.shown
        names = self._names(self.talks[turn.talk], [self.seatings[a.seating] for a in answers])
        return [Shown(a.talk, a.turn, a.place, names[a.seating], a.text, a.rating) for a in answers]

    def unrated(self) -> list[tuple[Turn, list[Shown]]]:
        """Turns of talks that go on, with answers for which no rating has been asked."""
        found = []
        for turn in self.turns:
            waiting = [one for one in self.shown(turn) if one.rating is None]
            if waiting and not self.talks[turn.talk].ended:
                found.append((turn, waiting))
        return found

    def answer_of(self, shown: Shown) -> Answer:
        """The answer behind what is shown.

        Raises:
            InputError: There is none.
        """
        for turn in self.turns:
            if (turn.talk, turn.turn) == (shown.talk, shown.turn):
                for answer in turn.answers.values():
                    if answer.place == shown.place:
                        return answer
        raise InputError(f"no answer at place {shown.place} of turn {shown.turn}: nothing to rate")

    def who_was_who(self, talk: Talk) -> list[str]:
        """What stood behind the letters of a blind talk; empty for an open one.

        Raises:
            InputError: The blind talk has not ended.
        """
        if not talk.blind:
            return []
        if not talk.ended:
            raise InputError("talk is blind until it has ended: end it first")
        here = [one for one in self.seatings.values() if one.talk == talk.number]
        lettered = sorted(here, key=lambda one: one.letter or "")
        return [f"{one.letter} was {one.label} ({one.cast})" for one in lettered]

    def _hidden(self, talk: Talk) -> bool:
        return talk.blind and not talk.ended

    def _names(self, talk: Talk, seatings: list[Seating]) -> dict[int, str]:
        """Name by number of seating; different ones, whoever sits there."""
        if self._hidden(talk):
            return {one.number: one.letter or "" for one in seatings}
        alike = len({one.label for one in seatings}) < len(seatings)
        names = {}
        for one in seatings:
            name = f"{one.label} ({one.seat + 1}: {one.cast})" if alike else one.label
            names[one.number] = f"{one.letter} = {name}" if one.letter else name
        return names
