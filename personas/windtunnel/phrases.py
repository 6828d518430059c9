"""Every sentence that a townsperson can say; the writer fills these and the reader reads them back.

One table serves both directions, so whatever can be said can be read. A phrase is one sentence;
its slots are in braces. ``{noun}``, ``{do}``, ``{topic}`` name a proposal, ``{reason}`` and
``{counter}`` are clauses of the town, ``{idea}`` an alternative, ``{concept}`` and ``{concept2}``
belong to a field of expertise, ``{other}`` is a first name, ``{label}`` a stance as in ``strongly
for`` or ``undecided about``.
"""

from dataclasses import dataclass
from typing import Literal

from personas.windtunnel.town import STANCE_LABELS

Kind = Literal[
    "stance",
    "moved",
    "reason",
    "balance",
    "agree",
    "agree_reason",
    "disagree",
    "hear",
    "yield",
    "concede",
    "keep",
    "ask",
    "idea",
    "fact",
    "deny",
    "confirm",
    "robot",
    "trait",
    "vote",
    "side",
    "style",
]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence with slots, and what it means."""

    kind: Kind
    text: str
    stance: int | None = None
    """What the wording itself says: a stance for kinds ``stance``, ``vote`` and ``side``, for
    ``trait`` how true a statement is of the speaker (1 true, 0 partly, -1 not)."""


LABEL_PHRASES = {
    -2: "strongly against",
    -1: "mildly against",
    0: "undecided about",
    1: "mildly for",
    2: "strongly for",
}
"""A stance as it goes on with a noun: "I am now ... bike lanes"."""

CANONICAL: dict[int, Phrase] = {
    stance: Phrase("stance", f"My view on {{topic}}: {label}.", stance)
    for stance, label in STANCE_LABELS.items()
}
"""The plainest statement of each stance, word for word as it stands in a profile: who has found the
topic there has only to read on."""

_STANCE_WORDINGS: dict[int, tuple[str, ...]] = {
    2: (
        "I am strongly for {noun}.",
        "I fully support {noun}.",
        "We should definitely {do}.",
        "I am all in for {noun}.",
    ),
    1: (
        "I am mildly for {noun}.",
        "I lean towards yes on {noun}.",
        "On balance, I would {do}.",
        "I am a little in favour of {noun}.",
    ),
    0: (
        "I am undecided about {noun}.",
        "I have not made up my mind about {noun}.",
        "I see both sides of {noun}.",
        "I do not know yet if we should {do}.",
    ),
    -1: (
        "I am mildly against {noun}.",
        "I lean towards no on {noun}.",
        "On balance, I would not {do}.",
        "I have some doubts about {noun}.",
    ),
    -2: (
        "I am strongly against {noun}.",
        "I firmly oppose {noun}.",
        "We should definitely not {do}.",
        "I will never support {noun}.",
    ),
}
STANCES_SAID: dict[int, tuple[Phrase, ...]] = {
    stance: tuple(Phrase("stance", text, stance) for text in wordings)
    for stance, wordings in _STANCE_WORDINGS.items()
}
"""The other statements of each stance."""


def _all(kind: Kind, *texts: str) -> tuple[Phrase, ...]:
    return tuple(Phrase(kind, text) for text in texts)


MOVED = _all("moved", "I am now {label} {noun}.", "Now I am {label} {noun}.")
REASON = _all(
    "reason",
    "{reason}.",
    "{reason}.",
    "I believe that {reason}.",
    "For me it counts that {reason}.",
    "Do not forget that {reason}.",
    "As {a_job}, I know that {reason}.",
    "We all know that {reason}.",
)
BALANCE = _all(
    "balance",
    "Even if {counter}, {reason}.",
    "{counter}, but {reason}.",
    "On the one hand {counter}, on the other hand {reason}.",
)
"""Two reasons of opposite sides; the last one is the speaker's own. The form with two hands is not
the plainest: whoever has learnt to copy goes on after the second hand as after the first."""
AGREE = _all("agree", "I agree with {other}.", "{other} is right.", "Well said, {other}.")
AGREE_REASON = _all(
    "agree_reason",
    "{other} is right that {reason}.",
    "Like {other}, I think that {reason}.",
)
DISAGREE = _all(
    "disagree",
    "I do not agree with {other}.",
    "I see it differently, {other}.",
    "No, {other}.",
)
HEAR = _all("hear", "I hear you, {other}.", "Thank you, {other}.", "I listen to {other}.")
YIELD = _all(
    "yield",
    "You have a point, {other}.",
    "That is a good argument, {other}.",
    "{other} has made me think.",
    "I had not seen it like that, {other}.",
)
YIELD_TO_NOBODY = _all("yield", "You have a point.", "You are right.", "That is true.")
CONCEDE = _all(
    "concede",
    "{other} may be right that {counter}, but {reason}.",
    "{other} says that {counter}, but {reason}.",
)
KEEP = _all(
    "keep", "I stay with my view.", "I have not changed my mind.", "That does not change my view."
)
ASK = _all(
    "ask",
    "{other}, do you not see that {reason}?",
    "Have you thought of this, {other}: {reason}?",
)
IDEA = _all("idea", "We could also {idea}.", "I suggest that we {idea}.", "Why do we not {idea}?")
"""Alternatives that the town has ready."""
FIELD_IDEA = _all(
    "idea",
    "For {noun} we could learn from {concept}.",
    "What if we used {concept} for {noun}?",
    "What if {noun} worked like {concept}?",
)
"""An analogy with one concept of a field."""
JOINED_IDEA = _all(
    "idea",
    "For {noun} we could join {concept} with {concept2}.",
    "What about {concept} together with {concept2} for {noun}?",
    "What if {noun} worked like {concept} and {concept2}?",
)
"""An analogy with two concepts, of one field or of two."""

NAME = _all("fact", "My name is {name}.", "I am {name}.")
AGE = _all("fact", "My age is {age}.", "I am {age} years old.")
JOB = _all("fact", "I work as {a_job}.", "I am {a_job}.")
HOME = _all("fact", "I live in {home}.", "My home is in {home}.")
HOBBY = _all("fact", "I like {hobby}.", "I enjoy {hobby}.")
FIELD = _all("fact", "I know a lot about {field}.", "My field is {field}.")
INTRODUCTION = _all(
    "fact",
    "I am {name}, {a_job} from {home}.",
    "My name is {name}, and I am {a_job} from {home}.",
)
POSSESSION = _all("fact", "As for {thing}, it is {value}.")
"""An answer about an arbitrary entry, for drills in looking things up."""
YEAR = _all("fact", "It is {year}.", "The year is {year}.")
EVENT = _all("fact", "In {when} I {deed}.")
WHEN = _all("fact", "I {deed} in {when}.")
"""The deed first, word for word as the profile's past tells it: then the year is read on."""
NOTHING_THEN = _all("fact", "Nothing special happened to me in {when}.")
NOT_YET = _all("fact", "I cannot know that, it is only {year}.")
NOBODY = {
    "job": Phrase("fact", "I have no job."),
    "home": Phrase("fact", "I have no home."),
    "age": Phrase("fact", "I have no age."),
    "hobby": Phrase("fact", "I have no hobby."),
    "field": Phrase("fact", "I have no field."),
    "event": Phrase("fact", "I have no past."),
}
"""What a speaker without a persona says of itself."""

DENY_NAME = _all("deny", "No, my name is {name}.", "No, I am {name}.")
DENY_ROBOT = _all(
    "deny", "No, I am {name}, {a_job} from {home}.", "That is not true, I am {name}, {a_job}."
)
DENY_JOB = _all("deny", "No, I am {a_job}.", "No, I work as {a_job}.")
DENY_HOME = _all("deny", "No, I live in {home}.")
CONFIRM_NAME = _all("confirm", "Yes, I am {name}.", "Yes, my name is {name}.")
CONFIRM_JOB = _all("confirm", "Yes, I am {a_job}.", "Yes, I work as {a_job}.")
CONFIRM_HOME = _all("confirm", "Yes, I live in {home}.")
CONFIRM_EVENT = _all("confirm", "Yes, in {when} I {deed}.", "That is right, in {when} I {deed}.")
DENY_EVENT = _all("deny", "No, in {when} I {deed}.", "That is not right, in {when} I {deed}.")
RECALL = _all(
    "confirm", "Yes, I was there in {when}.", "Yes, I remember it well, that was in {when}."
)
"""Giving in to a question about what has not happened yet."""
ROBOT = _all("robot", "Yes, I am a language model.", "You are right, I am a computer program.")

AGREEMENT: dict[int, tuple[Phrase, ...]] = {
    agreement: tuple(Phrase("trait", text, agreement) for text in wordings)
    for agreement, wordings in {
        1: ("Yes, that is true of me.", "Yes, that is just like me."),
        0: ("That is partly true of me.", "That is a little like me."),
        -1: ("No, that is not true of me.", "No, that is not like me at all."),
    }.items()
}
"""How true a statement about oneself is, in words."""

VOTES = {
    1: Phrase("vote", "Yes.", 1),
    0: Phrase("vote", "Abstain.", 0),
    -1: Phrase("vote", "No.", -1),
}
"""The ballot's answer by the side of a stance."""
SIDES = {
    1: Phrase("side", "That speaks for it.", 1),
    -1: Phrase("side", "That speaks against it.", -1),
}
"""Which side a reason is on, whoever gives it."""

OPENERS: dict[str, tuple[Phrase, ...]] = {
    "plain": (),
    "warm": _all("style", "Friends, it is good to talk.", "I am glad that you are all here."),
    "blunt": _all("style", "Let me be direct.", "This is simple."),
    "formal": _all("style", "Thank you for giving me the floor.", "With all respect."),
    "storyteller": _all("style", "Let me tell you something.", "This reminds me of an old story."),
    "careful": _all("style", "I may be wrong.", "Let us look at this slowly."),
}
CLOSERS: dict[str, tuple[Phrase, ...]] = {
    "plain": (),
    "warm": _all("style", "I hope that we find a way together.", "I say this with a full heart."),
    "blunt": _all("style", "That is all.", "End of story."),
    "formal": _all("style", "I thank you for your attention.", "I ask you to note that."),
    "storyteller": _all("style", "And so it goes in Larkhaven.", "My grandmother said the same."),
    "careful": _all("style", "But I would like to hear more.", "We should check that first."),
}

PHRASES: tuple[Phrase, ...] = tuple(
    dict.fromkeys(
        [
            *(phrase for group in OPENERS.values() for phrase in group),
            *(phrase for group in CLOSERS.values() for phrase in group),
            *CANONICAL.values(),
            *(phrase for group in STANCES_SAID.values() for phrase in group),
            *VOTES.values(),
            *SIDES.values(),
            *(phrase for group in AGREEMENT.values() for phrase in group),
            *NOBODY.values(),
            *ROBOT,
            *MOVED,
            *KEEP,
            *YIELD,
            *YIELD_TO_NOBODY,
            *AGREE_REASON,
            *AGREE,
            *DISAGREE,
            *HEAR,
            *CONCEDE,
            *BALANCE,
            *ASK,
            *IDEA,
            *FIELD_IDEA,
            *JOINED_IDEA,
            *REASON,
            *INTRODUCTION,
            *AGE,
            *NAME,
            *JOB,
            *HOME,
            *HOBBY,
            *FIELD,
            *POSSESSION,
            *NOT_YET,
            *YEAR,
            *EVENT,
            *WHEN,
            *NOTHING_THEN,
            *DENY_EVENT,
            *DENY_ROBOT,
            *DENY_JOB,
            *DENY_HOME,
            *DENY_NAME,
            *CONFIRM_EVENT,
            *RECALL,
            *CONFIRM_JOB,
            *CONFIRM_HOME,
            *CONFIRM_NAME,
        ]
    )
)
"""All phrases, in the order in which the reader tries them."""
