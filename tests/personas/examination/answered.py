"""Answers made by hand."""

from personas.examination.answers import Answer, Verdict, Weighed


def answer(text="", part="test", question="q", *, arm="sft", stage="late", seed=0, kind="ordinary",
           topic="knowledge", turn=0, about="", reference="", speaker="ada/late",
           **verdicts):  # fmt: skip
    """An answer with its verdicts; ``persona_by_chance=...`` stands for "persona by chance"."""
    marks = tuple(Verdict(name.replace("_", " "), value) for name, value in verdicts.items())
    return Answer(part, arm, stage, speaker, seed, question, kind, topic, turn, about, "?",
                  reference, text, marks)  # fmt: skip


def weighed(logprobs, values=(-1.0, 0.0, 1.0), *, scale="big five", trait="kind", key=1,
            question="I help.", order="forward", arm="sft", stage="late"):  # fmt: skip
    """Weights of a statement's options."""
    return Weighed(arm, stage, scale, trait, question, key, order, values, tuple(logprobs))


def held(points):
    """Values by measure, in the order in which they come."""
    found = {}
    for point in points:
        found.setdefault(point.measure, []).append(point.value)
    return found
