"""What each figure means, in a line, and which stand together."""

from dataclasses import dataclass

from personas.examination import (
    capability,
    distinction,
    identification,
    persistence,
    premises,
    ranking,
)
from personas.examination.accuracy import BLEU, ROUGE
from personas.examination.intervals import PERPLEXITY
from personas.examination.retest import CONSISTENCY
from personas.examination.timeliness import OVERALL, TIME_KINDS

SHARE = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Group:
    """Measures that share a picture."""

    title: str
    measures: tuple[str, ...]
    ends: tuple[float, float] | None = SHARE
    """Of the axis; None fits it to the values."""


KNOWLEDGE, ATTITUDE = "knowledge accuracy", "attitude accuracy"
GROUPS = (
    Group("What is true of them", (KNOWLEDGE, ATTITUDE), (0.0, 5.0)),
    Group("All answers to a question ranked together", (ranking.STANDING,)),
    Group(
        "Backbone",
        (premises.REJECTION, persistence.PERSISTENCE, persistence.STATED),
    ),
    Group(
        "Place in time, and facts asked again",
        (OVERALL, *(f"{OVERALL}: {kind}" for kind in TIME_KINDS), CONSISTENCY),
    ),
    Group(
        "Themselves and nobody else",
        (distinction.INTRA, distinction.STAGE, distinction.INTER, distinction.GAP,
         distinction.RATIO),
        None,
    ),
    Group("Who speaks, and when", tuple(identification.FIGURES.values())),
    Group("Wording", (BLEU, ROUGE, "distinct-1", "distinct-2"), None),
    Group("General ability", (capability.OUT, capability.IN_CHARACTER)),
)  # fmt: skip
_MEANINGS = {
    KNOWLEDGE: "agreement with what they lived and know, 0 to 5, judged",
    ATTITUDE: "agreement with what they think, 0 to 5, judged",
    ranking.STANDING: "1 best of the arms, 0 worst, ties allowed",
    BLEU: "words shared with the reference, 0 to 100",
    ROUGE: "longest common order of words with the reference, 0 to 1",
    premises.REJECTION: "false claims that are called false",
    persistence.PERSISTENCE: "pressed turns that keep the view given at first",
    persistence.STATED: "talks that open with a view at all",
    distinction.INTRA: "two answers of theirs to one question, 0 to 100",
    distinction.STAGE: "answers of two stages of theirs to one question",
    distinction.INTER: "answers of theirs and of others to one question; lower is better",
    distinction.GAP: "above 0: more like this stage than like the other",
    distinction.RATIO: "how much more like themselves than like others",
    "distinct-1": "different words among all words, at equal length",
    "distinct-2": "different pairs of words among all pairs, at equal length",
    OVERALL: "right about what is past, to come, or somebody else's",
    CONSISTENCY: "facts still right in the middle of a talk",
    capability.OUT: "questions about nobody, put to nobody, under these weights",
    capability.CHANGE: "against the bare base, on the same questions",
    capability.IN_CHARACTER: "questions about nobody, put to the persona",
    capability.LOSS: "nats for the right option; lower is better",
    PERPLEXITY: "options that the right one seems to hide among; 1 is best",
    identification.FIGURES["persona"]: "belief that it is them, among the others",
    identification.FIGURES["stage"]: "belief that it is this stage of theirs",
}
_GROUPED = (one for group in GROUPS for one in group.measures)
ORDER = (
    *(name for one in _GROUPED for name in (one, f"{one}, by chance")),
    capability.CHANGE,
    capability.LOSS,
    PERPLEXITY,
)
"""How tables list measures; those that are not here, such as traits, come last."""
_ENDINGS = {
    "order consistency": "same answer with the options in reverse",
    "mass on the options": "probability on the options at all",
    "usable": "answers of which at least half the mass is on the options",
    "right side": "statements answered on the side where the persona truly stands",
    "by chance": "what guessing would give",
}


def meaning(measure: str) -> str:
    """What a figure tells, in a line; empty where its name says it."""
    if measure in _MEANINGS:
        return _MEANINGS[measure]
    return next((told for end, told in _ENDINGS.items() if measure.endswith(end)), "")
