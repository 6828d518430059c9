"""Runs a study: all its runs in one event loop over one engine, the earliest first.

Each run has a folder and a record of its own, which is its checkpoint; a study that was interrupted
goes on with what its runs' records hold. Only as many runs are open at a time as it takes to keep
the engine busy.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agents import eventloop
from personas.model import Model
from simulation.budget import Budget
from simulation.desk import Desk
from simulation.origin import Origin
from simulation.progress import Progress
from simulation.record import FILE
from simulation.recordfile import lock_folder
from simulation.run import rare_collections, read_manifest_of, simulate
from simulation.scenario import Scenario
from simulation.sharing import Gate
from simulation.studyplan import PlannedRun, Recipe, StudyPlan, describe_study, write_down

RUNS_OPEN = 16  # at most: bounds memory
STEPS_TO_GATE = 3  # of the event loop, until what is due in a new run stands before the gate
SUMMED = (
    "turns", "answers", "old_turns", "old_answers", "from_record", "new_tokens", "written",
    "prompt_tokens",
)  # fmt: skip
"""What of several runs' progress adds up."""


@dataclass(slots=True)
class Sweep:
    """How far a study is, and the way to stop it."""

    runs: int
    """All that are planned."""
    done: int = 0
    """Runs that have finished, earlier sessions' included."""
    progress: Progress = field(default_factory=Progress)
    """Summed over the runs of this session; its `stopped` says why the study stopped."""
    _desks: dict[str, Desk] = field(default_factory=dict)
    _closed: list[Progress] = field(default_factory=list)

    def stop(self, why: str) -> None:
        """Lets nothing more go out; what is in flight is still awaited and kept."""
        self.progress.stopped = self.progress.stopped or why
        for desk in self._desks.values():
            desk.stop(why)

    def skipped(self, turns: int, answers: int) -> None:
        """Counts what earlier sessions have finished."""
        earlier = Progress(turns=turns, answers=answers, old_turns=turns, old_answers=answers)
        self._closed.append(earlier)
        self.count()

    def opened(self, name: str, desk: Desk) -> None:
        """Takes note of a run that begins, or goes on."""
        self._desks[name] = desk
        if self.progress.stopped:
            desk.stop(self.progress.stopped)

    def closed(self, name: str, progress: Progress) -> None:
        """Takes note of a run that has ended."""
        if self._desks.pop(name, None) is not None:
            self._closed = [_summed([*self._closed, progress])]
        self.done += not progress.stopped

    def count(self) -> None:
        """Sums up."""
        open_now = [desk.progress for desk in self._desks.values()]
        total = _summed([*self._closed, *open_now])
        for name in SUMMED:
            setattr(self.progress, name, getattr(total, name))
        self.progress.speaker = next((p.speaker for p in open_now if p.speaker), "")


def run_study(
    plan: StudyPlan,
    scenario: Callable[..., Scenario],
    model: Model,
    folder: Path,
    *,
    first_seed: int = 1,
    **arguments: object,
) -> Sweep:
    """A study for scripts and notebooks without an event loop of their own.

    Args:
        plan: What is varied, and how often each cell is run.
        scenario: A scenario function, such as `experiments.town_hall.scenario`.
        model: Who voices the agents in all runs.
        folder: Of the study; the same call goes on with what is there.
        first_seed: The others follow.
        arguments: Of the scenario, the same in all runs.
    """
    recipe = Recipe(scenario, arguments)
    runs = plan.runs(first_seed)
    write_down(folder, describe_study(plan, runs, recipe))
    return eventloop.run(sweep(runs, recipe.build, model, folder))


async def sweep(
    runs: Sequence[PlannedRun],
    build: Callable[[PlannedRun], Scenario],
    model: Model,
    folder: Path,
    *,
    state: Sweep | None = None,
    origin: Callable[[PlannedRun], Origin] = lambda _: Origin(),
    observe: Callable[[Sweep], None] = lambda _: None,
    in_flight: int = 256,
    runs_open: int = RUNS_OPEN,
    budget: Budget = Budget(),
    accept_changes: bool = False,
    begun: Callable[[Sweep], None] = lambda _: None,
) -> Sweep:
    """Makes all runs of a study, or goes on with those that are not finished.

    Args:
        runs: In the order in which they are to be done.
        build: Makes a run's scenario, when it is its turn.
        model: Who voices the agents.
        folder: Of the study; each run's folder is in it, under the run's name.
        state: Is kept up to date; a new one by default.
        origin: How each scenario was asked for.
        observe: Called after every commit of any run.
        in_flight: Most requests at the engine at once, of all runs together.
        runs_open: Most runs open at a time.
        budget: For the whole study, this session.
        accept_changes: See `simulation.run.simulate`.
        begun: Handed the sweep, whose `stop` ends the study cleanly.

    Raises:
        InputError: A scenario does not fit the model, or a folder holds another run.
        EngineError: The model failed; what was committed is kept.
        RecordError: A record is damaged, in use, or cannot be written.
    """
    state = state or Sweep(len(runs))
    gate = Gate(model, in_flight, budget, state.stop)
    changed = asyncio.Event()

    def see(_: Progress) -> None:
        state.count()
        state.progress.in_flight = gate.at_engine
        observe(state)
        changed.set()

    async def make(place: int, run: PlannedRun) -> None:
        progress = await simulate(
            build(run), gate.view(place), folder / run.name, origin=origin(run), observe=see,
            in_flight=in_flight, accept_changes=accept_changes,
            begun=lambda desk: state.opened(run.name, desk),
        )  # fmt: skip
        state.closed(run.name, progress)
        see(progress)

    with lock_folder(folder), rare_collections():
        left = [(place, run) for place, run in enumerate(runs) if not is_done(folder / run.name)]
        state.done = len(runs) - len(left)
        begun(state)
        with _alarm(budget.hours, state):
            await _make_all(
                deque(left), make, state, changed, runs_open,
                wanting=lambda: gate.replies_asked < in_flight,
            )  # fmt: skip
        return state


def is_done(folder: Path) -> bool:
    """Whether a run has finished."""
    return (folder / FILE).is_file() and "finished" in read_manifest_of(folder)


async def _make_all(
    left: deque[tuple[int, PlannedRun]],
    make: Callable[[int, PlannedRun], Coroutine[None, None, None]],
    state: Sweep,
    changed: asyncio.Event,
    runs_open: int,
    wanting: Callable[[], bool],
) -> None:
    """Opens runs in their order, one more whenever the engine could take more.

    Args:
        left: Runs to be made.
        make: Makes one.
        state: Is told when something fails.
        changed: Set at every commit.
        runs_open: Most runs open at a time.
        wanting: Whether the engine could take more replies. Scores do not count: they pile up
            while there are replies, and would keep further runs closed.
    """
    tasks: set[asyncio.Task[None]] = set()
    failure: BaseException | None = None
    try:
        while tasks or (left and not state.progress.stopped):
            changed.clear()
            failure = failure or _taken_leave(tasks)
            if failure:
                state.stop("a run failed")
            if left and not state.progress.stopped and len(tasks) < runs_open and wanting():
                task = asyncio.create_task(make(*left.popleft()))
                task.add_done_callback(lambda _: changed.set())
                tasks.add(task)
                for _ in range(STEPS_TO_GATE):
                    await asyncio.sleep(0)
            elif tasks:
                await changed.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if failure:
        raise failure


def _taken_leave(tasks: set[asyncio.Task[None]]) -> BaseException | None:
    """Removes those that are done; gives the failure of one, if there is any."""
    done = {task for task in tasks if task.done()}
    tasks -= done
    errors = [task.exception() for task in done]
    return next((error for error in errors if error), None)


@contextmanager
def _alarm(hours: float | None, state: Sweep) -> Iterator[None]:
    """Stops the study when its time is over."""
    if hours is None:
        yield
        return
    loop, late = asyncio.get_running_loop(), f"the time of {hours:g} hours is over"
    timer = loop.call_later(3600 * hours, state.stop, late)
    try:
        yield
    finally:
        timer.cancel()


def _summed(parts: Iterable[Progress]) -> Progress:
    total = Progress()
    for part in parts:
        for name in SUMMED:
            setattr(total, name, getattr(total, name) + getattr(part, name))
    return total
