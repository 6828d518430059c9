"""Can it be told from the text alone who spoke, and at which stage of life?"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from simulation.analysis.identification import identification, identify, shuffled_accuracies
from simulation.arms import ARMS
from simulation.page import Design
from simulation.sections.figures import shuffles
from simulation.sections.measures import printed
from simulation.sections.section import Part, Piece, Section, Words, drawn, table
from simulation.view import DASH

PERMUTATIONS = 39
"""Shufflings: the fewest by which a guess can be below one in forty. Each learns anew."""
MOST_FOLDS = 5
LEAST_TEXTS = 5
"""Of a label, below which nothing can be learnt of it."""

WORDS = (
    "A classifier learns who says what from some of the talk and guesses the speaker of the rest, "
    "with all names hidden. Grey dots show the same with shuffled labels: where the black dot lies "
    "beyond them, a persona, or a stage of its life, can be recognised by its words."
)


def section(designs: Sequence[Design], rng: np.random.Generator) -> Section:
    """Recognition of persona and stage against the shuffled null."""
    parts = tuple(Part(design.caption, tuple(_pieces(design, rng))) for design in designs)
    return Section("identification", "Can they be told apart?", WORDS, parts)


def texts_of(design: Design) -> pd.DataFrame:
    """All turns of a design's runs, with who wore what, and the group that is never split.

    Returns:
        Columns ``text``, ``persona`` and ``stage`` (empty for the bare base), ``group``. A group
        is an arm of a run; a single arm of a single run is cut by virtual time. Controls in which
        everybody has another voice are left out.
    """
    parts = []
    for place, reading in enumerate(design.runs):
        turns = reading.frames.turns
        turns = turns[turns["arm"].map(_in_person).astype(bool)]
        worn = [
            reading.facts.worn(str(agent), time)
            for agent, time in zip(turns["agent"], turns["time"], strict=True)
        ]
        parts.append(
            turns[["arm", "time", "text"]].assign(
                run=place,
                persona=[one.persona or one.key for one in worn],
                stage=[one.stage for one in worn],
            )
        )
    texts = pd.concat(parts, ignore_index=True)
    group = texts["run"].astype(str) + " " + texts["arm"]
    alone = group.nunique() < 2
    return texts.assign(group=texts["time"].astype(str) if alone else group)


def _pieces(design: Design, rng: np.random.Generator) -> Iterator[Piece]:
    texts = texts_of(design)
    hidden = [agent.label for reading in design.runs for agent in reading.facts.agents]
    found, null, rows = [], {}, []
    for what, labelled in (
        ("persona", texts.assign(label=texts["persona"])),
        ("stage of life", _two_stages(texts)),
    ):
        known = _enough(labelled)
        if known is None:
            continue
        folds = min(MOST_FOLDS, int(known.groupby("label")["group"].nunique().min()))
        guesses = identify(known, rng, folds, hidden)
        overall = identification(guesses, rng).iloc[0]
        null[what] = shuffled_accuracies(known, rng, PERMUTATIONS, folds, hidden)["value"].tolist()
        found.append({"what": what, **overall[["value", "low", "high", "chance"]].to_dict()})
        rows.append(_row(what, overall, null[what], known["label"].nunique()))
    if not found:
        yield Words("There are too few speakers, or too little text of each, to tell them apart.")
        return
    drawing = shuffles(pd.DataFrame(found), null)
    yield drawn(f"{design.prefix}identification", drawing, WORDS)
    head = ("told from the text", "labels", "right", "interval", "chance", "shuffled", "p")
    yield table(head, rows, note=_note(texts))


def _in_person(arm: str) -> bool:
    """Whether everybody wears in an arm what they wear in the talk."""
    return arm not in ARMS or ARMS[arm].voice is None


def _two_stages(texts: pd.DataFrame) -> pd.DataFrame:
    """Those who are there in more than one stage: who it is must not give away when."""
    stages = texts.groupby("persona")["stage"].transform("nunique")
    return texts[(stages > 1) & (texts["stage"] != "")].assign(label=texts["stage"])


def _enough(texts: pd.DataFrame) -> pd.DataFrame | None:
    """The texts of labels with enough of them in at least two groups; None if fewer than two."""
    groups = texts.groupby("label")["group"].transform("nunique")
    known = texts[(groups > 1) & (texts.groupby("label")["text"].transform("size") >= LEAST_TEXTS)]
    return known if known["label"].nunique() > 1 else None


def _row(
    what: str, overall: "pd.Series[float]", null: Sequence[float], labels: int
) -> tuple[str, ...]:
    value, low, high = (float(overall[name]) for name in ("value", "low", "high"))
    above = sum(other >= value for other in null)
    p_value = (1 + above) / (1 + len(null))
    interval = DASH if np.isnan(low) else f"{low:.0%} to {high:.0%}"
    middle = f"{np.mean(null):.0%}"
    right, chance = printed(value, "share"), printed(float(overall["chance"]), "share")
    return (what, str(labels), right, interval, chance, middle, f"{p_value:.3f}")


def _note(texts: pd.DataFrame) -> str:
    groups = texts["group"].nunique()
    cut = texts["run"].nunique() * texts["arm"].nunique() == 1
    held_out = (
        "One talk alone: moments of it are held out, so a speaker may be known by repeating itself."
        if cut
        else f"{groups} groups (arms of runs), each held out whole."
    )
    return (
        f"{held_out} Right: mean over labels of the share recognised (balanced accuracy). p: share "
        f"of {PERMUTATIONS} shufflings within groups that do as well (Phipson & Smyth 2010)."
    )
