"""The report: one self-contained page a study, its figures beside it, no network anywhere."""

import base64
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from math import isnan
from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from personas.errors import InputError
from simulation import comparison, figures, page
from simulation.analysis.frames import RunFrames
from simulation.analysis.opinion import drift, order_consistency
from simulation.figures import Drawing
from simulation.page import Reading
from simulation.sociogram import figures as sociogram
from simulation.view import when

FIGURES = "figures"
"""Folder beside the page: each figure as PNG at 200 dots per inch and as SVG."""


@dataclass(frozen=True)
class Picture:
    """A figure on the page."""

    name: str
    """File name without its ending."""
    caption: str
    """Which run it shows; empty where there is only one."""
    svg: bytes
    png: bytes

    @property
    def source(self) -> str:
        """The picture itself as an address, so that the page needs no other file."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg).decode()


@dataclass(frozen=True)
class Section:
    """A heading, what to look for, and the same figure of every run."""

    anchor: str
    title: str
    words: str
    pictures: tuple[Picture, ...]


def write_report(runs: Sequence[RunFrames], out: Path) -> Path:
    """Writes the page `out`, and the folder ``figures`` beside it.

    Runs that differ in their seed alone count as replicates of one design; all others are set
    side by side.

    Args:
        runs: At least one.
        out: The page, such as ``report.html``; its folder is made if it is not there.

    Returns:
        The page.

    Raises:
        InputError: No runs, a run without survey answers, or a folder that cannot be written.
    """
    if not runs:
        raise InputError("a report needs at least one run, got 0")
    readings = page.read(runs)
    for reading in readings:
        if reading.opinions.empty:
            raise InputError(f"{reading.name} ({reading.facts.scenario}) has no survey answers yet")
    sections = _sections(readings)
    html = _render(readings, sections)
    try:
        for picture in chain.from_iterable(section.pictures for section in sections):
            _write(out.parent / FIGURES / f"{picture.name}.png", picture.png)
            _write(out.parent / FIGURES / f"{picture.name}.svg", picture.svg)
        # A lone surrogate in an utterance cannot be encoded: show it rather than fail.
        _write(out, html.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise InputError(f"report {out} cannot be written: {error.strerror}") from error
    return out


def _sections(readings: Sequence[Reading]) -> list[Section]:
    """Every figure of the page, in reading order."""
    reach = _reach(readings) if len(readings) > 1 else None

    floor = readings[0].view.floor

    def section(anchor: str, title: str, words: str, draw: Callable[[Reading], Drawing]) -> Section:
        pictures = tuple(_picture(anchor, reading, draw(reading), readings) for reading in readings)
        return Section(anchor, title, words, pictures)

    found = [
        section("population", "What happened", POPULATION_WORDS + FLOOR_WORDS[floor], _population),
        section("trajectories", "Each agent", TRAJECTORY_WORDS, _trajectories),
        section("drift", "Who moved", DRIFT_WORDS, lambda reading: _drifts(reading, reach)),
        section("network", "Who hears whom", NETWORK_WORDS, _network),
        section("consistency", "Consistency of the answers", CONSISTENCY_WORDS, _consistency),
    ]
    return found if len(readings) == 1 else [found[0], _comparison(readings), *found[1:]]


def _comparison(readings: Sequence[Reading]) -> Section:
    ends = {reading.name: _usable(reading) for reading in readings}
    pictures = (_drawn("comparison", "", figures.outcomes(ends, readings[0].view)),)
    words = (
        f"Where each agent stands after the talk, one mark a run. {comparison.contrast(readings)}"
    )
    return Section("comparison", "The runs compared", words, pictures)


def _usable(reading: Reading) -> pd.DataFrame:
    return reading.opinions[~reading.opinions["degenerate"]]


def _reach(readings: Sequence[Reading]) -> float:
    """The largest final drift of any agent in any run, so that all runs share an axis."""
    finals = [
        reading.view.finals(drift(reading.opinions), arm, "drift").abs().max()
        for reading in readings
        for arm in reading.view.arms
    ]
    return max((value for value in finals if not isnan(value)), default=0.0)


POPULATION_WORDS = (
    "Thin lines are agents, the thick line is their mean, the band one standard deviation over "
    "agents; the numbers are mean ± deviation, before → after."
)
FLOOR_WORDS = {
    "scrambled": " Beside it the noise floor: the same people under the same seed, talking as "
    "much about something else.",
    "silent": " Beside it the noise floor: the same people asked as often, while nobody speaks.",
    None: "",
}
TRAJECTORY_WORDS = (
    "The dark line is the talk, a broad grey line the noise floor. The dots show the opinion "
    "before and after: dark blue against, pale undecided, orange for. A gap is a degenerate answer."
)
DRIFT_WORDS = (
    "Opinion after minus opinion before: filled in the talk, open in the floor. The grey band is "
    "the mean absolute drift of the floor; what lies inside it may be noise."
)
NETWORK_WORDS = (
    "The social graph before and after the talk, coloured by opinion; a message is noticed more "
    "often over a thicker tie."
)
CONSISTENCY_WORDS = (
    "Every question is asked in both option orders. The bar is the share of an agent's surveys in "
    "the talk whose likeliest answer is the same in both."
)


def _population(reading: Reading) -> Drawing:
    return figures.population(reading.opinions, reading.view)


def _trajectories(reading: Reading) -> Drawing:
    return figures.trajectories(reading.opinions, reading.view)


def _drifts(reading: Reading, reach: float | None) -> Drawing:
    return figures.drifts(drift(reading.opinions), reading.view, reach=reach)


def _network(reading: Reading) -> Drawing:
    facts = reading.facts
    return sociogram.networks(reading.opinions, reading.view, facts.ties, directed=facts.directed)


def _consistency(reading: Reading) -> Drawing:
    agreed = order_consistency(reading.opinions, by=["arm", "question", "agent"])
    return figures.consistency(agreed, reading.view)


def _picture(anchor: str, reading: Reading, axes: Drawing, readings: Sequence[Reading]) -> Picture:
    if len(readings) == 1:
        return _drawn(anchor, "", axes)
    name = f"{reading.name.removeprefix('Run ').lower()}-{anchor}"
    return _drawn(name, f"{reading.name}, seed {reading.facts.seed}", axes)


def _drawn(name: str, caption: str, axes: Drawing) -> Picture:
    return Picture(
        name, caption, svg=figures.picture(axes, "svg"), png=figures.picture(axes, "png")
    )


def _render(readings: Sequence[Reading], sections: Sequence[Section]) -> str:
    rng = np.random.default_rng(readings[0].facts.seed)
    found = page.designs(readings, rng)
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = templates.get_template("report.js.jinja").render()
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    return templates.get_template("report.html.jinja").render(
        readings=readings,
        first=readings[0].facts,
        designs=found,
        sections=sections,
        casts=comparison.casts(readings),
        differences=comparison.differences(readings),
        limits=page.limits(readings, found),
        transcript=page.transcript,
        branch_lines=comparison.branch_lines,
        swap_lines=comparison.swap_lines,
        when=when,
        script=script,
        script_digest=digest,
    )


def _write(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
