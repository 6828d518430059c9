"""The instruments against what the wind tunnel's grammar knows to be true.

    OMP_NUM_THREADS=1 python -m bench.calibration --write docs/calibration.md

Some minutes on one core. Without `--write`, the page is printed and no picture drawn.
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.calibration import parts
from bench.calibration.part import Part, summary

PICTURE = "calibration_opinions.png"


def main() -> None:
    """Tries every instrument and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="the page; pictures go beside it")
    parser.add_argument("--people", type=int, default=32, help="strangers who are asked")
    parser.add_argument("--topics", type=int, default=3, help="talks of each person")
    parser.add_argument("--talks", type=int, default=60, help="talks with planted lines")
    parser.add_argument("--experiments", type=int, default=2000, help="without any effect")
    parser.add_argument("--only", nargs="*", default=[], help="parts, by their names")
    chosen = parser.parse_args()
    picture = chosen.write.with_name(PICTURE) if chosen.write else None
    ways: dict[str, Callable[[], Part]] = {
        "opinions": lambda: asyncio.run(parts.opinions_part(chosen.people, chosen.topics, picture)),
        "openness": parts.openness_part,
        "alarms": lambda: parts.alarms_part(chosen.experiments),
        "contradictions": lambda: parts.contradictions_part(chosen.talks),
        "ideas": lambda: parts.ideas_part(chosen.talks),
    }
    found = tuple(timed(way) for name, way in ways.items() if name in (chosen.only or ways))
    text = page(found)
    if chosen.write is None:
        print(text)
    else:
        chosen.write.write_text(text, encoding="utf-8")
        print(summary(found))


def timed(way: Callable[[], Part]) -> Part:
    """A part, and how long it took."""
    began = time.perf_counter()
    return replace(way(), seconds=time.perf_counter() - began)


def page(found: tuple[Part, ...]) -> str:
    """Everything as Markdown."""
    seconds = ", ".join(f"{part.title.lower()} {part.seconds:.0f} s" for part in found)
    head = (
        "# Calibration\n\n"
        "Written by `python -m bench.calibration --write docs/calibration.md`: every instrument "
        "against what the wind tunnel's grammar knows to be true. It says how well they read *this "
        "town*; nothing here is about people, or about another model.\n\n"
    )
    bodies = "\n".join(part.markdown() for part in found)
    return f"{head}{summary(found)}\nIt took: {seconds}.\n\n{bodies}"


if __name__ == "__main__":
    main()
