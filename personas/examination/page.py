"""The report card of an examination: ``card.json``, and one page that holds everything it shows."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import cast

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from personas.adapter import CARD, CONFIG, WEIGHTS
from personas.examination import figures as draw
from personas.examination.answers import EVERY_STAGE, Answer, of_part
from personas.examination.meanings import GROUPS, ORDER, meaning
from personas.examination.results import ANSWERS, read_differences, read_figures, read_told
from personas.jsonlines import read_records

JSON, PAGE = "card.json", "card.html"
LOSS_CURVE = "loss.svg"
"""What training draws beside an adapter."""
SAMPLES = 6
"""Answers shown side by side."""

Told = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table."""

    name: str
    note: str
    cells: tuple[tuple[str, str], ...]
    """Value and interval, by column."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture on the page."""

    title: str
    source: str
    """As a data address: the page needs no other file."""


@dataclass(frozen=True, slots=True)
class Worn:
    """An adapter that was examined."""

    arm: str
    stage: str
    fingerprint: str
    folder: str
    bytes: int
    """Of its weights; 0 where the folder is gone."""
    rank: int
    card: Told
    """What training says of it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One question and what every arm answered."""

    stage: str
    user: str
    reference: str
    answers: tuple[tuple[str, str], ...]


def write_card(folder: Path) -> tuple[Path, Path]:
    """Writes both files into the folder of a finished examination.

    Args:
        folder: As `symposion persona examine` left it.

    Returns:
        Paths of ``card.json`` and of the page.

    Raises:
        InputError: The folder holds no finished examination, or a damaged file.
    """
    told, table = read_told(folder), read_figures(folder)
    differences = read_differences(folder)
    worn = tuple(_worn(told))
    paths = folder / JSON, folder / PAGE
    content = {
        **told,
        "adapters": [_as_json(one) for one in worn],
        "figures": _records(table),
        "differences": _records(differences),
    }
    paths[0].write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    samples = tuple(_samples(list(read_records(folder / ANSWERS, Answer))))
    paths[1].write_text(_page(told, table, differences, worn, samples), "utf-8")
    return paths


def _page(
    told: Told,
    table: pd.DataFrame,
    differences: pd.DataFrame,
    worn: Sequence[Worn],
    samples: Sequence[Sample],
) -> str:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    stages = _stages(table)
    return templates.get_template("card.html.jinja").render(
        told=told,
        arms=list(dict.fromkeys(table["arm"])),
        tables=[(stage, list(_rows(table, stage))) for stage in stages],
        differences=list(_difference_rows(differences, stages[0])),
        pictures=list(_pictures(table, stages, cast("Told", told.get("traits", {})))),
        curves=list(_curves(worn)),
        worn=worn,
        samples=samples,
        pretty=lambda content: json.dumps(content, indent=1, ensure_ascii=False),
    )


def _stages(table: pd.DataFrame) -> list[str]:
    """All of them together first, where there are several."""
    found = list(dict.fromkeys(table["stage"]))
    return sorted(found, key=lambda stage: stage != EVERY_STAGE)


def _rows(table: pd.DataFrame, stage: str) -> Iterator[Row]:
    """Measures in the order of their groups, an arm a column."""
    here = table[table["stage"] == stage]
    arms = list(dict.fromkeys(table["arm"]))
    for measure in _ordered(here["measure"]):
        mine = here[here["measure"] == measure].set_index("arm")
        cells = tuple(_cell(mine, arm) for arm in arms)
        yield Row(measure, meaning(measure), cells)


def _difference_rows(differences: pd.DataFrame, stage: str) -> Iterator[tuple[str, str, list[Row]]]:
    """For each pair of arms, what differs beyond its interval."""
    here = differences[differences["stage"] == stage]
    clear = here[(here["low"] > 0) | (here["high"] < 0)]
    for arm, against in dict.fromkeys(zip(here["arm"], here["against"], strict=True)):
        mine = clear[(clear["arm"] == arm) & (clear["against"] == against)]
        mine = mine.set_index("measure")
        rows = [Row(one, "", (_cell(mine, one, signed=True),)) for one in _ordered(mine.index)]
        yield arm, against, rows


def _ordered(measures: "pd.Series[str] | pd.Index[str]") -> list[str]:
    """In the order of tables."""
    found = list(dict.fromkeys(measures))
    return sorted(found, key=lambda one: ORDER.index(one) if one in ORDER else len(ORDER))


def _cell(rows: pd.DataFrame, name: str, signed: bool = False) -> tuple[str, str]:
    """A value and its interval, as printed."""
    if name not in rows.index:
        return "", ""
    value, low, high = (rows[column].astype(float)[name] for column in ("value", "low", "high"))
    words = "" if isnan(low) else f"{_printed(low, signed)} to {_printed(high, signed)}"
    return _printed(value, signed), words


def _printed(value: float, signed: bool) -> str:
    """Two digits; nothing is printed as minus zero."""
    value = round(value, 2) + 0.0
    return f"{value:{'+' if signed else ''}.2f}".replace("-", draw.MINUS)


def _pictures(table: pd.DataFrame, stages: Sequence[str], truth: Told) -> Iterator[Picture]:
    """Groups of measures over all stages, then traits by stage."""
    here = table[table["stage"] == stages[0]]
    for group in GROUPS:
        panels = draw.dots(here, dict.fromkeys(group.measures, group.ends))
        if panels:
            yield Picture(group.title, _address(draw.drawn(panels[0])))
    for stage in stages:
        if stage == EVERY_STAGE:
            continue
        mine = table[table["stage"] == stage]
        for scale in _scales(mine):
            axes = draw.traits(mine, scale, cast("dict[str, float]", truth.get(stage, {})))
            if axes is not None:
                yield Picture(f"{scale}, {stage}", _address(draw.drawn(axes)))


def _scales(table: pd.DataFrame) -> list[str]:
    """Names of personality scales: those whose order consistency was measured."""
    ending = ", order consistency"
    found = dict.fromkeys(one for one in table["measure"] if one.endswith(ending))
    return [one.removesuffix(ending) for one in found]


def _curves(worn: Sequence[Worn]) -> Iterator[Picture]:
    """What training drew, where it did."""
    for one in worn:
        path = Path(one.folder) / LOSS_CURVE
        if path.is_file():
            yield Picture(f"{one.arm}, {one.stage}", _address(path.read_bytes()))


def _address(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def _worn(told: Told) -> Iterator[Worn]:
    """The adapters of the arms, with what their folders say."""
    for arm in cast("list[dict[str, object]]", told["arms"]):
        adapters = cast("dict[str, dict[str, str]]", arm["adapters"])
        for stage, one in adapters.items():
            folder = Path(one["folder"])
            weights = folder / WEIGHTS
            yield Worn(
                str(arm["name"]), stage, one["fingerprint"], one["folder"],
                weights.stat().st_size if weights.is_file() else 0,
                int(str(_json(folder / CONFIG).get("r", 0))), _json(folder / CARD),
            )  # fmt: skip


def _json(path: Path) -> dict[str, object]:
    """An object from a file; empty where there is none, as for an adapter from elsewhere."""
    if not path.is_file():
        return {}
    found = json.loads(path.read_text("utf-8"))
    return found if isinstance(found, dict) else {}


def _as_json(one: Worn) -> dict[str, object]:
    names = ("arm", "stage", "fingerprint", "folder", "bytes", "rank", "card")
    return {name: getattr(one, name) for name in names}


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    """Rows for JSON, which knows no nan."""
    rows = cast("list[dict[str, object]]", table.to_dict("records"))
    return [
        {name: None if isinstance(v, float) and isnan(v) else v for name, v in row.items()}
        for row in rows
    ]


def _samples(answers: Sequence[Answer]) -> Iterator[Sample]:
    """A few first turns of different patterns and stages, under the first seed."""
    first = [one for one in of_part(answers, "test") if not one.turn]
    first = [one for one in first if one.seed == min(found.seed for found in first)]
    arms = list(dict.fromkeys(one.arm for one in first))
    kinds: dict[tuple[str, str], list[str]] = {}
    for one in first:
        kinds.setdefault((one.kind, one.stage), []).append(one.question)
    for (_, stage), questions in list(kinds.items())[:SAMPLES]:
        asked = {one.arm: one for one in first if one.question == questions[0]}
        one = next(iter(asked.values()))
        said = tuple((arm, asked[arm].text) for arm in arms if arm in asked)
        yield Sample(stage, one.user, one.reference, said)
