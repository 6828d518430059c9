"""What stands around the figures: effects over the floor, design, transcripts, provenance."""

from collections.abc import Mapping, Sequence

from simulation.comparison import branch_lines, casts, swap_lines
from simulation.page import Design, Reading, transcript
from simulation.sections.section import Cell, Part, Piece, Section, Table, Words, table
from simulation.sections.writing import Origin, Transcript
from simulation.view import DASH, MINUS, when

EFFECTS_WORDS = (
    "Each measure at the end of the talk, the same under the control, and the difference. Opinions "
    f"run from {MINUS}1, strongly against, to +1, strongly for."
)


def effects(designs: Sequence[Design]) -> Section:
    """The measures of the population, a table a design."""
    parts = tuple(Part(design.caption, (_effects(design),)) for design in designs)
    return Section("effects", "Effects over the noise floor", EFFECTS_WORDS, parts)


def design(readings: Sequence[Reading]) -> Section:
    """Who takes part and as whom, in which arms, asked how often."""
    facts = readings[0].facts
    ties = "Ties are directed: an arrow points to the listener."
    words = (
        f"{len(facts.agents)} agents talk about {facts.topic}. Arms: {', '.join(facts.arms)}. "
        f"Everybody is asked in private before the talk and after it, {facts.waves} times in all. "
        f"{ties if facts.directed else 'Those who are tied hear each other.'}"
    )
    pieces: list[Piece] = [_casts(readings), *map(Words, branch_lines(readings))]
    for reading in readings:
        lines = swap_lines(reading)
        if lines:
            whose = f"{reading.name}: " if len(readings) > 1 else ""
            told = f"{whose}{' '.join(lines)} Dotted upright lines in the figures mark it."
            pieces.append(Words(told))
    return Section("design", "Design", words, (Part("", tuple(pieces)),))


def transcripts(readings: Sequence[Reading]) -> list[Transcript]:
    """Everything said, arm by arm."""
    found = []
    for reading in readings:
        for arm in reading.facts.arms:
            title = f"{reading.name}, {arm}" if len(readings) > 1 else arm
            found.append(Transcript(title, transcript(reading, arm)))
    return [one for one in found if one.lines]


def origins(readings: Sequence[Reading]) -> list[Origin]:
    """How each run was made, and how to make it again."""
    return [_origin(reading, several=len(readings) > 1) for reading in readings]


def _effects(design: Design) -> Table:
    floor, rows = design.view.floor, []
    others = list(dict.fromkeys(arm for effect in design.effects for arm in effect.others))
    for effect in design.effects:
        cells = [Cell(effect.measure, effect.meaning), Cell(effect.talk)]
        cells += [Cell(effect.others.get(arm, DASH)) for arm in others]
        if floor:
            note = "" if effect.interval.low is None else effect.interval.words
            cells += [Cell(effect.floor), Cell(effect.excess, note, strong=True)]
        rows.append(cells)
    head = ("measure", "talk", *others, *((floor, "excess") if floor else ()))
    interval = design.effects[0].interval
    words = interval.words if floor and interval.low is None else ""
    return table(head, rows, note=f"{words[:1].upper()}{words[1:]}." if words else "")


def _casts(readings: Sequence[Reading]) -> Table:
    rows = casts(readings)
    alike = len(rows[0].cells) == 1
    head = ["agent", *(["wears"] if alike else [f"wears in {one.name}" for one in readings])]
    marked = [place for place, row in enumerate(rows) if row.marked]
    cells = [(row.name, *row.cells) for row in rows]
    return table(head, cells, words=len(head), marked=marked)


def _origin(reading: Reading, *, several: bool) -> Origin:
    facts = reading.facts
    told = (
        ("seed", str(facts.seed)),
        ("model", listed(facts.model)),
        ("packages", listed(facts.packages)),
        ("machine", facts.machine),
        ("time", f"{when(facts.started)} to {when(facts.finished)}, {facts.seconds:.1f} s"),
    )
    return Origin(reading.name if several else "", facts.command, told)


def listed(entries: Mapping[str, str]) -> str:
    """Names and values in one line, by name."""
    return ", ".join(f"{name} {value}" for name, value in sorted(entries.items()))
