"""The paper's two claims, consistency within and creativity among, each as one figure.

symposion sweep opinion_consistency --out studies/consistency
symposion sweep collaborative_creativity --out studies/creativity
python -m bench.claims studies/consistency studies/creativity --write docs/claims.md
"""

import argparse
from pathlib import Path

import pandas as pd

from bench.calibration.part import table
from bench.claims import figures
from bench.claims.measures import PRIVATE, of_study, over_seeds
from simulation.study import load_study

PEOPLE = {"ilse": "Ilse (firm)", "harun": "Harun (middle)", "bruno": "Bruno (open)"}
SIZES = {"2": "pairs", "4": "groups of four"}
READ = """\
How to read it: three people who are as strongly for a proposal are pressed for twenty rounds by
one who is firmly against it. The town's law lets the open one be moved and not the firm one, so a
line at the top is right for the first and no virtue of the last. For ideas, 1 is what the same
people have alone, at equal words. With few runs an interval spans about all of them, by design.
"""
HEADINGS = {
    "measure": "measure",
    "cell": "who",
    "arm": "arm",
    "runs": "runs",
    "mean": "mean",
    "low": "from",
    "high": "to",
}


def main() -> None:
    """Reads both studies, draws and tells."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("consistency", type=Path, help="folder of the study")
    parser.add_argument("creativity", type=Path, help="folder of the study")
    parser.add_argument("--write", type=Path, required=True, help="the page; pictures beside it")
    chosen = parser.parse_args()
    within = over_seeds(of_study(load_study(chosen.consistency), "consistency"))
    among = over_seeds(of_study(load_study(chosen.creativity), "creativity"))
    pictures = {
        "claim_consistency": figures.consistency(within, PEOPLE),
        "claim_creativity": figures.creativity(among, SIZES),
    }
    for name, figure in pictures.items():
        figure.savefig(chosen.write.with_name(f"{name}.png"), dpi=130)
    chosen.write.write_text(page(within, among), encoding="utf-8")
    print(tables(within, among))


def tables(within: pd.DataFrame, among: pd.DataFrame) -> str:
    """Everything that the figures show, in numbers."""
    private = within[within["measure"] == PRIVATE]
    ends = private[private["wave"].isin([0, private["wave"].max()])]
    ends = ends.assign(measure=PRIVATE + ", round " + ends["wave"].astype(str))
    rows = pd.concat([within[within["measure"] != PRIVATE], ends, among])
    return table(rows, HEADINGS)


def page(within: pd.DataFrame, among: pd.DataFrame) -> str:
    """Figures and numbers as Markdown."""
    lines = [line.strip() for line in __doc__.splitlines()[2:] if line.strip()]
    return "\n".join([
        "# The paper's two claims on the wind tunnel\n",
        "```", *lines, "```\n",
        "Means over seeds, 95 % intervals from means of subsets; arms are paired by seed.\n",
        "![Consistency within](claim_consistency.png)\n",
        "![Creativity among](claim_creativity.png)\n",
        READ,
        tables(within, among),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
