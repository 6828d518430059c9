"""One sitting with a run: opens the engine, shows progress, stops cleanly, says how to go on."""

import asyncio
import os
import shlex
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, NoReturn, Protocol

import typer

from agents import eventloop
from agents.engines.catalogue import Engine, open_engine
from experiments.commands.choices import Choices
from experiments.commands.console import INTERRUPTED, errors, out
from experiments.commands.handover import Handover, hand_over
from experiments.commands.liveview import CTRL_C, run_progress, stopping
from personas.adapter import Adapter
from simulation.budget import Budget
from simulation.desk import Desk
from simulation.origin import Origin
from simulation.progress import Progress
from simulation.record import FILE
from simulation.rehearsal import size_of
from simulation.run import run_name, simulate
from simulation.scenario import Scenario

STOPPED = 3  # exit code: a budget ended the run before its end
LAST_SECONDS = 2.0  # that a second Ctrl-C leaves the engine to close

MaxTokens = Annotated[
    int | None,
    typer.Option(
        help="Stop cleanly before the model has written more new tokens than this. What the "
        "record answers costs nothing. Exit code 3.",
        show_default="no bound",
    ),
]
MaxHours = Annotated[
    float | None,
    typer.Option(help="Stop cleanly after so many hours. Exit code 3.", show_default="no bound"),
]
AcceptChanges = Annotated[
    bool,
    typer.Option(
        "--accept-changes",
        help="Go on although the scenario's source, a package or the model is no longer what the "
        "record was made with. What changed is noted in the record.",
    ),
]


def budget_of(max_tokens: MaxTokens = None, max_hours: MaxHours = None) -> Budget:
    """The options that bound a sitting.

    Raises:
        InputError: One is out of range.
    """
    return Budget(max_tokens, max_hours)


@dataclass(frozen=True, slots=True)
class Session:
    """What is to be run, and within which bounds."""

    scenario: Scenario
    """Dressed already."""
    choices: Choices
    origin: Origin
    budget: Budget = Budget()
    accept_changes: bool = False
    parent: Path | None = None
    """Folder of the run that this one branches from."""

    def carry_out(self, folder: Path | None) -> Path:
        """Runs, or goes on, until the end or until something stops it.

        Args:
            folder: The run's; None names it by the scenario's hash, under ``runs``.

        Returns:
            The run's folder.

        Raises:
            typer.Exit: A budget or Ctrl-C ended the run before its end.
        """
        adapters = self.choices.adapters(self.scenario)
        speaker = open_speaker(self.choices, adapters)

        async def go() -> tuple[Path, Progress]:
            async with speaker:  # a server says who it is only when it is greeted
                way = told_way(speaker, adapters, self.choices)
                chosen = folder or Path("runs") / run_name(self.scenario, speaker)
                going_on = (chosen / FILE).exists()
                out.print(
                    f"{'going on with' if going_on else 'recording to'} {chosen}", markup=False
                )
                with run_progress(size_of(self.scenario), self.scenario.unit, speaker) as show:

                    def begin(desk: Desk) -> None:
                        show(desk.progress)
                        mind_ctrl_c(desk)

                    origin = replace(
                        self.origin, choices=self.choices.as_json(), admission=way.admission
                    )
                    progress = await simulate(
                        self.scenario, way.model, chosen, origin=origin, observe=show,
                        in_flight=way.in_flight, budget=self.budget,
                        accept_changes=self.accept_changes, parent=self.parent, begun=begin,
                    )  # fmt: skip
            return chosen, progress

        chosen, progress = eventloop.run(go())
        if progress.stopped:
            say_how_to_go_on(progress, chosen, self.accept_changes)
        return chosen


def open_speaker(choices: Choices, adapters: Sequence[Adapter]) -> Engine:
    """Whoever voices the agents, not greeted yet; says so where that takes seconds."""
    if choices.engine in ("embedded", "vllm"):
        out.print(f"opening the {choices.engine} engine")
    bounds = choices.bounds_for(adapters)
    return open_engine(choices.engine, choices.model, choices.servers, adapters, bounds)


def told_way(speaker: Engine, adapters: Sequence[Adapter], choices: Choices) -> Handover:
    """How requests are handed over to an open engine, and says so if it is a way of its own."""
    way = hand_over(speaker, adapters, choices)
    if told := way.words():
        out.print(told, markup=False)
    return way


class Stoppable(Protocol):
    """A run or a study."""

    progress: Progress

    def stop(self, why: str) -> None:
        """Lets nothing more go out."""
        ...


def mind_ctrl_c(running: Stoppable) -> None:
    """The first Ctrl-C stops between turns; the second at once, which loses nothing committed."""
    loop, run = asyncio.get_running_loop(), asyncio.current_task()
    assert run is not None

    def stop() -> None:
        if running.progress.stopped == CTRL_C:
            timer = threading.Timer(LAST_SECONDS, os._exit, [INTERRUPTED])
            timer.daemon = True  # only for an engine that cannot be closed
            timer.start()
            loop.remove_signal_handler(signal.SIGINT)
            run.cancel()
            return
        running.progress.stopped = ""  # a budget that is just ending does not matter any more
        running.stop(CTRL_C)
        if not out.is_terminal:  # where there is one, the live view says so
            errors.print(stopping(CTRL_C), markup=False)

    if threading.current_thread() is threading.main_thread():
        loop.add_signal_handler(signal.SIGINT, stop)


def say_how_to_go_on(progress: Progress, folder: Path, accept_changes: bool) -> NoReturn:
    """Tells the command that goes on, and ends with the exit code for why it stopped.

    Raises:
        typer.Exit: Always.
    """
    words = ["symposion", "resume", str(folder), *["--accept-changes"] * accept_changes]
    go_on = f"everything committed is kept. `{shlex.join(words)}` goes on"
    if progress.stopped == CTRL_C:
        errors.print(f"interrupted: {go_on}", markup=False)
        raise typer.Exit(INTERRUPTED)
    errors.print(f"stopped: {progress.stopped}; {go_on}", markup=False)
    raise typer.Exit(STOPPED)
