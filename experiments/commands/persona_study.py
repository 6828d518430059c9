"""`symposion persona build`, `ablate`, `table`: whole ways at one go, and what comes of several."""

import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from agents.engines.catalogue import WIND_TUNNEL
from experiments.commands.console import clear_errors, out
from experiments.commands.persona_data import data as write_data
from experiments.commands.persona_exam import card, exam_folder, examine
from experiments.commands.persona_train import train_stages
from personas.datafolder import MIX
from personas.errors import InputError
from personas.examination.pooling import pool, read_examinations
from personas.persllm.parts import ABLATIONS, without
from personas.persllm.presets import Preset, changed, preset_for
from personas.persona import LIBRARY, Persona, find_persona, library, load_persona
from personas.recipe import DataRecipe

RESUME = "The same command goes on."
WHOLE = "whole method"
"""Arm of a study of ablations from which nothing is left out."""
ALL_ARMS = ("base", "prompt", "few-shot", "annotator")

Names = Annotated[
    list[str] | None, typer.Argument(help="Names in the library, or folders.", show_default=False)
]
Items = Annotated[int, typer.Option(help="Items a stage, where there is no data set yet.")]
Seed = Annotated[int, typer.Option(help="Of training; each has an examination of its own.")]
Model = Annotated[Path, typer.Option(help="Folder of the base model.", show_default=False)]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Another number than the preset's. Repeatable."
    ),
]
Arms = Annotated[
    list[str] | None,
    typer.Option(
        "--arm",
        help=f"Arms beside those in the weights, repeatable: {', '.join(ALL_ARMS)}, or none.",
        show_default="all",
    ),
]


def build(
    names: Names = None,
    everybody: Annotated[
        bool, typer.Option("--library", help="Everybody who ships; a card for each.")
    ] = False,
    items: Items = DataRecipe().items,
    seed: Seed = 0,
    model: Model = WIND_TUNNEL,
    change: Changes = None,
    arm: Arms = None,
) -> None:
    """From raw text to a report card at one go: data, train, examine, card; goes on where it was.

    A data set that is there is taken as it is. Those who ship are examined with the adapters that
    they ship with, and never trained. Several personas end in one table.
    """
    with clear_errors(resume=RESUME):
        chosen = [*(names or ()), *(library() if everybody else ())]
        if not chosen:
            raise InputError("build needs a persona: name one, or everybody who ships by --library")
        preset = changed(preset_for(model), change or ())
        examined = [_build(name, items, seed, model, preset, arm) for name in chosen]
        if len(examined) > 1:
            _show(pool(read_examinations(examined)))
        out.print(f"\n{len(examined)} report cards:", markup=False)
        for folder in examined:
            out.print(f"  {folder / 'card.html'}", markup=False)


def ablate(
    name: Annotated[str, typer.Argument(help="Name in the library, or a folder.")],
    part: Annotated[
        list[str] | None,
        typer.Option(
            help=f"What is left out, one at a time, repeatable: {', '.join(ABLATIONS)}.",
            show_default="each",
        ),
    ] = None,
    items: Items = DataRecipe().items,
    seed: Seed = 0,
    model: Model = WIND_TUNNEL,
    change: Changes = None,
) -> None:
    """Trains a persona with and without parts of the method, and examines all side by side."""
    with clear_errors(resume=RESUME):
        persona = load_persona(find_persona(name).resolve())
        _refuse_shipped(persona)
        preset, parts = changed(preset_for(model), change or ()), part or list(ABLATIONS)
        arms = {WHOLE: preset} | {
            f"without {one}": replace(preset, parts=without(preset.parts, [one])) for one in parts
        }
        data, words = _data(persona, name, items), []
        for arm, one in arms.items():
            place = _training(persona) if arm == WHOLE else _training(persona) / _slug(arm)
            with _timed(f"{persona.key}, {arm}"):
                trained = train_stages(persona, persona.stages, data, model, one, seed, None, place)
            words += [f"{arm}@{stage}={folder}" for stage, folder in trained.items()]
        folder = _seeded(Path("runs") / f"ablations-{persona.key}", seed)
        examine(name, adapter=words, arm=["annotator"], data=data, model=model, to=folder)
        card(name, folder)


def table(
    folders: Annotated[list[Path], typer.Argument(help="Finished examinations.")],
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Writes the table there.")
    ] = None,
) -> None:
    """Figures of several examinations over personas: mean, 95 % interval, least and most."""
    with clear_errors():
        pooled = pool(read_examinations(folders))
        if csv:
            pooled.to_csv(csv, index=False)
        _show(pooled)


def _build(
    name: str, items: int, seed: int, model: Path, preset: Preset, arm: list[str] | None
) -> Path:
    """One persona, all the way; gives the examination's folder."""
    persona = load_persona(find_persona(name).resolve())
    data = _data(persona, name, items)
    if not _ships(persona):
        with _timed(f"{persona.key}, training"):
            train_stages(
                persona, persona.stages, data, model, preset, seed, None, _training(persona)
            )
    folder = _seeded(exam_folder(name), seed)
    with _timed(f"{persona.key}, examination"):
        examine(name, arm=arm, data=data, model=model, to=folder)
    card(name, folder)
    return folder


def _data(persona: Persona, name: str, items: int) -> Path:
    """The persona's data set, written by the town's grammar where there is none."""
    folder = Path("runs") / f"data-{persona.key}"
    if not (folder / MIX).is_file():
        with _timed(f"{persona.key}, data"):
            write_data(name, items=items, to=folder)
    return folder


def _ships(persona: Persona) -> bool:
    return persona.folder.parent == LIBRARY.resolve()


def _refuse_shipped(persona: Persona) -> None:
    if _ships(persona):
        raise InputError(
            f"{persona.key} ships with adapters that training would stand beside; copy the folder "
            f"({shlex.quote(str(persona.folder))}) and name the copy"
        )


def _training(persona: Persona) -> Path:
    return Path("runs") / f"train-{persona.key}"


def _seeded(folder: Path, seed: int) -> Path:
    """The folder of a seed; the first one's has no number."""
    return folder.with_name(f"{folder.name}-{seed}") if seed else folder


def _slug(arm: str) -> str:
    return arm.replace(" ", "-")


@contextmanager
def _timed(step: str) -> Iterator[None]:
    """Says how long a step took."""
    began = time.monotonic()
    out.rule(step, align="left")
    yield
    out.print(f"{step}: {time.monotonic() - began:.0f} s", markup=False)


def _show(pooled: pd.DataFrame) -> None:
    """An arm a column, with the interval, the worst and the best persona below each other."""
    arms: Sequence[str] = list(dict.fromkeys(pooled["arm"]))
    shown = Table("measure", *arms, box=None)
    for measure, rows in pooled.groupby("measure", sort=False):
        here = rows.set_index("arm")
        shown.add_row(str(measure), *(_cell(here, arm) for arm in arms))
    out.print(shown)


def _cell(rows: pd.DataFrame, arm: str) -> str:
    """Mean and interval, and below them the least and the most of a persona."""
    if arm not in rows.index:
        return ""
    value, low, high, least, most = (
        rows[name].astype(float)[arm] for name in ("value", "low", "high", "least", "most")
    )
    middle = "" if isnan(low) else f" \\[{low:.2f}, {high:.2f}]"
    return f"{value:.2f}{middle}\n{least:.2f} to {most:.2f}"
