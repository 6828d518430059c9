"""The loop of a chat at a terminal: what is typed goes to the conversation, what it says is shown.

Lines are read in the main thread while the event loop rests, so that Ctrl-C and Ctrl-D end a
waiting prompt at once, and nothing has to be torn out of a thread.
"""

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path

from experiments.commands.chat_screen import YOU, Screen
from experiments.commands.chat_words import Command, help_lines, read_line, read_rate, read_seat
from personas.errors import EngineError, InputError
from simulation.chat.conversation import Conversation
from simulation.chat.desk import Desk
from simulation.chat.rating import SCALES, read_rating
from simulation.chat.transcript import export_chat
from simulation.chat.view import Shown

Answered = Coroutine[None, None, list[Shown]]
Run = Callable[[Answered], list[Shown]]
"""Runs a coroutine to its end, as `asyncio.Runner.run` does."""
RECALLED = 3  # turns shown when a talk is gone on with


def rating_prompt(shown: Shown) -> str:
    """What is asked about an answer."""
    return f"rate {shown.name}, 1-5: {' '.join(SCALES)} (- skips one, Enter all)> "


class Shell:
    """A conversation at a terminal.

    Args:
        conversation: Goes on where it was.
        run: Waits for answers.
        screen: Reads and shows.
        rating: Whether a rating is asked for after every answer.
    """

    def __init__(
        self, conversation: Conversation, run: Run, screen: Screen, *, rating: bool = True
    ) -> None:
        self._talk, self._run, self._screen, self._rating = conversation, run, screen, rating
        self._desk = conversation.desk
        self._left = False

    def hold(self) -> bool:
        """Goes on until the talk is ended or left.

        Returns:
            Whether it can be gone on with.

        Raises:
            InputError: Something typed cannot be, and nobody is there to be told.
            EngineError: The model is broken, and nobody is there to be told.
            RecordError: The disk refuses.
        """
        self._attempt(self._recall)
        while not self._left:
            waiting = self._waiting()
            try:
                line = self._screen.read(rating_prompt(waiting) if waiting else YOU)
            except EOFError:
                return True
            self._attempt(partial(self._take, line, waiting))
        return self._desk.view.open_talk is not None

    def _attempt(self, act: Callable[[], None]) -> None:
        """Somebody at the keys is told what was wrong and goes on; a script ends there."""
        try:
            act()
        except (InputError, EngineError) as error:
            if not self._screen.typed:
                raise
            self._screen.trouble(error)

    def _recall(self) -> None:
        """The last turns of a talk that is gone on with, and what was missing of them."""
        for turn in self._talk.turns[-RECALLED:]:
            self._screen.say(f"{YOU}{turn.question}")
            if turn is not self._talk.pending:
                self._screen.answers(self._desk.view.shown(turn))
        if self._talk.pending:
            self._answered(self._talk.finish())

    def _waiting(self) -> Shown | None:
        """An answer to the last question for which no rating has been asked."""
        turns = self._talk.turns if self._rating and not self._talk.pending else []
        shown = self._desk.view.shown(turns[-1]) if turns else []
        return next((one for one in shown if one.rating is None), None)

    def _take(self, line: str, waiting: Shown | None) -> None:
        typed = read_line(line)
        if isinstance(typed, Command):
            self._obey(typed)
        elif waiting:
            self._desk.rate(waiting, read_rating(typed))
        elif typed:
            self._answered(self._talk.ask(typed))

    def _answered(self, answers: Answered) -> None:
        with self._screen.waiting():
            shown = self._run(answers)
        self._screen.answers(shown)

    def _obey(self, command: Command) -> None:
        rest = command.rest
        match command.name:
            case "stage":
                self._talk.stage(*read_seat(rest, "stage"))
                self._who()
            case "persona":
                self._talk.switch(*read_seat(rest, "persona"))
                self._who()
            case "with":
                self._talk.join(read_seat(rest, "with")[0])
                self._who()
            case "alone":
                self._talk.part()
                self._who()
            case "again":
                self._again()
            case "rate":
                self._rate_last(rest)
            case "export":
                home = self._desk.record.path.parent
                written = export_chat(home, Path(rest) if rest else home / "transcript.txt")
                self._screen.say(f"wrote {written}")
            case _:
                self._obey_wordless(command.name)

    def _obey_wordless(self, name: str) -> None:
        match name:
            case "who":
                self._who()
            case "help":
                self._screen.say(*help_lines(), "Anything else is said to who sits there.")
            case "new":
                self._screen.say(*self._talk.anew(), "a new talk: nobody remembers the last one")
            case "end":
                self._screen.say(*self._talk.end(), "the talk has ended")
                self._left = True
            case "quit":
                self._left = True

    def _who(self) -> None:
        if self._talk.talk.blind:
            self._screen.say(f"{' and '.join(self._talk.names)}: /end tells who is who")
            return
        for name, seat in zip(self._talk.names, self._talk.sitting, strict=True):
            stage = f", {seat.stage}" if seat.stage else ""
            self._screen.say(f"{seat.seat + 1}: {name} ({seat.cast}{stage}, {seat.arm})")

    def _again(self) -> None:
        if self._talk.pending:
            self._answered(self._talk.finish())
        elif self._talk.turns:
            self._answered(self._talk.ask(self._talk.turns[-1].question))
        else:
            raise InputError("nothing has been asked yet")

    def _rate_last(self, rest: str) -> None:
        who, rating = read_rate(rest)
        shown = self._desk.view.shown(self._talk.turns[-1]) if self._talk.turns else []
        blind = self._talk.talk.blind
        named = {one.name if blind else str(one.place + 1): one for one in shown}
        if not who and len(named) == 1:
            who = next(iter(named))
        if who not in named:
            known = ", ".join(sorted(named)) or "nobody has answered yet"
            raise InputError(f"/rate: whose answer must be one of {known}, got {who!r}")
        self._desk.rate(named[who], rating)


def rate_again(desk: Desk, screen: Screen) -> bool:
    """Goes through the answers of another's chat and asks for ratings.

    Args:
        desk: The rater's own record of it.
        screen: Reads and shows.

    Returns:
        Whether something is left to rate.

    Raises:
        InputError: Something typed is no rating, and nobody is there to be told.
    """
    while unrated := desk.view.unrated():
        turn, waiting = unrated[0]
        screen.say("", f"{YOU}{turn.question}")
        screen.answers(desk.view.shown(turn))
        for shown in waiting:
            if not _rated(desk, screen, shown):
                return True
    for talk in desk.view.talks:
        screen.say(*(f"talk {talk.number + 1}: {told}" for told in desk.end(talk)))
    screen.say("everything is rated")
    return False


def _rated(desk: Desk, screen: Screen, shown: Shown) -> bool:
    """Asks until there is a rating; False if the rater leaves."""
    while True:
        try:
            typed = read_line(screen.read(rating_prompt(shown)))
            if isinstance(typed, Command) and typed.name != "quit":
                raise InputError(f"/{typed.name} is for talks: type a rating, or /quit")
            if isinstance(typed, Command):
                return False
            desk.rate(shown, read_rating(typed))
        except EOFError:
            return False
        except InputError as error:
            if not screen.typed:
                raise
            screen.trouble(error)
        else:
            return True
