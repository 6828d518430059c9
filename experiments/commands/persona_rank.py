"""`symposion persona rank`: somebody ranks what the arms of an examination answered."""

import getpass
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Annotated

import typer
from rich.table import Table

from experiments.commands.chat_screen import Screen
from experiments.commands.console import clear_errors, out
from personas.errors import InputError
from personas.examination.answers import EVERY_STAGE, Answer
from personas.examination.human_ranking import Ranking, Sheet, agreement, points, ranked, sheets
from personas.examination.intervals import figures
from personas.examination.results import ANSWERS, read_told
from personas.jsonlines import Log, read_records

RANKINGS = "rankings-{rater}.jsonl"
"""File of a rater, in the examination's folder; only appended to."""
HELP = "letters, the best first, = between equals, as in 'b a=c'; empty to pass, :quit to end"


def rank(
    folder: Annotated[Path, typer.Argument(help="A finished examination.")],
    rater: Annotated[
        str | None, typer.Option(help="Who ranks.", show_default="the user's name")
    ] = None,
    count: Annotated[int, typer.Option(help="Questions in this sitting.", min=1)] = 20,
) -> None:
    """Shows answers of all arms unlabelled and shuffled, takes your ranking, and counts.

    The same call goes on after the last question; everybody's rankings are counted together, and
    compared with the judge's.
    """
    with clear_errors():
        read_told(folder)  # says what to do where there is none
        name = rater or getpass.getuser()
        if not re.fullmatch(r"[\w-]+", name):
            raise InputError(f"rater must be letters, digits, - and _, got {name!r}")
        answers = list(read_records(folder / ANSWERS, Answer))
        with Log(folder / RANKINGS.format(rater=name), Ranking) as log:
            _sit(sheets(answers, name), log, name, count)
        everybody = [
            one
            for path in sorted(folder.glob(RANKINGS.format(rater="*")))
            for one in read_records(path, Ranking)
        ]
        _show(everybody, answers)


def _sit(shown: Sequence[Sheet], log: Log[Ranking], rater: str, count: int) -> None:
    """Puts questions that the rater has not seen yet."""
    screen = Screen()
    done = {(one.stage, one.seed, one.question) for one in log.records}
    new = [one for one in shown if (one.stage, one.seed, one.question) not in done][:count]
    screen.say(HELP if new else "there is no question left that arms answer differently")
    for number, sheet in enumerate(new, start=1):
        screen.say("", f"{number} of {len(new)}: {sheet.user}")
        screen.say(*([f"   right: {sheet.reference}"] if sheet.reference else []))
        screen.say(*(f"{a}: {text}" for a, text in zip(sheet.letters, sheet.answers, strict=True)))
        try:
            found = _asked(screen, sheet, rater)
        except EOFError:
            return
        if found is not None:
            log.append(found)


def _asked(screen: Screen, sheet: Sheet, rater: str) -> Ranking | None:
    """A ranking, or None to pass; asks again where it cannot be read.

    Raises:
        EOFError: The rater has enough.
    """
    while True:
        words = screen.read("best first> ").strip()
        if words == ":quit":
            raise EOFError
        if not words:
            return None
        try:
            return ranked(sheet, words, rater)
        except InputError as error:
            screen.say(str(error))


def _show(rankings: Sequence[Ranking], answers: Sequence[Answer]) -> None:
    """Mean standing of each arm, and how far judge and people agree."""
    if not rankings:
        return
    raters = sorted({one.rater for one in rankings})
    found = figures(points(rankings))
    wide = [one for one in found if one.stage == EVERY_STAGE] or found
    table = Table("arm", "standing, by people", "95 % interval", "rankings", box=None)
    for one in sorted(wide, key=lambda figure: -figure.value):
        interval = f"{one.low:.2f} to {one.high:.2f}" if one.low <= one.high else "none"
        table.add_row(one.arm, f"{one.value:.2f}", interval, str(one.items))
    out.print()
    out.print(table)
    taus = agreement(rankings, answers)
    told = f"{fmean(taus):.2f} over {len(taus)} rankings" if taus else "none: too few in any order"
    out.print(f"{len(raters)} raters; Kendall's tau-b with the judge: {told}", markup=False)
