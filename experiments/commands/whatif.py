"""The branches that a scenario file asks for: each agent in turn is somebody else."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from rich.table import Table

from experiments.commands.choices import Choices
from experiments.commands.console import out
from experiments.commands.session import Session
from simulation.scenario import Scenario

Branches = Callable[[Scenario], Mapping[str, str]]
"""From the scenario to a swap for each seat, in the words of ``--swap``."""
FOLDER = "branches"
"""In the run's folder: a run for each seat."""


def carry_out_branches(session: Session, run: Path, swaps: Mapping[str, str]) -> dict[str, Path]:
    """Runs a branch for each seat; what the change cannot touch comes from the run's record.

    Args:
        session: In which the run was made.
        run: Its folder.
        swaps: By seat.

    Returns:
        The branches' folders, by seat.

    Raises:
        typer.Exit: A budget or Ctrl-C ended a branch before its end.
    """
    made = {}
    for seat, swap in swaps.items():
        out.print(f"branch: {swap}", markup=False)
        choices = replace(session.choices, swap=(*session.choices.swap, swap))
        scenario = Choices(swap=(swap,)).dressed(session.scenario)
        branch = replace(session, scenario=scenario, choices=choices, parent=run)
        made[seat] = branch.carry_out(run / FOLDER / seat)
    return made


def tell_worth(run: Path, branches: Mapping[str, Path]) -> None:
    """Ranks the seats, prints the ranking, and writes it into the run's folder with a picture."""
    from simulation.analysis.opinion import opinions
    from simulation.figures import picture
    from simulation.reading import read_run
    from simulation.report import FIGURES
    from simulation.whatif.figures import worths
    from simulation.whatif.worth import FILE, ranked, worth

    frames = read_run(run)
    facts = frames.facts
    others = {seat: opinions(read_run(folder).surveys) for seat, folder in branches.items()}
    found = worth(opinions(frames.surveys), others)
    found = found[found["question"] == facts.topic]
    ranking = ranked(found, facts.main_arm, facts.floor_arm)
    ranking.to_csv(run / FILE, index=False)
    (run / FIGURES).mkdir(exist_ok=True)
    for ending in ("png", "svg"):
        path = run / FIGURES / f"worth.{ending}"
        path.write_bytes(picture(worths(ranking, facts.labels), ending))
    table = Table("rank", "seat", "others moved", "floor", "excess", "their mean by")
    for row in ranking.to_dict("records"):
        figures = [f"{row[name]:+.3f}" for name in ("excess", "shift")]
        distances = [f"{row[name]:.3f}" for name in ("moved", "floor")]
        table.add_row(str(row["rank"]), str(row["seat"]), *distances, *figures)
    out.print(table)
    out.print(f"worth: {run / FILE}, {run / FIGURES / 'worth.png'}", markup=False)
