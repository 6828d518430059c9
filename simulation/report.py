"""The report: one self-contained page a study, its figures beside it, no network anywhere."""

import base64
import os
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from itertools import chain
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from personas.errors import InputError
from simulation import comparison, page
from simulation.analysis.frames import RunFrames
from simulation.page import Design, Reading
from simulation.sections import comparison as compared
from simulation.sections import (
    consistency,
    conversation,
    creativity,
    identification,
    opinions,
)
from simulation.sections.section import Section
from simulation.view import when

FIGURES = "figures"
"""Folder beside the page: each figure as PNG at 200 dots per inch and as SVG."""


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
    designs = page.designs(readings, np.random.default_rng(readings[0].facts.seed))
    sections = _sections(readings, designs)
    html = _render(readings, designs, sections)
    try:
        for picture in chain.from_iterable(section.pictures for section in sections):
            _write(out.parent / FIGURES / f"{picture.name}.png", picture.png)
            _write(out.parent / FIGURES / f"{picture.name}.svg", picture.svg)
        # A lone surrogate in an utterance cannot be encoded: show it rather than fail.
        _write(out, html.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise InputError(f"report {out} cannot be written: {error.strerror}") from error
    return out


def _sections(readings: Sequence[Reading], designs: Sequence[Design]) -> list[Section]:
    """Every section of the page that holds figures, in reading order."""
    rng = np.random.default_rng(readings[0].facts.seed)
    found = [
        opinions.population(readings),
        compared.section(readings) if len(readings) > 1 else None,
        opinions.divided(designs, rng),
        opinions.trajectories(readings),
        opinions.drifts(readings),
        opinions.network(readings),
        consistency.section(designs, rng),
        identification.section(designs, rng),
        creativity.section(designs, rng),
        conversation.section(designs, rng),
    ]
    return [section for section in found if section is not None]


def _render(
    readings: Sequence[Reading], designs: Sequence[Design], sections: Sequence[Section]
) -> str:
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
        designs=designs,
        sections=sections,
        casts=comparison.casts(readings),
        limits=page.limits(readings, designs),
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
